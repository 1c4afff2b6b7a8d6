"""Promise 6: what a moderator hides keeps its place, its rule, its reason; the author is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from consultations.models import Comment
from portal.accounts.models import User
from portal.moderation.models import Decision
from portal.notifications import models
from portal.notifications.jobs import tell_people

pytestmark = pytest.mark.django_db(transaction=True)

REASON = "Memuat nomor telepon orang lain."
RULED = 422


@pytest.fixture(autouse=True)
def graceless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits until the decision can no longer be taken back."""
    monkeypatch.setattr(models, "GRACE", timedelta(0))


@pytest.fixture
def office(moderator: User) -> Client:
    """The browser of the moderator."""
    browser = Client()
    browser.force_login(moderator)
    return browser


def test_a_hidden_text_leaves_its_place_the_rule_and_the_reason(
    office: Client, client: Client, comment: Comment, siti: User
) -> None:
    rule = comment.rules()[0]

    office.post(f"/moderation/comment/{comment.pk}/hiding/", {"rule": rule.pk, "reason": REASON})
    tell_people(timestamp=0)

    place = client.get(comment.thread.get_absolute_url()).content.decode()
    assert f'id="{comment.dom_id}"' in place
    assert rule.name in place
    assert REASON in place
    assert comment.body not in place
    client.force_login(siti)
    told = client.get(reverse("notifications:index")).content.decode()
    assert rule.name in told
    assert REASON in told


@pytest.mark.parametrize("missing", ["rule", "reason"])
def test_without_rule_or_reason_a_text_stays(
    office: Client, client: Client, comment: Comment, missing: str
) -> None:
    words = {"rule": comment.rules()[0].pk, "reason": REASON, missing: ""}

    answer = office.post(f"/moderation/comment/{comment.pk}/hiding/", words)

    assert answer.status_code == RULED
    assert comment.body in client.get(comment.thread.get_absolute_url()).content.decode()


def rewrite() -> None:
    Decision.objects.update(reason="Alasan lain yang lebih enak dibaca.")


def remove() -> None:
    Decision.objects.all().delete()


@pytest.mark.parametrize("act", [rewrite, remove])
def test_a_decision_cannot_be_changed_afterwards(
    comment: Comment, moderator: User, act: Callable[[], None]
) -> None:
    comment.hide(by=moderator, rule=comment.rules()[0], reason=REASON)

    with pytest.raises(DatabaseError):
        act()

    assert Decision.objects.get().reason == REASON

"""Hiding, restoring, approving: with rule and reason, by moderators of the place, seen at once."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.journal.models import Entry
from portal.moderation.models import Decision, Rule
from portal.moderation.models.moderated import State
from portal.refusals import Refused
from tests.conftest import in_office
from tests.consultations.together import together
from tests.live import in_a_thread, watch

LIVE = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
REASON = "Kalimat ini menghina sesama peserta."
AGAIN = "Setelah dibaca lagi, kalimat ini tidak menghina."


@pytest.fixture
def rule(comment: Comment) -> Rule:
    return comment.rules()[0]


@pytest.fixture
def held(thread: Thread, siti: User) -> Comment:
    thread.consultation.phases.update(premoderated=True)
    return thread.post(author=siti, body="Menunggu dulu", key=uuid4())


def address(comment: Comment, what: str = "hiding") -> str:
    return f"/moderation/comment/{comment.pk}/{what}/"


# Hiding


def test_a_moderator_hides_with_rule_and_reason_without_scripts(
    client: Client, comment: Comment, rule: Rule, moderator: User
) -> None:
    client.force_login(moderator)
    assert rule.name in client.get(address(comment)).content.decode()

    answer = client.post(address(comment), {"rule": rule.pk, "reason": REASON})

    comment.refresh_from_db()
    assert answer["Location"] == f"/comments/{comment.pk}/#comment-{comment.pk}"
    assert comment.is_hidden
    decision = Decision.objects.get()
    assert (decision.verb, decision.rule, decision.reason) == ("hide", rule, REASON)
    entry = Entry.objects.get(topic=comment.topic, verb="hidden")
    assert entry.details == {"decision": decision.pk, "rule": rule.number}


def test_the_form_answers_alone_in_the_thread(
    client: Client, comment: Comment, rule: Rule, moderator: User
) -> None:
    client.force_login(moderator)

    form = client.get(address(comment), headers=HTMX).content.decode()
    done = client.post(address(comment), {"rule": rule.pk, "reason": REASON}, headers=HTMX)

    assert "<html" not in form
    assert f'id="{comment.dom_id}-decided"' in done.content.decode()


@pytest.mark.parametrize(
    "changes", [{"reason": ""}, {"reason": "Terlalu pendek"}, {"rule": ""}, {"rule": "0"}]
)
def test_without_rule_or_reason_nothing_is_hidden(
    client: Client, comment: Comment, rule: Rule, moderator: User, changes: dict[str, str]
) -> None:
    client.force_login(moderator)
    data: dict[str, Any] = {"rule": rule.pk, "reason": REASON, **changes}

    answer = client.post(address(comment), data)

    assert answer.status_code == 422
    comment.refresh_from_db()
    assert not comment.is_hidden


def test_the_verb_itself_asks_for_a_reason(comment: Comment, rule: Rule, moderator: User) -> None:
    with pytest.raises(Refused):
        comment.hide(by=moderator, rule=rule, reason="   singkat            ")


def test_a_rule_of_another_consultation_does_not_apply(
    comment: Comment, agency: Agency, officer: User, moderator: User
) -> None:
    other = Consultation.draft(
        agency=agency, by=officer, key=uuid4(), phases=[], title="Lain", question="Lain?"
    )

    with pytest.raises(Refused):
        comment.hide(by=moderator, rule=Rule.objects.of(other.topic)[0], reason=REASON)


def test_who_does_not_moderate_there_finds_nothing(
    client: Client, comment: Comment, rule: Rule, siti: User, officer: User, other_agency: Agency
) -> None:
    stranger = in_office(other_agency, "Wasit", Member.Role.MODERATOR)
    assert client.get(address(comment)).status_code == 302

    for user in (siti, officer, stranger):
        client.force_login(user)
        data = {"rule": rule.pk, "reason": REASON}
        assert client.get(address(comment)).status_code == 404
        assert client.post(address(comment), data).status_code == 404
        assert client.post(address(comment), {"_method": "delete"}).status_code == 404
        assert client.post(address(comment, "approval")).status_code == 404
        with pytest.raises(Refused):
            comment.hide(by=user, rule=rule, reason=REASON)
    comment.refresh_from_db()
    assert not comment.is_hidden


def test_without_a_second_factor_no_moderator_decides(
    client: Client, comment: Comment, rule: Rule, moderator: User
) -> None:
    User.objects.filter(pk=moderator.pk).update(is_demo=False)
    client.force_login(moderator)

    answer = client.post(address(comment), {"rule": rule.pk, "reason": REASON})

    assert answer.status_code == 302
    comment.refresh_from_db()
    assert not comment.is_hidden


def test_nobody_judges_their_own_cause(
    client: Client, thread: Thread, rule: Rule, moderator: User
) -> None:
    own = thread.post(author=moderator, body="Pendapat saya", key=uuid4())
    client.force_login(moderator)

    answer = client.post(address(own), {"rule": rule.pk, "reason": REASON})

    assert answer.status_code == 409
    own.refresh_from_db()
    assert not own.is_hidden


def test_a_noun_that_nobody_moderates_is_not_there(client: Client, moderator: User) -> None:
    client.force_login(moderator)

    for noun in ("thread", "user", "nothing"):
        assert client.get(f"/moderation/{noun}/1/hiding/").status_code == 404


# Restoring


def test_a_hidden_comment_comes_back_to_its_place_with_its_opinions(
    client: Client, thread: Thread, comment: Comment, rule: Rule, budi: User, moderator: User
) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    comment.hide(by=moderator, rule=rule, reason=REASON)
    client.force_login(moderator)

    client.post(address(comment), {"_method": "delete", "reason": AGAIN})

    comment.refresh_from_db()
    assert comment.state == State.VISIBLE
    assert comment.counts == [1, 0, 0]
    assert [each.verb for each in Decision.objects.order_by("pk")] == ["hide", "restore"]
    assert Entry.objects.filter(topic=comment.topic, verb="restored").count() == 1
    assert "Di sisi kiri saja." in client.get(f"/threads/{thread.pk}/").content.decode()


def test_restoring_needs_a_reason_too(
    client: Client, comment: Comment, rule: Rule, moderator: User
) -> None:
    comment.hide(by=moderator, rule=rule, reason=REASON)
    client.force_login(moderator)

    answer = client.post(address(comment), {"_method": "delete", "reason": "Maaf"})

    assert answer.status_code == 422
    comment.refresh_from_db()
    assert comment.is_hidden


def test_what_is_visible_cannot_be_restored(comment: Comment, moderator: User) -> None:
    with pytest.raises(Refused):
        comment.restore(by=moderator, reason=AGAIN)


def test_hiding_counts_and_restoring_counts_again(
    thread: Thread, comment: Comment, rule: Rule, moderator: User
) -> None:
    counted = []
    for act in (
        partial(comment.hide, by=moderator, rule=rule, reason=REASON),
        partial(comment.restore, by=moderator, reason=AGAIN),
    ):
        act()
        thread.refresh_from_db()
        counted.append((thread.comment_count, thread.count_version))

    assert counted == [(0, 2), (1, 3)]


# Approving


def test_a_held_comment_appears_when_it_is_approved(
    client: Client, thread: Thread, held: Comment, moderator: User
) -> None:
    client.force_login(moderator)

    answer = client.post(address(held, "approval"), {"seen": held.wording})

    assert answer["Location"] == held.get_absolute_url()
    thread.refresh_from_db()
    assert thread.comment_count == 1
    assert "Menunggu dulu" in Client().get(f"/threads/{thread.pk}/").content.decode()
    assert Entry.objects.filter(topic=held.topic, verb="approved").exists()


def test_a_held_comment_can_be_hidden_instead(held: Comment, moderator: User) -> None:
    held.hide(by=moderator, rule=held.rules()[0], reason=REASON)

    held.thread.refresh_from_db()
    assert held.is_hidden
    assert held.thread.comment_count == 0


def test_only_what_is_held_is_approved(comment: Comment, moderator: User) -> None:
    with pytest.raises(Refused):
        comment.approve(by=moderator)


# At the same moment


@LIVE
def test_of_two_moderators_at_once_one_decides(
    agency: Agency, comment: Comment, rule: Rule, moderator: User
) -> None:
    second = in_office(agency, "Wasit", Member.Role.MODERATOR)

    def hide(by: User) -> Decision:
        mine = Comment.objects.get(pk=comment.pk)
        return mine.hide(by=by, rule=rule, reason=REASON)

    outcomes = together(*[partial(hide, by) for by in (moderator, second) * 3])

    assert sum(isinstance(each, Decision) for each in outcomes) == 1
    assert sum(isinstance(each, Refused) for each in outcomes) == 5
    assert Decision.objects.count() == 1


# What open pages hear


@LIVE
async def test_a_hide_puts_the_tombstone_and_a_restore_the_text(
    thread: Thread, comment: Comment, rule: Rule, moderator: User
) -> None:
    page, _ = await watch(thread)

    await in_a_thread(comment.hide, by=moderator, rule=rule, reason=REASON)
    hidden = await page.told()
    await in_a_thread(comment.restore, by=moderator, reason=AGAIN)
    restored = await page.told()

    [[dom_id, into, html]] = hidden["put"]
    assert (dom_id, into) == (comment.dom_id, f"{thread.dom_id}-comments")
    assert "sisi kiri" not in html
    assert REASON in html
    assert hidden["n"][thread.dom_id][0] == 0
    assert "sisi kiri" in restored["put"][0][2]
    assert restored["n"][thread.dom_id][0] == 1


@LIVE
async def test_a_tombstone_is_told_in_the_language_of_the_page(
    thread: Thread, comment: Comment, rule: Rule, moderator: User
) -> None:
    english, _ = await watch(thread, language="en")

    await in_a_thread(comment.hide, by=moderator, rule=rule, reason=REASON)

    html = (await english.told())["put"][0][2]
    assert f"Hidden under rule 1 ({rule.name_en})" in html


@LIVE
async def test_a_decision_that_rolls_back_is_never_pushed(
    thread: Thread, comment: Comment, rule: Rule, moderator: User
) -> None:
    page, _ = await watch(thread)

    def fail() -> None:
        with transaction.atomic():
            comment.hide(by=moderator, rule=rule, reason=REASON)
            transaction.set_rollback(True)

    await in_a_thread(fail)

    assert await page.receive_nothing()


# The database


def test_no_state_changes_by_the_back_door(comment: Comment, held: Comment) -> None:
    steps = [(comment, {"state": "held"}), (held, {"state": "gone"})]

    for item, change in steps:
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            Comment.objects.filter(pk=item.pk).update(**change)
    with pytest.raises(IntegrityError, match="hidden_comment_has_its_decision"):
        Comment.objects.filter(pk=comment.pk).update(state="hidden", decision=None)


def test_a_decision_stays_as_it_was(comment: Comment, rule: Rule, moderator: User) -> None:
    decision = comment.hide(by=moderator, rule=rule, reason=REASON)

    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(reason="Lain")
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).delete()


def test_a_hide_without_its_reason_is_no_decision(moderator: User) -> None:
    with pytest.raises(IntegrityError, match="a_hide_names_its_rule_and_reason"):
        Decision.objects.create(topic="comment:1", verb="hide", by=moderator)


# The list


def test_the_list_shows_what_waits_and_what_was_decided(
    client: Client, comment: Comment, rule: Rule, held: Comment, moderator: User
) -> None:
    comment.hide(by=moderator, rule=rule, reason=REASON)
    client.force_login(moderator)

    page = client.get("/moderation/")

    assert [each.pk for each in page.context["waiting"]] == [held.pk]
    assert [each.pk for each in page.context["decided"]] == [comment.pk]
    assert "Menunggu dulu" in page.content.decode()
    assert REASON in page.content.decode()


def test_the_list_is_for_moderators_and_holds_their_places_only(
    client: Client, held: Comment, other_agency: Agency, siti: User
) -> None:
    stranger = in_office(other_agency, "Wasit", Member.Role.MODERATOR)

    client.force_login(siti)
    assert client.get("/moderation/").status_code == 404
    client.force_login(stranger)
    assert client.get("/moderation/").context["waiting"] == []

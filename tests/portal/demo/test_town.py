"""The town itself: made once through the verbs, marked, readable, and made anew when asked."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from consultations.models import Comment, Consultation, Opinion, Participant, Phase, Thread
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.demo.script import Script, read_script
from portal.demo.town import PASSWORD, Town
from portal.journal.models import Entry
from portal.refusals import Refused
from proposals.models import Document, Proposal, Support, Update

pytestmark = pytest.mark.django_db

TABLES: tuple[type[Model], ...] = (
    User, Agency, Member, Consultation, Participant, Thread, Comment, Opinion, Proposal, Document,
    Update, Support, Entry,
)  # fmt: skip


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    settings.DEMO = True


def some_of(*slugs: str) -> Script:
    """The whole population, few consultations: quick."""
    script = read_script()
    return replace(script, matters=tuple(each for each in script.matters if each.slug in slugs))


def cycling() -> Script:
    """Two threads about the cycle lane: one with edited comments, one with hidden ones."""
    script = some_of("jalur-sepeda")
    matter = script.matters[0]
    kept = [
        talk
        for talk in matter.threads
        if any(line.first for line in talk.comments) or any(line.hidden for line in talk.comments)
    ]
    return replace(script, matters=(replace(matter, threads=tuple(kept)),))


def made(script: Script) -> Town:
    town = Town(now=timezone.now(), say=lambda _words: None, script=script)
    town.build()
    return town


def figures() -> dict[str, int]:
    return {table.__name__: table._default_manager.count() for table in TABLES}


def test_the_whole_town_stands_and_can_be_read(client: Client) -> None:
    script = read_script()

    made(script)

    everybody = AnonymousUser()
    seen = Consultation.objects.visible_to(everybody)
    drafts = len([matter for matter in script.matters if matter.draft])
    said = [talk.comments for matter in script.matters for talk in matter.threads]
    said += [plan.comments for matter in script.matters for plan in matter.proposals]
    assert seen.count() == len(script.matters) - drafts
    assert Consultation.objects.count() == len(script.matters)
    assert Comment.objects.count() == sum(map(len, said))
    assert Thread.objects.visible_to(everybody).count() == len(said)
    assert Opinion.objects.count() > 5_000
    assert {body.slug for body in script.agencies} == set(
        Agency.objects.values_list("slug", flat=True)
    )
    assert not Comment.objects.filter(posted_at__gt=timezone.now()).exists()
    assert not Comment.objects.filter(body_html="").exists()
    assert not Document.objects.filter(html="").exists()
    for noun in (*seen, *Thread.objects.all(), *Proposal.objects.all()):
        assert client.get(noun.get_absolute_url()).status_code == HTTPStatus.OK, noun


def test_a_second_run_changes_nothing() -> None:
    script = some_of("musrenbang-karangmufakat-2027", "angkutan-malam")
    made(script)
    before = figures()

    made(script)

    assert figures() == before


def test_everybody_and_every_agency_of_it_is_marked() -> None:
    made(some_of())

    assert not User.objects.filter(is_demo=False).exists()
    assert not Agency.objects.filter(is_demo=False).exists()


def test_the_printed_accounts_open_and_the_others_do_not() -> None:
    town = made(some_of())
    printed = {role.mail for role in town.accounts()}

    assert {role.key for role in town.accounts()} == {
        "warga", "warga2", "petugas", "moderator", "moderator2", "admin",
    }  # fmt: skip
    for user in User.objects.all():
        assert user.check_password(PASSWORD) == (user.email in printed)


def test_comments_have_replies_that_are_younger_and_counters_that_are_right() -> None:
    made(cycling())

    replies = Comment.objects.exclude(parent=None).select_related("parent")
    assert all(each.parent is None or each.posted_at > each.parent.posted_at for each in replies)
    for comment in Comment.objects.filter(parent=None):
        values = Counter(comment.opinions.values_list("value", flat=True))
        assert comment.counts == [values[1], values[-1], values[0]]


def test_what_is_hidden_has_its_decision_and_no_opinions() -> None:
    made(cycling())

    hidden = Comment.objects.filter(state=Comment.State.HIDDEN)

    assert hidden.count() == 2
    for comment in hidden:
        assert comment.decision is not None
        assert len(comment.decision.reason) >= 20
        assert sum(comment.counts) == 0


def test_an_edited_comment_keeps_its_first_words() -> None:
    made(cycling())

    edited = Comment.objects.exclude(edited_at=None)

    assert edited.count() == 2
    for comment in edited:
        assert comment.revisions.count() == 1
        assert comment.edited_at is not None
        assert comment.posted_at < comment.edited_at


def test_texts_were_written_by_several_hands() -> None:
    made(some_of("musrenbang-karangmufakat-2027"))

    document = Document.objects.get(proposal__title__startswith="Titip lansia")

    writers = list(document.updates.order_by("seq").values_list("author__pseudonym", flat=True))
    assert writers == ["Sulastri", "Yohana", "Mega Puspita"]
    assert "Janji kami" in document.text


def test_supports_are_as_many_as_the_corpus_says() -> None:
    script = some_of("musrenbang-karangmufakat-2027")
    made(script)

    wanted = {plan.title: plan.supports for plan in script.matters[0].proposals}

    assert dict(Proposal.objects.values_list("title", "support_count")) == wanted


def test_phases_are_the_announced_ones() -> None:
    made(some_of("musrenbang-karangmufakat-2027", "penerangan-gang"))

    village = Consultation.objects.get(slug__startswith="musrenbang")
    lamps = Consultation.objects.get(slug="penerangan-gang")

    assert all(village.allows(each) for each in ("comment", "propose", "coedit", "support"))
    assert not any(lamps.allows(each) for each in Phase.Activity.values)
    assert lamps.publication.at < timezone.now() - timedelta(days=160)


def test_a_draft_is_seen_by_its_officers_only() -> None:
    made(some_of("penataan-parkir-pasar-legen"))

    draft = Consultation.objects.get(slug="penataan-parkir-pasar-legen")

    for mail, sees in {"petugas": True, "warga": False}.items():
        user = User.objects.get(email=f"{mail}@contoh.id.invalid")
        assert Consultation.objects.visible_to(user).filter(pk=draft.pk).exists() == sees


def test_an_address_that_is_taken_is_left_to_its_owner(agency: Agency) -> None:
    real = Consultation.objects.create(
        agency=agency, slug="angkutan-malam", title="Angkutan malam", question="?", key=agency_key()
    )

    made(some_of("angkutan-malam"))

    assert Consultation.objects.get(slug="angkutan-malam") == real
    assert Consultation.objects.filter(agency__is_demo=True).count() == 1


def agency_key() -> Any:
    return "6f1f2a54-3f60-4a4e-9d0a-2a1f6a4f9d11"


def test_an_agency_that_is_no_demo_is_never_played_with() -> None:
    Agency.objects.create(slug="kota-rembuk", name="Kota yang sungguh ada")

    with pytest.raises(Refused):
        made(some_of())

    assert not User.objects.exists()


def test_a_reset_makes_the_same_town_again_and_leaves_the_journal(agency: Agency) -> None:
    script = some_of("musrenbang-karangmufakat-2027")
    town = made(script)
    before, lines = figures(), Entry.objects.count()

    town.clear()
    gone = Consultation.objects.count()
    town.build()

    after = figures()
    assert gone == 0
    assert after.pop("Entry") == 2 * lines
    assert after == {name: count for name, count in before.items() if name != "Entry"}
    assert Agency.objects.filter(pk=agency.pk).exists()


def test_the_command_says_how_far_it_is_and_prints_the_accounts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = some_of("angkutan-malam", "penataan-parkir-pasar-legen")
    monkeypatch.setattr("portal.demo.town.read_script", lambda: script)
    said = StringIO()

    for arguments in ((), ("--reset",)):
        call_command("demo", *arguments, stdout=said, skip_checks=True)

    words = said.getvalue()
    assert words.count("[2/2]") == 2
    for role in script.accounts:
        assert f"{role.mail}" in words
    assert PASSWORD in words


def test_without_permission_there_is_no_town(settings: Any) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="PORTAL_DEMO"):
        call_command("demo", skip_checks=True)

    assert not User.objects.exists()

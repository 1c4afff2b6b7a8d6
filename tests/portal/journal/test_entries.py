"""One line per verb, which nobody changes afterwards."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User
from portal.agencies.models import Agency, Invitation, Member
from portal.journal.models import Entry, record
from portal.moderation.models import Rule
from portal.refusals import Refused
from proposals.models import Proposal
from tests.conftest import in_office, plan

REASON = "Alasan yang cukup panjang untuk dibaca."


def lines_of(act: Callable[[], object]) -> list[tuple[str, str]]:
    """Do something; gives the lines it left, as (verb, noun)."""
    before = Entry.objects.count()
    act()
    written = Entry.objects.order_by("pk")[before:]
    return [(entry.verb, entry.topic.partition(":")[0]) for entry in written]


def test_the_verbs_of_a_consultation_leave_one_line_each(
    draft: Consultation, officer: User
) -> None:
    texts = {"title": draft.title, "background": "Lain.", "organiser": "Bidang", "question": "Apa?"}

    revised = lines_of(
        lambda: draft.revise(by=officer, phases=plan("comment"), premoderated=False, **texts)
    )
    published = lines_of(lambda: draft.publish(by=officer))
    again = lines_of(lambda: draft.publish(by=officer))
    started = lines_of(
        lambda: Thread.start(consultation=draft, subject="Hal", by=officer, key=uuid4())
    )

    assert revised == [("revised", "consultation")]
    assert published == [("published", "consultation")]
    assert again == []
    assert started == [("started", "thread")]


def test_the_verbs_of_a_discussion_leave_one_line_each(
    thread: Thread, comment: Comment, siti: User, budi: User, moderator: User
) -> None:
    rule = Rule.objects.of(thread.consultation.topic)[0]
    key = uuid4()

    posted = lines_of(lambda: thread.post(author=budi, body="Ya.", key=key))
    repeated = lines_of(lambda: thread.post(author=budi, body="Ya.", key=key))
    edited = lines_of(lambda: comment.edit(by=siti, body="Di sisi kanan."))
    hidden = lines_of(lambda: comment.hide(by=moderator, rule=rule, reason=REASON))
    restored = lines_of(lambda: comment.restore(by=moderator, reason=REASON))

    assert posted == [("posted", "comment")]
    assert repeated == []
    assert edited == [("edited", "comment")]
    assert hidden == [("hidden", "comment")]
    assert restored == [("restored", "comment")]


def test_an_opinion_and_a_support_are_their_own_record(
    comment: Comment, consultation: Consultation, siti: User, budi: User
) -> None:
    proposal = Proposal.start(
        consultation=consultation, author=siti, title="Rak sepeda", summary="Di pasar.",
        text="Teks.", key=uuid4(),
    )  # fmt: skip

    assert lines_of(lambda: Comment.opine(comment.pk, voter=budi, value=1)) == []
    assert lines_of(lambda: Proposal.support(proposal.pk, by=budi)) == []


def test_the_verbs_of_a_text_leave_one_line_each(
    consultation: Consultation, siti: User, moderator: User
) -> None:
    proposal = Proposal.start(
        consultation=consultation, author=siti, title="Rak sepeda", summary="Di pasar.",
        text="Teks.", key=uuid4(),
    )  # fmt: skip
    document = proposal.document

    written = lines_of(lambda: document.write_plain(by=siti, text="Teks lain.", key=uuid4()))
    frozen = lines_of(lambda: document.freeze(by=moderator, reason=REASON))
    thawed = lines_of(lambda: document.thaw(by=moderator, reason=REASON))

    assert written == [("edited", "document")]
    assert frozen == [("frozen", "document")]
    assert thawed == [("thawed", "document")]


def test_the_verbs_of_an_agency_leave_one_line_each(agency: Agency, budi: User) -> None:
    owner = in_office(agency, "Ketua", Member.Role.OWNER)
    tokens: list[str] = []

    def invite() -> None:
        _invitation, token = agency.invite(email=budi.email, role="answerer", by=owner)
        tokens.append(token)

    invited = lines_of(invite)
    accepted = lines_of(lambda: Invitation.accept(token=tokens[0], by=budi))
    ended = lines_of(lambda: Member.objects.get(person=budi).end(by=owner))

    assert invited == [("invited", "agency")]
    assert accepted == [("accepted", "member")]
    assert ended == [("ended", "member")]


def test_a_line_says_who_where_and_no_text(thread: Thread, comment: Comment, siti: User) -> None:
    line = Entry.objects.get(verb="posted")

    assert (line.actor_id, line.topic) == (siti.pk, comment.topic)
    assert line.agency_id == thread.consultation.agency_id
    assert line.consultation_id == thread.consultation_id
    assert comment.body not in str(line.details)


def test_what_is_refused_leaves_no_line(thread: Thread, comment: Comment, budi: User) -> None:
    def refused() -> None:
        with pytest.raises(Refused):
            comment.edit(by=budi, body="Bukan milik saya.")

    assert lines_of(refused) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET verb = 'posted'",
        "UPDATE journal_entry SET at = at + interval '1 hour'",
        "UPDATE journal_entry SET seq = 1, topic = 'comment:1'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry CASCADE",
    ],
)
def test_the_database_refuses_to_change_a_line(statement: str, comment: Comment) -> None:
    with (
        pytest.raises(DatabaseError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_line_needs_no_person(comment: Comment) -> None:
    assert record("imported", comment, by=None).actor_id is None

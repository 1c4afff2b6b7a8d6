"""A town of the right size, made with SQL: people, their login sessions, threads, comments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from consultations.models import Consultation, Phase, Thread
from consultations.models.consultation import Schedule
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.markup import to_html
from proposals.models import Document, Proposal

CSRF_SECRET = "a" * 32
WORDS = (
    "Jalur sepeda di Jalan Cemara perlu dipisah dari jalur angkot, sebab pagi hari banyak anak "
    "sekolah lewat di sana.\n\nSaya setuju dibangun, asal pedagang di depan pasar diberi tempat."
)

PEOPLE = """
    INSERT INTO accounts_user (password, last_login, is_superuser, email, pseudonym, language,
        time_zone, is_active, is_staff, is_demo, date_joined)
    SELECT '!bench', NULL, false, %(stem)s || n || '@bench.invalid', 'Warga ' || n, 'id',
        'Asia/Jakarta', true, false, false, now()
    FROM generate_series(1, %(number)s) n RETURNING id
"""
PARTICIPANTS = """
    INSERT INTO consultations_participant
        (consultation_id, person_id, number, pseudonym, origin, joined_at)
    SELECT %(consultation)s, u.id, row_number() OVER (ORDER BY u.id) + 1000, u.pseudonym, '', now()
    FROM accounts_user u WHERE u.id = ANY(%(people)s)
"""
STRANGERS = """
    INSERT INTO consultations_participant
        (consultation_id, person_id, number, pseudonym, origin, joined_at)
    SELECT %(consultation)s, NULL, n + 10000000, 'Tamu ' || n, 'bench:' || n, now()
    FROM generate_series(%(first)s, %(last)s) n
"""
# Two levels of replies, as people write: one in four answers the comment before it.
COMMENTS = """
    INSERT INTO consultations_comment (thread_id, parent_id, author_id, key, number, place, depth,
        body, body_html, stance, posted_at, edited_at, agree_count, disagree_count, pass_count,
        opinion_version, state)
    SELECT %(thread)s, NULL, a.ids[1 + n %% array_length(a.ids, 1)], gen_random_uuid(), n,
        lpad(base36(60466175 - n), 5, '0'), 0, %(body)s, %(html)s, NULL,
        now() - n * interval '1 second', NULL, 0, 0, 0, 0, 'visible'
    FROM generate_series(%(first)s, %(last)s) n,
        (SELECT array_agg(id) ids FROM (SELECT id FROM consultations_participant
            WHERE consultation_id = %(consultation)s ORDER BY id LIMIT 1000) p) a
"""
BASE36 = """
    CREATE OR REPLACE FUNCTION base36(value bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
    DECLARE said text := '';
    BEGIN
        WHILE value > 0 LOOP
            said := substr('0123456789abcdefghijklmnopqrstuvwxyz', (value %% 36)::int + 1, 1)
                || said;
            value := value / 36;
        END LOOP;
        RETURN said;
    END $$
"""
OPINIONS = """
    INSERT INTO consultations_opinion (comment_id, participant_id, value, given_at)
    SELECT %(comment)s, p.id, 1 - (p.id %% 3)::int, now() FROM consultations_participant p
    WHERE p.consultation_id = %(consultation)s
        AND NOT EXISTS (SELECT FROM consultations_opinion o
            WHERE o.comment_id = %(comment)s AND o.participant_id = p.id)
    ORDER BY p.id LIMIT %(number)s
"""


@dataclass
class Town:
    """What cells look at."""

    consultation: Consultation
    officer: User
    people: list[int]
    sessions: Sequence[str]


def town(people: int) -> Town:
    """Make an open consultation and people who are signed in."""
    agency = Agency.objects.create(name="Dinas Contoh", slug="dinas-contoh")
    officer = User.objects.create_user("petugas@bench.invalid", pseudonym="Petugas", is_demo=True)
    moderator = User.objects.create_user(
        "penengah@bench.invalid", pseudonym="Penengah", is_demo=True
    )
    Member.objects.create(agency=agency, person=officer, role=Member.Role.OFFICER)
    Member.objects.create(agency=agency, person=moderator, role=Member.Role.MODERATOR)
    now = timezone.now()
    activities = (Phase.Activity.COMMENT, Phase.Activity.PROPOSE, Phase.Activity.COEDIT)
    consultation = Consultation.draft(
        agency=agency,
        by=officer,
        key=uuid4(),
        phases=[Schedule(each, now - timedelta(1), now + timedelta(7)) for each in activities],
        title="Jalur sepeda di Jalan Cemara",
        question="Apakah jalur sepeda dibangun?",
        how_decided="Kepala dinas memutuskan setelah membaca semua masukan.",
        background="## Latar belakang\n\nJalan Cemara lebarnya 14 meter.",
        organiser="Bidang Lalu Lintas",
        contact="lalin@bench.invalid",
    )
    thread(consultation, officer)
    consultation.publish(by=officer)
    ids = [row[0] for row in run(PEOPLE, stem="warga", number=people)]
    run(PARTICIPANTS, consultation=consultation.pk, people=ids)
    run("UPDATE consultations_consultation SET participant_count = 1000000")
    run(BASE36)
    return Town(consultation, officer, ids, sign_in(ids))


def sign_in(people: Sequence[int]) -> list[str]:
    """Make a login session for each; gives the keys."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    until = timezone.now() + timedelta(1)
    rows = []
    for user in User.objects.filter(pk__in=people).order_by("pk"):
        content = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        key = f"bench{user.pk:027d}"
        rows.append(Session(session_key=key, session_data=store.encode(content), expire_date=until))
    Session.objects.bulk_create(rows, batch_size=1_000)
    return [row.session_key for row in rows]


def thread(consultation: Consultation, officer: User, subject: str = "Di mana?") -> Thread:
    """Open a discussion."""
    return Thread.start(consultation=consultation, subject=subject, by=officer, key=uuid4())


def fill(place: Thread, first: int, last: int) -> None:
    """Write comments number `first` to `last`, without triggers and checks."""
    run(
        COMMENTS,
        raw=True,
        thread=place.pk,
        consultation=place.consultation_id,
        first=first,
        last=last,
        body=WORDS,
        html=str(to_html(WORDS)),
    )
    Thread.objects.filter(pk=place.pk).update(last_number=last, comment_count=last)


def opine(comment: int, consultation: int, number: int) -> None:
    """Let so many more participants have an opinion of one comment; its counters follow."""
    run(OPINIONS, raw=True, comment=comment, consultation=consultation, number=number)
    run(
        "UPDATE consultations_comment SET agree_count = n.agree, disagree_count = n.disagree,"
        " pass_count = n.pass, opinion_version = n.agree + n.disagree + n.pass FROM"
        " (SELECT count(*) FILTER (WHERE value = 1) agree,"
        " count(*) FILTER (WHERE value = -1) disagree, count(*) FILTER (WHERE value = 0) pass"
        " FROM consultations_opinion WHERE comment_id = %(comment)s) n WHERE id = %(comment)s",
        comment=comment,
    )


def strangers(consultation: int, first: int, last: int) -> None:
    """Add participants without an account, as an import does."""
    run(STRANGERS, raw=True, consultation=consultation, first=first, last=last)


def document(consultation: Consultation, author: User) -> Document:
    """Begin a text to write together, with two paragraphs."""
    proposal = Proposal.start(
        consultation=consultation,
        author=author,
        title="Jalur sepeda",
        summary="Demi keselamatan",
        text="Kami minta jalur sepeda.\n\nAlasannya keselamatan.",
        key=uuid4(),
    )
    return Document.objects.get(proposal=proposal)


def run(
    statement: str, *, raw: bool = False, **values: int | str | list[int]
) -> list[tuple[int, ...]]:
    """Run one statement; `raw` leaves triggers and foreign keys out."""
    with connection.cursor() as cursor:
        if raw:
            cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            if raw:
                cursor.execute("SET session_replication_role = DEFAULT")


def settle() -> None:
    """Give the planner its figures and the disk its rest before anything is measured."""
    run("VACUUM ANALYZE")
    run("CHECKPOINT")

"""One small town: an agency, its people, an open consultation, a thread."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import timezone
from django.utils.translation import override

from consultations.models import Comment, Consultation, Phase, Thread
from consultations.models.consultation import Schedule
from portal.accounts.models import User
from portal.agencies.models import Agency, Member

ALL_ACTIVITIES = (
    Phase.Activity.COMMENT,
    Phase.Activity.PROPOSE,
    Phase.Activity.COEDIT,
    Phase.Activity.SUPPORT,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`bin/test --faults` asks for the long form of every fault."""
    parser.addoption("--faults", action="store_true", help="the long form of the faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coroutines first: the plugin's browser keeps a loop running in this thread to the end."""
    items.sort(key=lambda item: "playwright" in getattr(item, "fixturenames", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured."""
    for report in terminalreporter.getreports("passed"):
        for what, measured in report.user_properties:
            terminalreporter.write_line(f"{what}: {measured}")


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether `bin/test --faults` asked for the long form; only then figures are judged."""
    return bool(request.config.getoption("--faults"))


@pytest.fixture(autouse=True)
def indonesian_first() -> Iterator[None]:
    """A page in English leaves its language to the thread: no test may speak for the next one."""
    with override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True, scope="session")
def emptied_despite_triggers() -> Iterator[None]:
    """Let a live test empty the database: append-only tables refuse TRUNCATE otherwise."""
    truncate = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, statements: list[str]) -> None:
        quiet = ["SET session_replication_role = replica", *statements]
        truncate(self, [*quiet, "SET session_replication_role = DEFAULT"])

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Before the test database goes: end the connections that threads of coroutines still hold."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def person(name: str, **fields: Any) -> User:
    """Make a person with a confirmed address; the password is `rahasia-sekali`."""
    user = User.objects.create_user(
        f"{name.lower()}@contoh.id.invalid", "rahasia-sekali", pseudonym=name, **fields
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def in_office(agency: Agency, name: str, role: str, **fields: Any) -> User:
    """Make a demo person in a role, so that no second factor stands between the test and it."""
    user = person(name, is_demo=True)
    Member.objects.create(agency=agency, person=user, role=role, **fields)
    return user


def plan(*activities: str, start: int = -1, end: int = 7) -> list[Schedule]:
    """Plan phases from `start` to `end` days from now."""
    now = timezone.now()
    first, last = now + timedelta(days=start), now + timedelta(days=end)
    return [Schedule(activity, first, last) for activity in activities]


@pytest.fixture
def agency(db: None) -> Agency:
    return Agency.objects.create(name="Dinas Contoh Kota Rembuk", slug="dinas-contoh")


@pytest.fixture
def other_agency(db: None) -> Agency:
    return Agency.objects.create(name="Kabupaten Wana", slug="kabupaten-wana")


@pytest.fixture
def siti(db: None) -> User:
    return person("Siti")


@pytest.fixture
def budi(db: None) -> User:
    return person("Budi")


@pytest.fixture
def officer(agency: Agency) -> User:
    return in_office(agency, "Petugas", Member.Role.OFFICER)


@pytest.fixture
def moderator(agency: Agency) -> User:
    return in_office(agency, "Moderator", Member.Role.MODERATOR)


@pytest.fixture
def foreign_officer(other_agency: Agency) -> User:
    return in_office(other_agency, "Jiran", Member.Role.OFFICER)


@pytest.fixture
def draft(agency: Agency, officer: User, moderator: User) -> Consultation:
    """A consultation that only its staff may see."""
    return Consultation.draft(
        agency=agency,
        by=officer,
        key=uuid4(),
        phases=plan(*ALL_ACTIVITIES),
        title="Jalur sepeda di Jalan Cemara",
        question="Apakah jalur sepeda dibangun?",
        how_decided="Kepala dinas memutuskan setelah membaca semua masukan.",
        background="## Latar belakang\n\nJalan Cemara lebarnya 14 meter.",
        organiser="Bidang Lalu Lintas",
        contact="lalin@contoh.id.invalid",
    )


@pytest.fixture
def consultation(draft: Consultation, officer: User) -> Consultation:
    """An open one: commenting, proposing, writing together and supporting all run."""
    draft.publish(by=officer)
    return Consultation.objects.for_display().get(pk=draft.pk)


@pytest.fixture
def thread(consultation: Consultation, officer: User) -> Thread:
    started = Thread.start(
        consultation=consultation, subject="Di mana jalurnya?", by=officer, key=uuid4()
    )
    return Thread.objects.for_display().get(pk=started.pk)


@pytest.fixture
def comment(thread: Thread, siti: User) -> Comment:
    return thread.post(author=siti, body="Di sisi kiri saja.", key=uuid4())


def close(consultation: Consultation, *activities: str) -> None:
    """Let the phases (all, or of these activities) lie in the past."""
    phases = consultation.phases.filter(activity__in=activities or Phase.Activity.values)
    now = timezone.now()
    phases.update(starts_at=now - timedelta(days=9), ends_at=now - timedelta(seconds=1))

"""What the faults share: the long form, a progress that is seen, services of their own."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consultations.models import Consultation
from portal.accounts.models import User
from tests.faults.site import Site
from tests.faults.town import Town
from tests.processes import Cluster, Valkey

Say = Callable[[str], None]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Everything in this folder is a fault; two at a time would be too much for one machine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)
            if config.pluginmanager.hasplugin("xdist"):
                item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], is_long: bool) -> Say:
    """Print past the capture, so that a long run shows how far it is."""

    def out_loud(words: str) -> None:
        with capsys.disabled():
            print(words, flush=True)  # noqa: T201  progress of a long run

    return out_loud if is_long else print


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder whose name is short enough for a unix socket."""
    with tempfile.TemporaryDirectory(prefix="rembuk-") as folder:
        yield Path(folder)


@pytest.fixture
def valkey(home: Path) -> Iterator[Valkey]:
    server = Valkey(home)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def town(consultation: Consultation, officer: User) -> Town:
    """A small crowd's; in the test database."""
    return Town.of(consultation, officer, people=20)


@pytest.fixture(scope="session")
def own_cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="rembuk-") as folder:
        running = Cluster(Path(folder))
        running.start()
        yield running
        running.stop()


@pytest.fixture
def cluster(own_cluster: Cluster) -> Cluster:
    """A PostgreSQL of its own, empty."""
    own_cluster.empty()
    return own_cluster


@pytest.fixture
def site(django_db_setup: None, home: Path, valkey: Valkey) -> Iterator[Site]:
    """Two workers on the test database; they start while the test builds its town."""
    running = Site(home / "site.log", valkey.url)
    yield running
    running.stop()

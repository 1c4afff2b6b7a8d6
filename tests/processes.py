"""Real server processes on the test database, a Valkey that may die, and browsers' sockets."""

import asyncio
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connection, connections
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from portal.services import (
    find_places,
    find_postgres,
    find_valkey,
    own_directory,
    pid_of,
    start_postgres,
)

ROOT = Path(__file__).resolve().parent.parent
CSRF_SECRET = "a" * 32


def eventually(check: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until it is so, or the time is over."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Valkey:
    """A server of its own, that a test may kill, stop and start again."""

    def __init__(self, home: Path) -> None:
        self.path = home / "valkey.sock"
        self.url = f"unix://{self.path}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it; what was kept before is gone."""
        program = find_valkey(find_places(ROOT))
        self._process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", self.path, "--save", ""],
            stdout=subprocess.DEVNULL,
            cwd=self.path.parent,
        )
        assert eventually(self._answers, seconds=10)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as link, contextlib.suppress(OSError):
            link.connect(str(self.path))
            return True
        return False

    def say(self, *words: str) -> None:
        """Give one command."""
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(self.path))
            link.sendall((" ".join(words) + "\r\n").encode())
            assert link.recv(64).startswith(b"+OK")

    def signal(self, number: signal.Signals) -> None:
        """Kill or stop it."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


def free_port(wanted: int = 0) -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted))
        return int(probe.getsockname()[1])


def surroundings(redis_url: str, database_url: str = "") -> dict[str, str]:
    """Give what a process of the site finds in its environment: the test database by default."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = str(connection.settings_dict["NAME"])
    return os.environ | {
        "DATABASE_URL": database_url or urlunsplit(address._replace(path=f"/{database}")),
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }


def signed_in(session_key: str, port: int) -> dict[str, str]:
    """Give the headers of a person's form."""
    cookies = {settings.SESSION_COOKIE_NAME: session_key, settings.CSRF_COOKIE_NAME: CSRF_SECRET}
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": CSRF_SECRET,
        "Origin": f"http://127.0.0.1:{port}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


class Server:
    """One uvicorn process with the real application."""

    def __init__(self, redis_url: str, log: Path, port: int = 0) -> None:
        self.port = free_port(port)
        flags = ["--port", str(self.port), "--ws", "websockets-sansio", "--log-level", "warning"]
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "portal.asgi:application", *flags],
            cwd=ROOT,
            env=surroundings(redis_url),
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> None:
        """Wait until it answers."""
        assert eventually(lambda: self.get("/healthz") != 0, seconds=30), self._log.name

    def get(self, path: str) -> int:
        """Fetch a page; gives the status, or 0 when nobody answers."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            link.request("GET", path)
            return link.getresponse().status
        except OSError:
            return 0
        finally:
            link.close()

    def post(self, path: str, session_key: str, **fields: object) -> int:
        """Send a form as a signed-in person; gives the status."""
        headers = signed_in(session_key, self.port)
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request("POST", path, urlencode(fields), headers)
            return link.getresponse().status
        finally:
            link.close()

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()
        self._process.wait(10)
        self._log.close()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()


class HasPort(Protocol):
    """Something that serves the site."""

    @property
    def port(self) -> int: ...


class Browser:
    """A socket of an open page, with everything it heard."""

    def __init__(self, link: ClientConnection, *topics: str) -> None:
        self._link = link
        self._knew = dict(topic.split("@") for topic in topics if "@" in topic)
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None
        self._task = asyncio.create_task(self._hear())

    @classmethod
    async def at(cls, server: HasPort, *topics: str, session_key: str = "") -> Self:
        """Open a page and wait until it was greeted."""
        query = urlencode({"topic": topics, "lang": "id"}, doseq=True)
        cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session_key}"} if session_key else {}
        address = f"127.0.0.1:{server.port}"
        link = await connect(
            f"ws://{address}/live/?{query}",
            origin=f"http://{address}",  # type: ignore[arg-type]
            additional_headers=cookie,
        )
        browser = cls(link, *topics)
        await browser.until(lambda: bool(browser.said("t")) or browser.code is not None)
        return browser

    async def _hear(self) -> None:
        try:
            async for text in self._link:
                self.heard.append(json.loads(text))
        except ConnectionClosed:
            pass
        self.code = self._link.close_code

    async def say(self, message: dict[str, str]) -> None:
        """Send a frame."""
        await self._link.send(json.dumps(message))

    def said(self, key: str) -> list[Any]:
        """Give what frames said under a key."""
        return [frame[key] for frame in self.heard if key in frame]

    def shows(self, dom_id: str) -> bool:
        """Whether an element was put."""
        return any(put[0] == dom_id for puts in self.said("put") for put in puts)

    def counted(self, dom_id: str) -> list[int]:
        """Give the newest figures of an element, without their version."""
        told = [counts[dom_id] for counts in self.said("n") if dom_id in counts]
        return list(max(told, key=lambda values: values[-1])[:-1]) if told else []

    def reached(self) -> int:
        """Give the highest number heard of, by item or by `moved`."""
        numbers = [number for numbers in self.said("s") for number in numbers]
        return max([*numbers, *self.said("moved")], default=0)

    def reached_in(self, topic: str) -> int:
        """Give the highest number of one topic that the page knew or was told of."""
        frames = [frame for frame in self.heard if frame.get("t") == topic]
        numbers = [number for frame in frames for number in frame.get("s", ())]
        moved = [frame["moved"] for frame in frames if "moved" in frame]
        return int(max([int(self._knew.get(topic, 0)), *numbers, *moved]))

    async def until(self, check: Callable[[], bool], *, seconds: float = 3.0) -> None:
        """Wait until it is so; fails when the time is over."""
        async with asyncio.timeout(seconds):
            while not check():  # noqa: ASYNC110  it polls a list that a task fills
                await asyncio.sleep(0.02)

    async def leave(self) -> None:
        """Close the tab."""
        await self._link.close()
        await self._task


@contextlib.contextmanager
def two_servers(home: Path, redis_url: str) -> Iterator[tuple[Server, Server]]:
    """Run two processes of the site side by side."""
    servers = [Server(redis_url, home / f"server-{name}.log") for name in "ab"]
    try:
        for server in servers:
            server.wait()
        yield servers[0], servers[1]
    finally:
        for server in servers:
            server.kill()


class Cluster:
    """A PostgreSQL of its own, that a test may stop, stall and starve."""

    def __init__(self, home: Path) -> None:
        self._places = replace(find_places(ROOT), home=home, sockets=home)
        own_directory(home, self._places.user)
        self.url = f"postgresql://postgres@/rembuk?host={home}"
        self.user = self._places.user

    def start(self) -> None:
        """Run it, with an empty database the first time."""
        start_postgres(self._places, "rembuk")

    def empty(self) -> None:
        """Begin with nothing again."""
        at = ("-h", self._places.sockets, "-U", "postgres")
        programs = find_postgres(self._places)
        self._places.run(programs / "dropdb", *at, "--force", "rembuk")
        self.start()

    def copy(self, dump: Path) -> None:
        """Take a dump over."""
        shutil.copy(dump, self._places.home / "dump")
        (self._places.home / "dump").chmod(0o644)
        at = ("-h", self._places.sockets, "-U", "postgres", "-d", "rembuk")
        restore = find_postgres(self._places) / "pg_restore"
        failed, said = self._places.run(restore, *at, "-e", self._places.home / "dump")
        assert not failed, said

    def be_asked(self) -> None:
        """Let Django ask this one instead of the test database."""
        there = connections.settings["default"]
        self._instead_of = dict(there)
        forget_connections()
        there.update(NAME="rembuk", HOST=str(self._places.sockets), PORT="", USER="postgres")
        options = {name: value for name, value in there["OPTIONS"].items() if name != "host"}
        there.update(PASSWORD="", OPTIONS=options)

    def be_left(self) -> None:
        """Let Django ask the test database again."""
        forget_connections()
        connections.settings["default"].update(self._instead_of)

    def stop(self) -> None:
        """End it as a power cut does: what is open is rolled back at the next start."""
        self.go_on()
        if pid := self._pid:
            os.kill(pid, signal.SIGQUIT)
            assert eventually(lambda: not pid_of(self._pid_file), seconds=30)

    def stall(self) -> None:
        """Let it hold still: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        self._signal(signal.SIGCONT)

    def say(self, *statements: str, database: str = "rembuk") -> None:
        """Let its superuser say something, each in a transaction of its own."""
        with psycopg.connect(self.url, dbname=database, autocommit=True) as link:
            for statement in statements:
                link.execute(statement.encode())

    def _signal(self, number: signal.Signals) -> None:
        if pid := self._pid:
            for each in (pid, *children_of(pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, number)

    @property
    def _pid_file(self) -> Path:
        return next(iter(self._places.home.glob("postgres-*/data/postmaster.pid")), Path("none"))

    @property
    def _pid(self) -> int:
        return pid_of(self._pid_file)


def forget_connections() -> None:
    """Close what this process has open to its database."""
    connection.close()
    wrapper: Any = connection
    wrapper.close_pool()


def children_of(pid: int) -> list[int]:
    """Find the processes that a process has started and that live."""
    with contextlib.suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []

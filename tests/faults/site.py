"""The site as it runs in production, `portal serve`, and requests that may never be answered."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.processes import ROOT, eventually, free_port, signed_in, surroundings

ASKED_FOR = 15
"""Seconds after which a browser would be given up on; nothing here is asserted by them."""


@dataclass
class Answer:
    """A whole answer: nothing counts as acknowledged before the last byte was read."""

    status: int
    headers: dict[str, str]
    body: bytes


class Door:
    """A port at which the site is reached."""

    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def ask(self, method: str, path: str, *, session: str = "", **fields: object) -> Answer:
        """Send one request on a connection of its own and read the whole answer."""
        headers = {"Host": self.address, "Connection": "close"}
        headers |= signed_in(session, self.port) if session else {}
        return await ask(self.port, method, path, headers, urlencode(fields).encode())


class Site(Door):
    """Worker processes behind one port, with the process that starts dead ones again."""

    def __init__(
        self,
        log: Path,
        redis_url: str,
        *,
        workers: int = 2,
        database_url: str = "",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.log = log
        self._workers = workers
        self._environment = surroundings(redis_url, database_url) | (environment or {})
        self.start()

    def start(self) -> None:
        """Run it; again on the same port."""
        command = ["serve", "--port", str(self.port), "--workers", str(self._workers)]
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "portal", *command],
                cwd=ROOT,
                env=self._environment,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> "Site":
        """Wait until it answers."""
        assert eventually(self._answers, seconds=60), self.log.read_text()[-2000:]
        return self

    def _answers(self) -> bool:
        with suppress(OSError, asyncio.IncompleteReadError):
            return asyncio.run(self.ask("GET", "/healthz")).status == 200
        return False

    @property
    def pids(self) -> list[int]:
        """The processes that serve."""
        parent = self._process.pid
        if self._workers == 1:
            return [parent]
        with suppress(OSError):
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            return [int(pid) for pid in children if "spawn_main" in command_of(int(pid))]
        return []

    def kill_one(self, dice: random.Random) -> int:
        """Kill one of them without a word; 0 when none runs at this moment."""
        pids = self.pids
        pid = dice.choice(pids) if pids else 0
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pid

    def terminate(self) -> None:
        """Ask it to end, as a deployment does."""
        self._process.terminate()

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        """End everything that was started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)


async def ask(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """Say it in the words of HTTP/1.1; an answer that was cut short is an error."""
    async with asyncio.timeout(ASKED_FOR):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            lines = [f"{method} {path} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            lines += [f"Content-Length: {len(body)}"] if body or method == "POST" else []
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
            return await read_answer(reader)
        finally:
            writer.close()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read the head, then exactly as much as it announces."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in head[1:] if line)
    told = {name.lower(): value for name, _colon, value in pairs}
    if "content-length" in told:
        body = await reader.readexactly(int(told["content-length"]))
    else:
        body = await reader.read()
    return Answer(int(head[0].split()[1]), told, body)


def command_of(pid: int) -> str:
    """Give the command line of a process; empty when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""

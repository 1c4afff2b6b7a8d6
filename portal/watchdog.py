"""Notices that the database has stopped answering, although nothing was cut.

A stalled PostgreSQL (stopped, starved, its disk gone) answers neither a statement nor its timeout:
whoever asked it hangs. One connection of the process asks every second and counts on its own
clock. While there is no answer, new requests are told so at once instead of hanging with the rest;
the late answer is the sign that all is well again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

logger = logging.getLogger(__name__)

EVERY, EVERY_WHILE_AWAY = 1.0, 0.25
PATIENCE = 2.0
GRACE = 0.2
"""What a busy loop may need to read an answer that is there already."""

CONNECT_SECONDS = 3

KNOWN = frozenset(option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults())
"""What the driver takes as part of an address."""

Ask = Callable[[], Awaitable[object]]
Address = dict[str, str | int | None]


class Question:
    """Asks the database over one connection of its own, and over the next one when that fails."""

    def __init__(self, conninfo: Callable[[], Address]) -> None:
        self._conninfo = conninfo
        self._link: psycopg.AsyncConnection | None = None

    async def __call__(self) -> None:
        """Ask; raises what the database, or the way to it, says.

        That one line was cut says nothing of the database: it is asked again over a new one.
        """
        if self._link is not None and self.is_open:
            with contextlib.suppress(psycopg.OperationalError):
                await self._link.execute("SELECT 1")
                return
            await self._link.close()
        address = make_conninfo("", **self._conninfo())
        self._link = await psycopg.AsyncConnection.connect(address, autocommit=True)
        await self._link.execute("SELECT 1")

    @property
    def is_open(self) -> bool:
        """Whether there is a line."""
        return self._link is not None and not self._link.closed

    async def end(self) -> None:
        """Hang up."""
        if self._link is not None:
            await self._link.close()


class Watchdog:
    """Whether the database is away, as this process sees it.

    Nothing is said before the first answer: a line of its own that never worked proves nothing.
    """

    def __init__(self, ask: Ask, *, back: Ask | None = None) -> None:
        """`back` is awaited when the database answers again, before anybody is let in."""
        self.is_away = False
        self._ask = ask
        self._back = back
        self._was_answered = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self.is_away = False

    async def _watch(self) -> None:
        while True:
            is_away = await self._is_away()
            if self.is_away and not is_away and self._back is not None:
                await self._make_ready(self._back)
            self._note(is_away=is_away)
            await asyncio.sleep(EVERY_WHILE_AWAY if self.is_away else EVERY)

    async def _is_away(self) -> bool:
        """Ask once, and wait as long as it takes: to call a question off would hang as well."""
        question = asyncio.ensure_future(self._ask())
        try:
            for seconds in (PATIENCE, GRACE):
                await asyncio.wait([question], timeout=seconds)
            if not question.done():
                self._note(is_away=self._was_answered)
                await asyncio.wait([question])
        finally:
            if not question.done():
                question.cancel()
        error = question.exception()
        self._was_answered = self._was_answered or error is None
        return self._was_answered and error is not None and says_away(error)

    async def _make_ready(self, back: Ask) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await back()
        except Exception:
            logger.exception("What was to be done when the database is back failed")

    def _note(self, *, is_away: bool) -> None:
        if is_away is not self.is_away:
            logger.warning("The database %s.", "does not answer" if is_away else "answers again")
        self.is_away = is_away


def says_away(error: BaseException) -> bool:
    """Whether an error means that nobody is served: one more connection refused does not."""
    state = getattr(error, "sqlstate", None)
    return isinstance(error, psycopg.Error | OSError) and (state is None or state[:3] == "57P")


async def renew_connections() -> None:
    """Replace the pooled connections that died, instead of letting requests find them."""
    pool: Any = getattr(connection, "pool", None)
    if pool is not None:
        await asyncio.to_thread(pool.check)


def conninfo() -> Address:
    """Say where the database of the site is, as Django says it to the driver."""
    told = connection.get_connection_params()
    known: Address = {name: value for name, value in told.items() if name in KNOWN}
    return {**known, "connect_timeout": CONNECT_SECONDS}

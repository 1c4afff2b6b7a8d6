"""Questions to the database that came while it was busy, asked together in one hop.

After a restart thousands of pages come back at once: what each would ask alone, all ask once.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import Error

from portal.live.hop import in_database

Q = TypeVar("Q")
A = TypeVar("A")

MOST = 64
"""Questions of one hop: who comes alone must not wait long for a crowd."""


class Together(Generic[Q, A]):
    """Holds questions while others are being answered. An answer may be an exception."""

    def __init__(self, answer: Callable[[Sequence[Q]], Sequence[A | Exception]]) -> None:
        self.answer = answer
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Wait for the answer to this question, and raise it where it is an exception."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[A] = loop.create_future()
        if self._asking is not None and self._asking.get_loop() is not loop:
            self._waiting.clear()
            self._asking = None
        self._waiting.append((question, future))
        if self._asking is None or self._asking.done():
            self._asking = loop.create_task(self._ask_all())
        return await future

    async def _ask_all(self) -> None:
        while self._waiting:
            held = [self._waiting.popleft() for _each in range(min(MOST, len(self._waiting)))]
            asked = [(question, future) for question, future in held if not future.done()]
            answers = await self._answers([question for question, _future in asked])
            for (_question, future), answer in zip(asked, answers, strict=True):
                if future.done():
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    async def _answers(self, questions: Sequence[Q]) -> Sequence[A | Exception]:
        """Ask; where one question breaks it for all, each is asked alone."""
        if not questions:
            return []
        try:
            return await in_database(self.answer, questions)
        except Exception as error:  # noqa: BLE001  (it is raised where the question was asked)
            if len(questions) == 1 or isinstance(error, Error):
                return [error] * len(questions)
        return [(await self._answers([question]))[0] for question in questions]

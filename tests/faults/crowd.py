"""Fifty people who insist: what is not acknowledged is sent again, with the same key."""

import asyncio
import random
import time
from collections import deque
from contextlib import suppress
from uuid import uuid4

from django.urls import reverse
from websockets.exceptions import WebSocketException

from proposals.coedit.protocol import Sync
from proposals.models import Document
from tests.faults.ledger import Excuse, Ledger
from tests.faults.site import Answer, Door
from tests.faults.town import Town
from tests.proposals.editors import Typing
from tests.proposals.servers import Remote

KEPT = frozenset({200, 302})
GONE = (OSError, EOFError, TimeoutError, WebSocketException)
LONGEST_WAIT = 4.0


class Patience:
    """How long somebody waits before the next try: full jitter, doubling, as the pages do."""

    def __init__(self, dice: random.Random, ledger: Ledger) -> None:
        self._dice, self._ledger = dice, ledger
        self._since = self._bound = 0.0

    async def wait(self, at_least: float = 0.0) -> None:
        """Wait after a failure."""
        self._since = self._since or time.monotonic()
        self._bound = min(self._bound * 2 or 1.0, LONGEST_WAIT)
        seconds = max(at_least, self._dice.random() * self._bound)
        if self._bound == 1.0:
            self._ledger.waits.append(seconds)
        await asyncio.sleep(seconds)

    def lost(self) -> None:
        """A connection broke at this moment."""
        self._since = self._since or time.monotonic()

    def back(self) -> None:
        """It works again."""
        if self._since:
            self._ledger.away.append(time.monotonic() - self._since)
        self._since = self._bound = 0.0


class Talker:
    """Comments, gives opinions and supports, one thing after the other."""

    def __init__(
        self, site: Door, town: Town, session: str, *, dice: random.Random, ledger: Ledger
    ) -> None:
        self.site, self.town, self.session = site, town, session
        self.dice, self.ledger = dice, ledger
        self.pace = 1.0
        self._patience = Patience(dice, ledger)

    async def live(self) -> None:
        """Act until the ledger is closed."""
        while self.ledger.is_open:
            await asyncio.sleep(self.dice.random() * 2 * self.pace)
            lot = self.dice.random()
            act = self.comment if lot < 0.15 else self.support if lot < 0.3 else self.opine
            await act()

    async def comment(self) -> None:
        key, body = uuid4(), f"Pendapat {uuid4()}."
        thread = self.dice.choice(self.town.threads)
        path = reverse("consultations:comments", args=[thread.pk])
        if await self._insist(path, body=body, key=key):
            self.ledger.comments[key] = body

    async def opine(self) -> None:
        comment = self.dice.choice(self.town.comments)
        value = self.dice.choice([1, 0, -1])
        path = reverse("consultations:opinions", args=[comment.thread_id])
        if await self._insist(path, opinion=f"{comment.pk}:{value}"):
            self.ledger.opinions[self.session, comment.pk] = value

    async def support(self) -> None:
        proposal = self.dice.choice(self.town.proposals)
        wanted = self.dice.random() < 0.7
        path = reverse("proposals:supports", args=[proposal.pk])
        more = {} if wanted else {"_method": "delete"}
        if await self._insist(path, **more):
            self.ledger.supports[self.session, proposal.pk] = wanted

    async def _insist(self, path: str, **fields: object) -> bool:
        """Send it until it is acknowledged; what may not be said at all is noted."""
        while True:
            answer = await self._try(path, fields)
            if answer is not None and answer.status in KEPT:
                self._patience.back()
                self.ledger.acknowledged += 1
                return True
            if answer is not None and answer.status not in {429, 503}:
                self.ledger.odd.append(f"{answer.status} for {path} {fields}")
                return False
            self.ledger.retries.append(f"{answer.status if answer else 'cut'}: {path}")
            asked = answer.headers.get("retry-after", "0") if answer else "0"
            await self._patience.wait(float(asked))

    async def _try(self, path: str, fields: dict[str, object]) -> Answer | None:
        began = time.monotonic()
        with suppress(*GONE):
            answer = await self.site.ask("POST", path, session=self.session, **fields)
            if answer.status == 503:
                kept = str(fields.get("body", "")).encode() in answer.body
                asked = answer.headers.get("retry-after", "")
                self.ledger.excuses.append(Excuse(time.monotonic() - began, asked, kept))
            return answer
        return None


class Counting(Typing):
    """Knows which words went with which frame, so which an ack keeps."""

    def __init__(self, client: int) -> None:
        super().__init__(client)
        self.pending: dict[str, None] = {}
        self.on_the_way: deque[list[str]] = deque()
        self.kept: list[str] = []

    def _sync(self, step: Sync, body: bytes) -> list[bytes]:
        before = self.sent
        frames = super()._sync(step, body)
        if self.sent > before:  # a step 2 takes along all that was not acknowledged
            self.on_the_way.append(list(self.pending))
        elif step == Sync.STEP1:  # nothing is missing there: it was kept, only the ack got lost
            self.kept += self.pending
        return frames


class Writer:
    """Types words that nobody else types; comes back when cut off; may crash with its memory."""

    def __init__(
        self, site: Door, document: Document, session: str, *, dice: random.Random, ledger: Ledger
    ) -> None:
        self.site, self.document, self.session = site, document, session
        self.dice, self.ledger = dice, ledger
        self.pace = 0.2
        self.patience = Patience(dice, ledger)
        self._acked = 0
        self._is_crashed = False
        self._begin()

    def _begin(self) -> None:
        """Open a browser that knows nothing."""
        self.name = uuid4().hex[:8]
        self.count = 0
        self.text = Counting(self.dice.randrange(1, 2**31))
        self.remote = Remote(self.document, self.session, self.text.client)
        self.remote.text = self.text

    def __repr__(self) -> str:
        text = self.text
        counts = f"{text.acked} of {text.sent} acknowledged, {len(text.pending)} pending"
        return f"{self.name} in {self.document.pk}: {self.remote.code}, {counts}, {text.refused}"

    @property
    def is_there(self) -> bool:
        """Whether the text is open and connected."""
        return self.text.is_synced and self.remote.code is None

    async def live(self) -> None:
        """Write until the ledger is closed and everything is acknowledged."""
        while self.ledger.is_open or self.text.pending:
            if not await self.comes():
                continue
            while self.remote.code is None and not self._is_crashed:
                if self.ledger.is_open:
                    await self._type()
                await asyncio.sleep(self.dice.random() * 2 * self.pace)
                self.take_acks()
                if not self.ledger.is_open and not self.text.pending:
                    return
            self.patience.lost()
            self.ledger.codes.append(self.remote.code or 0)
            if self._is_crashed:
                await self.forget()

    async def comes(self) -> bool:
        """Join, or wait for the next try."""
        self.take_acks()
        self._acked = self.text.acked = self.text.sent = 0
        self.text.on_the_way.clear()
        try:
            await self.remote.join(self.site)
        except GONE as error:
            self.ledger.retries.append(f"joining {self.document.pk}: {error!r}")
            await self.remote.die()
            await self.patience.wait()
            return False
        self.patience.back()
        return True

    async def _type(self) -> None:
        word = f"[{self.name}.{self.count}]"
        self.count += 1
        self.text.pending[word] = None
        self.text.on_the_way.append([word])
        await self.remote.type(word, block=self.dice.randrange(2), at=0)

    def take_acks(self) -> None:
        """Move what was acknowledged since to the ledger."""
        for _ack in range(self.text.acked - self._acked):
            self.text.kept += self.text.on_the_way.popleft()
        self._acked = self.text.acked
        for word in self.text.kept:
            if word in self.text.pending:
                del self.text.pending[word]
                self.ledger.words[self.document.pk].append(word)
                self.ledger.acknowledged += 1
        self.text.kept.clear()
        if self.text.refused:
            self.ledger.odd.append(f"refused: {self.text.refused}")
        if self.remote.code is not None and 4400 <= self.remote.code < 4500:
            self.ledger.odd.append(f"closed for good: {self.remote.code}")

    async def crash(self) -> None:
        """Vanish, and with it whatever was not acknowledged; the next browser knows nothing."""
        self.take_acks()
        await self.remote.die()
        self.remote.closed(1006)
        self.ledger.perhaps[self.document.pk] += list(self.text.pending)
        self._is_crashed = True

    async def forget(self) -> None:
        """Start a browser that knows nothing of the text."""
        await self.remote.die()
        self._is_crashed = False
        self._begin()

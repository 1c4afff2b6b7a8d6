"""Lost rights: which sockets to ask again, and closing those that may listen no longer."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Iterable
from itertools import islice

from portal.live.admission import Visitor, lost
from portal.live.hop import in_database
from portal.live.hub import Hub
from portal.live.models import Revocation
from portal.live.outbox import Outbox
from portal.live.publish import RIGHTS

logger = logging.getLogger(__name__)

BATCH = 200
RECENT = 1_000


class Rights:
    """Hears of revocations through the hub, or reads those that it has not heard of."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asking: set[asyncio.Task[None]] = set()
        self._unasked: dict[Outbox, None] = {}
        self._recent: deque[tuple[int, int | None, str]] = deque(maxlen=RECENT)
        self.seen = 0
        self.losses = 0
        """How many were heard of: what a socket remembers while it is being admitted."""

    def watch(self) -> None:
        """Listen to revocations, once per life of the hub."""
        topic = self._hub.topics.get(RIGHTS)
        if topic is None or self._heard not in topic.callbacks:
            self._hub.listen(RIGHTS, self._heard)

    def _heard(self, data: bytes) -> None:
        try:
            loss = json.loads(data)
            user_id, topic = loss["user"], loss["topic"]
        except (ValueError, KeyError, TypeError, RecursionError):
            logger.warning("live: a loss of rights cannot be read; the database will tell it")
            return
        self._remember(user_id, topic)
        self._ask_soon(self._concerned(user_id, topic, self._hub.sockets))

    def joined(self, outbox: Outbox, *, losses: int) -> None:
        """Ask again who was being admitted while a right was lost."""
        is_forgotten = self.losses - losses > len(self._recent)
        for number, user_id, topic in self._recent:
            if is_forgotten or (number > losses and self._concerned(user_id, topic, [outbox])):
                self._ask_soon([outbox])
                return

    def _remember(self, user_id: int | None, topic: str) -> None:
        self.losses += 1
        self._recent.append((self.losses, user_id, topic))

    def _ask_soon(self, outboxes: list[Outbox]) -> None:
        if outboxes:
            task = asyncio.get_running_loop().create_task(self.ask(outboxes))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def reaches(self, head: int) -> None:
        """The database says how far revocations are: read and ask what was not heard.

        What fails is tried again at the next question: only what was asked counts as seen.
        """
        unasked, self._unasked = self._unasked, {}
        if unasked:
            await self.ask([outbox for outbox in unasked if outbox.is_open])
        if head == self.seen:
            return
        seen = self.seen if head > self.seen else 0  # the database was restored: all that are kept
        for user_id, topic in await in_database(unseen, seen):
            self._remember(user_id, topic)
            await self.ask(self._concerned(user_id, topic, self._hub.sockets))
        self.seen = head

    def _concerned(
        self, user_id: int | None, topic: str, outboxes: Iterable[Outbox]
    ) -> list[Outbox]:
        return [
            outbox
            for outbox in outboxes
            if isinstance(visitor := outbox.owner, Visitor)
            and (visitor.user_id == user_id if user_id else topic in visitor.topics)
        ]

    async def ask_everybody(self) -> None:
        """Ask all sockets again, in batches, so that the database hardly notices."""
        waiting = iter(tuple(self._hub.sockets))
        while batch := list(islice(waiting, BATCH)):
            await self.ask(batch)
            await asyncio.sleep(0.1)

    async def ask(self, outboxes: Iterable[Outbox]) -> None:
        """Close those that lost a right; who could not be asked is asked at the next question."""
        asked = {outbox: outbox.owner for outbox in outboxes}
        visitors = {owner for owner in asked.values() if isinstance(owner, Visitor)}
        try:
            codes = await in_database(lost, visitors)
        except Exception as error:  # noqa: BLE001  (whatever it is, rights are asked again)
            logger.warning("live: rights could not be asked now: %s", type(error).__name__)
            self._unasked.update(dict.fromkeys(asked))
            return
        for outbox, owner in asked.items():
            if isinstance(owner, Visitor) and owner in codes and outbox.is_open:
                self._hub.drop(outbox, codes[owner])


def unseen(seen: int) -> list[tuple[int | None, str]]:
    """Read the revocations after a number."""
    return list(Revocation.objects.filter(seq__gt=seen).values_list("user_id", "topic"))

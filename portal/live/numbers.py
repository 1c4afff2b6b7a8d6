"""Numbers of topics: taken in the verb's own transaction, as its last statement.

A verb may tell several topics, from several places, in any order. Taking a row lock at each call
would let two verbs lock the same two topics in two orders. So a call only registers what is to be
told (`transaction.on_commit`), and the connection (`portal.live.database`) takes all numbers in
one statement, sorted, right before COMMIT. What a savepoint rolled back is no longer registered.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

TAKE = """
    INSERT INTO live_topic (topic, seq)
    SELECT topic, 1 FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (topic, place) ORDER BY place
    ON CONFLICT (topic) DO UPDATE SET seq = live_topic.seq + 1
    RETURNING topic, seq, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
"""


class Telling(ABC):
    """Something that open pages are told after the commit."""

    topics: Sequence[str] = ()
    """The topics that take a number for it; counts take none."""

    numbers: Mapping[str, int] = MappingProxyType({})
    when: int = 0
    """The moment of the numbers: what the same rows are told of later has a later one."""

    together: Sequence["Telling"] | None = None

    def register(self) -> None:
        """Tell it when the transaction commits, or at once outside of one."""
        transaction.on_commit(self, robust=True)

    def __call__(self) -> None:
        """Called after the commit: the first of a transaction tells for all."""
        if self.together is None:
            take_numbers(connections["default"], [self])
        if self.together:
            self.tell(self.together)

    @abstractmethod
    def tell(self, together: Sequence["Telling"]) -> None:
        """Tell everything that one transaction has to tell."""

    def aside(self) -> None:  # noqa: B027 (most have nothing else to do)
        """Do what else is to be done after the commit."""

    def written(  # noqa: B027 (most write nothing that carries it)
        self, cursor: CursorWrapper, numbers: dict[str, int]
    ) -> None:
        """Write what must carry the number, before the commit."""


def take_numbers(connection: BaseDatabaseWrapper, tellings: Sequence[Telling]) -> None:
    """Number all topics in one sorted statement; nothing is asked when only counts are told."""
    topics = sorted({topic for telling in tellings for topic in telling.topics})
    if topics:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [topics])
            rows = cursor.fetchall()
            numbers = {topic: number for topic, number, _when in rows}
            when = max(moment for _topic, _number, moment in rows)
            for telling in tellings:
                telling.numbers, telling.when = numbers, when
                telling.written(cursor, numbers)
    for place, telling in enumerate(tellings):
        telling.together = () if place else tuple(tellings)


def registered(hooks: Iterable[tuple[object, ...]]) -> list[Telling]:
    """Of the hooks that wait for the commit, those that tell open pages something."""
    return [hook for _savepoints, hook, *_robust in hooks if isinstance(hook, Telling)]

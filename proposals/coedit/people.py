"""Who is in a text and where their carets are: the latest word of each, never stored.

Only a socket's own clientID is heard, its name and colour are written by the server, and only the
caret survives of what the browser says.
"""

import json
from dataclasses import dataclass

from proposals.coedit.caret import read_caret, read_state
from proposals.coedit.member import Member, Person
from proposals.coedit.protocol import Malformed, Presence, read_awareness

CROWD = 50  # above it, only the most recently active carets travel
SHOWN = 30
GONE = "null"
KEPT = 35.0  # seconds; a browser repeats itself every 15


@dataclass(slots=True)
class Seen:
    presence: Presence
    at: float
    is_here: bool  # on a socket of this process


class People:
    """The carets of one room, own ones and those of other processes."""

    def __init__(self) -> None:
        self._seen: dict[int, Seen] = {}
        self._changed: dict[int, None] = {}

    def hear(self, member: Member, body: bytes, now: float) -> None:
        """Take a browser's word for its own caret; news of somebody else's raise `Malformed`.

        An echo of what it was told itself is no news: the provider of y-websocket repeats it.
        """
        for presence in read_awareness(body):
            if presence.client != member.person.client:
                self._refuse_news_of(presence)
            elif not member.is_viewer:
                self._keep(written_over(presence, member.person), now, is_here=True)

    def _refuse_news_of(self, presence: Presence) -> None:
        seen = self._seen.get(presence.client)
        if seen is not None and presence.clock > seen.presence.clock:
            raise Malformed("awareness")

    def hear_elsewhere(self, body: bytes, now: float) -> list[Presence]:
        """Take another process's word; what of it was news, and what any browser can read."""
        news = [each for each in read_awareness(body) if self._is_news(each) and is_state(each)]
        for presence in news:
            self._keep(presence, now, is_here=False)
            self._changed.pop(presence.client, None)
            if presence.state == GONE:
                del self._seen[presence.client]
        return news

    def _is_news(self, presence: Presence) -> bool:
        seen = self._seen.get(presence.client)
        if seen is None:
            return True
        leaves = presence.state == GONE and presence.clock == seen.presence.clock
        return (leaves or presence.clock > seen.presence.clock) and not seen.is_here

    def _keep(self, presence: Presence, now: float, *, is_here: bool) -> None:
        seen = self._seen.get(presence.client)
        if seen is not None and seen.presence.clock > presence.clock and seen.is_here == is_here:
            return
        self._seen.pop(presence.client, None)  # the most recently active come last
        self._seen[presence.client] = Seen(presence, now, is_here)
        self._changed[presence.client] = None

    def leave(self, client: int) -> Presence | None:
        """The socket is gone: the word that takes its caret away."""
        self._changed.pop(client, None)
        seen = self._seen.pop(client, None)
        if seen is None:
            return None
        return Presence(client, seen.presence.clock, GONE)  # browsers take it at the same clock

    def changes(self, members: int) -> list[Presence]:
        """What changed since the last tick; in a crowd only the most recently active."""
        changed, self._changed = self._changed, {}
        told = [self._seen[client] for client in changed if client in self._seen]
        for seen in told:
            if seen.presence.state == GONE:
                del self._seen[seen.presence.client]
        if members > CROWD:
            told = sorted(told, key=lambda seen: seen.at)[-SHOWN:]
        return [seen.presence for seen in told]

    def known(self) -> list[Presence]:
        """For somebody who joins."""
        return [seen.presence for seen in list(self._seen.values())[-SHOWN:]]

    def expire(self, now: float) -> list[Presence]:
        """Forget carets of other processes that were not repeated."""
        old = [
            client
            for client, seen in self._seen.items()
            if not seen.is_here and now - seen.at > KEPT
        ]
        return [gone for client in old if (gone := self.leave(client)) is not None]


def is_state(presence: Presence) -> bool:
    """Whether it is a word that a process of this site may have said."""
    return presence.state == GONE or isinstance(read_state(presence.state), dict)


def written_over(presence: Presence, person: Person) -> Presence:
    """The caret is the browser's, name and colour are ours: else anybody appears as the mayor."""
    said = read_state(presence.state)
    if said is None:
        return Presence(presence.client, presence.clock, GONE)
    state: dict[str, object] = {"user": {"name": person.name, "colour": person.colour}}
    if isinstance(said, dict) and (caret := read_caret(said.get("cursor"))) is not None:
        state["cursor"] = caret
    text = json.dumps(state, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Presence(presence.client, presence.clock, text)

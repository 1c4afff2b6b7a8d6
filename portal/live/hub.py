"""The hub of a process: topics, their listeners, ticks. Knows neither Django nor Redis.

Sockets hear of a topic through their outboxes, rooms of co-editors through a callback with raw
bytes. `send` and `send_bytes` may be called from any thread; everything else belongs to the loop.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from uuid import uuid4

from portal.live.frame import Payload, encode
from portal.live.outbox import Outbox
from portal.live.presence import ANNOUNCED_EVERY, NOBODY, Presence, Seen
from portal.live.ticks import Line, Post, Ticks
from portal.live.topic import Topic
from portal.metrics import DROPS

BEAT, OVERFLOW = 25.0, 1013


class Hub:
    """Who listens to what in this process, and the ticks in which they hear of it."""

    def __init__(self) -> None:
        self.process = uuid4().hex[:8]
        self.outside: Post | None = None
        self.topics: dict[str, Topic] = {}
        self.sockets: dict[Outbox, None] = {}
        self.presence = Presence()
        self.is_slower = False
        self._ticks = Ticks(drop=self.drop, quiet=self._forget_if_quiet)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._pulse: asyncio.TimerHandle | None = None
        self._announced = 0.0

    # The process

    def bind(self) -> None:
        """Belong to the running loop; the sockets of a dead loop are forgotten."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self.unbind()
        self._loop, self._thread = loop, threading.get_ident()
        self._pulse = loop.call_later(1.0, self._beat)

    @property
    def line(self) -> Line | None:
        """The line to the other processes, while there is one."""
        return self._ticks.line

    @line.setter
    def line(self, line: Line | None) -> None:
        self._ticks.line = line

    def unbind(self) -> None:
        """Belong to no loop."""
        if self._pulse is not None:
            self._pulse.cancel()
        self.topics.clear()
        self.sockets.clear()
        self.presence = Presence()
        self._loop = None

    @property
    def is_bound(self) -> bool:
        """Whether this process has sockets at all, so that `send` reaches them by itself."""
        return self._loop is not None and not self._loop.is_closed()

    def run(self, function: Callable[..., object], *values: object) -> None:
        """Run in the loop's thread: at once when this is it."""
        if self._loop is None or self._loop.is_closed():
            return
        if threading.get_ident() == self._thread:
            function(*values)
        else:
            self._loop.call_soon_threadsafe(function, *values)

    # Listening

    def open(self, outbox: Outbox) -> None:
        """Count a socket, before it has joined anything."""
        self.sockets[outbox] = None
        outbox.heard_at = self._now

    def join(self, outbox: Outbox, name: str, *, head: int) -> Topic:
        """Let a socket hear of a topic, known to be at `head` when its right was asked."""
        topic = self._topic(name)
        topic.starts_at(head)
        topic.sit(outbox)
        self._want(topic)
        outbox.topics.add(name)
        self.open(outbox)
        return topic

    def leave(self, outbox: Outbox) -> None:
        """Forget a socket everywhere."""
        self.sockets.pop(outbox, None)
        for name in outbox.topics:
            if topic := self.topics.get(name):
                topic.rise(outbox)
                self._forget_if_quiet(topic)
        outbox.topics = set()

    def drop(self, outbox: Outbox, code: int) -> None:
        """Close a socket from this side: it leaves first, so that nothing is held for it."""
        self.leave(outbox)
        outbox.cut(code)
        DROPS.inc(code == OVERFLOW)

    def listen(self, name: str, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """Give the raw bytes of a topic to a callback; returns how to stop."""
        topic = self._topic(name)
        topic.callbacks.append(callback)
        self._want(topic)

        def unlisten() -> None:
            if callback in topic.callbacks:
                topic.callbacks.remove(callback)
            self._forget_if_quiet(topic)

        return unlisten

    def others(self, name: str) -> int:
        """How many listeners other processes announced in the last 15 s."""
        return self.presence.elsewhere(name, now=self._now)

    def _topic(self, name: str) -> Topic:
        topic = self.topics.get(name)
        if topic is None:
            topic = self.topics[name] = Topic(name)
        return topic

    def _want(self, topic: Topic) -> None:
        if not topic.is_wanted:
            topic.is_wanted = True
            if self.line is not None:
                self.line.want(topic.name)
                self.line.announce({topic.name: topic.seen})

    def _forget_if_quiet(self, topic: Topic) -> None:
        if topic.has_listeners:
            return
        if topic.is_wanted:
            topic.is_wanted, topic.reached = False, None
            self.presence.forget(topic.name)
            if self.line is not None:
                self.line.unwant(topic.name)
                self.line.announce({topic.name: NOBODY})
        if topic.is_quiet and self.topics.get(topic.name) is topic:
            del self.topics[topic.name]

    @property
    def _now(self) -> float:
        return self._loop.time() if self._loop is not None else 0.0

    # Sending

    def send(self, name: str, payload: Payload) -> None:
        """Tell everybody who listens, here and elsewhere; from any thread."""
        if self.is_bound:
            self.run(self._send, name, payload)
        elif self.outside is not None:
            self.outside.publish(name, payload)

    def send_batched(self, name: str, payload: Payload) -> None:
        """Counts of a small or sensitive room: after 5 changes or 10 s; from any thread."""
        if self.is_bound:
            self.run(self._send_batched, name, payload)
        else:
            self.send(name, payload)

    def send_bytes(
        self, name: str, data: bytes, *, skip: Callable[[bytes], None] | None = None
    ) -> None:
        """Give bytes to every callback but `skip`, and to the other processes; any thread."""
        if self.is_bound:
            self.run(self._send_bytes, name, data, skip)
        elif self.outside is not None:
            self.outside.publish_bytes(name, data)

    def deliver(self, name: str, payload: Payload, *, process: str = "") -> None:
        """Tell the listeners of this process alone: it came from another one."""
        topic = self.topics.get(name)
        if topic is None or not topic.has_listeners:
            return
        if "typing" in payload and process:
            self.presence.heard_typing(process, name, payload["typing"], now=self._now)
            payload = {**payload, "typing": self.presence.typing(name, now=self._now)}
        topic.hear(payload)
        self._ticks.start(topic)

    def deliver_bytes(
        self, name: str, data: bytes, skip: Callable[[bytes], None] | None = None
    ) -> None:
        """Give bytes to the callbacks of this process."""
        topic = self.topics.get(name)
        for callback in tuple(topic.callbacks) if topic is not None else ():
            if callback is not skip:
                callback(data)

    def heard(self, process: str, numbers: Mapping[str, Seen]) -> None:
        """Another process announced who listens there."""
        self.presence.heard(process, numbers, now=self._now)

    def typed(self, outbox: Outbox, name: str, *, is_typing: bool = True) -> None:
        """Somebody types, or rests: a number for the pages, another one for the processes."""
        if name not in outbox.topics:
            return
        tell = self.presence.typed if is_typing else self.presence.rested
        here = tell(name, outbox.person or outbox, now=self._now)
        topic = self._topic(name)
        topic.outgoing.add({"typing": here})
        topic.local.add({"typing": self.presence.typing(name, now=self._now)})
        self._ticks.start(topic)

    def _send(self, name: str, payload: Payload) -> None:
        topic = self._topic(name)
        topic.hear(payload)
        topic.outgoing.add(payload)
        self._ticks.start(topic)

    def _send_bytes(
        self, name: str, data: bytes, skip: Callable[[bytes], None] | None = None
    ) -> None:
        self.deliver_bytes(name, data, skip)
        if self.line is not None:
            self.line.publish_bytes(name, data)

    def _send_batched(self, name: str, payload: Payload) -> None:
        topic = self._topic(name)
        if topic.hold(payload):
            self._send(name, topic.release())
        elif self._loop is not None and topic.held_until is None:
            topic.held_until = self._loop.call_later(10.0, self._release, topic)

    def _release(self, topic: Topic) -> None:
        self._send(topic.name, topic.release())

    # Presence, beats, farewell

    def here(self, name: str) -> int:
        """How many people have the topic open, in all processes."""
        people = topic.people if (topic := self.topics.get(name)) else Counter[str]()
        return self.presence.here(name, people, people[""], now=self._now)

    def _beat(self) -> None:
        """Once a second: typing fades; every 5 s numbers are announced and silence is broken."""
        if self._loop is None:
            return
        self._pulse = self._loop.call_later(1.0, self._beat)
        for name in self.presence.topics_with_typists:
            self._fade(name)
        if self._now - self._announced >= ANNOUNCED_EVERY:
            self._announced = self._now
            self._announce()
            self._break_silence(self._now - BEAT + ANNOUNCED_EVERY)

    def _break_silence(self, since: float) -> None:
        """Say something to who heard nothing; who did not even read that is let go."""
        for outbox in [outbox for outbox in self.sockets if outbox.heard_at <= since]:
            if outbox.writer is None:
                outbox.say('{"beat":1}')
            else:
                self.drop(outbox, OVERFLOW)

    def _fade(self, name: str) -> None:
        topic = self.topics.get(name)
        if topic is None or not topic.has_listeners:
            self.presence.forget(name)
        elif (typing := self.presence.typing(name, now=self._now)) != topic.typing:
            topic.hear({"typing": typing})
            self._ticks.start(topic)

    def _announce(self) -> None:
        listened = {t.name: t.seen for t in self.topics.values() if t.has_listeners}
        if self.line is not None and listened:
            self.line.announce(listened)
        for name in listened:
            topic = self.topics[name]
            if topic.sockets and (here := self.here(name)) != topic.here:
                topic.hear({"here": here})
                self._ticks.start(topic)

    def tell_all(self, message: dict[str, object]) -> None:
        """Say one thing to every socket of this process."""
        text = encode(message)
        for outbox in tuple(self.sockets):
            outbox.say(text)

    async def bye(self, spread: int = 5_000, *, patience: float = 2.0) -> None:
        """Tell every page to come back within `spread` milliseconds, and flush."""
        self.tell_all({"bye": spread})
        writers = [outbox.writer for outbox in self.sockets if outbox.writer is not None]
        if writers:
            await asyncio.wait(writers, timeout=patience)

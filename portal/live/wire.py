"""The line between processes: one Redis pub/sub connection each; an accelerator, never a need.

Payloads are a process id of 8 letters, a kind of one letter, then JSON or raw bytes. Channel names
begin with the site's own word, because Redis pub/sub ignores database numbers.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache

import redis
import redis.asyncio
from django.conf import settings
from django.db import connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from portal.live.frame import Payload, encode
from portal.live.hearing import read_payload, read_presence
from portal.live.hub import Hub
from portal.live.presence import Seen

logger = logging.getLogger(__name__)

HUB = "hub"
"""The channel that every process always listens to."""

JSON, BYTES, PRESENCE = b"j", b"b", b"p"
LINGER = 30.0
WAITING = 1_000
PATIENCE = 1.0
SILENCE = 5.0
SHORTEST_REST, LONGEST_REST = 0.1, 2.0
FAILURES = (redis.RedisError, OSError, TimeoutError)


def prefix() -> str:
    """The site's own word: its database's name."""
    return f"{getattr(settings, 'LIVE_PREFIX', '') or connection.settings_dict['NAME']}:"


class Wire:
    """The line of a process that has sockets. Publishing never waits and never raises."""

    def __init__(self, hub: Hub, url: str, *, caught_up: Callable[[], None]) -> None:
        self._hub = hub
        self._url = url
        self._caught_up = caught_up
        self._prefix = prefix()
        self._wanted: dict[str, None] = {}
        self._subscribed: set[str] = set()
        self._leaving: dict[str, asyncio.TimerHandle] = {}
        self._mail: deque[tuple[str, bytes]] = deque(maxlen=WAITING)
        self._has_mail = asyncio.Event()
        self._changed = asyncio.Event()
        self._pubsub: redis.asyncio.client.PubSub | None = None
        self._hears = self._speaks = False
        self._said: bool | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to listen and to publish; without Redis the process stays on its own."""
        self._hub.line = self
        self._hub.is_slower = True
        for topic in self._hub.topics:
            self.want(topic)
        jobs = [self._speak(), self._follow(), self._listen()] if self._url else []
        self._tasks = [asyncio.create_task(job) for job in jobs]
        if not self._url:
            self._settle(hears=False)

    async def stop(self) -> None:
        """End both connections."""
        self._hub.line = None
        while running := [task for task in self._tasks if not task.done()]:
            for task in running:  # in the middle of a command the client swallows the first
                task.cancel()
            await asyncio.wait(running, timeout=0.5)
        for timer in self._leaving.values():
            timer.cancel()

    @property
    def is_healthy(self) -> bool:
        """Whether other processes hear and are heard within a tick."""
        return self._hears and self._speaks

    # What the hub asks

    def publish(self, topic: str, payload: Payload) -> None:
        """Pass a message on."""
        self._post(topic, JSON, encode(payload).encode())

    def publish_bytes(self, topic: str, data: bytes) -> None:
        """Pass raw bytes on."""
        self._post(topic, BYTES, data)

    def announce(self, numbers: Mapping[str, Seen]) -> None:
        """Tell who listens here."""
        self._post(HUB, PRESENCE, encode(numbers).encode())

    def want(self, topic: str) -> None:
        """Listen to a topic's channel."""
        if timer := self._leaving.pop(topic, None):
            timer.cancel()
        self._wanted[topic] = None
        self._changed.set()

    def unwant(self, topic: str) -> None:
        """Leave the channel when nobody has come back for 30 s."""
        if topic not in self._leaving:
            loop = asyncio.get_running_loop()
            self._leaving[topic] = loop.call_later(LINGER, self._leave, topic)

    def _leave(self, topic: str) -> None:
        self._leaving.pop(topic, None)
        self._wanted.pop(topic, None)
        self._changed.set()

    def _post(self, topic: str, kind: bytes, body: bytes) -> None:
        if self._speaks:
            self._mail.append((topic, self._hub.process.encode() + kind + body))
            self._has_mail.set()

    # Speaking

    async def _speak(self) -> None:
        """Send what waits in one go; the first failure opens the circuit until a ping works."""
        async with self._client(PATIENCE) as client:
            while True:
                try:
                    await client.ping()
                    self._settle(speaks=True)
                    await self._send_for_good(client)
                except Exception as error:  # noqa: BLE001  it says so and begins anew
                    self._settle(speaks=False, error=error)
                    self._mail.clear()
                    await asyncio.sleep(0.5)

    async def _send_for_good(self, client: redis.asyncio.Redis) -> None:
        while True:
            await self._has_mail.wait()
            self._has_mail.clear()
            async with client.pipeline(transaction=False) as pipe:
                while self._mail:
                    topic, body = self._mail.popleft()
                    pipe.publish(self._prefix + topic, body)
                await pipe.execute()

    # Hearing

    async def _listen(self) -> None:
        """Listen for ever: every way in which it can end leads to a new connection."""
        delay = SHORTEST_REST
        while True:
            begun = time.monotonic()
            try:
                await self._listen_once()
            except Exception as error:  # noqa: BLE001  it says so and begins anew
                self._settle(hears=False, error=error)
            lasted = time.monotonic() - begun > LONGEST_REST
            delay = SHORTEST_REST if lasted else min(LONGEST_REST, delay * 2)
            await asyncio.sleep(delay * (0.5 + random.random() / 2))  # noqa: S311  jitter

    async def _listen_once(self) -> None:
        """Subscribe to everything wanted, then hear until it breaks or falls silent."""
        async with self._client(None) as client, client.pubsub() as pubsub:
            self._subscribed = {HUB, *self._wanted}
            await pubsub.subscribe(*(self._prefix + topic for topic in self._subscribed))
            self._pubsub = pubsub
            self._changed.set()  # listeners may have come meanwhile
            heard = time.monotonic()
            try:
                while time.monotonic() - heard < 2 * SILENCE:
                    message = await pubsub.get_message(timeout=SILENCE)
                    if message is None:
                        await pubsub.ping()
                    else:
                        heard = time.monotonic()
                        self._hear(message)
            finally:
                self._pubsub = None
        raise redis.ConnectionError("Redis fell silent.")

    def _hear(self, message: dict[str, object]) -> None:
        channel, data = message.get("channel"), message.get("data")
        topic = channel.decode().removeprefix(self._prefix) if isinstance(channel, bytes) else ""
        if message["type"] == "subscribe" and topic == HUB:
            self._settle(hears=True)
            self._caught_up()
        elif message["type"] == "message" and isinstance(data, bytes):
            try:
                self._take(topic, data)
            except Exception:
                logger.exception("live: a message that nobody understands was ignored")

    def _take(self, topic: str, data: bytes) -> None:
        """Pass a message of another process to the hub; the own copy is dropped."""
        process, kind, body = data[:8].decode(), data[8:9], data[9:]
        if process == self._hub.process:
            return
        if kind == BYTES:
            self._hub.deliver_bytes(topic, body)
        elif kind == JSON:
            self._hub.deliver(topic, read_payload(body), process=process)
        elif kind == PRESENCE:
            self._hub.heard(process, read_presence(body))

    async def _follow(self) -> None:
        """Subscribe and leave as listeners come and go, many at a time."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted = {HUB, *self._wanted}
            if (pubsub := self._pubsub) is None:
                continue
            with contextlib.suppress(Exception):  # the listener begins anew
                if new := wanted - self._subscribed:
                    await pubsub.subscribe(*(self._prefix + topic for topic in new))
                if old := self._subscribed - wanted:
                    await pubsub.unsubscribe(*(self._prefix + topic for topic in old))
                self._subscribed = wanted

    # State

    def _settle(
        self, *, hears: bool | None = None, speaks: bool | None = None, error: object = None
    ) -> None:
        """Note a change, log it once, and tell every page's chip."""
        was = self._said
        self._hears = self._hears if hears is None else hears
        self._speaks = self._speaks if speaks is None else speaks
        if self.is_healthy or error is not None or not self._url:
            self._said = self.is_healthy
        if self._said is not was:
            self._tell(error)

    def _tell(self, error: object) -> None:
        if self.is_healthy:
            logger.info("live: connected to the other processes")
        else:
            logger.warning("live: degraded, pages of other processes catch up by asking: %s", error)
        self._hub.is_slower = not self.is_healthy
        self._hub.tell_all({"slower": int(self._hub.is_slower)})

    def _client(self, timeout: float | None) -> redis.asyncio.Redis:
        return redis.asyncio.Redis.from_url(
            self._url,
            socket_timeout=timeout,
            socket_connect_timeout=2,
            health_check_interval=15,
            retry=Retry(NoBackoff(), 0),
            max_connections=1,
        )


class Postcard:
    """How a process without sockets (worker, command) publishes: plainly, and never in vain."""

    def __init__(self, process: str) -> None:
        self._process = process.encode()
        self._resting_until = 0.0

    def publish(self, topic: str, payload: Payload) -> None:
        """Pass a message on."""
        self._post(topic, JSON, encode(payload).encode())

    def publish_bytes(self, topic: str, data: bytes) -> None:
        """Pass raw bytes on."""
        self._post(topic, BYTES, data)

    def _post(self, topic: str, kind: bytes, body: bytes) -> None:
        if not settings.REDIS_URL or time.monotonic() < self._resting_until:
            return
        try:
            plain_client().publish(prefix() + topic, self._process + kind + body)
        except FAILURES as error:
            self._resting_until = time.monotonic() + SILENCE
            logger.warning("live: not published, open pages catch up by asking: %s", error)


@cache
def plain_client() -> redis.Redis:
    """The connection of a process without sockets."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, max_connections=4
    )


_hub = Hub()
_hub.outside = Postcard(_hub.process)


def the_hub() -> Hub:
    """The one hub of this process; outside of the web process it publishes by postcard."""
    return _hub

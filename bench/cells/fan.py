"""P6, P7, P9: one event to 1,000 and 5,000 open pages; what a delivery and a socket cost."""

import asyncio
import json
import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from django.conf import settings
from redis import Redis

from bench import seed
from bench.cells.page import WrongAnswer
from bench.cells.plan import Plan, beside
from bench.limits.rooms import limit, node_ws, on_channels
from bench.load.websocket import Socket, connect, live, until, upgrade
from bench.measure import Column, Meter, Round, Sample, memory_of, percentile
from bench.site import Server
from bench.verdict import Line, Verdict, not_run
from consultations.models import Thread
from portal.live.wire import JSON, prefix

PAYLOAD_BYTES = 190
MARKER = "bench-event"


@dataclass
class Room:
    """The open pages of one contestant, and how an event is set off."""

    server: Server
    fire: Callable[[], None]
    pause: float
    sockets: list[Socket] = field(default_factory=list)
    heard: int = 0
    last_at: float = 0.0
    memory: float = 0.0

    def take(self, _socket: Socket, payload: bytes) -> None:
        """Count events; greetings and presence are none."""
        if b"bench-event" in payload:
            self.heard += 1
            self.last_at = time.perf_counter()

    async def fill(self, requests: list[bytes]) -> None:
        """Open the pages and note what each weighs."""
        await asyncio.sleep(0.3)
        before = memory_of([self.server.pid])
        self.sockets = await connect(self.server.port, requests, self.take)
        await asyncio.sleep(1.0)
        self.memory = (memory_of([self.server.pid]) - before) / len(self.sockets)


class Events:
    """Sets off events that are like the site's own counts, from another process, through Valkey."""

    def __init__(self, thread: Thread) -> None:
        self._redis = Redis.from_url(settings.REDIS_URL)
        self._topic = thread.topic
        self._version = 0

    def fire(self) -> None:
        """Tell new figures of a few comments: 190 bytes at each page."""
        self._version += 1
        self.tell({"n": {f"{MARKER}-{each}": [31, 4, 1, self._version] for each in range(4)}})

    def tell(self, payload: dict[str, object]) -> None:
        """Pass a message on as another process of the site does."""
        message = b"bench000" + JSON + json.dumps(payload).encode()
        self._redis.publish(prefix() + self._topic, message)


def events(room: Room) -> Round:
    """Set off events one after the other; each reaches every page exactly once."""

    async def once(seconds: float) -> Sample:
        meter = Meter([room.server.pid])
        latencies: list[float] = []
        until_then = time.perf_counter() + seconds
        number = len(room.sockets)
        while time.perf_counter() < until_then or not latencies:
            began, wanted = time.perf_counter(), room.heard + number
            room.fire()
            if not await until(lambda wanted=wanted: room.heard >= wanted):  # type: ignore[misc]
                raise WrongAnswer(f"{room.server.name}: {wanted - room.heard} events lost")
            latencies.append(room.last_at - began)
            await asyncio.sleep(room.pause)
        if room.heard != wanted:
            raise WrongAnswer(f"{room.server.name}: {room.heard - wanted} events twice")
        return meter.sample(len(latencies) * number, last=percentile(latencies, 0.5))

    return once


async def fan(plan: Plan) -> list[Line]:
    """Run both sizes; the machine may not allow the larger one."""
    lines = await size(plan, 300 if plan.quick else 1_000, shown_as="1,000")
    if not plan.quick:
        lines += await size(plan, min(5_000, room_for()), shown_as="5,000")
    return lines


def room_for() -> int:
    """Give how many pages each of the four contestants can have with the files allowed."""
    allowed, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (allowed - 1_000) // 4


async def size(plan: Plan, number: int, *, shown_as: str) -> list[Line]:
    """Compare the contestants in rooms of one size."""
    what = shown_as if f"{number:,}" == shown_as else f"{number:,} for {shown_as}"
    reasons: dict[str, str] = {}
    with ExitStack() as stack:
        rooms = await _rooms(plan, stack, number, reasons)
        columns = await plan.take_turns({name: events(room) for name, room in rooms.items()})
        for room in rooms.values():
            for socket in room.sockets:
                socket.leave()
    lines = _judge(plan, columns, what, reasons)
    if number >= 1_000:
        lines.append(_memory(plan, rooms, what))
    return lines if what == shown_as else [_only_shown(line) for line in lines]


def _only_shown(line: Line) -> Line:
    """A smaller room than that of the goal says nothing of the goal."""
    if line.verdict not in {Verdict.KEPT, Verdict.MISSED}:
        return line
    note = "the machine allows no more open files: shown, not judged"
    return replace(line, verdict=Verdict.SHOWN, note=line.note or note)


async def _rooms(
    plan: Plan, stack: ExitStack, number: int, reasons: dict[str, str]
) -> dict[str, Room]:
    thread = seed.thread(plan.town.consultation, plan.town.officer, "Ramai")
    events_of = Events(thread)
    server = stack.enter_context(plan.site.serve())
    pause = 0.12 if number <= 1_000 else 0.3
    rooms = {"Rembuk": Room(server, events_of.fire, pause)}
    people = plan.town.sessions
    path = live([f"{thread.topic}@1"])
    await rooms["Rembuk"].fill(
        [
            upgrade(server.port, path, cookies=plan.cookies(people[each % len(people)]))
            for each in range(number)
        ]
    )
    for name, start in {"limit": limit, "Node ws": node_ws, "group_send": on_channels}.items():
        started = start(plan, stack)
        if isinstance(started, str):
            reasons[name] = started
            continue
        room = Room(started, lambda: None, 0.02)
        await room.fill([upgrade(started.port, "/") for _each in range(number)])
        payload = json.dumps({"t": MARKER, "x": "x" * (PAYLOAD_BYTES - 32)}).encode()
        room.fire = lambda room=room, payload=payload: room.sockets[0].say(payload)  # type: ignore[misc]
        rooms[name] = room
    return rooms


BOUNDS = {"limit": 2.0, "Node ws": 1.5, "group_send": 1 / 8}


def _judge(
    plan: Plan, columns: dict[str, Column], size: str, reasons: dict[str, str]
) -> list[Line]:
    lines = []
    for name, bound in BOUNDS.items():
        what = f"{size} pages: CPU per delivery ÷ {name}"
        if name in reasons:
            lines.append(not_run("P6", what, reasons[name]))
            continue
        line = plan.ratio("P6", what, columns, "Rembuk", name, bound)
        lines.append(beside(line, columns, scale=1e6, unit="µs") if name == "limit" else line)
    last = plan.ratio(
        "P7", f"{size} pages: last one has it ÷ limit", columns, "Rembuk", "limit", 2.0,
        figure="last",
    )  # fmt: skip
    shown = {name: f"{column.best('last') * 1e3:.0f} ms" for name, column in columns.items()}
    return [*lines, replace(last, columns=shown)]


def _memory(plan: Plan, rooms: dict[str, Room], size: str) -> Line:
    shown = {name: f"{room.memory / 1e3:.1f} kB" for name, room in rooms.items()}
    value = rooms["Rembuk"].memory / 1e3
    what = f"{size} idle sockets: kB PSS each"
    return plan.judged(Line("P9", what, value, 30.0, spread=1.0, columns=shown))

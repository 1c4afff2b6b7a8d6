"""P8, P10: fifty opinions a second into a full room, and readers in it who do not read."""

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode

from bench import seed
from bench.cells.fan import Events
from bench.cells.plan import Plan
from bench.load.http import Answers, Keepalive, post
from bench.load.websocket import Socket, connect, ignore, live, until, upgrade
from bench.measure import Meter, memory_of, percentile
from bench.site import HOST, Server
from bench.verdict import Line, Verdict, wrong
from consultations.models import Comment, Thread

PER_SECOND = 50
OBSERVED = 50
"""Sockets whose frames are decoded; of the others the last one is."""

CLOSED_WITHIN = 30.0
OVERFLOW, BUSY = 1013, 503


@dataclass
class Room:
    """What the observed pages heard: when they first knew of which version."""

    comment: Comment
    sent_at: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)
    last: dict[int, bytes] = field(default_factory=dict)

    def take(self, socket: Socket, payload: bytes) -> None:
        """Note how old the newest opinion of a frame is."""
        if self.comment.dom_id.encode() not in payload:
            return
        self.last[id(socket)] = payload
        socket.events += 1
        if id(socket) not in self.known:
            return
        version = json.loads(payload)["n"][self.comment.dom_id][-1]
        now = time.perf_counter()
        for number in range(self.known[id(socket)], min(version, len(self.sent_at))):
            self.ages.append(now - self.sent_at[number])
        self.known[id(socket)] = max(version, self.known[id(socket)])


async def votes(plan: Plan, room: Room, server: Server, thread: Thread, seconds: float) -> Answers:
    """Send opinions at a steady pace, whatever the server does."""
    answers, loop = Answers(), asyncio.get_running_loop()
    values, links = itertools.cycle((1, -1, 0)), []
    sessions = plan.town.sessions
    began = time.perf_counter()
    for number in range(int(seconds * PER_SECOND)):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
        body = urlencode({"opinion": f"{room.comment.pk}:{next(values)}"})
        request = post(
            f"/threads/{thread.pk}/opinions/",
            body,
            cookies=plan.cookies(sessions[number % len(sessions)]),
            token=seed.CSRF_SECRET,
            more="HX-Request: true\r\n",
        )
        room.sent_at.append(time.perf_counter())
        _transport, link = await loop.create_connection(
            partial(Keepalive, iter([request]), answers),
            HOST,
            server.port,
        )
        links.append(link.done)
    await asyncio.wait_for(asyncio.gather(*links), 30)
    return answers


async def storm(plan: Plan) -> list[Line]:
    """Once with everybody reading, once with one in a hundred stalled."""
    number, seconds = (300, 3.0) if plan.quick else (1_000, 10.0)
    with plan.site.serve() as server:
        lines, p95 = await calm(plan, server, number, seconds)
        return [*lines, *await stalled(plan, server, number, seconds, p95)]


async def filled(plan: Plan, server: Server, number: int) -> tuple[Thread, Room, list[Socket]]:
    """Open the pages of a new discussion with one comment."""
    thread = seed.thread(plan.town.consultation, plan.town.officer, "Badai")
    seed.fill(thread, 1, 1)
    room = Room(thread.comments.get())
    people = plan.town.sessions
    path = live([f"{thread.topic}@1"])
    requests = [
        upgrade(server.port, path, cookies=plan.cookies(people[each % len(people)]))
        for each in range(number)
    ]
    sockets = await connect(server.port, requests, room.take)
    room.known = {id(socket): 0 for socket in sockets[:OBSERVED]}
    return thread, room, sockets


async def calm(plan: Plan, server: Server, number: int, seconds: float) -> tuple[list[Line], float]:
    """Judge age, frames, CPU and the last tally."""
    thread, room, sockets = await filled(plan, server, number)
    meter = Meter([server.pid])
    answers = await votes(plan, room, server, thread, seconds)
    sample = meter.sample(answers.number)
    exact = await settled(room, sockets)
    what = f"{PER_SECOND} opinions/s into {number:,} pages"
    for socket in sockets:
        socket.leave()
    if not answers.only(200, BUSY) or not exact:
        return [wrong("P8", what, f"{answers.statuses}, last tally everywhere: {exact}")], 0.0
    if BUSY in answers.statuses:
        return [put_off("P8", what, answers)], 0.0
    frames = max(socket.events for socket in sockets) / sample.seconds
    p95 = percentile(room.ages, 0.95) * 1e3
    shown = {"p50": f"{percentile(room.ages, 0.5) * 1e3:.0f} ms", "votes": str(answers.number)}
    share = sample.cpu / sample.seconds * 100
    judge = plan.judged
    return [
        judge(Line("P8", f"{what}: p95 age, ms", p95, 300, spread=1.0, columns=shown)),
        judge(Line("P8", f"{what}: frames per page and second", frames, 10.5)),
        judge(Line("P8", f"{what}: % of a core", share, 25, spread=1.0)),
    ], p95


async def settled(room: Room, sockets: list[Socket]) -> bool:
    """Whether every reading page ends with the figures of the table."""

    def everywhere() -> bool:
        room.comment.refresh_from_db()
        want = [*room.comment.counts, room.comment.opinion_version]
        dom_id = room.comment.dom_id
        return all(
            json.loads(room.last.get(id(each), b'{"n":{}}'))["n"].get(dom_id) == want
            for each in sockets
        )

    return await until(everywhere, seconds=5.0)


async def sleepers(plan: Plan, server: Server, number: int) -> tuple[list[Thread], list[Socket]]:
    """Open pages of four loud discussions for people who will not read them."""
    people = plan.town.sessions
    heavy = [seed.thread(plan.town.consultation, plan.town.officer, "Berat") for _each in range(4)]
    path = live([f"{thread.topic}@1" for thread in heavy])
    requests = [
        upgrade(server.port, path, cookies=plan.cookies(people[-1 - each]))
        for each in range(number)
    ]
    return heavy, await connect(server.port, requests, ignore, buffer=65_536)


async def stalled(
    plan: Plan, server: Server, number: int, seconds: float, calm_p95: float
) -> list[Line]:
    """Stall one page in a hundred, with more to read than the kernel holds for it."""
    thread, room, sockets = await filled(plan, server, number)
    heavy, lazy = await sleepers(plan, server, max(3, number // 100))
    flood = asyncio.create_task(pour(heavy))
    await asyncio.sleep(1.0)  # what the flood itself costs is there before anybody stalls
    before = memory_of([server.pid])
    for socket in lazy:
        socket.stall()
    answers = await votes(plan, room, server, thread, seconds)
    began = time.perf_counter()
    await asyncio.sleep(CLOSED_WITHIN - seconds if not plan.quick else 5.0)
    flood.cancel()
    held = (memory_of([server.pid]) - before) / len(lazy) / 1e3
    codes = await cut(lazy)
    waited = time.perf_counter() - began
    exact = await settled(room, sockets)
    for socket in (*sockets, *lazy):
        socket.leave()
    what = f"{len(lazy)} stalled readers in it"
    if not answers.only(200, BUSY) or not exact or not codes:
        return [wrong("P10", what, f"{answers.statuses}, exact {exact}, closed {codes}")]
    shown = {"closed": ", ".join(sorted({str(socket.code) for socket in lazy}))}
    shown["after"] = f"{waited:.0f} s"
    judge = plan.judged
    grew = f"{what}: kB the process grew for each"
    lines = [judge(Line("P10", grew, held, 64, spread=1.0, columns=shown))]
    if BUSY in answers.statuses or not calm_p95:
        return [*lines, put_off("P10", f"{what}: others' p95 ÷ without", answers)]
    slower = percentile(room.ages, 0.95) * 1e3 / calm_p95
    return [*lines, judge(Line("P10", f"{what}: others' p95 ÷ without", slower, 1.2, spread=1.0))]


async def cut(lazy: list[Socket]) -> bool:
    """Whether all of them were closed for not reading."""
    for socket in lazy:
        socket.read_on()
    gone = await until(lambda: all(not socket.is_open for socket in lazy), seconds=5.0)
    return gone and {socket.code for socket in lazy} <= {OVERFLOW, None}


def put_off(goal: str, what: str, answers: Answers) -> Line:
    """Say that the machine was too busy for the storm: who is put off is told to come again."""
    late = answers.statuses.get(BUSY, 0)
    note = f"the machine was busy: {late} of {answers.number} opinions were put off (503)"
    note = note if late else "the machine was busy without them: opinions were put off (503)"
    return Line(goal, what, note=note, verdict=Verdict.NOISY)


async def pour(threads: Sequence[Thread]) -> None:
    """Tell 30 kB forty times a second, to those who listen to these discussions alone."""
    html = {"id": "x" * 30_000, "en": "x"}
    places = itertools.cycle([(thread, Events(thread)) for thread in threads])
    for number in itertools.count(8):
        thread, events = next(places)
        put = {"id": f"x-{number}", "into": thread.dom_id, "html": html}
        events.tell({"s": [number // 4], "put": [put]})
        await asyncio.sleep(0.025)

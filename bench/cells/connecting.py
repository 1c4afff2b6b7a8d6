"""P11: pages that open their sockets all at once, each with a login session and a right."""

from contextlib import ExitStack

from bench import seed
from bench.cells.plan import Plan, beside
from bench.limits.rooms import on_channels
from bench.load.websocket import connect, ignore, live, upgrade
from bench.measure import Meter, Round, Sample
from bench.site import Server
from bench.verdict import Line


def wave(plan: Plan, server: Server, requests: list[bytes]) -> Round:
    """Open all, then close all; what the closing costs is not counted."""

    async def once(_seconds: float) -> Sample:
        meter = Meter(plan.roots(server))
        sockets = await connect(server.port, requests, ignore, at_once=64)
        sample = meter.sample(len(sockets))
        for socket in sockets:
            socket.leave()
        return sample

    return once


async def connecting(plan: Plan) -> list[Line]:
    """Open 5,000 from cold; Channels beside it asks nobody for a right."""
    number = 500 if plan.quick else 5_000
    thread = seed.thread(plan.town.consultation, plan.town.officer, "Gelombang")
    path = live([f"{thread.topic}@1"])
    sessions = plan.town.sessions
    with ExitStack() as stack:
        server = stack.enter_context(plan.site.serve())
        mine = [
            upgrade(server.port, path, cookies=plan.cookies(sessions[each % len(sessions)]))
            for each in range(number)
        ]
        rounds = {"Rembuk": wave(plan, server, mine)}
        other = on_channels(plan, stack)
        if isinstance(other, Server):
            bare = [upgrade(other.port, "/") for _each in range(number)]
            rounds["Channels without rights"] = wave(plan, other, bare)
        columns = await plan.take_turns(rounds, 2 if plan.quick else 3)
    what = f"authenticated connects/s, {number:,} from cold, one process"
    value, spread = columns["Rembuk"].most(), columns["Rembuk"].spread("rate")
    rates = {name: f"{column.most():.0f}/s" for name, column in columns.items()}
    line = plan.judged(Line("P11", what, value, 500, at_least=True, spread=spread, columns=rates))
    return [beside(line, columns, scale=1e3, unit="ms")]

"""C1, C2: many people in one text, and many texts at once."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from bench.cells.page import WrongAnswer
from bench.cells.plan import Plan, beside
from bench.coedit.contestants import Contestant, contestants, words
from bench.coedit.editors import Editor, Ledger, seed_state, strokes
from bench.load.websocket import until
from bench.measure import Column, Meter, Round, Sample, percentile
from bench.verdict import Line, not_run, wrong


class Session:
    """Everybody who writes on one server, over all rounds."""

    def __init__(self, plan: Plan, contestant: Contestant, rate: float) -> None:
        self._plan = plan
        self._contestant = contestant
        self._rate = rate
        self.ledger = Ledger()
        self.groups: list[list[Editor]] = []

    async def gather(self, each: int) -> "Session":
        """Let everybody join and prepare what they will type."""
        self.groups = await self._contestant.editors(each, self.ledger)
        seconds = self._plan.rounds * self._plan.seconds + min(self._plan.seconds, 1.0)
        number = round(seconds * self._rate) + self._plan.rounds + 2
        for group in self.groups:
            others = {editor.client: editor for editor in group}
            for editor in group:
                editor.strokes = list(strokes(editor.client, editor.state, number))
                editor.watch(others)
        return self

    async def once(self, seconds: float) -> Sample:
        """Type for a while; everything typed must reach every observer."""
        ledger = self.ledger
        ledger.latencies.clear()
        before, frames = ledger.sent, self.frames
        meter = Meter(self._contestant.roots)
        own = Meter([self._contestant.server.pid])
        people = [editor for group in self.groups for editor in group]
        await asyncio.gather(
            *(
                editor.type(seconds, self._rate, number / len(people) / self._rate)
                for number, editor in enumerate(people)
            )
        )
        if not await until(self.is_complete, seconds=15.0):
            raise WrongAnswer(f"{self._contestant.name}: not everything arrived")
        sent = ledger.sent - before
        return meter.sample(
            sent,
            p95=percentile(ledger.latencies, 0.95),
            p99=percentile(ledger.latencies, 0.99),
            share=own.sample(sent).cpu / seconds,
            frames=(self.frames - frames) / sent,
        )

    @property
    def frames(self) -> int:
        """Frames that all editors received."""
        return sum(editor.frames for group in self.groups for editor in group)

    def is_complete(self) -> bool:
        """Whether every observer has what all others of its text have sent."""
        per_editor = self.ledger.sent // sum(map(len, self.groups))
        wanted = {id(group): per_editor * (len(group) - 1) for group in self.groups}
        return all(group[0].seen >= wanted[id(group)] for group in self.groups)

    async def check(self) -> None:
        """Compare the text of somebody who comes now with what was typed."""
        if self.ledger.refused:
            raise WrongAnswer(f"{self._contestant.name} refused: {self.ledger.refused[:3]}")
        group = self.groups[0]
        newcomer = Editor(group[0].dialect, group[-1].client + 9_000, Ledger(), observes=False)
        await self._contestant.seat(newcomer)
        typed = self.ledger.sent // sum(map(len, self.groups)) * len(group)
        added = words(newcomer.state).count("x") - words(group[0].state).count("x")
        if added != typed:
            raise WrongAnswer(f"{self._contestant.name}: {typed} letters typed, {added} there")

    def leave(self) -> None:
        """Close all tabs."""
        for group in self.groups:
            for editor in group:
                if editor.socket is not None:
                    editor.socket.leave()


async def load(
    plan: Plan, texts: int, each: int, rate: float
) -> tuple[dict[str, Column], dict[str, str]]:
    """Run one workload on every contestant by turns."""
    state = seed_state()
    with ExitStack() as stack:
        found, reasons = contestants(plan, stack, texts, state)
        sessions: dict[str, Session] = {}
        for name, contestant in found.items():
            sessions[name] = await Session(plan, contestant, rate).gather(each)
        rounds: Mapping[str, Round] = {name: one.once for name, one in sessions.items()}
        failed = await dropouts(rounds)
        reasons |= failed
        columns = await plan.take_turns(
            {name: once for name, once in rounds.items() if name not in failed}
        )
        for name, session in sessions.items():
            if name not in failed:
                await session.check()
            session.leave()
    return columns, reasons


async def dropouts(rounds: Mapping[str, Round]) -> dict[str, str]:
    """Try each once: a peer that cannot carry the load at all is not run; ours must."""
    failed = {}
    for name, once in rounds.items():
        try:
            await once(0.4)
        except WrongAnswer as answer:
            if name == "Rembuk":
                raise
            failed[name] = f"did not carry the load: {answer}"
    return failed


async def writing(plan: Plan) -> list[Line]:
    """C1 beside the naive consumer, C2 beside Hocuspocus."""
    sizes = ((1, 20, 5.0), (1, 50, 4.0), (10, 4, 5.0)) if plan.quick else (
        (1, 50, 5.0), (1, 200, 4.0), (50, 4, 5.0))  # fmt: skip
    bounds = (("C1", "naive", 0.5), ("C2", "Hocuspocus", 0.7), ("C2", "Hocuspocus", 2.5))
    lines: list[Line] = []
    for (texts, each, rate), (goal, other, bound) in zip(sizes, bounds, strict=True):
        what = f"{texts} text × {each} editors × {rate:g}/s"
        try:
            columns, reasons = await load(plan, texts, each, rate)
        except WrongAnswer as answer:
            lines.append(wrong(goal, what, str(answer)))
            continue
        lines += judge(plan, columns, reasons, goal, other, bound, what)
    return lines


def judge(  # noqa: PLR0913, PLR0917 (one line of the table)
    plan: Plan,
    columns: dict[str, Column],
    reasons: dict[str, str],
    goal: str,
    other: str,
    bound: float,
    what: str,
) -> list[Line]:
    """Say what an edit cost, how late the last ones were, how many frames it took."""
    shown = {
        name: f"p95 {column.best('p95') * 1e3:.0f} ms, p99 {column.best('p99') * 1e3:.0f} ms, "
        f"{column.best('share'):.0%} of a core, {column.best('frames'):.1f} frames/edit"
        for name, column in columns.items()
    }
    shown |= reasons
    if other not in columns:
        return [replace(not_run(goal, f"{what} ÷ {other}", reasons[other]), columns=shown)]
    line = plan.ratio(
        goal, f"{what}: CPU with PostgreSQL ÷ {other}", columns, "Rembuk", other, bound
    )
    lines = [beside(replace(line, columns=shown), columns, scale=1e3, unit="ms")]
    if goal == "C1":
        late = plan.ratio(
            "C1", f"{what}: p95 ÷ {other}", columns, "Rembuk", other, 1 / 20, figure="p95"
        )
        lines.append(late)
    return lines

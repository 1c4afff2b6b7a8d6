"""C6: coming to a long text, alone and fifty at once."""

import asyncio
import random
import time
from contextlib import ExitStack
from dataclasses import replace

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from bench.cells.page import WrongAnswer
from bench.cells.plan import Plan
from bench.coedit.contestants import FIRST_CLIENT, Contestant, contestants, words
from bench.coedit.editors import Editor, Ledger, seed_state
from bench.load.websocket import BINARY, until
from bench.measure import Meter, Round, Sample
from bench.verdict import Line, not_run, wrong
from proposals.coedit.protocol import Sync, sync_frame

EDITS = 10_000
CROWD = 50
WRITER = FIRST_CLIENT + 700


def written(state: bytes, client: int, edits: int) -> bytes:
    """Let one person make so many edits at random places."""
    doc: Doc[XmlFragment] = Doc(client_id=client)
    doc.apply_update(state)
    before = doc.get_state()
    paragraph = doc.get("default", type=XmlFragment).children[0]
    assert isinstance(paragraph, XmlElement)
    text = paragraph.children[0]
    assert isinstance(text, XmlText)
    dice = random.Random(6)  # noqa: S311 (a load, not a secret)
    for _each in range(edits):
        text.insert(dice.randrange(len(text)), "x")
    return doc.get_update(before)


async def lengthened(contestant: Contestant, edits: int) -> None:
    """Write the long text through the door that everybody uses, and stay in it."""
    ledger = Ledger()
    writer = await contestant.seat(Editor(contestant.texts[0], WRITER, ledger, observes=False))
    update = written(writer.state, WRITER, edits)
    frame = writer.dialect.wrap(sync_frame(Sync.UPDATE, update))
    assert writer.socket is not None
    writer.socket.say(frame, opcode=BINARY)
    if contestant.name == "Rembuk" and not await until(lambda: writer.acked > 0):
        raise WrongAnswer(f"the long text was not taken: {ledger.refused}")


def joins(contestant: Contestant, at_once: int, edits: int) -> Round:
    """Let people come, wait for the whole text, and go."""
    numbers = iter(range(FIRST_CLIENT + 1_000, FIRST_CLIENT + 900_000))

    async def one() -> tuple[Editor, float]:
        editor = Editor(contestant.texts[0], next(numbers), Ledger(), observes=False)
        began = time.perf_counter()
        await contestant.seat(editor)
        return editor, time.perf_counter() - began

    async def once(_seconds: float) -> Sample:
        meter = Meter(contestant.roots)
        began = time.perf_counter()
        came = await asyncio.gather(*(one() for _each in range(at_once)))
        took = time.perf_counter() - began
        sample = meter.sample(at_once, took=took)
        for editor, _took in came:
            if editor.socket is not None:
                editor.socket.leave()
        if words(came[-1][0].state).count("x") < edits:
            raise WrongAnswer(f"{contestant.name}: the text is not whole")
        await asyncio.sleep(0.1)
        return sample

    return once


async def joining(plan: Plan) -> list[Line]:
    """Compare with Hocuspocus and @y/websocket-server."""
    edits = 2_000 if plan.quick else EDITS
    with ExitStack() as stack:
        found, reasons = contestants(plan, stack, 1, seed_state())
        found.pop("naive", None)
        try:
            for contestant in found.values():
                await lengthened(contestant, edits)
            alone = await plan.take_turns(
                {name: joins(one, 1, edits) for name, one in found.items()}, plan.rounds * 3
            )
            crowd = await plan.take_turns(
                {name: joins(one, CROWD, edits) for name, one in found.items()}
            )
        except WrongAnswer as answer:
            return [wrong("C6", f"join of {edits:,} edits", str(answer))]
    lines = []
    for columns, bound, how in ((alone, 0.4, "warm"), (crowd, 1.0, f"{CROWD} at once")):
        what = f"join of {edits:,} edits, {how}: time ÷ Hocuspocus"
        shown = {name: f"{one.best('took') * 1e3:.1f} ms" for name, one in columns.items()}
        if "Hocuspocus" not in columns:
            lines.append(replace(not_run("C6", what, reasons["Hocuspocus"]), columns=shown))
            continue
        line = plan.ratio("C6", what, columns, "Rembuk", "Hocuspocus", bound, figure="took")
        lines.append(replace(line, columns=shown))
    return lines

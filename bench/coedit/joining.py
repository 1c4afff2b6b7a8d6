"""C6: coming to a long text, alone and fifty at once."""

import asyncio
import random
import time
from collections.abc import Iterator
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
PIECE = "Pedagang dan anak sekolah lewat. x"
"""What one edit adds: 10,000 of them are a text near the largest that is let in."""

FRAME_EDITS = 5_000


def written(state: bytes, client: int, edits: int) -> Iterator[bytes]:
    """Let one person make so many edits at random places, some thousand to a frame."""
    doc: Doc[XmlFragment] = Doc(client_id=client)
    doc.apply_update(state)
    paragraph = doc.get("default", type=XmlFragment).children[0]
    assert isinstance(paragraph, XmlElement)
    text = paragraph.children[0]
    assert isinstance(text, XmlText)
    dice = random.Random(6)  # noqa: S311 (a load, not a secret)
    length = len(text)
    for first in range(0, edits, FRAME_EDITS):
        before = doc.get_state()
        with doc.transaction():
            for _each in range(min(FRAME_EDITS, edits - first)):
                text.insert(dice.randrange(length), PIECE)
                length += len(PIECE)
        yield doc.get_update(before)


async def lengthened(contestant: Contestant, edits: int) -> int:
    """Write the long text through the door that everybody uses, and stay in it; its bytes."""
    ledger = Ledger()
    writer = await contestant.seat(Editor(contestant.texts[0], WRITER, ledger, observes=False))
    assert writer.socket is not None
    size = 0
    for number, update in enumerate(written(writer.state, WRITER, edits), 1):
        size += len(update)
        frame = writer.dialect.wrap(sync_frame(Sync.UPDATE, update))
        writer.socket.say(frame, opcode=BINARY)
        if contestant.name != "Rembuk":
            continue
        if not await until(lambda number=number: writer.acked >= number):  # type: ignore[misc]
            raise WrongAnswer(f"the long text was not taken: {ledger.refused}")
    return size


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
                size = await lengthened(contestant, edits)
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
        what = f"join of {edits:,} edits, {size / 1e3:.0f} kB, {how}: time ÷ Hocuspocus"
        shown = {name: f"{one.best('took') * 1e3:.1f} ms" for name, one in columns.items()}
        if "Hocuspocus" not in columns:
            lines.append(replace(not_run("C6", what, reasons["Hocuspocus"]), columns=shown))
            continue
        line = plan.ratio("C6", what, columns, "Rembuk", "Hocuspocus", bound, figure="took")
        lines.append(replace(line, columns=shown))
    return lines

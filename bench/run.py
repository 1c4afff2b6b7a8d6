"""The cells, one after the other, in the environment that `python -m bench` prepared."""

import asyncio
import os
import resource
import subprocess
import sys
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

import django

django.setup()

from django.db import connection  # noqa: E402

from bench import seed  # noqa: E402
from bench.cells.connecting import connecting  # noqa: E402
from bench.cells.fan import fan  # noqa: E402
from bench.cells.page import page  # noqa: E402
from bench.cells.plan import Cell, Plan, of_goals  # noqa: E402
from bench.cells.scale import scale  # noqa: E402
from bench.cells.starting import starting  # noqa: E402
from bench.cells.storm import storm  # noqa: E402
from bench.cells.vote import vote  # noqa: E402
from bench.cells.weight import weight  # noqa: E402
from bench.coedit.joining import joining  # noqa: E402
from bench.coedit.writing import writing  # noqa: E402
from bench.measure import spin  # noqa: E402
from bench.site import ROOT, Site  # noqa: E402
from bench.verdict import FAILURES, Line, table, write, wrong  # noqa: E402

CELLS: dict[Cell, Iterable[str]] = {
    page: ("P2",),
    vote: ("P4", "P5"),
    fan: ("P6", "P7", "P9"),
    storm: ("P8", "P10"),
    connecting: ("P11",),
    starting: ("P15",),
    weight: ("P16",),
    writing: ("C1", "C2"),
    joining: ("C6",),
    scale: ("P12", "P13"),
}
PEOPLE = 1_000


def main() -> None:
    """Run what was asked for; say how it went by the exit status."""
    chosen = arguments()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raise_open_files(hard)
    began = time.monotonic()
    site = Site.joined()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # here nothing else waits while rows are made
    plan = Plan(
        site,
        seed.town(PEOPLE),
        quick=chosen.quick,
        rounds=chosen.rounds or (2 if chosen.quick else 5),
        seconds=chosen.seconds or (0.7 if chosen.quick else 2.0),
    )
    lines: list[Line] = []
    for cell in of_goals(CELLS, filter(None, chosen.only.split(","))):
        told = run(cell, plan)
        print(table(told), flush=True)  # a long run that is cut short has told what it knew
        lines += told
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "quick": chosen.quick,
        "rounds": plan.rounds,
        "seconds_of_a_round": plan.seconds,
        "open_files": [soft, hard],
        "took_seconds": round(time.monotonic() - began),
    }
    print(table(lines))
    path = ROOT / "bench" / "out" / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}.json"
    write(lines, about, path)
    print(f"\n{about['took_seconds']} s · {path.relative_to(ROOT)}")
    sys.exit(any(line.verdict in FAILURES for line in lines))


def raise_open_files(hard: int) -> None:
    """Make room for four times 5,000 pages; where that is not allowed the rooms are smaller."""
    for wanted in (65_536, hard):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            return


def arguments() -> Namespace:
    """Read what `python -m bench` passed on."""
    parser = ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0)
    return parser.parse_args()


def run(cell: Cell, plan: Plan) -> list[Line]:
    """Run one cell; one that falls over is a wrong answer, and the others still run."""
    name, began, busy = cell.__name__, time.monotonic(), spin()
    try:
        lines = asyncio.run(_within(cell, plan))
    except Exception as error:  # noqa: BLE001 (one cell must not take the others along)
        traceback.print_exc()
        lines = [wrong(name, name, f"{type(error).__name__}: {error}"[:300])]
    words = f"{name}: {time.monotonic() - began:.0f} s, spin {busy:.3f} → {spin():.3f} s"
    print(words, file=sys.stderr, flush=True)
    return lines


async def _within(cell: Cell, plan: Plan) -> list[Line]:
    """Each cell has a context, and so a connection, of its own: it is given back afterwards."""
    try:
        return await cell(plan)
    finally:
        connection.close()


def commit() -> str:
    """Name the version that was measured."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    main()

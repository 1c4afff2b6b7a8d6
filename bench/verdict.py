"""Goals, what was found about each, the table and the exit status."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from bench.measure import NOISY


class Verdict(StrEnum):
    """What can be said of a goal."""

    KEPT = "kept"
    MISSED = "MISSED"
    WRONG = "WRONG"
    NOISY = "noisy"
    SHOWN = "shown"
    NOT_RUN = "not run"


FAILURES = frozenset({Verdict.MISSED, Verdict.WRONG})


@dataclass(frozen=True)
class Line:
    """One goal and what was found."""

    goal: str
    what: str
    value: float | None = None
    bound: float | None = None
    at_least: bool = False
    spread: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    verdict: Verdict = Verdict.SHOWN


def judged(line: Line, *, quick: bool = False) -> Line:
    """Compare with the bound; a noisy cell is neither passed nor failed, a quick ratio shown."""
    if line.value is None or line.bound is None:
        return line
    holds = line.value >= line.bound if line.at_least else line.value <= line.bound
    verdict = Verdict.KEPT if holds else Verdict.MISSED
    if line.spread is not None:
        if quick:
            verdict = Verdict.SHOWN
        elif line.spread > NOISY:
            verdict = Verdict.NOISY
    return Line(**{**vars(line), "verdict": verdict})


def not_run(goal: str, what: str, reason: str) -> Line:
    """Say why there is no figure."""
    return Line(goal, what, note=reason, verdict=Verdict.NOT_RUN)


def wrong(goal: str, what: str, reason: str) -> Line:
    """Say that an answer was wrong: no time counts then."""
    return Line(goal, what, note=reason, verdict=Verdict.WRONG)


def table(lines: Iterable[Line]) -> str:
    """Write the Markdown table."""
    rows = [
        "| id | what | found | goal | spread | verdict | beside |",
        "|---|---|--:|--:|--:|---|---|",
    ]
    for line in lines:
        sign = "≥" if line.at_least else "≤"
        beside = " · ".join(f"{name} {value}" for name, value in line.columns.items())
        cells = (
            line.goal,
            line.what,
            "–" if line.value is None else short(line.value),
            "–" if line.bound is None else f"{sign} {short(line.bound)}",
            "–" if line.spread is None else f"×{line.spread:.2f}",
            line.verdict,
            " · ".join(filter(None, [beside, line.note])),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def short(value: float) -> str:
    """Write a figure with three digits that count."""
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(lines: Iterable[Line], about: Mapping[str, object], path: Path) -> None:
    """Keep everything as JSON beside the table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {**about, "lines": [asdict(line) for line in lines]}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

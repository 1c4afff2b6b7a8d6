"""CPU, memory and time of process trees, read from /proc; rounds that take turns."""

import os
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
NOISY = 1.5
"""Slowest round over fastest: beyond this a cell is neither passed nor failed."""


@dataclass(frozen=True)
class Sample:
    """One round: how much was done, what it cost the servers, how long it took."""

    operations: float
    cpu: float
    seconds: float
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """CPU seconds per operation."""
        return self.cpu / self.operations

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds


@dataclass
class Column:
    """Rounds of one contestant."""

    samples: list[Sample]

    def best(self, figure: str = "cost") -> float:
        """Give the least of a figure: noise only ever adds."""
        return min(self._all(figure))

    def most(self, figure: str = "rate") -> float:
        """Give the most of a figure."""
        return max(self._all(figure))

    def middle(self, figure: str) -> float:
        """Give the median."""
        return sorted(self._all(figure))[len(self.samples) // 2]

    def spread(self, figure: str = "cost") -> float:
        """Give the slowest over the fastest round."""
        values = self._all(figure)
        return max(values) / max(min(values), 1e-12)

    def _all(self, figure: str) -> list[float]:
        if figure in {"cost", "rate", "cpu", "seconds"}:
            return [float(getattr(sample, figure)) for sample in self.samples]
        return [sample.figures[figure] for sample in self.samples]


Round = Callable[[float], Awaitable[Sample]]


async def take_turns(
    rounds: Mapping[str, Round], *, number: int, seconds: float
) -> dict[str, Column]:
    """Run A, B, limit, A, B, limit …; the first, shorter turn of each only warms up."""
    kept: dict[str, list[Sample]] = defaultdict(list)
    for once in rounds.values():
        await once(min(seconds, 1.0))
    for _each in range(number):
        for name, once in rounds.items():
            kept[name].append(await once(seconds))
    return {name: Column(samples) for name, samples in kept.items()}


class Meter:
    """The CPU of some process trees between two moments."""

    def __init__(self, roots: Iterable[int]) -> None:
        self._roots = tuple(roots)
        self._cpu = cpu_of(self._roots)
        self._at = time.perf_counter()

    def sample(self, operations: float, **figures: float) -> Sample:
        """Give what was spent since the start."""
        seconds = time.perf_counter() - self._at
        # A round below one tick of the kernel's clock cost at most a tick.
        cpu = max(cpu_of(self._roots) - self._cpu, TICK)
        return Sample(max(operations, 1e-9), cpu, seconds, figures)


def cpu_of(roots: Iterable[int]) -> float:
    """Sum utime and stime of the trees, with those of children that have ended."""
    return sum(sum(map(int, stat(pid)[11:15])) for pid in tree(roots)) * TICK


def tree(roots: Iterable[int]) -> set[int]:
    """Give the processes and everything they started."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found: set[int] = set()
    waiting = [pid for pid in roots if stat(pid)]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children[pid]
    return found


def stat(pid: int) -> Sequence[str]:
    """Read the fields after the name, or nothing when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ()
    return text.rpartition(")")[2].split()


def memory_of(roots: Iterable[int]) -> int:
    """Sum the proportional set size of the trees, in bytes."""
    total = 0
    for pid in tree(roots):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
    return total * 1024


def spin() -> float:
    """Time a fixed loop: a machine that is throttled or shared shows it."""
    began = time.perf_counter()
    total = 0
    for number in range(2_000_000):
        total += number & 7
    return time.perf_counter() - began


def percentile(values: Iterable[float], share: float) -> float:
    """Give the value below which this share lies; nothing measured counts as never."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("inf")

"""A bar on the error stream, so that the output keeps its one line of JSON."""

from typing import TextIO

WIDTH = 30


class Progress:
    """How much of a long run is done; on a terminal it moves, in a log it says every tenth."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self.total, self.stream = max(total, 1), stream
        self.done, self.said = 0, -1

    def advance(self, rows: int) -> None:
        """Count rows that were written."""
        self.done = min(self.done + rows, self.total)
        percent = 100 * self.done // self.total
        if self.stream.isatty():
            self._draw(percent, end="\n" if self.done == self.total else "")
        elif percent // 10 > self.said:
            self._draw(percent, end="\n")
        self.said = percent // 10

    def _draw(self, percent: int, *, end: str) -> None:
        full = WIDTH * percent // 100
        bar = "█" * full + "·" * (WIDTH - full)
        start = "\r" if self.stream.isatty() else ""
        self.stream.write(f"{start}[{bar}] {percent:3} %  {self.done:,} / {self.total:,}{end}")
        self.stream.flush()

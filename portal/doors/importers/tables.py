"""Read tables of other platforms: plain or gzipped CSV, refused with file and line when broken."""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NoReturn, TypeVar

from portal.refusals import Refused

LONGEST_CELL = 1_000_000
Value = TypeVar("Value")
csv.field_size_limit(LONGEST_CELL)


class Unreadable(Refused):
    """A file that is broken, cut off or missing: nothing of it is kept."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        place = f"{path.name}, line {line}" if line else path.name
        super().__init__(f"{place}: {what}")


class Row:
    """One record of a table; every question about it names its line when the answer is wrong."""

    def __init__(self, path: Path, line: int, cells: dict[str, str]) -> None:
        self.path, self.line, self.cells = path, line, cells

    def refuse(self, what: str) -> NoReturn:
        """Say what is wrong with this record."""
        raise Unreadable(self.path, self.line, what)

    def text(self, column: str) -> str:
        """Give a cell that must say something."""
        value = self.cells[column].strip()
        if not value:
            self.refuse(f"{column} is empty")
        return value

    def number(self, column: str, *, among: Sequence[int] = ()) -> int:
        """Give a cell that must be a whole number."""
        value = self.read(column, int)
        if among and value not in among:
            self.refuse(f"{column} is {value}, not one of {', '.join(map(str, among))}")
        return value

    def moment(self, column: str) -> datetime:
        """Give a cell that holds milliseconds since 1970."""
        return self.read(column, lambda cell: datetime.fromtimestamp(int(cell) / 1000, UTC))

    def read(self, column: str, parse: Callable[[str], Value]) -> Value:
        """Give a cell as `parse` understands it."""
        try:
            return parse(self.cells[column])
        except (ValueError, OverflowError, OSError):
            self.refuse(f"{column} cannot be read: {self.cells[column][:40]!r}")


def find(folder: Path, name: str) -> Path | None:
    """Find a table under its name, plain or gzipped."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def needed(folder: Path, name: str) -> Path:
    """Find a table that must be there."""
    path = find(folder, name)
    if path is None:
        raise Unreadable(folder / name, 0, f"neither this file nor {name}.gz is in {folder}")
    return path


def rows(path: Path, *columns: str) -> Iterator[Row]:
    """Read the records under their header; every record has as many cells as the header."""
    records = cells(path)
    _line, header = next(records, (1, []))
    if missing := [column for column in columns if column not in header]:
        raise Unreadable(path, 1, f"the column {missing[0]} is missing")
    for line, record in records:
        if len(record) != len(header):
            raise Unreadable(path, line, f"{len(record)} cells instead of {len(header)}")
        yield Row(path, line, dict(zip(header, record, strict=True)))


def cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read records with the number of their first line; empty lines are passed over."""
    with opened(path) as file:
        lines = Lines(path, file)
        reader = csv.reader(lines, strict=True)
        while True:
            line = lines.count + 1
            try:
                record = next(reader, None)
            except csv.Error as error:
                raise Unreadable(path, line, f"not a record: {error}") from error
            if record is None:
                return
            if record:
                yield line, record


class Lines:
    """The lines of a file, counted; the last one must be whole."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self.path, self.file, self.count = path, file, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = next(self.file)
        except (EOFError, OSError, zlib.error) as error:
            raise Unreadable(self.path, self.count + 1, f"the file is cut off: {error}") from error
        except UnicodeDecodeError as error:
            raise Unreadable(self.path, self.count + 1, "this is not UTF-8") from error
        self.count += 1
        if not line.endswith(("\n", "\r")):
            raise Unreadable(self.path, self.count, "the file is cut off within this line")
        if "\x00" in line:
            raise Unreadable(self.path, self.count, "there is a NUL character in this line")
        return line


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """Open a text file that may be gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield file

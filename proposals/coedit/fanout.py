"""What processes tell each other about a text: rows of the log, awareness, notices."""

from dataclasses import dataclass

from portal.live.wire import the_hub
from proposals.coedit.protocol import Malformed, Reader, number

ROWS, PRESENCE, NOTICE = b"r", b"p", b"n"


@dataclass(frozen=True, slots=True)
class Rows:
    """`count` rows of the log from `first` on, merged into one update."""

    first: int
    count: int
    update: bytes

    @property
    def last(self) -> int:
        return self.first + self.count - 1


def topic(document: int) -> str:
    return f"doc:{document}"


def rows_message(rows: Rows) -> bytes:
    return ROWS + number(rows.first) + number(rows.count) + rows.update


def read_rows(data: bytes) -> Rows:
    reader = Reader(data)
    first, count = reader.uint(), reader.uint()
    if not first or not count:
        raise Malformed("count")
    return Rows(first, count, data[reader.at :])


def tell_rows(document: int, rows: Rows) -> None:
    """After the commit of a verb: the rooms of all processes take the update in."""
    the_hub().send_bytes(topic(document), rows_message(rows))


def tell_notice(document: int, frame: bytes) -> None:
    """After the commit of a verb: the rooms ask how the text stands, and show the frame."""
    the_hub().send_bytes(topic(document), NOTICE + frame)

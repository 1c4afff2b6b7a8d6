"""Lines of the log for production: JSON, one per event, without a word of anybody's.

What our own code says is written so that it may be kept. Of everybody else (Django, uvicorn,
asyncio, drivers) the sentence is kept and the values in it are not: they hold paths with secrets,
addresses, statements with texts. Of an exception the kind and the places are kept, never its words:
PostgreSQL quotes the row that was refused.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType

OWN = ("portal", "consultations", "proposals")
LONGEST = 500
FRAMES = 12


class JsonLine(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Keep when, how grave, who says it, what; for a request its route and status."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": said(record)[:LONGEST],
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if route := route_of(record):
            line["route"] = route
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = kinds(record.exc_info[1])
            line["places"] = places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def said(record: logging.LogRecord) -> str:
    """Give our own sentence whole; of another's one line without its values."""
    if record.name.partition(".")[0] in OWN:
        return record.getMessage()
    if action := getattr(record, "action", ""):  # procrastinate's word for what happened
        return str(action)
    return str(record.msg).strip().partition("\n")[0]


def route_of(record: logging.LogRecord) -> str:
    """Name the route, never the path: paths hold tokens of invitations and of letters."""
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    return str(getattr(match, "view_name", "") or "")


def kinds(error: BaseException) -> list[str]:
    """Name the exception and what it came from."""
    found: list[str] = []
    here: BaseException | None = error
    while here is not None and len(found) < FRAMES:
        found.append(f"{type(here).__module__}.{type(here).__qualname__}")
        here = here.__cause__ or here.__context__
    return found


def places(trace: TracebackType | None) -> list[str]:
    """Name the innermost frames: file, line, function; neither source nor locals."""
    frames = traceback.extract_tb(trace)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]

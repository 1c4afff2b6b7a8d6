"""Builds a text from its log. Truth is the log: the nearest checkpoint and the rows after it."""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from proposals.coedit.crdt import Broken, Copy
from proposals.coedit.guard import scan_checkpoint
from proposals.coedit.protocol import Malformed
from proposals.coedit.render import to_html
from proposals.coedit.store import Standing, quarantine, standings, tail
from proposals.coedit.vocabulary import VOCABULARIES

MAX_CHECKPOINT = 16 * 1024 * 1024
MAX_LOADS = 3  # unfinished ones: then the text is suspected of killing workers
_LOADING = 0x636F6564  # class of the advisory locks that make loads take turns


@dataclass(slots=True)
class Loaded:
    """A copy equal to the log up to `head`; `is_whole` is False when a bad row ended it."""

    copy: Copy
    state: dict[int, int]
    head: int
    standing: Standing
    since: int = 0  # number of the checkpoint it was built on
    is_whole: bool = True


def load(document: int) -> Loaded | None:
    """Build the text from the log; None when loading it has killed too many workers.

    The one way to a text for rooms, forms and jobs, outside of any transaction.
    """
    with _counted(document) as may_load:
        if not may_load:
            return None
        loaded = build(document)
        if not loaded.is_whole:
            quarantine(document)
        return loaded


@contextmanager
def _counted(document: int) -> Iterator[bool]:
    """Loads of one text take turns; those that never came back are counted."""
    with _turn(document), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE proposals_document SET loading = loading + 1"
            " WHERE id = %s AND loading < %s RETURNING id",
            [document, MAX_LOADS],
        )
        if cursor.fetchone() is None:
            quarantine(document)
            yield False
            return
        try:
            yield True
        finally:  # whatever went wrong, the process lives
            cursor.execute("UPDATE proposals_document SET loading = 0 WHERE id = %s", [document])


@contextmanager
def _turn(document: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOADING, document % 2**31])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOADING, document % 2**31])


def read_on(loaded: Loaded, document: int) -> None:
    """Take in what was added since the text was loaded; `Malformed` and `Broken` are the end."""
    words = VOCABULARIES[loaded.standing.schema]
    for seq, payload in tail(document, loaded.head):
        verdict = scan_checkpoint(payload, words, loaded.state)
        loaded.copy.apply([payload], elements=verdict.elements)
        loaded.state.update(verdict.ends)
        loaded.head = seq


def build(document: int) -> Loaded:
    """Build without counting: for who can afford to die of it."""
    return _build(document, standings([document])[document], *_checkpoint(document))


def _checkpoint(document: int) -> tuple[int, bytes | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT checkpoint_seq, checkpoint FROM proposals_document WHERE id = %s", [document]
        )
        since, checkpoint = cursor.fetchone()
    return since, checkpoint


def _build(document: int, standing: Standing, since: int, checkpoint: bytes | None) -> Loaded:
    is_whole = True
    state: dict[int, int] = {}
    updates: list[bytes] = []
    if checkpoint is not None:
        try:
            updates, state = _unpacked(bytes(checkpoint), standing.schema)
        except (Malformed, Broken, zlib.error):
            is_whole, since = False, 0  # the rows are still there
    rows = tail(document, since)
    good = _good_rows(rows, state, standing.schema)
    head = since + len(good)
    try:
        copy = Copy([*updates, *good])
        _refuse_unforeseen(copy, state)
        is_whole = is_whole and len(good) == len(rows)
    except Broken:
        copy, head = _as_far_as_possible(updates, good, since, standing.schema)
        is_whole = False
    return Loaded(copy, copy.state(), head, standing, since, is_whole=is_whole)


def _unpacked(checkpoint: bytes, schema: int) -> tuple[list[bytes], dict[int, int]]:
    unpacker = zlib.decompressobj()
    whole = unpacker.decompress(checkpoint, MAX_CHECKPOINT)
    if unpacker.unconsumed_tail:
        raise Malformed("size")
    state = dict(scan_checkpoint(whole, VOCABULARIES[schema]).ends)
    return [whole], state


def _good_rows(
    rows: Iterable[tuple[int, bytes]], state: dict[int, int], schema: int
) -> list[bytes]:
    """Payloads up to the first one that the guard refuses; `state` grows with them."""
    good: list[bytes] = []
    for _seq, payload in rows:
        try:
            verdict = scan_checkpoint(payload, VOCABULARIES[schema], state)
        except Malformed:
            break
        state.update(verdict.ends)
        good.append(payload)
    return good


def _as_far_as_possible(
    updates: list[bytes], good: list[bytes], since: int, schema: int
) -> tuple[Copy, int]:
    """Row by row, each on a copy that was as foretold before it."""
    copy = Copy(updates)
    state, applied = copy.state(), list(updates)
    for count, update in enumerate(good):
        try:
            state.update(scan_checkpoint(update, VOCABULARIES[schema], state).ends)
            copy.apply([update])
            _refuse_unforeseen(copy, state)
        except (Malformed, Broken):
            return Copy(applied), since + count
        applied.append(update)
    return copy, since + len(good)


def _refuse_unforeseen(copy: Copy, state: dict[int, int]) -> None:
    copy.refuse_too_deep()
    if copy.state() != state:
        raise Broken("state")


def replay(document: int, until: int, schema: int) -> Copy:
    """The text as it was at a number, from the rows alone; `Broken` when they do not reach it."""
    rows = tail(document, 0, until)
    good = _good_rows(rows, {}, schema)
    if len(good) != len(rows):
        raise Broken("rows")
    return Copy(good)


def compact(document: int) -> bool:
    """Put the text so far into one checkpoint; rows stay. True when a new one was kept.

    The state was compared with the sum of the rows; a second, independent copy must give the same
    HTML before anything is kept.
    """
    loaded = load(document)
    if loaded is None or not loaded.is_whole or loaded.head == loaded.since:
        return False
    whole = loaded.copy.since()
    if not _is_same(whole, loaded.copy):
        quarantine(document)
        return False
    return _keep(document, loaded, whole)


def _is_same(whole: bytes, copy: Copy) -> bool:
    return to_html(Copy([whole]).blocks()) == to_html(copy.blocks())


def _keep(document: int, loaded: Loaded, whole: bytes) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE proposals_document SET checkpoint = %s, checkpoint_seq = %s, state_bytes = %s,"
            " tail_bytes = tail_bytes - (SELECT coalesce(sum(length(u.payload)), 0)"
            " FROM proposals_update u WHERE u.document_id = %s AND u.seq > %s AND u.seq <= %s)"
            " WHERE id = %s AND checkpoint_seq = %s AND quarantined_at IS NULL",
            [
                zlib.compress(whole), loaded.head, len(whole),
                document, loaded.since, loaded.head,
                document, loaded.since,
            ],
        )  # fmt: skip
        return bool(cursor.rowcount == 1)

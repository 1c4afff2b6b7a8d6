"""Builds a text from its log. Truth is the log: the nearest checkpoint and the rows after it."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
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
    is_whole: bool = True


def load(document: int) -> Loaded | None:
    """Build the text from the log; None when loading it has killed too many workers."""
    with _turn(document):
        standing = standings([document])[document]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE proposals_document SET loading = loading + 1"
                " WHERE id = %s AND loading < %s RETURNING checkpoint_seq, checkpoint",
                [document, MAX_LOADS],
            )
            found = cursor.fetchone()
        if found is None:
            quarantine(document)
            return None
        loaded = _build(document, standing, *found)
        if not loaded.is_whole:
            quarantine(document)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE proposals_document SET loading = 0 WHERE id = %s", [document])
        return loaded


@contextmanager
def _turn(document: int) -> Iterator[None]:
    """Loads of one text take turns, so that only those that died are counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOADING, document % 2**31])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOADING, document % 2**31])


def build(document: int) -> Loaded:
    """Build inside a verb's transaction that holds the row: no counting, no turns."""
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
        is_whole = is_whole and len(good) == len(rows) and copy.state() == state
    except Broken:
        copy, head = _as_far_as_possible(updates, good, since)
        is_whole = False
    return Loaded(copy, copy.state(), head, standing, is_whole=is_whole)


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


def _as_far_as_possible(updates: list[bytes], good: list[bytes], since: int) -> tuple[Copy, int]:
    copy = Copy()
    for update in updates:
        copy.apply([update])
    applied: list[bytes] = list(updates)
    for count, update in enumerate(good):
        try:
            copy.apply([update])
        except Broken:
            return Copy(applied), since + count
        applied.append(update)
    return copy, since + len(good)


def replay(document: int, until: int, schema: int) -> Copy:
    """The text as it was at a number, from the rows alone."""
    state: dict[int, int] = {}
    return Copy(_good_rows(tail(document, 0, until), state, schema))


def compact(document: int) -> bool:
    """Put the text so far into one checkpoint; rows stay. True when a new one was kept.

    Replays into a fresh copy, compares its state with the sum of the rows, and asks a second,
    independent load for the same HTML before it keeps anything.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schema_version, checkpoint_seq, checkpoint FROM proposals_document"
            " WHERE id = %s AND quarantined_at IS NULL",
            [document],
        )
        found = cursor.fetchone()
    if found is None:
        return False
    schema, since, checkpoint = found
    rows = tail(document, since)
    if not rows:
        return False
    updates, state = _unpacked(bytes(checkpoint), schema) if checkpoint else ([], {})
    good = _good_rows(rows, state, schema)
    copy = Copy([*updates, *good])
    whole = copy.since()
    if len(good) != len(rows) or copy.state() != state or not _is_same(whole, copy):
        quarantine(document)
        return False
    return _keep(document, since, rows, whole)


def _is_same(whole: bytes, copy: Copy) -> bool:
    return to_html(Copy([whole]).blocks()) == to_html(copy.blocks())


def _keep(document: int, since: int, rows: Sequence[tuple[int, bytes]], whole: bytes) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE proposals_document SET checkpoint = %s, checkpoint_seq = %s, state_bytes = %s,"
            " tail_bytes = tail_bytes - %s WHERE id = %s AND checkpoint_seq = %s",
            [
                zlib.compress(whole),
                rows[-1][0],
                len(whole),
                sum(len(payload) for _seq, payload in rows),
                document,
                since,
            ],
        )
        return bool(cursor.rowcount == 1)

r"""Chain the journal: every sealed line carries the hash of the one before it.

`hash = SHA-256(prev + "\n" + canonical line)`, the first `prev` is 64 zeros. Lines are sealed in
batches so that no verb waits for another.
"""

import json
from collections.abc import Iterator
from datetime import UTC
from hashlib import sha256
from itertools import pairwise

from django.db import connection, transaction

from portal.journal.models import Entry

START = "0" * 64
BATCH = 5_000
SEALERS = 0x6A6F75726E616C
"""The advisory lock of those who chain: `journal` as a number."""


def canonical(entry: Entry, seq: int) -> str:
    """Write the line as canonical JSON: sorted keys, no white space, UTC with microseconds."""
    line = {
        "seq": seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "verb": entry.verb,
        "topic": entry.topic,
        "agency": entry.agency_id,
        "consultation": entry.consultation_id,
        "details": entry.details,
    }
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def link(prev: str, line: str) -> str:
    """Give the hash (64 hex digits) of a line after `prev`."""
    return sha256(f"{prev}\n{line}".encode()).hexdigest()


@transaction.atomic
def seal() -> int:
    """Chain the waiting lines; two sealers take turns, also at the first line. Gives how many."""
    take_turns()
    newest = Entry.objects.sealed().last()
    seq, prev = (newest.seq or 0, newest.hash) if newest else (0, START)
    waiting = list(Entry.objects.unsealed()[:BATCH])
    for entry in waiting:
        seq += 1
        entry.seq, entry.prev = seq, prev
        entry.hash = prev = link(prev, canonical(entry, seq))
    Entry.objects.bulk_update(waiting, ["seq", "prev", "hash"], batch_size=500)
    return len(waiting)


def take_turns() -> None:
    """Wait for another sealer to end, before its lines are read: a row lock would be too late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALERS])


def head() -> tuple[int, str]:
    """Give number and hash of the newest sealed line: who keeps them can prove a cut tail."""
    newest = Entry.objects.sealed().last()
    return (newest.seq or 0, newest.hash) if newest else (0, START)


def faults() -> Iterator[str]:
    """Name every line that breaks the chain, first one first."""
    expected = Entry(seq=0, hash=START)
    for before, entry in pairwise(_lines(expected)):
        if entry.seq != (before.seq or 0) + 1:
            yield f"line {(before.seq or 0) + 1} is missing (line {entry.seq} follows)"
        elif entry.prev != before.hash:
            yield f"line {entry.seq} does not follow line {before.seq}"
        elif entry.hash != link(entry.prev, canonical(entry, entry.seq)):
            yield f"line {entry.seq} ({entry.verb} {entry.topic}) was changed"


def _lines(first: Entry) -> Iterator[Entry]:
    yield first
    yield from Entry.objects.sealed().iterator(chunk_size=2_000)

"""The log of a text in PostgreSQL: append, read on, ask how texts stand. Plain SQL, no models."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction

logger = logging.getLogger(__name__)

_OPEN = """
    d.frozen_at IS NULL AND d.quarantined_at IS NULL AND d.mode = 'open'
    AND EXISTS (
        SELECT 1 FROM proposals_proposal p
        JOIN consultations_publication u ON u.consultation_id = p.consultation_id
        JOIN consultations_phase f ON f.consultation_id = p.consultation_id
        WHERE p.id = d.proposal_id AND p.state = 'visible' AND f.activity = 'coedit'
          AND f.starts_at <= clock_timestamp() AND f.ends_at > clock_timestamp()
    )
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What one author adds to the log in one commit."""

    author: int
    session: int
    payload: bytes
    kind: str = "edit"
    key: UUID | None = None  # of a plain form, with the digest of what was typed there
    form_digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a document stands in the database, without its text."""

    epoch: UUID
    schema: int
    head: int
    is_open: bool  # mode, freeze, quarantine and phase, by the database's clock
    reason: str  # why frozen, in the words of who did it
    is_frozen: bool
    is_quarantined: bool
    is_hidden: bool  # by a moderator, with its proposal
    length: int  # visible characters when readers' text was made last
    size: int  # bytes of the checkpoint and the rows after it


def standings(documents: Sequence[int]) -> dict[int, Standing]:
    """One query for all texts of a process: heads, freezes, epochs, open phases."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.id, d.epoch, d.schema_version, d.head, {_OPEN}, d.frozen_reason,"  # noqa: S608
            " d.frozen_at IS NOT NULL, d.quarantined_at IS NOT NULL,"
            " (SELECT o.state = 'hidden' FROM proposals_proposal o WHERE o.id = d.proposal_id),"
            " d.text_length,"
            " d.state_bytes + d.tail_bytes"
            " FROM proposals_document d WHERE d.id = ANY(%s)",
            [list(documents)],
        )
        return {row[0]: Standing(*row[1:]) for row in cursor.fetchall()}


def quarantine(document: int) -> None:
    """Read-only until somebody has looked: the commit statement asks for this column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE proposals_document SET quarantined_at = clock_timestamp()"
            " WHERE id = %s AND quarantined_at IS NULL",
            [document],
        )
        if cursor.rowcount:
            logger.error("coedit: text %s is read only from now on: look at its log", document)


def hold_proposal(proposal: int) -> None:
    """Hiding it waits for the end of this transaction; one that is under way is waited for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM proposals_proposal WHERE id = %s FOR SHARE", [proposal])


def tail(document: int, after: int, until: int | None = None) -> list[tuple[int, bytes]]:
    """Numbers and payloads of the rows after a number, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, payload FROM proposals_update"
            " WHERE document_id = %s AND seq > %s AND seq <= %s ORDER BY seq",
            [document, after, 2**62 if until is None else until],
        )
        return [(seq, bytes(payload)) for seq, payload in cursor.fetchall()]


def commit(batches: dict[int, list[Row]]) -> dict[int, int]:
    """Append every text's rows in one transaction; the first number given to each.

    A text that is missing from the answer is frozen, closed or quarantined: nothing of it is kept.
    """
    with transaction.atomic():
        return append(batches, only_open=True)


def append(batches: dict[int, list[Row]], *, only_open: bool) -> dict[int, int]:
    """Append inside the caller's transaction: lock in id order, number, insert."""
    wanted = sorted(batches)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM proposals_document WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [wanted],
        )
        counts = [len(batches[each]) for each in wanted]
        sizes = [sum(len(row.payload) for row in batches[each]) for each in wanted]
        cursor.execute(
            "UPDATE proposals_document d SET head = d.head + w.n,"  # noqa: S608
            " tail_bytes = d.tail_bytes + w.size"
            " FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS w(id, n, size)"
            f" WHERE d.id = w.id AND {_OPEN if only_open else 'TRUE'}"
            " RETURNING d.id, d.head - w.n + 1",
            [wanted, counts, sizes],
        )
        firsts = dict(cursor.fetchall())
        _insert(batches, firsts)
    return firsts


def _insert(batches: dict[int, list[Row]], firsts: dict[int, int]) -> None:
    rows = [
        (document, first + offset, row)
        for document, first in firsts.items()
        for offset, row in enumerate(batches[document])
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO proposals_update"
            " (document_id, seq, author_id, session_id, kind, key, form_digest, payload, sha256,"
            " created_at)"
            " SELECT *, clock_timestamp() FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[],"
            " %s::bigint[], %s::text[], %s::uuid[], %s::bytea[], %s::bytea[], %s::bytea[])",
            [
                [document for document, _seq, _row in rows],
                [seq for _document, seq, _row in rows],
                [row.author for _document, _seq, row in rows],
                [row.session for _document, _seq, row in rows],
                [row.kind for _document, _seq, row in rows],
                [row.key for _document, _seq, row in rows],
                [row.form_digest for _document, _seq, row in rows],
                [row.payload for _document, _seq, row in rows],
                [sha256(row.payload).digest() for _document, _seq, row in rows],
            ],
        )

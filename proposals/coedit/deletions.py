"""What an update deletes, as ranges of each client's clock. Pure bytes.

Somebody who comes back repeats all deletions they know: harmless, when the text lacks those too.
"""

from bisect import bisect_right

from proposals.coedit.protocol import Reader, refuse

Ranges = dict[int, list[tuple[int, int]]]  # client → from, up to and without


def read_deletions(update: bytes) -> Ranges:
    """Read an update that brings no text; one that does raises `Malformed`."""
    reader = Reader(update)
    if reader.uint():
        refuse("structs")
    found: Ranges = {}
    for _client in range(reader.count(2)):
        client = reader.uint()
        ranges = [_range(reader) for _range_ in range(reader.count(2))]
        found[client] = found.get(client, []) + ranges
    reader.finish()
    return {client: _merged(ranges) for client, ranges in found.items()}


def _range(reader: Reader) -> tuple[int, int]:
    start = reader.uint()
    return start, start + reader.uint()


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def are_within(some: Ranges, whole: Ranges) -> bool:
    """Whether everything that one deletes is deleted by the other."""
    return all(
        _is_within(each, whole.get(client, []))
        for client, ranges in some.items()
        for each in ranges
    )


def _is_within(one: tuple[int, int], ranges: list[tuple[int, int]]) -> bool:
    index = bisect_right(ranges, (one[0], 2**63)) - 1
    return index >= 0 and one[1] <= ranges[index][1]

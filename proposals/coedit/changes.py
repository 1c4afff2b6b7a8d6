"""What a plain form changed, block by block, and where that stands in the text of now."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from proposals.coedit.blocks import Node
from proposals.coedit.markdown import parse, write

Change = tuple[int, int, list[Node]]
Pair = tuple[int, int]


def changes(
    base: Sequence[Node], current: Sequence[Node], wanted: Sequence[Node]
) -> list[Change] | None:
    """What to replace in `current` so that it takes the step from `base` to `wanted`.

    None when somebody else changed one of the same blocks meanwhile.
    """
    known: dict[str, str] = {}
    old, new = _keys(base, known), _keys(wanted, known)
    now = old if current is base else _keys(current, known)
    where = dict(matches(old, now))  # block of the base → the same block now
    found: list[Change] = []
    start = new_start = 0
    for stop, new_stop in [*matches(old, new), (len(old), len(new))]:
        if stop > start or new_stop > new_start:
            place = _place(where, start, stop)
            if place is None:
                return None
            found.append((*place, list(wanted[new_start:new_stop])))
        start, new_start = stop + 1, new_stop + 1
    return found


def matches(old: Sequence[str], new: Sequence[str]) -> list[Pair]:
    """Pairs of equal keys in ascending order; n log n, however often a key comes back.

    Beginning and end first; between them the k-th of a key is the k-th of it on the other side,
    and the longest ascending row of such pairs is kept.
    """
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    places = {key: index for index, key in _numbered(new, first, len(new) - last)}
    pairs = [
        (index, places[key])
        for index, key in _numbered(old, first, len(old) - last)
        if key in places
    ]
    return [
        *((index, index) for index in range(first)),
        *_ascending(pairs),
        *((len(old) - left, len(new) - left) for left in range(last, 0, -1)),
    ]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    shorter = min(len(old), len(new))
    return next((at for at in range(shorter) if old[at] != new[at]), shorter)


def _numbered(keys: Sequence[str], start: int, stop: int) -> Iterator[tuple[int, tuple[str, int]]]:
    """Every place with its key and how often that came before."""
    seen: Counter[str] = Counter()
    for index in range(start, stop):
        yield index, (keys[index], seen[keys[index]])
        seen[keys[index]] += 1


def _ascending(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest part of the pairs that ascends on both sides."""
    ends: list[int] = []  # second place of the last pair of the best row of each length
    rows: list[int] = []  # its number in `pairs`
    before: list[int] = []
    for number, (_old, new) in enumerate(pairs):
        length = bisect_left(ends, new)
        before.append(rows[length - 1] if length else -1)
        ends[length : length + 1] = [new]
        rows[length : length + 1] = [number]
    kept: list[Pair] = []
    number = rows[-1] if rows else -1
    while number >= 0:
        kept.append(pairs[number])
        number = before[number]
    return kept[::-1]


def _keys(blocks: Sequence[Node], known: dict[str, str]) -> list[str]:
    """Blocks as the form would give them back untouched; most are the same on every side."""
    texts = [write([block]) for block in blocks]
    for text in texts:
        if text not in known:
            known[text] = write(parse(text))
    return [known[text] for text in texts]


def _place(where: dict[int, int], start: int, stop: int) -> tuple[int, int] | None:
    """Where the blocks `start` to `stop` of the base stand now, when they stand there untouched."""
    if start == stop:
        after = where.get(start - 1)
        if after is not None or start == 0:
            return (0, 0) if after is None else (after + 1, after + 1)
        return (where[start], where[start]) if start in where else None
    places = [where.get(index) for index in range(start, stop)]
    first = places[0]
    if first is None or places != list(range(first, first + len(places))):
        return None
    return first, first + len(places)

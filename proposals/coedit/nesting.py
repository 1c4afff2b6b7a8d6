"""How deep the structs of one update nest, by the parents and neighbours that they name."""

from bisect import bisect_right
from dataclasses import dataclass, field

from proposals.coedit.protocol import Malformed, refuse


class Gap(Malformed):
    """Builds on something that neither the document nor the frame holds."""


Link = tuple[bool, int, int] | None  # (names its parent, not a neighbour; client; clock)


@dataclass(slots=True)
class Track:
    """Where the structs of one client begin in this update, and whom each one names."""

    clocks: list[int] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    end: int = 0


def refuse_deeper_than(limit: int, tracks: dict[int, Track]) -> None:
    """Every struct is resolved once; a neighbour stands as deep as the one it names."""
    depths: dict[tuple[int, int], int] = {}
    for client, track in tracks.items():
        for index in range(len(track.clocks)):
            _resolve((client, index), tracks, depths)
    if max(depths.values(), default=0) > limit:
        refuse("depth")


def _resolve(
    struct: tuple[int, int], tracks: dict[int, Track], depths: dict[tuple[int, int], int]
) -> None:
    chain: dict[tuple[int, int], bool] = {}  # the way up, and whether each step goes deeper
    step: tuple[int, int] | None = struct
    while step is not None and step not in depths:
        if step in chain:
            raise Gap("circle")
        link = tracks[step[0]].links[step[1]]
        chain[step] = link is not None and link[0]
        step = _in_update(link, tracks)
    depth = depths[step] if step is not None else 0
    for each, is_child in reversed(chain.items()):
        depth += is_child
        depths[each] = depth


def _in_update(link: Link, tracks: dict[int, Track]) -> tuple[int, int] | None:
    if link is None or link[1] not in tracks:
        return None
    _is_parent, client, clock = link
    index = bisect_right(tracks[client].clocks, clock) - 1
    return (client, index) if index >= 0 and clock < tracks[client].end else None

"""What every cell is given, and how cells are found by the goals they judge."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from django.conf import settings

from bench.measure import Column, Round, take_turns
from bench.seed import CSRF_SECRET, Town
from bench.site import Server, Site
from bench.verdict import Line, judged


@dataclass(frozen=True)
class Plan:
    """The site, the town, and how long to look."""

    site: Site
    town: Town
    quick: bool
    rounds: int
    seconds: float

    async def take_turns(self, rounds: Mapping[str, Round], number: int = 0) -> dict[str, Column]:
        """Run the contestants by turns."""
        return await take_turns(rounds, number=number or self.rounds, seconds=self.seconds)

    def roots(self, *servers: Server) -> tuple[int, ...]:
        """The processes that a round of these servers costs: their trees and the services'."""
        return (*(server.pid for server in servers), *self.site.services)

    def judged(self, line: Line) -> Line:
        """Compare with the bound."""
        return judged(line, quick=self.quick)

    def ratio(  # noqa: PLR0913 (one line of the table)
        self,
        goal: str,
        what: str,
        columns: Mapping[str, Column],
        ours: str,
        other: str,
        bound: float,
        *,
        figure: str = "cost",
    ) -> Line:
        """Judge one figure of two contestants by their minima."""
        a, b = columns[ours], columns[other]
        spread = max(a.spread(figure), b.spread(figure))
        value = a.best(figure) / b.best(figure)
        return self.judged(Line(goal, what, value, bound, spread=spread))

    def cookies(self, session: str) -> str:
        """What the browser of a signed-in person sends."""
        return (
            f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF_SECRET}"
        )


Cell = Callable[[Plan], Awaitable[list[Line]]]


def beside(line: Line, columns: Mapping[str, Column], *, scale: float, unit: str) -> Line:
    """Print what each contestant cost."""
    shown = dict(line.columns)
    for name, column in columns.items():
        cost = f"{column.best() * scale:.3g} {unit}"
        shown[name] = f"{cost} ({shown[name]})" if name in shown else cost
    return replace(line, columns=shown)


def of_goals(cells: Mapping[Cell, Iterable[str]], only: Iterable[str]) -> list[Cell]:
    """Choose the cells that judge one of the goals; all when none is named."""
    wanted = set(only)
    return [cell for cell, goals in cells.items() if not wanted or wanted & set(goals)]

"""Who thinks what, and when: drawn by a seed, so that the same seed gives the same town."""

from collections.abc import Iterable, Sequence
from random import Random

from portal.demo.script import Line, Matter, Role

SEED = 2027
AGREE, DISAGREE, PASS = 1, -1, 0
CARE = 0.7
"""How likely somebody has an opinion of a comment at all."""

SHARES = {"own": (0.84, 0.07), "other": (0.12, 0.72), "between": (0.48, 0.27)}
"""Agree and disagree of a comment: by its own camp, the other one, those between. Rest: pass."""

EVERYBODY, NOBODY = (0.88, 0.04), (0.05, 0.84)
STANCES = {"for": AGREE, "against": DISAGREE, "all": PASS}
SMALLEST = 0.5
"""Of the people of the town, the share that takes part at least."""

FEWEST_DAYS, MOST_DAYS = 0.01, 1.6
PATIENCE = 0.3
"""The longest wait for a reply, as a share of the time that is left."""


class Crowd:
    """The people of one consultation with their camps, as a seed draws them."""

    def __init__(self, matter: Matter, people: Sequence[Role], seed: int = SEED) -> None:
        # Not a secret: a demo that looks the same every time.
        self._random = Random(f"{seed}:{matter.slug}")  # noqa: S311
        self._matter = matter
        self._people = people
        leans = [person.lean for person in people]
        if matter.random_camps:
            self._random.shuffle(leans)
        self._leans = {person.key: lean for person, lean in zip(people, leans, strict=True)}
        size = round(len(people) * self._random.uniform(SMALLEST, 1))
        self._readers = self._random.sample([person.key for person in people], size)

    def opinions(self, line: Line) -> list[tuple[str, int]]:
        """Those who care about a line, and what they think; its author gives none."""
        cares = [key for key in self._readers if self._random.random() < CARE]
        return [(key, self._value(key, line.mood)) for key in cares if key != line.by]

    def supporters(self, mood: str, count: int, *, but: str) -> list[str]:
        """As many as wanted, those of the proposal's camp first."""
        keys = [person.key for person in self._people if person.key != but]
        return sorted(keys, key=lambda key: self._distance(key, mood))[:count]

    def _distance(self, key: str, mood: str) -> float:
        agree, disagree = self._shares(key, mood)
        return self._random.random() - agree + disagree

    def _value(self, key: str, mood: str) -> int:
        agree, disagree = self._shares(key, mood)
        drawn = self._random.random()
        if drawn < agree:
            return AGREE
        return DISAGREE if drawn < agree + disagree else PASS

    def _shares(self, key: str, mood: str) -> tuple[float, float]:
        if mood in {"all", "none"}:
            return EVERYBODY if mood == "all" else NOBODY
        camps = {"for": self._matter.for_camp, "against": self._matter.against_camp}
        lean = self._leans[key]
        if lean not in camps.values():
            return SHARES["between"]
        return SHARES["own" if camps[mood] == lean else "other"]

    def moment(self, start: float, end: float) -> float:
        """A moment of a span, in days from today: rather early than late."""
        return start + (end - start) * self._random.betavariate(1.1, 1.5)

    def days_of(self, lines: Iterable[Line], start: float, end: float) -> list[float]:
        """When each line is said: openings over the span, every reply after what it answers."""
        lines = list(lines)
        openings = sum(line.re == 0 for line in lines)
        moments = iter(sorted(self.moment(start, end) for _each in range(openings)))
        above: list[float] = []
        days = []
        for line in lines:
            day = next(moments) if line.re == 0 else self._reply_to(above[line.re - 1], end)
            above[line.re :] = [day]
            days.append(day)
        return days

    def _reply_to(self, day: float, end: float) -> float:
        wait = self._random.uniform(FEWEST_DAYS, MOST_DAYS) ** 2
        return day + min(wait, (end - day) * PATIENCE)

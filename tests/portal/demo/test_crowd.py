"""Drawn by a seed: two camps that can be seen, and the same ones every time."""

from statistics import mean

import pytest

from portal.demo.crowd import AGREE, DISAGREE, PASS, Crowd
from portal.demo.script import Line, Matter, Role, read_script

PEOPLE = [Role(f"hijau{n}", "H", lean="green") for n in range(60)] + [
    Role(f"niaga{n}", "N", lean="trade") for n in range(60)
]


@pytest.fixture
def matter() -> Matter:
    return next(matter for matter in read_script().matters if matter.slug == "jalur-sepeda")


def mean_of(opinions: list[tuple[str, int]], camp: str) -> float:
    return mean(value for key, value in opinions if key.startswith(camp))


def test_the_same_seed_draws_the_same_town(matter: Matter) -> None:
    line = Line("hijau1", "Setuju", mood="for")

    drawn = [Crowd(matter, PEOPLE, seed) for seed in (1, 1, 2)]
    opinions = [crowd.opinions(line) for crowd in drawn]
    days = [crowd.days_of(matter.threads[0].comments, -13, 0) for crowd in drawn]

    assert opinions[0] == opinions[1] != opinions[2]
    assert days[0] == days[1] != days[2]


def test_each_camp_likes_its_own_and_both_like_what_unites(matter: Matter) -> None:
    crowd = Crowd(matter, PEOPLE)
    by_mood = {mood: crowd.opinions(Line("x", "…", mood=mood)) for mood in
               ("for", "against", "all", "none")}  # fmt: skip

    assert mean_of(by_mood["for"], "hijau") > 0.4 > -0.3 > mean_of(by_mood["for"], "niaga")
    assert mean_of(by_mood["against"], "niaga") > 0.4 > -0.3 > mean_of(by_mood["against"], "hijau")
    assert min(mean_of(by_mood["all"], camp) for camp in ("hijau", "niaga")) > 0.6
    assert max(mean_of(by_mood["none"], camp) for camp in ("hijau", "niaga")) < -0.6
    assert {value for _key, value in by_mood["for"]} == {AGREE, DISAGREE, PASS}


def test_nobody_judges_their_own_words(matter: Matter) -> None:
    crowd = Crowd(matter, PEOPLE)

    drawn = [
        key
        for _round in range(20)
        for key, _value in crowd.opinions(Line("hijau1", "…", mood="for"))
    ]

    assert "hijau1" not in drawn


def test_supporters_are_as_many_as_wanted_and_never_the_proposer(matter: Matter) -> None:
    supporters = Crowd(matter, PEOPLE).supporters("for", 40, but="hijau1")

    assert len(set(supporters)) == 40
    assert "hijau1" not in supporters
    assert sum(key.startswith("hijau") for key in supporters) > 30


def test_a_reply_is_younger_than_what_it_answers_and_nothing_is_of_tomorrow(matter: Matter) -> None:
    for talk in matter.threads:
        days = Crowd(matter, PEOPLE).days_of(talk.comments, talk.day, 0)

        above: list[float] = []
        for line, day in zip(talk.comments, days, strict=True):
            assert talk.day <= day < 0
            assert line.re == 0 or day > above[line.re - 1]
            above[line.re :] = [day]

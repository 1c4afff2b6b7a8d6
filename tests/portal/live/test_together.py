"""Questions asked together: one hop for a crowd, and nobody hears another one's failure."""

import asyncio
from collections.abc import Sequence

import pytest
from django.db import OperationalError

from portal.live.together import MOST, Together


class Answers:
    """Doubles numbers; breaks at those it is told."""

    def __init__(self, *breaks: int, error: Exception | None = None) -> None:
        self.asked: list[list[int]] = []
        self._breaks = breaks
        self._error = error or ZeroDivisionError()

    def __call__(self, questions: Sequence[int]) -> list[int | Exception]:
        self.asked.append(list(questions))
        if set(questions) & set(self._breaks):
            raise self._error
        return [number * 2 for number in questions]


async def test_who_comes_while_it_is_asked_is_asked_next_together() -> None:
    answers = Answers()
    together: Together[int, int] = Together(answers)

    got = await asyncio.gather(*(together.ask(number) for number in range(200)))

    assert got == [number * 2 for number in range(200)]
    assert [len(asked) for asked in answers.asked] == [MOST, MOST, MOST, 200 - 3 * MOST]


async def test_a_question_that_breaks_the_asking_fails_alone() -> None:
    together: Together[int, int] = Together(Answers(3))

    got = await asyncio.gather(*map(together.ask, range(5)), return_exceptions=True)

    assert [type(each) for each in got] == [int, int, int, ZeroDivisionError, int]


async def test_a_database_that_is_away_is_asked_once() -> None:
    answers = Answers(3, error=OperationalError())
    together: Together[int, int] = Together(answers)

    got = await asyncio.gather(*map(together.ask, range(5)), return_exceptions=True)

    assert {type(each) for each in got} == {OperationalError}
    assert len(answers.asked) == 1


async def test_an_answer_may_be_a_refusal() -> None:
    together: Together[int, int] = Together(lambda asked: [PermissionError() for _each in asked])

    with pytest.raises(PermissionError):
        await together.ask(1)


def test_the_questions_of_a_loop_that_ended_are_forgotten() -> None:
    together: Together[int, int] = Together(Answers())

    async def cut_off() -> None:
        task = asyncio.create_task(together.ask(1))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(cut_off())

    assert asyncio.run(together.ask(2)) == 4

"""Promise 3: whoever traded opinions with somebody, no page that others read tells it."""

import re
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from tests.conftest import person
from tests.matrix import OWN_ROUTES, Town, arguments, clients, town

__all__ = ["town"]

CHANCE = re.compile(r'(name="csrfmiddlewaretoken" value="|name="key" value=")[^"]+')
"""What is new on every page: the token of a form and the key of what it will create."""


@pytest.fixture
def pair(town: Town) -> tuple[User, User]:
    """Two people who took part before, so that only their opinions differ."""
    two = person("Ani"), person("Wayan")
    for each in two:
        town.comment.opine(town.comment.pk, voter=each, value=0)
    return two


@pytest.mark.django_db
def test_two_who_trade_their_opinions_change_no_page_of_others(
    town: Town, pair: tuple[User, User]
) -> None:
    before = dict(pages_after(town, zip(pair, (1, -1), strict=True)))

    after = dict(pages_after(town, zip(pair, (-1, 1), strict=True)))

    assert len(before) > 100
    assert [where for where in before if before[where] != after[where]] == []
    assert any('data-count="1"' in page or ">1<" in page for page in before.values())


@pytest.mark.django_db
def test_the_reader_of_the_proof_is_not_blind(town: Town, pair: tuple[User, User]) -> None:
    """Two who agree instead of one are seen: the comparison above could have failed."""
    before = dict(pages_after(town, zip(pair, (1, -1), strict=True)))

    after = dict(pages_after(town, zip(pair, (1, 1), strict=True)))

    assert any(before[where] != after[where] for where in before)


def pages_after(town: Town, opinions: Iterator[tuple[User, int]]) -> Iterator[tuple[str, str]]:
    """Every page of every other person after these opinions, which are undone again."""
    with transaction.atomic():
        for voter, value in opinions:
            town.comment.opine(town.comment.pk, voter=voter, value=value)
        for actor, browser in clients(town).items():
            for name, route in OWN_ROUTES.items():
                if route.rights.get("read") and not name.startswith("readyz"):
                    answer = browser.get(reverse(name, kwargs=arguments(route, town)))
                    said = answer.content.decode()
                    yield f"{actor} {name}", CHANCE.sub(r"\1", said)
        transaction.set_rollback(True)

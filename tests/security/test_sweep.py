"""Every address with values that no page of ours writes: an answer, never a 500."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.matrix import ROUTES, Route, Town, arguments, town

__all__ = ["town"]

NUMBERS = ("-1", "9223372036854775808", "9" * 40, "1e9", "٣", "9" * 5_000)
WORDS = ("%00", "%ED%A0%80", "'", "..", "%2F", "%5C", "a" * 3_000, "%F0%9F%9A%B2", "[", "%0A")
QUERIES = ("before", "after", "at", "q", "state", "agency", "next", "n")
VALUES = ("9223372036854775808", "9" * 5_000, "-" * 90, "%00", "%ED%A0%80", "http://[")
Odd = Callable[[Route, Town], Iterator[str]]
GAP = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def filled(route: Route, words: dict[str, Any]) -> str:
    """Write the address by hand: `reverse` would refuse a hostile word."""
    address = GAP.sub(lambda gap: str(words[gap[1] or gap[2]]), route.address)
    return "/" + address.lstrip("^/").removesuffix(r"\Z").replace("$", "")


def odd_paths(route: Route, town: Town) -> Iterator[str]:
    """Give the address with one odd word in each gap."""
    usual = usual_words(route, town)
    for word in route.words:
        for odd in (*NUMBERS, *WORDS):
            yield filled(route, usual | {word: odd})


def odd_queries(route: Route, town: Town) -> Iterator[str]:
    """Give the address with one odd query, then with all at once."""
    plain = filled(route, usual_words(route, town))
    if "account" not in route.name and "mfa" not in route.name:
        yield from (f"{plain}?{name}={value}" for name in QUERIES[:5] for value in VALUES[::3])
    for value in VALUES:
        yield plain + "?" + "&".join(f"{name}={value}" for name in QUERIES)


def usual_words(route: Route, town: Town) -> dict[str, Any]:
    allauth = {"uidb36": "1", "key": "tidak-ada", "pk": 1}
    return arguments(route, town) if route.rights else {w: allauth[w] for w in route.words}


@pytest.mark.parametrize("odd", [odd_paths, odd_queries])
@pytest.mark.django_db
def test_no_address_makes_the_site_fall_over(odd: Odd, town: Town) -> None:
    browsers = {name: Client(raise_request_exception=False) for name in ("owner", "moderator")}
    for name, browser in browsers.items():
        browser.force_login(town.people[name])
    broken = []

    for route in ROUTES.values():
        browser = browsers["moderator" if "moderation" in route.address else "owner"]
        for address in odd(route, town):
            with transaction.atomic():
                status = browser.generic("GET", "/", **pointing_at(address)).status_code  # type: ignore[arg-type]
                transaction.set_rollback(True)
            if status >= 500:
                broken.append(f"{address[:120]}: {status}")

    assert broken == []


def pointing_at(address: str) -> dict[str, str]:
    """Say the address as the mount does, byte by byte."""
    path, _mark, query = address.partition("?")
    raw = re.sub(
        r"%([0-9A-Fa-f]{2})", lambda hexed: chr(int(hexed[1], 16)), path.encode().decode("latin-1")
    )
    return {"PATH_INFO": raw, "QUERY_STRING": query.encode().decode("latin-1")}

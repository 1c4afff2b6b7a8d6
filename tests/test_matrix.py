"""Who may do what at every address and socket: enumerated, not hoped for.

The row of a route stands beside its view (`@rights(read=…, write=…)`); a route without one fails.
Words: everyone · visible (whoever the gate shows it to) · citizen (anybody signed in) · author ·
invited · moderator · officer · owner · administrator ·
official (officer or owner of any agency) · nobody. Several are joined by `|`.
"""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from consultations.models import Consultation
from portal.agencies.models import Member
from portal.live.consumer import LiveConsumer
from proposals.coedit.consumer import CoeditConsumer
from tests.matrix import (
    ALLAUTH_FOR_PEOPLE,
    INSIDE,
    OWN_ROUTES,
    ROUTES,
    SAFE,
    WORDS,
    Town,
    arguments,
    ask,
    clients,
    expected,
    is_entitled,
    methods_of,
    routes,
    town,
)

__all__ = ["town"]


def test_every_route_says_who_may_read_and_write() -> None:
    silent = [
        f"{name}: say beside the route who may read and write"
        for name, route in OWN_ROUTES.items()
        if not route.rights
        or not set("|".join(filter(None, route.rights.values())).split("|")) <= WORDS
    ]

    assert silent == []


def test_every_route_has_a_name_or_stands_before_the_one_it_wraps() -> None:
    named = {route.address for route in routes() if route.name}
    nameless = {route.address for route in routes() if not route.name}

    assert nameless <= named


@pytest.mark.parametrize("name", sorted(OWN_ROUTES))
@pytest.mark.django_db
def test_a_route_answers_whom_its_row_names(name: str, town: Town) -> None:
    route = OWN_ROUTES[name]
    address = reverse(name, kwargs=arguments(route, town))
    surprises = []

    for actor, browser in clients(town).items():
        for method in methods_of(actor):
            row = route.rights["read" if method in SAFE else "write"]
            answer, touched = ask(browser, method, address)
            allowed = expected(actor, row) | ({405} if method not in {"GET", "POST"} else set())
            if method == "OPTIONS":
                allowed |= {200, 204, 404, 405, 302}
            if answer.status_code not in allowed:
                surprises.append(f"{actor} {method} {address}: {answer.status_code}, not {row!r}")
            if touched and (method in SAFE or not is_entitled(actor, row)):
                surprises.append(f"{actor} {method} {address}: wrote {touched} rows")

    assert surprises == []


@pytest.mark.parametrize("name", sorted(OWN_ROUTES))
@pytest.mark.django_db
def test_a_draft_is_not_there_for_those_outside(name: str, town: Town) -> None:
    route = OWN_ROUTES[name]
    about_a_consultation = name.split(":", maxsplit=1)[0] in {
        "consultations",
        "proposals",
        "moderation",
    }
    if not route.words or not about_a_consultation or "agenc" in route.address:
        return
    town.consultation.publication.delete()
    address = reverse(name, kwargs=arguments(route, town))

    for actor, browser in clients(town).items():
        for method in ("GET", "POST"):
            answer, _touched = ask(browser, method, address)
            if actor not in INSIDE:
                allowed = {400, 404, 405} | ({302} if actor == "visitor" else set())
                assert answer.status_code in allowed, f"{actor} {method} {address}"


@pytest.mark.django_db
def test_not_there_and_not_yours_are_the_same_bytes(town: Town) -> None:
    browser = clients(town)["citizen"]
    own, missing = town.comment.pk, 999_999_999

    for name in ("consultations:edit_comment", "moderation:hiding"):
        kwargs = arguments(OWN_ROUTES[name], town)
        hers = browser.get(reverse(name, kwargs={**kwargs, "pk": own}))
        nowhere = browser.get(reverse(name, kwargs={**kwargs, "pk": missing}))

        assert hers.status_code == nowhere.status_code == 404
        assert plain(hers, own) == plain(nowhere, missing)


def plain(answer: Any, number: int) -> bytes:
    """The page without the number that was asked for: the address stands in its links."""
    return re.sub(
        rb'name="csrfmiddlewaretoken" value="\w+"|csrf[^>]+', b"", answer.content
    ).replace(str(number).encode(), b"")


@pytest.mark.parametrize("name", sorted(set(ROUTES) - set(OWN_ROUTES)))
@pytest.mark.django_db
def test_account_pages_are_for_whom_they_should_be(name: str, town: Town) -> None:
    route = ROUTES[name]
    samples = {"uidb36": "1", "key": "tidak-ada", "pk": 1}
    address = reverse(name, kwargs={word: samples[word] for word in route.words})

    answer, touched = ask(Client(), "GET", address)

    assert touched == 0
    if name in ALLAUTH_FOR_PEOPLE:
        assert answer.status_code == 302
        assert settings.LOGIN_URL.split("_")[-1] in answer["Location"]
    else:
        assert answer.status_code in {200, 302, 404}


def test_every_socket_message_says_who_may_send_it() -> None:
    for consumer in (LiveConsumer, CoeditConsumer):
        assert consumer.messages
        assert set("|".join(map(str, consumer.messages.values())).split("|")) <= WORDS


@pytest.mark.django_db
def test_a_visitor_is_nobody_in_particular(town: Town) -> None:
    visitor = AnonymousUser()

    assert not town.agency.has_member(visitor, *Member.Role.values)
    assert not Consultation.objects.editable_by(visitor).exists()

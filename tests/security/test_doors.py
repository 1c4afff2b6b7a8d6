"""What protects every route: tokens of forms, reading that writes nothing, hosts, redirects."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from portal.accounts.models import User
from tests.matrix import Town, ask, clients, town
from tests.security.pages import addresses, forms_seen_by

__all__ = ["town"]

STRANGERS = (
    "//evil.example/", "https://evil.example/", "/\\evil.example", "\\/evil.example",
    "///evil.example", "https:evil.example", "javascript:alert(1)", "/%09/evil.example", "//[",
    " //evil.example", "/\t/evil.example",
)  # fmt: skip
HOSTS = (
    "evil.example", "testserver.evil.example", "evil.example:80@testserver",
    "testserver@evil.example", "[::1", "testserver\\.evil.example", "",
)  # fmt: skip

pytestmark = pytest.mark.django_db


def test_no_form_is_taken_without_its_token(town: Town) -> None:
    taken = []

    for actor in ("visitor", "author", "moderator", "owner", "administrator"):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = clients(town)[actor].cookies
        for address in addresses(town):
            status = strict.post(address, {"body": "x"}).status_code
            if status != 403 and address != "/csp/":
                taken.append(f"{actor} {address}: {status}")

    assert taken == []


def test_reading_writes_nothing(town: Town) -> None:
    written = []

    for actor in ("visitor", "author", "owner"):
        browser = clients(town)[actor]
        for address in addresses(town):
            for method in ("GET", "HEAD", "OPTIONS"):
                _answer, touched = ask(browser, method, address)
                if touched:
                    written.append(f"{actor} {method} {address}: {touched}")

    assert written == []


@pytest.mark.parametrize("where", STRANGERS)
def test_signing_in_leads_to_no_other_site(where: str, siti: User) -> None:
    cache.clear()
    fields = {"login": siti.email, "password": "rahasia-sekali"}

    for address in ("/account/login/", "/account/logout/", "/account/signup/"):
        browser = Client()
        page = browser.get(address, {"next": where}).content.decode()
        answer: Any = browser.post(f"{address}?next=x", {**fields, "next": where})

        assert "evil.example" not in urlsplit(answer.get("Location", "")).netloc
        assert not answer.get("Location", "/").startswith(("//", "/\\", "javascript:", "https:"))
        assert f'href="{where}' not in page


def is_path(address: str) -> bool:
    """Say whether a browser stays on this site: it drops tabs and takes a backslash for a slash."""
    seen = address.replace("\t", "").replace("\\", "/")
    return seen.startswith("/") and not seen.startswith("//")


@pytest.mark.parametrize("where", STRANGERS)
def test_where_somebody_came_from_is_no_way_to_another_site(where: str, town: Town) -> None:
    browser = clients(town)["visitor"]
    comments = f"/threads/{town.thread.pk}/comments/"

    redirected = browser.post(comments, {"page": where})
    refused = Client(enforce_csrf_checks=True).post(comments, headers={"Referer": where})

    assert redirected["Location"].startswith("/account/login/")
    assert is_path(parse_qs(urlsplit(redirected["Location"]).query)["next"][0])
    assert 'href="http' not in refused.content.decode()
    assert "evil.example" not in refused.content.decode()


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_gets_nothing(host: str) -> None:
    answer = Client(raise_request_exception=False).get("/", headers={"Host": host})

    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_a_forwarded_host_is_not_believed(siti: User, mailoutbox: list[Any]) -> None:
    cache.clear()

    Client().post(
        "/account/password/reset/",
        {"email": siti.email},
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )

    assert mailoutbox
    assert "evil.example" not in mailoutbox[0].body


def test_every_page_s_form_goes_to_this_site(town: Town) -> None:
    for actor in ("visitor", "owner"):
        for form in forms_seen_by(clients(town)[actor], town):
            parts = urlsplit(form.action)
            assert not parts.netloc
            assert parts.path.startswith("/")

"""Nobody learns from an answer whether an address has an account."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from portal.accounts.models import User

KNOWN, UNKNOWN = "siti@contoh.id.invalid", "tiada@contoh.id.invalid"
ENTRANCES = {
    "/account/login/": {"password": "salah-sekali"},
    "/account/login/code/": {},
    "/account/password/reset/": {},
    "/account/signup/": {"pseudonym": "Warga", "password1": "rahasia-sekali-benar"},
}
WITHIN = re.compile(r'csrfmiddlewaretoken" value="\w+"|siti@|tiada@|[0-9a-f-]{36}')

pytestmark = pytest.mark.django_db


def told(address: str, email: str, fields: dict[str, str]) -> tuple[int, str, str]:
    """Ask as a stranger and follow where it leads; the address itself aside."""
    cache.clear()
    browser = Client()
    answer: Any = browser.post(address, {"login": email, "email": email, **fields})
    place = answer.get("Location", "")
    page = browser.get(place) if place else answer
    return answer.status_code, place, WITHIN.sub("", page.content.decode())


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize("address", ENTRANCES)
def test_known_and_unknown_addresses_are_answered_alike(
    address: str, language: str, siti: User
) -> None:
    fields = ENTRANCES[address]

    known = told(language + address, KNOWN, fields)
    unknown = told(language + address, UNKNOWN, fields)

    assert known == unknown


def test_a_switched_off_account_is_answered_like_none(siti: User) -> None:
    User.objects.filter(pk=siti.pk).update(is_active=False)

    for address, fields in ENTRANCES.items():
        assert told(address, KNOWN, fields) == told(address, UNKNOWN, fields)

from collections.abc import Iterator
from time import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import is_mfa_enabled
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client

from portal.accounts.models import User
from portal.live.models import Revocation

PAGES = [
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/",
    "/account/2fa/webauthn/add/",
    "/account/email/",
    "/account/password/change/",
    "/account/sessions/",
    "/account/logout/",
]
PASSWORD = {"password": "rahasia-sekali"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def enter(client: Client, person: User) -> None:
    """Sign in by password and confirm it, as pages that change factors ask."""
    client.post("/account/login/", {"login": person.email, **PASSWORD})
    client.post("/account/reauthenticate/", PASSWORD)


def code_of(secret: str) -> str:
    """Give what the app on the phone shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time()) // 30)))


@pytest.fixture
def secret(client: Client, siti: User) -> str:
    """The secret of Siti's app: set up after she signed in by password."""
    enter(client, siti)
    client.get("/account/2fa/totp/activate/")
    key: str = client.session["mfa.totp.secret"]
    client.post("/account/2fa/totp/activate/", {"code": code_of(key)})
    cache.clear()
    return key


@pytest.mark.django_db(transaction=True)
def test_the_code_of_the_app_sets_it_up_and_a_mail_says_so(
    mailoutbox: list[EmailMessage], secret: str, siti: User
) -> None:
    assert is_mfa_enabled(siti, [Authenticator.Type.TOTP])
    assert [mail.to for mail in mailoutbox] == [[siti.email]]
    assert "aplikasi autentikator" in str(mailoutbox[0].body).lower()


def test_a_wrong_code_sets_nothing_up(client: Client, siti: User) -> None:
    enter(client, siti)
    client.get("/account/2fa/totp/activate/")

    answer = client.post("/account/2fa/totp/activate/", {"code": "000000"})

    assert "Kode ini salah" in answer.content.decode()
    assert not is_mfa_enabled(siti)


def test_signing_in_then_asks_for_the_code(secret: str, siti: User) -> None:
    phone = Client()
    answer = phone.post("/account/login/", {"login": siti.email, **PASSWORD})

    assert answer["Location"] == "/account/2fa/authenticate/"
    assert "_auth_user_id" not in phone.session
    phone.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    assert phone.session["_auth_user_id"] == str(siti.pk)


def test_a_code_by_mail_is_not_enough_either(
    secret: str, siti: User, mailoutbox: list[EmailMessage]
) -> None:
    phone = Client()
    phone.post("/account/login/code/", {"email": siti.email})
    code = str(mailoutbox[-1].body).split("\n\n")[1].strip()

    answer = phone.post("/account/login/code/confirm/", {"code": code})

    assert answer["Location"] == "/account/2fa/authenticate/"
    assert "_auth_user_id" not in phone.session


def test_a_recovery_code_lets_in_once(secret: str, client: Client, siti: User) -> None:
    codes = Authenticator.objects.get(user=siti, type=Authenticator.Type.RECOVERY_CODES)
    code = codes.wrap().get_unused_codes()[0]

    for attempt in ("first", "second"):
        phone = Client()
        phone.post("/account/login/", {"login": siti.email, **PASSWORD})
        phone.post("/account/2fa/authenticate/", {"code": code})
        assert ("_auth_user_id" in phone.session) == (attempt == "first")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_page_about_ones_account_opens(
    client: Client, siti: User, path: str, prefix: str
) -> None:
    enter(client, siti)

    answer = client.get(prefix + path)

    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.count("<h1") == 1
    assert " style=" not in text


def test_who_only_signed_in_is_asked_once_more_before_changing_a_factor(
    client: Client, siti: User
) -> None:
    client.post("/account/login/", {"login": siti.email, **PASSWORD})

    answer = client.get("/account/2fa/totp/activate/")

    assert answer["Location"].startswith("/account/reauthenticate/")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_about_an_account_opens_for_a_visitor(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 302
    assert "/account/" in answer["Location"] or answer["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_who_gives_the_app_up_has_every_open_page_asked_again(
    client: Client, secret: str, siti: User
) -> None:
    Revocation.objects.all().delete()

    client.post("/account/2fa/totp/deactivate/")

    assert not is_mfa_enabled(siti)
    assert Revocation.objects.filter(user_id=siti.pk).count() == 1

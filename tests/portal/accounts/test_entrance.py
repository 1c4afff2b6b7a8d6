import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client

from portal.accounts.models import User
from tests.conftest import person

NEW = {"email": "Ayu@contoh.id.invalid", "pseudonym": "Ayu"}
CODE = re.compile(r"^\s*([A-Z0-9-]{6,9})\s*$", re.MULTILINE)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def code_in(mail: EmailMessage) -> str:
    found = CODE.search(str(mail.body))
    assert found, mail.body
    return found[1]


def without_tokens(page: bytes) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.decode())


def test_signing_up_takes_an_address_a_name_and_the_code_of_the_mail(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    asked = client.post("/account/signup/", NEW, follow=True)
    entered = client.post("/account/confirm-email/", {"code": code_in(mailoutbox[0])})

    assert "ayu@contoh.id.invalid" in asked.content.decode()
    assert entered.status_code == 302
    ayu = User.objects.get(email="ayu@contoh.id.invalid")
    assert (ayu.pseudonym, ayu.language, ayu.has_usable_password()) == ("Ayu", "id", False)
    assert client.session["_auth_user_id"] == str(ayu.pk)


def test_who_signs_up_in_english_is_written_to_in_english(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    client.post("/en/account/signup/", NEW)

    assert User.objects.get(email="ayu@contoh.id.invalid").language == "en"
    assert "Welcome" in mailoutbox[0].body


def test_a_taken_address_looks_exactly_like_a_new_one(
    siti: User, mailoutbox: list[EmailMessage]
) -> None:
    pages = []
    for address in (siti.email, "baru@contoh.id.invalid"):
        visitor = Client()
        visitor.post("/account/signup/", {"email": address, "pseudonym": "Ayu"})
        page = without_tokens(visitor.get("/account/confirm-email/").content)
        pages.append(page.replace(address, "…"))

    assert pages[0] == pages[1]
    assert CODE.search(str(mailoutbox[0].body)) is None
    assert User.objects.filter(pseudonym="Ayu").count() == 1


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(siti: User) -> None:
    pages = []
    for address in (siti.email, "tak-ada@contoh.id.invalid"):
        page = Client().post("/account/login/", {"login": address, "password": "salah-sekali"})
        pages.append(without_tokens(page.content).replace(address, "…"))

    assert pages[0] == pages[1]


def test_a_sign_in_code_is_asked_for_in_the_same_way_with_and_without_an_account(
    siti: User, mailoutbox: list[EmailMessage]
) -> None:
    pages = []
    for address in (siti.email, "tak-ada@contoh.id.invalid"):
        page = Client().post("/account/login/code/", {"email": address}, follow=True)
        pages.append(without_tokens(page.content).replace(address, "…"))

    assert pages[0] == pages[1]
    assert [mail.to for mail in mailoutbox] == [[siti.email], ["tak-ada@contoh.id.invalid"]]
    assert CODE.search(str(mailoutbox[1].body)) is None


def test_the_code_of_the_mail_signs_in_and_a_wrong_one_does_not(
    client: Client, siti: User, mailoutbox: list[EmailMessage]
) -> None:
    client.post("/account/login/code/", {"email": siti.email})
    refused = client.post("/account/login/code/confirm/", {"code": "AAAA-AAAA"})
    assert "_auth_user_id" not in client.session

    client.post("/account/login/code/confirm/", {"code": code_in(mailoutbox[0])})

    assert refused.status_code == 200
    assert client.session["_auth_user_id"] == str(siti.pk)


def test_the_password_signs_in_and_leads_to_the_page_in_ones_language(client: Client) -> None:
    ketut = person("Ketut", language="en")

    answer = client.post(
        "/account/login/", {"login": "KETUT@contoh.id.invalid", "password": "rahasia-sekali"}
    )

    assert answer["Location"] == "/en/"
    assert client.session["_auth_user_id"] == str(ketut.pk)


@pytest.mark.parametrize(
    "target",
    [
        "https://jahat.example/",
        "//jahat.example/",
        "/\\jahat.example",
        "\\\\jahat.example",
        "javascript:alert(1)",
        "http:jahat.example",
        "https://testserver.jahat.example/",
        "http://testserver/",
    ],
)
def test_signing_in_leads_to_no_other_site(client: Client, siti: User, target: str) -> None:
    fields = {"login": siti.email, "password": "rahasia-sekali", "next": target}

    answer = client.post("/account/login/", fields)

    assert answer["Location"] == "/"


def test_signing_in_leads_back_to_a_page_of_this_site(client: Client, siti: User) -> None:
    fields = {"login": siti.email, "password": "rahasia-sekali", "next": "/me/?a=1"}

    assert client.post("/account/login/", fields)["Location"] == "/me/?a=1"


def test_a_switched_off_account_cannot_sign_in(client: Client, siti: User) -> None:
    User.objects.filter(pk=siti.pk).update(is_active=False)

    client.post("/account/login/", {"login": siti.email, "password": "rahasia-sekali"})

    assert "_auth_user_id" not in client.session


def test_guessing_is_stopped_with_a_sentence(client: Client, siti: User) -> None:
    fields = {"login": siti.email, "password": "salah-sekali"}
    for _attempt in range(10):
        answer = client.post("/account/login/", fields)

    assert "_auth_user_id" not in client.session
    assert "Terlalu banyak" in answer.content.decode()


def test_many_attempts_from_one_address_are_told_how_long_to_wait(client: Client) -> None:
    for number in range(41):
        fields = {"login": f"a{number}@contoh.id.invalid", "password": "salah-sekali"}
        answer = client.post("/account/login/", fields)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert "60 detik" in answer.content.decode()


def test_a_forgotten_password_is_replaced_with_a_code_and_told_by_mail(
    client: Client, siti: User, mailoutbox: list[EmailMessage]
) -> None:
    client.post("/account/password/reset/", {"email": siti.email})
    client.post("/account/password/reset/confirm/", {"code": code_in(mailoutbox[0])})
    client.post(
        "/account/password/reset/complete/",
        {"password1": "sangat-baru-77", "password2": "sangat-baru-77"},
    )

    siti.refresh_from_db()
    assert siti.check_password("sangat-baru-77")
    assert len(mailoutbox) == 2
    assert mailoutbox[1].to == [siti.email]


def test_the_new_address_takes_over_only_with_its_code(
    client: Client, siti: User, mailoutbox: list[EmailMessage]
) -> None:
    client.force_login(siti)
    client.post("/account/email/", {"email": "baru@contoh.id.invalid", "action_add": "add"})
    siti.refresh_from_db()
    assert siti.email == "siti@contoh.id.invalid"

    client.post("/account/confirm-email/", {"code": code_in(mailoutbox[-1])})

    siti.refresh_from_db()
    assert siti.email == "baru@contoh.id.invalid"


def test_mails_speak_the_language_of_the_person_not_of_the_page(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    person("Ketut", language="en")

    client.post("/account/login/code/", {"email": "ketut@contoh.id.invalid"})

    assert "Enter this code" in mailoutbox[0].body


@pytest.mark.parametrize(("is_demo_site", "is_in"), [(True, True), (False, False)])
def test_people_of_the_demo_town_enter_a_demo_site_only(
    client: Client, settings: Any, *, is_demo_site: bool, is_in: bool
) -> None:
    settings.DEMO = is_demo_site
    pemeran = person("Pemeran", is_demo=True)

    client.post("/account/login/", {"login": pemeran.email, "password": "rahasia-sekali"})

    assert ("_auth_user_id" in client.session) is is_in

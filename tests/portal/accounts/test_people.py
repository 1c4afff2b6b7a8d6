import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from portal.accounts.models import User
from portal.agencies.models import Agency
from tests.conftest import person

SETTINGS = {"pseudonym": "Siti A.", "language": "en", "time_zone": "Asia/Makassar"}

pytestmark = pytest.mark.django_db


def test_an_address_makes_one_account_whatever_its_case(siti: User) -> None:
    with pytest.raises(IntegrityError, match="one_account_per_address"), transaction.atomic():
        User.objects.bulk_create([User(email=siti.email.upper(), pseudonym="Lain")])


def test_everybody_has_a_pseudonym() -> None:
    with pytest.raises(IntegrityError, match="everybody_has_a_pseudonym"), transaction.atomic():
        User.objects.create_user("x@contoh.id.invalid", pseudonym="")


def test_a_person_appears_with_another_name_language_and_zone(client: Client, siti: User) -> None:
    client.force_login(siti)

    answer = client.post("/me/", SETTINGS)

    assert answer.status_code == 302
    assert answer["Location"] == "/en/me/"
    siti.refresh_from_db()
    assert siti.appearance == SETTINGS


@pytest.mark.parametrize("name", ["Moderator", "Dinas C0ntoh Kota Rembuk", "Siti\u202e", "  "])
def test_a_name_of_an_office_or_with_hidden_signs_is_a_422_that_keeps_what_was_typed(
    client: Client, siti: User, agency: Agency, name: str
) -> None:
    client.force_login(siti)

    answer = client.post("/me/", {**SETTINGS, "pseudonym": name})

    assert answer.status_code == 422
    assert "Asia/Makassar" in answer.content.decode()
    siti.refresh_from_db()
    assert siti.pseudonym == "Siti"


@pytest.mark.parametrize("field", ["email", "is_staff", "is_superuser", "is_demo", "password"])
def test_no_other_column_can_be_set_from_the_form(client: Client, siti: User, field: str) -> None:
    client.force_login(siti)
    before = getattr(siti, field)

    client.post("/me/", {**SETTINGS, field: "1"})

    siti.refresh_from_db()
    assert getattr(siti, field) == before


def test_a_visitor_is_asked_to_sign_in_and_comes_back(client: Client) -> None:
    answer = client.get("/me/")

    assert answer.status_code == 302
    assert answer["Location"] == "/account/login/?next=/me/"


def test_the_page_speaks_both_languages_and_is_kept_out_of_caches(client: Client) -> None:
    client.force_login(person("Ayu"))

    page = client.get("/en/me/")

    assert "no-store" in page["Cache-Control"]
    assert '<html lang="en">' in page.content.decode()
    assert '<html lang="id">' in client.get("/me/").content.decode()

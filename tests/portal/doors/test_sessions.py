import pytest
from django.test import Client

from portal.accounts.models import User
from portal.live.models import Revocation

PASSWORD = "rahasia-sekali"

pytestmark = pytest.mark.django_db(transaction=True)


def enter(user: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


def test_signing_out_closes_the_open_pages(siti: User, budi: User) -> None:
    client = enter(siti)

    client.post("/account/logout/")

    assert "_auth_user_id" not in client.session
    assert Revocation.objects.filter(user_id=siti.pk).count() == 1
    assert not Revocation.objects.filter(user_id=budi.pk).exists()


def test_asking_whether_to_sign_out_changes_nothing(siti: User) -> None:
    client = enter(siti)

    assert client.get("/account/logout/").status_code == 200

    assert "_auth_user_id" in client.session
    assert not Revocation.objects.exists()


def test_a_new_password_signs_the_other_devices_out(siti: User) -> None:
    here, there = enter(siti), enter(siti)

    here.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": "lain-sekali-9", "password2": "lain-sekali-9"},
    )

    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
    assert Revocation.objects.filter(user_id=siti.pk).exists()


def test_a_refused_new_password_closes_nothing(siti: User) -> None:
    enter(siti).post(
        "/account/password/change/",
        {"oldpassword": "salah", "password1": "lain-sekali-9", "password2": "lain-sekali-9"},
    )

    assert not Revocation.objects.exists()


def test_all_other_devices_are_signed_out_at_once(siti: User) -> None:
    here, there = enter(siti), enter(siti)
    assert "perangkat ini" in here.get("/account/sessions/").content.decode()

    here.post("/account/sessions/")

    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
    assert Revocation.objects.filter(user_id=siti.pk).exists()

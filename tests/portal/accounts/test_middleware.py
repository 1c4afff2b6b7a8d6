import pytest
from django.test import Client

from portal.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/me/", "/account/email/", "/account/2fa/", "/en/account/sessions/"]
)
def test_a_page_about_ones_account_lies_in_no_cache(client: Client, siti: User, path: str) -> None:
    client.force_login(siti)

    assert "no-store" in client.get(path)["Cache-Control"]


def test_a_public_page_may_be_kept(client: Client) -> None:
    assert "no-store" not in client.get("/agencies/").get("Cache-Control", "")

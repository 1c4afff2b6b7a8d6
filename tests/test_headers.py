"""What every answer says about itself: pages, refusals, files."""

import pytest
from django.test import Client

ADDRESSES = ["/", "/tidak-ada/", "/account/login/", "/healthz", "/static/css/rembuk.css"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.django_db
def test_every_answer_carries_the_strict_policies(address: str, client: Client) -> None:
    answer = client.get(address)
    answer.close()  # a file would stay open

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_and_keeps_the_text() -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/account/login/", {"body": "Tulisan yang panjang"})

    assert answer.status_code == 403
    assert "Tulisan yang panjang" in answer.content.decode()

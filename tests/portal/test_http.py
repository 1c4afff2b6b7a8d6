"""What a page says when something is not possible, not there, or broken."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.translation import override
from django.views.defaults import bad_request, permission_denied, server_error
from django_htmx.middleware import HtmxMiddleware

from portal.http import RefusalMiddleware, csrf_failure, local_path, unavailable
from portal.refusals import KeyReused, Refused, TooFast


def request_with(text: str = "", *, htmx: bool = False) -> HttpRequest:
    headers = {"HX-Request": "true"} if htmx else {}
    request = RequestFactory(headers=headers).post("/threads/1/comments/", {"body": text})
    request.user = AnonymousUser()
    MessageMiddleware(lambda _request: HttpResponse()).process_request(request)
    HtmxMiddleware(lambda _request: HttpResponse())(request)
    return request


def refused(reason: Exception, **how: Any) -> HttpResponse:
    answer = RefusalMiddleware(lambda _request: HttpResponse()).process_exception(
        request_with(**how), reason
    )
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Refused("Tahapan ini sudah berakhir."), 409),
        (KeyReused("Tahapan ini sudah berakhir."), 422),
        (TooFast("Tahapan ini sudah berakhir.", retry_after=7), 429),
    ],
)
def test_a_refusal_says_its_sentence_and_gives_back_what_was_typed(
    reason: Exception, status: int
) -> None:
    answer = refused(reason, text="<b>Jalur kiri</b>")

    page = answer.content.decode()
    assert answer.status_code == status
    assert "Tahapan ini sudah berakhir." in page
    assert "&lt;b&gt;Jalur kiri&lt;/b&gt;" in page
    assert page.count("<h1") == 1


def test_too_fast_says_when_to_come_back() -> None:
    assert refused(TooFast("Pelan-pelan.", retry_after=7))["Retry-After"] == "7"


def test_htmx_gets_the_fragment_only() -> None:
    page = refused(Refused("Ditutup."), htmx=True).content.decode()

    assert "Ditutup." in page
    assert "<html" not in page


def test_an_absent_database_is_said_without_asking_it_and_keeps_the_text() -> None:
    answer = unavailable(request_with("Jalur kiri"))

    assert answer.status_code == 503
    assert "Jalur kiri" in answer.content.decode()
    assert answer["Retry-After"]


def test_a_form_that_was_too_old_gives_the_text_back() -> None:
    answer = csrf_failure(request_with("Jalur kiri"))

    assert answer.status_code == 403
    assert "Jalur kiri" in answer.content.decode()


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("view", [bad_request, permission_denied, server_error])
def test_errors_have_a_page_in_both_languages_that_needs_no_context(
    view: Any, language: str
) -> None:
    request = request_with()
    with override(language):
        answer = view(request) if view is server_error else view(request, Exception())

    page = answer.content.decode()
    assert f'<html lang="{language}">' in page
    assert page.count("<h1") == 1
    assert "{{" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "language"), [("/tidak-ada/", "id"), ("/en/nothing/", "en")])
def test_an_address_without_a_page_is_said_in_the_language_of_the_address(
    client: Client, address: str, language: str
) -> None:
    answer = client.get(address)

    assert answer.status_code == 404
    assert f'<html lang="{language}">' in answer.content.decode()


@pytest.mark.django_db
def test_every_page_starts_with_a_way_past_the_header_and_holds_no_inline_code(
    client: Client,
) -> None:
    page = client.get("/account/login/").content.decode()

    body = page.split("<body", 1)[1]
    assert re.search(r"<a[^>]*>", body)[0] == '<a class="skip-link" href="#main">'  # type: ignore[index]
    assert re.search(r"<script(?![^>]*\bsrc=)", page) is None
    assert re.search(r"\s(style|on\w+)=", page) is None
    assert page.count('aria-live="polite"') == 1


@pytest.mark.parametrize("address", ["//[", "http://[", "http://[::1", "/[/", ""])
def test_an_address_that_is_none_leads_nowhere_else(address: str) -> None:
    assert local_path(address, "/kembali/").startswith("/")
    assert "//" not in local_path(address, "/kembali/")


@pytest.mark.django_db
def test_a_broken_referer_keeps_what_was_typed() -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/account/login/", {"body": "Tulisan"}, headers={"Referer": "http://["})

    assert answer.status_code == 403
    assert "Tulisan" in answer.content.decode()


@pytest.mark.django_db
def test_the_other_language_keeps_what_somebody_looked_for(client: Client) -> None:
    page = client.get("/?q=jalan+raya&state=open").content.decode()
    back = client.get("/en/?q=jalan+raya").content.decode()

    assert 'href="/en/?q=jalan+raya&amp;state=open"' in page
    assert 'href="/?q=jalan+raya" lang="id"' in back

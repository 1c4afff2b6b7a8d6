"""The page of promises: each names a test that is there, and no test is without its promise."""

from pathlib import Path

from django.test import Client

from portal.doors.promises import PROMISES

ROOT = Path(__file__).resolve().parents[3]


def test_every_promise_has_its_test_and_every_test_its_promise() -> None:
    proofs = {str(path.relative_to(ROOT)) for path in ROOT.glob("tests/promises/test_*.py")}

    assert {promise.test for promise in PROMISES} == proofs
    for promise in PROMISES:
        assert promise.test.startswith(f"tests/promises/test_{promise.number:02}_")


def test_the_page_says_each_in_both_languages(client: Client, db: None) -> None:
    indonesian = client.get("/janji/").content.decode()
    english = client.get("/en/janji/").content.decode()

    for promise in PROMISES:
        assert f"bin/test {promise.test}" in indonesian
        assert f"bin/test {promise.test}" in english
    assert "Setiap orang dihitung sekali" in indonesian
    assert "Everyone counts once" in english


def test_every_page_leads_there(client: Client, db: None) -> None:
    assert 'href="/janji/"' in client.get("/help/").content.decode()

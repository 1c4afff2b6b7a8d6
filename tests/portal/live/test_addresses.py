"""Where a socket comes from and what it asks for, read before anything else is done."""

import pytest

from portal.live.admission import NotAdmitted
from portal.live.consumer import wanted
from portal.live.origin import is_own_page


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        (b"http://testserver", b"testserver", True),
        (b"http://TestServer", b"testserver", True),
        (b"https://testserver", b"testserver", True),
        (b"http://127.0.0.1:8000", b"127.0.0.1:8000", True),
        (None, b"testserver", False),
        (b"null", b"testserver", False),
        (b"", b"testserver", False),
        (b"http://evil.example", b"testserver", False),
        (b"http://evil.example", b"evil.example", False),
        (b"http://testserver:81", b"testserver", False),
        (b"http://testserver", b"testserver:81", False),
        (b"http://sub.testserver", b"testserver", False),
        (b"http://testserver.evil.example", b"testserver", False),
        (b"http://eviltestserver", b"testserver", False),
        (b"http://testserver@evil.example", b"testserver", False),
        (b"http://evil.example#testserver", b"testserver", False),
        (b"http://testserver/", b"testserver", False),
        (b"http://testserver:port", b"testserver", False),
        (b"ftp://testserver", b"testserver", False),
        ("http://t\u0435stserver".encode(), b"testserver", False),
        (b"http://xn--tstserver-qbe", b"testserver", False),
    ],
)
def test_only_a_page_of_this_site_may_open_a_socket(
    origin: bytes | None, host: bytes, *, is_own: bool
) -> None:
    headers = [(b"host", host)] + ([(b"origin", origin)] if origin is not None else [])

    assert is_own_page({"headers": headers, "scheme": "ws"}) is is_own


def test_a_plain_page_may_not_open_a_secure_socket_and_two_origins_are_none() -> None:
    headers = [(b"host", b"testserver"), (b"origin", b"http://testserver")]

    assert not is_own_page({"headers": headers, "scheme": "wss"})
    assert not is_own_page({"headers": [*headers, headers[1]], "scheme": "ws"})


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"topic=thread",
        b"topic=thread:x@1",
        b"topic=thread:1@-1",
        b"topic=THREAD:1@1",
        b"topic=thread:1@1&topic=..",
        b"topic=thread:9999999999999999999@1",
        b"&".join(b"topic=thread:%d@0" % n for n in range(9)),
    ],
)
def test_a_malformed_address_is_not_there(query: bytes) -> None:
    with pytest.raises(NotAdmitted) as refusal:
        wanted(query)

    assert refusal.value.code == 4404


def test_up_to_eight_topics_with_their_numbers_and_a_known_language() -> None:
    query = b"topic=thread:81@1204&topic=user:5&lang=xx"

    assert wanted(query) == ({"thread:81": 1204, "user:5": None}, "id", True)
    assert wanted(query + b"&outside=1")[2] is False

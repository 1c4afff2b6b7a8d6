"""What a process may hold: threads and connections that no number of requests adds to."""

import http.client
import re
from pathlib import Path

import pytest

from consultations.models import Comment, Thread
from tests.processes import Server, Valkey

REQUESTS = 1_000


@pytest.fixture
def valkey(tmp_path: Path) -> Valkey:
    return Valkey(tmp_path)


def threads(server: Server) -> int:
    status = Path(f"/proc/{server._process.pid}/status").read_text()
    return int(re.findall(r"^Threads:\s+(\d+)", status, re.MULTILINE)[0])


def links_to(valkey: Valkey) -> int:
    """Connections that Valkey's socket holds, as the kernel counts them."""
    return Path("/proc/net/unix").read_text().count(str(valkey.path)) - 1


@pytest.mark.django_db(transaction=True)
def test_a_thousand_requests_add_no_thread_and_no_connection(
    tmp_path: Path, valkey: Valkey, thread: Thread
) -> None:
    valkey.start()
    server = Server(valkey.url, tmp_path / "server.log")
    try:
        server.wait()
        for _warm in range(20):
            assert server.get(thread.get_absolute_url()) == 200
        before = threads(server), links_to(valkey)

        for number in range(REQUESTS):
            path = thread.get_absolute_url() if number % 10 == 0 else "/healthz"
            assert server.get(path) == 200

        assert (threads(server), links_to(valkey)) == before
    finally:
        server.kill()
        valkey.kill()


@pytest.mark.django_db(transaction=True)
def test_a_page_travels_packed(tmp_path: Path, thread: Thread, comment: Comment) -> None:
    server = Server("", tmp_path / "server.log")
    try:
        server.wait()
        link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        link.request("GET", thread.get_absolute_url(), headers={"Accept-Encoding": "gzip"})
        packed = link.getresponse()
        size = len(packed.read())
        link.request("GET", thread.get_absolute_url())
        whole = len(link.getresponse().read())
        link.close()
    finally:
        server.kill()

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert size * 2 < whole

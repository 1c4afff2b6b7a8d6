"""Promise 2: what was confirmed is on disk, whatever happens to the server a moment later."""

import http.client
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from consultations.models import Comment, Thread
from tests.conftest import person
from tests.consultations.together import together
from tests.live import login_session
from tests.processes import Server, eventually

pytestmark = pytest.mark.django_db(transaction=True)

DONE = 302
BEFORE_THE_END = 12


class Writer:
    """Somebody who goes on writing until the server is gone."""

    def __init__(self, number: int, path: str) -> None:
        self._session = login_session(person(f"Warga{number}"))
        self._path = path
        self.confirmed: list[UUID] = []
        self.unsure: UUID = uuid4()

    def write_until_it_dies(self, server: Server) -> None:
        """Each text with a key of its own; the last one was sent and never answered."""
        for number in count():
            self.unsure = uuid4()
            try:
                answer = self.send(server, self.unsure, number)
            except (OSError, http.client.HTTPException):
                return
            assert answer == DONE, answer
            self.confirmed.append(self.unsure)

    def send(self, server: Server, key: UUID, number: int) -> int:
        return server.post(self._path, self._session, body=f"Pendapat ke-{number}", key=key)


@pytest.fixture
def writers(thread: Thread) -> list[Writer]:
    return [Writer(number, f"/threads/{thread.pk}/comments/") for number in range(4)]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """One that will die, and one that takes its place."""
    both = (
        Server(settings.REDIS_URL, tmp_path / "a.log"),
        Server(settings.REDIS_URL, tmp_path / "b"),
    )
    for server in both:
        server.wait()
    yield both
    both[1].kill()


def test_a_server_that_dies_loses_and_doubles_nothing(
    thread: Thread, writers: list[Writer], servers: tuple[Server, Server]
) -> None:
    def kill_in_the_middle() -> None:
        assert eventually(
            lambda: sum(len(each.confirmed) for each in writers) > BEFORE_THE_END, seconds=60
        )
        servers[0].kill()

    acts = [lambda each=each: each.write_until_it_dies(servers[0]) for each in writers]
    outcomes = together(*acts, kill_in_the_middle)
    again = [each.send(servers[1], each.unsure, len(each.confirmed)) for each in writers]

    assert outcomes == [None] * 5
    assert again == [DONE] * 4
    expected = [key for each in writers for key in (*each.confirmed, each.unsure)]
    kept = list(Comment.objects.filter(thread=thread).values_list("key", flat=True))
    assert Counter(kept) == Counter(expected)
    thread.refresh_from_db()
    assert thread.comment_count == len(expected)

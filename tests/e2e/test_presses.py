"""Twenty presses of one person at the same moment, on two processes of the site."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from consultations.models import Comment, Opinion, OpinionChange, Participant, Thread
from portal.accounts.models import User
from tests.live import login_session
from tests.processes import Server, two_servers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def servers(db: None, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    with two_servers(tmp_path, settings.REDIS_URL) as both:
        yield both


def press(servers: tuple[Server, Server], path: str, user: User, **fields: object) -> list[int]:
    """Send one form twenty times at once, half of them to each process; gives the statuses."""
    key = login_session(user)
    with ThreadPoolExecutor(20) as pool:
        answers = [
            pool.submit(servers[number % 2].post, path, key, **fields) for number in range(20)
        ]
    return [answer.result() for answer in answers]


def test_twenty_opinions_of_one_person_leave_one_row_and_exact_counters(
    servers: tuple[Server, Server], thread: Thread, comment: Comment, budi: User
) -> None:
    path = f"/threads/{thread.pk}/opinions/"

    statuses = press(servers, path, budi, opinion=f"{comment.pk}:1")

    assert set(statuses) == {302}
    assert Opinion.objects.count() == OpinionChange.objects.count() == 1
    comment.refresh_from_db()
    assert [*comment.counts, comment.opinion_version] == [1, 0, 0, 1]
    assert Participant.objects.filter(person=budi).count() == 1
    thread.consultation.refresh_from_db()
    assert thread.consultation.participant_count == Participant.objects.count() == 2


def test_one_comment_sent_twenty_times_is_one_comment(
    servers: tuple[Server, Server], thread: Thread, siti: User
) -> None:
    path = f"/threads/{thread.pk}/comments/"

    statuses = press(servers, path, siti, body="Setuju", key=uuid4())

    assert set(statuses) == {302}
    thread.refresh_from_db()
    assert thread.comments.count() == thread.comment_count == thread.last_number == 1

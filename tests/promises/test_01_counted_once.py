"""Promise 1: everyone counts once, whatever one presses and wherever it arrives."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from consultations.models import Comment, Opinion
from portal.accounts.models import User
from proposals.models import Proposal, Support
from tests.conftest import close
from tests.consultations.together import together
from tests.live import login_session
from tests.processes import two_servers

pytestmark = pytest.mark.django_db(transaction=True)

TWENTY = range(20)
CONFLICT = 409


def test_twenty_presses_on_two_servers_count_once(
    comment: Comment, proposal: Proposal, budi: User, tmp_path: Path
) -> None:
    key = login_session(budi)
    opinions = f"/threads/{comment.thread_id}/opinions/"
    supports = f"/proposals/{proposal.pk}/supports/"

    with two_servers(tmp_path, settings.REDIS_URL) as servers:

        def press(number: int) -> Callable[[], int]:
            server = servers[number % 2]
            value = 1 if number % 4 < 2 else -1
            if number < len(TWENTY) // 2:
                return lambda: server.post(opinions, key, opinion=f"{comment.pk}:{value}")
            return lambda: server.post(supports, key)

        answers = together(*map(press, TWENTY), workers=10)

        assert set(answers) <= {200, 302}
        comment.refresh_from_db()
        proposal.refresh_from_db()
        kept = Opinion.objects.get()
        assert (comment.agree_count, comment.disagree_count) == (kept.value == 1, kept.value == -1)
        assert Support.objects.count() == proposal.support_count == 1

        close(comment.thread.consultation)
        late = servers[0].post(opinions, key, opinion=f"{comment.pk}:{-kept.value}")

    assert late == CONFLICT
    assert Opinion.objects.get().value == kept.value

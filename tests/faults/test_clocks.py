"""The clock of a process is wrong by an hour: opening and closing follow the database's."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from consultations.models import Comment, Phase
from portal.accounts.models import User
from tests.faults.site import Site
from tests.live import in_a_thread, login_session
from tests.processes import Valkey

pytestmark = [pytest.mark.django_db(transaction=True)]


def lasts_until(comment: Comment, minutes: float) -> None:
    """Let every phase end so many minutes from now, before now if negative."""
    now = timezone.now()
    phases = Phase.objects.filter(consultation=comment.thread.consultation)
    phases.update(starts_at=now - timedelta(days=2), ends_at=now + timedelta(minutes=minutes))


async def say(site: Site, comment: Comment, session: str, *, value: int) -> tuple[int, int]:
    """Comment and give an opinion; gives both answers."""
    path = reverse("consultations:comments", args=[comment.thread_id])
    first = await site.ask("POST", path, session=session, body="Tepat waktu.", key=uuid4())
    path = reverse("consultations:opinions", args=[comment.thread_id])
    second = await site.ask("POST", path, session=session, opinion=f"{comment.pk}:{value}")
    return first.status, second.status


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_wrong_clock_opens_and_closes_nothing(
    home: Path, valkey: Valkey, comment: Comment, budi: User, hours: int
) -> None:
    session = await in_a_thread(login_session, budi)
    clock = {"DJANGO_SETTINGS_MODULE": "tests.faults.wrong_clock", "HOURS_OFF": str(hours)}
    site = Site(home / "site.log", valkey.url, workers=1, environment=clock)
    try:
        await in_a_thread(site.wait)
        await in_a_thread(lasts_until, comment, 10)
        while_open = await say(site, comment, session, value=1)
        await in_a_thread(lasts_until, comment, -10)
        after_the_close = await say(site, comment, session, value=-1)
    finally:
        site.stop()

    assert while_open == (302, 302)
    assert after_the_close == (409, 409)

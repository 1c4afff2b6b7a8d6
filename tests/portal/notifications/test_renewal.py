"""Words that a moderator hides leave the notices on open pages too, and come back to them."""

from uuid import uuid4

import pytest

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.moderation.models import Rule
from tests.live import in_a_thread, watch
from tests.portal.notifications.test_notifications import work

REASON = "Kalimat ini menyerang seseorang dengan menyebut namanya."


@pytest.mark.django_db(transaction=True)
async def test_a_hidden_reply_leaves_the_open_notices_of_who_was_answered(
    thread: Thread, comment: Comment, siti: User, budi: User, moderator: User
) -> None:
    reply = await in_a_thread(
        thread.post, author=budi, body="Kata yang menyerang.", key=uuid4(), parent=comment
    )
    await in_a_thread(work)
    rule = await in_a_thread(Rule.objects.of(thread.consultation.topic).first)
    told, _connected = await watch(siti, user=siti)
    outsider, _connected = await watch(budi, user=budi)

    await in_a_thread(reply.hide, by=moderator, rule=rule, reason=REASON)

    hidden = str(await told.told())
    assert "notification-" in hidden
    assert "Kata yang menyerang." not in hidden
    assert await outsider.receive_nothing()

    await in_a_thread(reply.restore, by=moderator, reason="Ternyata ini bukan serangan pribadi.")

    assert "Kata yang menyerang." in str(await told.told())
    await told.disconnect()
    await outsider.disconnect()

"""Jobs of notifications: each may run twice, nothing but the notice waits for them.

Two runs may overlap: each line is told in its own transaction, by whoever writes its row. No lock
of the queue keeps them apart, as one held by a worker that was killed would silence all notices.
"""

import logging

from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app

from portal.accounts.models import User
from portal.notifications.letters import send_letter
from portal.notifications.models import Delivery, Notification

logger = logging.getLogger(__name__)

BATCH = 500
MAILED = frozenset({"hidden"})
"""What is too important to wait until somebody opens the site again."""


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="notices", pass_context=False)
def tell_people(timestamp: int) -> int:
    """Look at the lines of the journal that were not looked at yet; gives how many people knew."""
    return sum(attempt(entry_id) for entry_id in waiting())


def attempt(entry_id: int) -> int:
    """Tell of one line; a line that cannot be told keeps no other one waiting."""
    try:
        return deliver(entry_id)
    except Exception:
        logger.exception("Line %s of the journal could not be told.", entry_id)
        Delivery.set_aside(entry_id)
        return 0


def waiting() -> list[int]:
    """The oldest lines that wait, a batch at a time."""
    return list(Delivery.objects.waiting().values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def deliver(entry_id: int) -> int:
    """Tell everybody whom one line concerns, and write to who must not miss it: both or none."""
    told = Delivery.deliver(entry_id)
    for notification in told:
        if notification.verb in MAILED and has_a_letterbox(notification.person):
            write_to.defer(notification=notification.pk)
    return len(told)


def has_a_letterbox(person: User) -> bool:
    """The addresses of the demo's people exist nowhere; in development mail goes to a folder."""
    return settings.DEBUG or not person.is_demo


@app.task(retry=5)
def write_to(notification: int) -> None:
    """Send the letter of a notification, unless it was read or taken back meanwhile."""
    new = Notification.objects.filter(pk=notification, read_at=None, person__is_active=True)
    for unread in new.select_related("person"):
        send_letter(unread)

"""Jobs of notifications: each may run twice, nothing but the notice waits for them."""

from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app

from portal.accounts.models import User
from portal.notifications.letters import send_letter
from portal.notifications.models import Delivery, Notification

BATCH = 500
MAILED = frozenset({"hidden"})
"""What is too important to wait until somebody opens the site again."""


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="notices", pass_context=False)
def tell_people(timestamp: int) -> int:
    """Look at the lines of the journal that were not looked at yet; gives how many people knew."""
    return sum(deliver(entry_id) for entry_id in waiting())


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

"""The number beside the bell, for every page that shows one."""

from collections.abc import Callable

from django.http import HttpRequest

from portal.accounts.models import User
from portal.notifications.models import Notification


def unread(request: HttpRequest) -> dict[str, Callable[[], int]]:
    """Count what the person has not read; asked only by a page that prints it."""
    person = getattr(request, "user", None)

    def unread_count() -> int:
        if not isinstance(person, User):
            return 0
        return Notification.objects.filter(person=person, read_at=None).count()

    return {"unread_count": unread_count}

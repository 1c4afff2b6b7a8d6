"""Notices on open pages show the words of what they tell of: hidden words leave them as well."""

from portal.notifications.models import Notification


def renew(about: str) -> None:
    """Show anew, to whoever was told, what tells of a thing; inside the verb that changed it."""
    for notification in Notification.objects.filter(about=about).select_related("person"):
        notification.broadcast_replace_on(notification.person)

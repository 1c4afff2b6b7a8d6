"""Letters to a person: what happened, read at the moment of sending."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.notifications.models import Notification


def send_letter(notification: Notification) -> None:
    """Write in the language of the person; what was taken back by now is not sent."""
    person = notification.person
    with override(person.language):
        if not notification.stands:
            return
        context = {
            "notification": notification,
            "person": person,
            "site_name": settings.SITE_NAME,
            "address": settings.ADDRESS + notification.address,
        }
        subject = render_to_string("notifications/letters/subject.txt", context)
        body = render_to_string("notifications/letters/message.txt", context)
    send_mail(" ".join(subject.split()), body, None, [person.email])

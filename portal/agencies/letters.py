"""Letters of an agency: the invitation into a role."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, override

from portal.accounts.models import User
from portal.agencies.models import INVITATION_DAYS, Agency, Member


def send_invitation(
    agency: Agency, token: str, *, email: str, role: str, by: User, origin: str
) -> None:
    """Send the address that accepts the invitation, in the language of the invited person."""
    invited = User.objects.filter(email=email.lower()).first()
    with override(invited.language if invited else get_language()):
        context = {
            "agency": agency,
            "role": Member.Role(role).label,
            "by": by,
            "days": INVITATION_DAYS,
            "site_name": settings.SITE_NAME,
            "address": origin + reverse("agencies:acceptance", args=[token]),
        }
        subject = render_to_string("agencies/invitations/subject.txt", context)
        body = render_to_string("agencies/invitations/message.txt", context)
    send_mail(" ".join(subject.split()), body, None, [email])

"""Letters of an agency: the invitation into a role."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from portal.accounts.models import User
from portal.agencies.models import INVITATION_DAYS, Invitation, Member


def send_invitation(invitation: Invitation, *, language: str) -> None:
    """Send the address that accepts the invitation, in the language of the invited person.

    `language` is for somebody whom the site does not know yet.
    """
    invited = User.objects.filter(email=invitation.email).first()
    with override(invited.language if invited else language):
        context = {
            "agency": invitation.agency,
            "role": Member.Role(invitation.role).label,
            "by": invitation.invited_by,
            "days": INVITATION_DAYS,
            "site_name": settings.SITE_NAME,
            "address": settings.ADDRESS + reverse("agencies:acceptance", args=[invitation.token]),
        }
        subject = render_to_string("agencies/invitations/subject.txt", context)
        body = render_to_string("agencies/invitations/message.txt", context)
    send_mail(" ".join(subject.split()), body, None, [invitation.email])

"""Jobs of agencies: each may run twice, nothing but the letter waits for them."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from procrastinate.contrib.django import app

from portal.accounts.models import User
from portal.agencies.letters import send_invitation
from portal.agencies.models import Agency, Invitation
from portal.journal.models import ClockTimestamp


@transaction.atomic
def invite(agency: Agency, *, email: str, role: str, by: User, key: UUID) -> None:
    """Invite somebody and let the letter be written: both or none."""
    invitation, _token = agency.invite(email=email, role=role, by=by, key=key)
    if invitation.sent_at is None:
        write_invitation.defer(invitation=invitation.pk, language=get_language() or "")


@app.task(retry=5)
@transaction.atomic
def write_invitation(invitation: int, language: str) -> None:
    """Send the letter of an invitation that can still be accepted, once."""
    waiting = Invitation.objects.waiting().select_related("agency", "invited_by")
    unsent = waiting.select_for_update(of=["self"]).filter(pk=invitation, sent_at=None)
    for each in unsent:
        send_invitation(each, language=language)
        Invitation.objects.filter(pk=each.pk).update(sent_at=ClockTimestamp())

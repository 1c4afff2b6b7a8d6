"""Takes the demo town away, so that it can be made again."""

import pgtrigger
from django.db import transaction

from consultations.models import Comment, Consultation, Opinion, OpinionChange
from portal.notifications.models import Notification
from proposals.models import Document, EditSession, Proposal, Support, Update

TRIGGERS = (
    "consultations.Opinion:move_counters",
    "proposals.Support:move_counter",
    "proposals.Update:only_grows",
)


@transaction.atomic
def demolish() -> None:
    """Empty every demo agency; people, decisions and the journal stay, as they do everywhere.

    The log of a text only grows. That of a demo text is the one exception, and only here.
    """
    town = Consultation.objects.filter(agency__is_demo=True)
    proposals = Proposal.objects.filter(consultation__in=town)
    documents = Document.objects.filter(proposal__in=proposals)
    comments = Comment.objects.filter(thread__consultation__in=town)
    Notification.objects.filter(person__is_demo=True).delete()
    with pgtrigger.ignore(*TRIGGERS):
        for figures in (Opinion, OpinionChange):
            figures.objects.filter(comment__in=comments).delete()
        Support.objects.filter(proposal__in=proposals).delete()
        Update.objects.filter(document__in=documents).delete()
    EditSession.objects.filter(document__in=documents).delete()
    for rows in (documents, proposals, comments, town):
        rows.delete()

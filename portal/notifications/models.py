"""What a person is told: derived from the journal, never written by a verb."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, Entry
from portal.live.models import LiveModel

# journal word → what the person reads, by noun; a pair that is not here tells nobody.
SENTENCES = {
    ("hidden", "comment"): _("A moderator hid your comment."),
    ("restored", "comment"): _("Your comment is visible again."),
    ("approved", "comment"): _("Your comment was approved and is visible now."),
    ("posted", "comment"): _("Somebody replied to your comment."),
    ("hidden", "proposal"): _("A moderator hid your proposal."),
    ("restored", "proposal"): _("Your proposal is visible again."),
    ("approved", "proposal"): _("Your proposal was approved and is visible now."),
    ("frozen", "document"): _("A moderator froze the text of your proposal."),
    ("thawed", "document"): _("The text of your proposal can be edited again."),
}
TOLD = sorted({verb for verb, _noun in SENTENCES})


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: object) -> Self:
        """The one gate: one's own only."""
        return self.filter(person=user) if isinstance(user, User) else self.none()

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(LiveModel):
    """One thing one person should know, with the place to look at it."""

    partial: ClassVar[str] = "notifications/notifications/_notification.html"

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=40)
    about = models.CharField(max_length=60)
    at = models.DateTimeField(db_default=ClockTimestamp())
    read_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Notification"]] = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "entry"], name="one_notification_per_person_and_event"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.verb} {self.about}"

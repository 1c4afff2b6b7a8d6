"""What a person is told: derived from the journal, never written by a verb."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_words
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, Entry
from portal.live.models import LiveModel, live_model
from portal.live.publish import count

# journal word → what the person reads, by noun; a pair that is not here tells nobody.
SENTENCES = {
    ("hidden", "comment"): _("A moderator hid your comment."),
    ("restored", "comment"): _("Your comment is visible again."),
    ("approved", "comment"): _("Your comment was approved and is visible now."),
    ("posted", "comment"): _("Somebody replied to your comment."),
    ("hidden", "rewording"): _("A moderator did not take the new words of your comment."),
    ("restored", "rewording"): _("The new words of your comment are visible now."),
    ("approved", "rewording"): _("The new words of your comment are visible now."),
    ("hidden", "proposal"): _("A moderator hid your proposal."),
    ("restored", "proposal"): _("Your proposal is visible again."),
    ("approved", "proposal"): _("Your proposal was approved and is visible now."),
    ("frozen", "document"): _("A moderator froze the text of your proposal."),
    ("thawed", "document"): _("The text of your proposal can be edited again."),
}
TOLD = sorted({verb for verb, _noun in SENTENCES})

LISTED = 50
SLACK = 20_000
GRACE = timedelta(seconds=10)
"""How long a decision can be taken back before anybody is told."""
PATIENCE = timedelta(minutes=10)
"""How long a line that cannot be told is tried again."""


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: object) -> Self:
        """The one gate: one's own only."""
        return self.filter(person=user) if isinstance(user, User) else self.none()

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def for_display(self) -> Self:
        """Fetch whom and which line it tells in the same statement."""
        return self.select_related("entry", "person")

    def before(self, pk: int | None) -> Self:
        """Keep what is older than one, newest first: keyset, never a page number."""
        older = self.filter(pk__lt=pk) if pk else self
        return older.order_by("-pk")


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

    @classmethod
    @transaction.atomic
    def tell(cls, person: User, *, entry: Entry, verb: str = "") -> "Notification | None":
        """Let a person know of a line of the journal, once; an open page shows it."""
        lock(person)
        told, is_new = cls.objects.get_or_create(
            person=person,
            entry=entry,
            defaults={"verb": verb or entry.verb, "about": entry.topic},
        )
        if not is_new:
            return None
        told.broadcast_append_to(person, target=f"{person.dom_id}-notifications")
        tell_unread(person)
        return told

    @classmethod
    @transaction.atomic
    def read_all(cls, person: User, *, until: int) -> int:
        """Mark as read what the person has seen: everything up to a number. Gives how many."""
        lock(person)
        seen = person.notifications.filter(read_at=None, pk__lte=until)
        read = seen.update(read_at=ClockTimestamp())
        if read:
            tell_unread(person)
        return read

    def partial_context(self) -> dict[str, object]:
        return {"notification": self, "words": notification_words()}

    @property
    def thing(self) -> Any:
        """What it is about, as it stands now; nothing when it is gone."""
        if "thing" not in self.__dict__:
            attach_things([self])
        return self.__dict__["thing"]

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    @property
    def sentence(self) -> str:
        """What happened."""
        noun = self.about.partition(":")[0]
        return str(SENTENCES.get((self.verb, noun), _now("There is something new.")))

    @property
    def decision(self) -> Any:
        """What was decided then, if that is what it tells."""
        if "decision" not in self.__dict__:
            attach_things([self])
        return self.__dict__["decision"]

    @property
    def explanation(self) -> str:
        """Why, in the words of who decided then."""
        tells_of_it = self.decision is not None and self.verb == self.entry.verb
        return str(self.decision.explanation) if tells_of_it else ""

    @property
    def excerpt(self) -> str:
        """The beginning of the text it is about, when this person may read it now."""
        excerpt_for = getattr(self.thing, "excerpt_for", None)
        return str(excerpt_for(self.person)) if excerpt_for else ""

    @property
    def stands(self) -> bool:
        """Say whether it still concerns the person: not a decision that was taken back."""
        concerned = getattr(self.thing, "told", None)
        return concerned is not None and self.person in concerned(self.entry)

    @property
    def address(self) -> str:
        """Where to look at it."""
        address = getattr(self.thing, "get_absolute_url", None)
        return str(address()) if address else reverse("notifications:index")

    @property
    def list_place(self) -> str:
        """Where it stands among its like, newest first, as text."""
        return f"{10**12 - self.pk:012}"

    @property
    def at_iso(self) -> str:
        return self.at.isoformat(timespec="seconds")

    @property
    def at_words(self) -> str:
        local = timezone.localtime(self.at, ZoneInfo(self.person.time_zone))
        pattern = pgettext("pattern of a date with its time", "j F Y, H:i")
        return f"{date_words(local, pattern)} {local.tzname()}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> models.QuerySet[Entry]:
        """Give the lines that somebody should know of and that were not looked at yet.

        There is no watermark that a late commit could fall behind: what has its row is done, what
        has none is not. Only the last `SLACK` lines are compared, so that it costs the same in a
        long journal; a transaction would have to stay open while so many lines are written.
        """
        newest = self.order_by("-entry").values_list("entry", flat=True).first() or 0
        done = self.filter(entry=models.OuterRef("pk"))
        ripe = ClockTimestamp() - GRACE
        at_once = models.Q(verb="posted") | models.Q(at__lte=ripe)
        lines = Entry.objects.filter(pk__gt=newest - SLACK, verb__in=TOLD)
        return lines.filter(at_once).exclude(models.Exists(done)).order_by("pk")


class Delivery(models.Model):
    """A line of the journal that was looked at: whoever should know of it has been told."""

    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.entry_id}"

    @classmethod
    @transaction.atomic
    def deliver(cls, entry_id: int) -> list[Notification]:
        """Tell everybody whom a line concerns; the row keeps two workers from telling it twice."""
        entry = Entry.objects.get(pk=entry_id)
        _delivery, is_new = cls.objects.get_or_create(entry=entry)
        thing = thing_of(entry.topic) if is_new else None
        concerned = getattr(thing, "told", None)
        people: list[User] = concerned(entry) if concerned else []
        others = [each for each in people if each.is_active and each.pk != entry.actor_id]
        others.sort(key=lambda person: person.pk)  # two runs lock the same people in one order
        news = [(person, word_for(entry, thing, person)) for person in others]
        told = [
            Notification.tell(person, entry=entry, verb=verb)
            for person, verb in news
            if is_news(entry, person, verb)
        ]
        return [notification for notification in told if notification]

    @classmethod
    def set_aside(cls, entry_id: int) -> None:
        """Look no more at a line that could not be told for a while."""
        old = Entry.objects.filter(pk=entry_id, at__lte=ClockTimestamp() - PATIENCE)
        for entry in old:
            cls.objects.get_or_create(entry=entry)


def word_for(entry: Entry, thing: Any, person: User) -> str:
    """A reply that waited or was hidden is posted, for those it answers, when it is shown."""
    is_answered = entry.verb in {"approved", "restored"} and person not in thing.authors()
    return "posted" if is_answered else entry.verb


def is_news(entry: Entry, person: User, verb: str) -> bool:
    """No end of a hide that was told to nobody, as undone within the grace; no reply twice."""
    earlier = person.notifications.filter(about=entry.topic)
    if verb == "restored":
        return earlier.filter(verb="hidden").exists()
    return verb != "posted" or not earlier.filter(verb="posted").exists()


def thing_of(topic: str) -> Any:
    """Find what a line is about; nothing when it is gone or no noun of this site."""
    word, _colon, number = topic.partition(":")
    return things_of(word, [int(number)]).get(int(number)) if number.isdecimal() else None


def things_of(word: str, numbers: Iterable[int]) -> dict[int, Any]:
    """Find many of one noun, with what is needed to show them."""
    model = live_model(word)
    if model is None:
        return {}
    rows = model.objects.all()
    found: dict[int, Any] = getattr(rows, "for_display", rows.all)().in_bulk(list(numbers))
    return found


def attach_things(notifications: Iterable[Notification]) -> None:
    """Fetch what notifications are about: a statement per noun, not per row."""
    by_word: defaultdict[str, dict[Notification, int]] = defaultdict(dict)
    for notification in notifications:
        word, _colon, number = notification.about.partition(":")
        by_word[word][notification] = int(number)
    for word, numbers in by_word.items():
        found = things_of(word, numbers.values())
        decided = getattr(live_model(word), "decisions_behind", None)
        decisions = decided([each.entry for each in numbers]) if decided else {}
        for notification, pk in numbers.items():
            notification.__dict__["thing"] = found.get(pk)
            notification.__dict__["decision"] = decisions.get(notification.entry_id)


def lock(person: User) -> None:
    """Let what changes the unread number of a person take turns."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=person.pk)


def tell_unread(person: User) -> None:
    """Show the number on the person's open pages; the clock, read under the lock, orders them."""
    now = (
        User.objects.annotate(now=ClockTimestamp()).values_list("now", flat=True).get(pk=person.pk)
    )
    unread = person.notifications.filter(read_at=None).count()
    count(person, person.dom_id, [unread, int(now.timestamp() * 1000)])


def notification_words() -> dict[str, str]:
    """Every label of a notification, asked once per page and language."""
    return {"look": _now("View it"), "unread": pgettext("notification", "new")}

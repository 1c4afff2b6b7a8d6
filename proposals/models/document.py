"""The text of a proposal: a log of updates, who wrote them, and what readers see."""

from functools import partial
from hashlib import sha256
from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from consultations.models.consultation import MODERATORS, staffed_by
from portal.accounts.models import User
from portal.journal.models import record
from portal.live.models import live_models
from portal.live.publish import revoke
from portal.markup import HtmlField
from portal.moderation.models.moderated import State
from portal.refusals import KeyReused, Refused
from proposals.coedit import markdown, replay
from proposals.coedit.blocks import named
from proposals.coedit.crdt import Copy
from proposals.coedit.fanout import Rows, tell_notice, tell_rows
from proposals.coedit.render import to_html, to_text
from proposals.coedit.store import Row, append
from proposals.coedit.vocabulary import SCHEMA
from proposals.models.freezable import Freezable
from proposals.models.update import EditSession, Update

LONGEST = 400_000  # visible characters
LONG_TAIL = 500  # updates
LARGE_TAIL = 256 * 1024  # bytes


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: object) -> Self:
        """The one gate: who sees the proposal; of a hidden one only moderators see the text."""
        seen = self.filter(proposal__in=live_models()["proposal"].objects.visible_to(user))
        is_shown = ~Q(proposal__state=State.HIDDEN)
        if isinstance(user, User):
            is_shown |= staffed_by(user, *MODERATORS, prefix="proposal__consultation__")
        return seen.filter(is_shown)

    def for_display(self) -> Self:
        return self.select_related("proposal__consultation__agency", "proposal__decision__rule")

    def with_long_tail(self) -> Self:
        """Those whose loading has become slow."""
        is_long = Q(head__gte=F("checkpoint_seq") + LONG_TAIL) | Q(tail_bytes__gte=LARGE_TAIL)
        return self.filter(is_long, quarantined_at=None)

    def behind_their_log(self) -> Self:
        """Those whose readers see an old text."""
        return self.filter(rendered_seq__lt=F("head"), quarantined_at=None)


class Document(Freezable):
    """One text that many write; the log of its updates is the truth, `html` is for readers."""

    partial: ClassVar[str] = "proposals/documents/_document.html"

    class Mode(models.TextChoices):
        OPEN = "open", _("open")
        SUGGEST = "suggest", _("suggestions only")
        READONLY = "readonly", _("read only")

    proposal = models.OneToOneField(
        "proposals.Proposal", on_delete=models.PROTECT, related_name="document"
    )
    epoch = models.UUIDField(default=uuid4)
    schema_version = models.PositiveSmallIntegerField(default=SCHEMA)
    head = models.BigIntegerField(default=0)
    checkpoint = models.BinaryField(null=True)
    checkpoint_seq = models.BigIntegerField(default=0)
    tail_bytes = models.BigIntegerField(default=0)
    state_bytes = models.PositiveIntegerField(default=0)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.OPEN)
    loading = models.PositiveSmallIntegerField(default=0)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    html = HtmlField(blank=True)
    text = models.TextField(blank=True)
    text_length = models.PositiveIntegerField(default=0)
    rendered_seq = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager["Document"]] = DocumentQuerySet.as_manager()

    class Meta(Freezable.Meta):
        constraints = [
            *Freezable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(checkpoint_seq__lte=F("head"), rendered_seq__lte=F("head")),
                name="nothing_is_ahead_of_the_log",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}@{self.head}"

    def get_absolute_url(self) -> str:
        return self.proposal.get_absolute_url()

    def journal_place(self) -> tuple[int | None, int | None]:
        return self.proposal.journal_place()

    @classmethod
    @transaction.atomic
    def begin_for(cls, proposal: Any, *, text: str, by: User) -> "Document":
        """Give a proposal its text. The server seeds, once: two seeds would double the text."""
        document = cls.objects.create(proposal=proposal)
        document.seed(text=text, by=by)
        return document

    def seed(self, *, text: str, by: User) -> None:
        """Write the first row of the log, inside the verb that makes the document."""
        copy = Copy()
        update = copy.replace([(0, 0, named(markdown.parse(text)))])
        digest = sha256(text.encode()).digest()
        seq = self._append(update or b"", copy, by=by, kind=Update.Kind.SEED, form_digest=digest)
        blocks = copy.blocks()
        self._keep_rendering(seq=seq, html=to_html(blocks), text=to_text(blocks))
        self.refresh_from_db()

    @transaction.atomic
    def write_plain(self, *, by: User, text: str, key: UUID, base: int | None = None) -> None:
        """Take the text of a plain form in: one update, block by block, on what others wrote.

        `base` is the number at which the form was made; who changed the same block since then
        keeps their words, and the writer is told.
        """
        self.lock()
        digest = sha256(text.encode()).digest()
        if earlier := Update.objects.filter(author=by, key=key).first():
            if bytes(earlier.form_digest or b"") != digest:
                raise KeyReused(
                    _("This form was already sent with different content. Open it again.")
                )
            return
        self.refuse_unless_writable(by)
        copy = replay.build(self.pk).copy
        changes = self._changes(copy, text, base)
        if not changes:
            return
        update = copy.replace([(start, stop, named(nodes)) for start, stop, nodes in changes])
        blocks = copy.blocks()
        plain = to_text(blocks)
        if len(plain) > LONGEST:
            raise Refused(_("This text is full: it may have at most 400,000 characters."))
        seq = self._append(
            update or b"", copy, by=by, kind=Update.Kind.EDIT, key=key, form_digest=digest
        )
        record("edited", self, by=by, number=seq)
        self.show(seq=seq, html=to_html(blocks), text=plain)

    def owner_changed(self) -> None:
        """The proposal was hidden or restored: readers and rooms are told."""
        self.broadcast_replace_on(self.proposal)
        revoke(topic=self.topic)
        transaction.on_commit(partial(tell_notice, self.pk, b""), robust=True)

    def _changes(self, copy: Copy, text: str, base: int | None) -> list[markdown.Change]:
        current = copy.blocks()
        if base is None or base == self.head:
            before = current
        else:
            before = replay.replay(self.pk, base, self.schema_version).blocks()
        changes = markdown.changes(before, current, markdown.parse(text))
        if changes is None or (base or 0) > self.head:  # a number of before a restored backup
            raise Refused(
                _("Somebody else changed the same paragraph in the meantime. Open the form again.")
            )
        return changes

    def _append(
        self, update: bytes, copy: Copy, *, by: User, kind: str, key: UUID | None = None,
        form_digest: bytes | None = None,
    ) -> int:  # fmt: skip
        """Add one update to the log inside the verb's transaction; rooms hear on commit."""
        session = EditSession.objects.bind(self.pk, user=by.pk, client=copy.client)
        if session is None:
            raise Refused(_("Please try again."))
        row = Row(by.pk, session, update, kind, key, form_digest)
        seq = append({self.pk: [row]}, only_open=False)[self.pk]
        transaction.on_commit(partial(tell_rows, self.pk, Rows(seq, 1, update)), robust=True)
        return seq

    @transaction.atomic
    def show(self, *, seq: int, html: str, text: str) -> bool:
        """Keep what readers see at a number; an older rendering never replaces a newer one."""
        if not self._keep_rendering(seq=seq, html=html, text=text):
            return False
        fresh = Document.objects.for_display().get(pk=self.pk)
        fresh.broadcast_replace_on(fresh.proposal)
        return True

    def _keep_rendering(self, *, seq: int, html: str, text: str) -> bool:
        older = Document.objects.filter(pk=self.pk, rendered_seq__lt=seq)
        return bool(older.update(html=html, text=text, text_length=len(text), rendered_seq=seq))

    def render(self) -> bool:
        """Render from the log, when the process that should have done it has died."""
        loaded = replay.build(self.pk)
        blocks = loaded.copy.blocks()
        return self.show(seq=loaded.head, html=to_html(blocks), text=to_text(blocks))

    def compact(self) -> bool:
        """Give the log a new checkpoint, verified before it is kept; rows stay."""
        return replay.compact(self.pk)

    def lock(self) -> None:
        """Take the row that the committer takes too: edits and this verb take turns."""
        Document.objects.select_for_update().only("pk").get(pk=self.pk)
        self.refresh_from_db()

    def refuse_unless_writable(self, by: User) -> None:
        if why := self.why_closed_to(by):
            raise Refused(why)

    def writable_by(self, user: object) -> bool:
        """Whether this person may write now; the commit statement asks the database once more."""
        return not self.why_closed_to(user)

    def why_closed_to(self, user: object) -> str:
        """The sentence for somebody who may not write now, empty for who may."""
        if self.is_frozen:
            return _now("A moderator has frozen this text: %(reason)s") % {
                "reason": self.frozen_reason
            }
        if self.is_quarantined or self.mode != self.Mode.OPEN:
            return _now("This text can only be read at the moment.")
        if not self.proposal.writable_by(user):
            return _now("This consultation is not open for writing together now.")
        return ""

    def partial_context(self) -> dict[str, object]:
        words = {
            "frozen": _now("A moderator has frozen this text:"),
            "quarantined": _now(
                "This text can only be read at the moment; the operators have been told."
            ),
        }
        return {"document": self, "words": words}

    @property
    def is_quarantined(self) -> bool:
        return self.quarantined_at is not None

    def form_text(self) -> tuple[str, int]:
        """The Markdown for a plain form, and the number it stands for (`base`)."""
        loaded = replay.build(self.pk)
        return markdown.write(loaded.copy.blocks()), loaded.head

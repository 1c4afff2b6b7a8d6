"""The text of a proposal: a log of updates, who wrote them, and what readers see."""

from functools import partial
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
from portal.live.publish import Addressed, revoke
from portal.markup import HtmlField
from portal.moderation.models.moderated import State
from portal.refusals import KeyReused, Refused
from proposals.coedit import markdown, plain, replay
from proposals.coedit.blocks import Node
from proposals.coedit.fanout import Rows, tell_notice, tell_rows
from proposals.coedit.plain import Step
from proposals.coedit.render import to_html, to_text
from proposals.coedit.store import Row, append, hold_proposal
from proposals.coedit.vocabulary import SCHEMA
from proposals.models.freezable import Freezable
from proposals.models.update import EditSession, Update

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
        return self.select_related(
            "proposal__consultation__agency", "proposal__decision__rule"
        ).defer("checkpoint", "text", "source")

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
    source = models.TextField(blank=True)  # Markdown, for the plain form
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
    def begin_for(cls, proposal: Any, *, seed: Step, by: User) -> "Document":
        """Give a proposal its text. The server seeds, once: two seeds would double the text."""
        document = cls.objects.create(proposal=proposal)
        document.start_with(seed, by=by)
        return document

    def start_with(self, seed: Step, *, by: User) -> None:
        """Write the first row of the log, inside the verb that makes the document."""
        seq = self._append(seed, by=by, kind=Update.Kind.SEED)
        self._keep_rendering(seq, seed.blocks)
        self.refresh_from_db()

    def write_plain(self, *, by: User, text: str, key: UUID, base: int | None = None) -> None:
        """Take the text of a plain form in: one update, block by block, on what others wrote.

        `base` is the number at which the form was made; who changed the same block since then
        keeps their words, and the writer is told. Parsing and loading hold no row.
        """
        digest = plain.digest_of(text)
        if self._has_taken(by, key, digest):
            return
        self.refuse_unless_writable(by)
        form = plain.Form.read(self.pk, text, base)
        self._take(form, by=by, key=key)

    @transaction.atomic
    def _take(self, form: plain.Form, *, by: User, key: UUID) -> None:
        self.lock()
        if self._has_taken(by, key, form.digest):
            return
        self.refuse_unless_writable(by)
        step = form.step(self.pk)
        if step is None:
            return
        seq = self._append(step, by=by, kind=Update.Kind.EDIT, key=key)
        record("edited", self, by=by, number=seq)
        self.show(seq=seq, blocks=step.blocks)

    def _has_taken(self, by: User, key: UUID, digest: bytes) -> bool:
        """Whether this form came before; other content under its key is refused."""
        earlier = self.updates.filter(author=by, key=key).first()
        if earlier is not None and bytes(earlier.form_digest or b"") != digest:
            raise KeyReused(_("This form was already sent with different content. Open it again."))
        return earlier is not None

    def owner_changed(self) -> None:
        """The proposal was hidden or restored: readers and rooms are told, rights asked again."""
        self.broadcast_replace_on(self.proposal)
        revoke(topic=self.topic)
        transaction.on_commit(partial(tell_notice, self.pk, b""), robust=True)

    def _append(self, step: Step, *, by: User, kind: str, key: UUID | None = None) -> int:
        """Add one update to the log inside the verb's transaction; rooms hear on commit."""
        session = EditSession.objects.bind(self.pk, user=by.pk, client=step.copy.client)
        if session is None:
            raise Refused(_("Please try again."))
        row = Row(by.pk, session, step.update, kind, key, step.digest)
        seq = append({self.pk: [row]}, only_open=False)[self.pk]
        rows = Rows(seq, 1, step.update)
        transaction.on_commit(partial(tell_rows, self.pk, rows), robust=True)
        return seq

    @transaction.atomic
    def show(self, *, seq: int, blocks: list[Node]) -> bool:
        """Keep what readers see at a number; an older rendering never replaces a newer one."""
        if not self._keep_rendering(seq, blocks):
            return False
        self.broadcast_replace_on(self.proposal)
        return True

    def broadcast_replace_on(self, *parents: Addressed) -> None:
        """As it stands now: a hiding was before this, or waits for the commit and is told later."""
        hold_proposal(self.proposal_id)
        fresh = Document.objects.for_display().get(pk=self.pk)
        super(Document, fresh).broadcast_replace_on(*parents)

    def _keep_rendering(self, seq: int, blocks: list[Node]) -> bool:
        text = to_text(blocks)
        older = Document.objects.filter(pk=self.pk, rendered_seq__lt=seq)
        changed = older.update(
            html=to_html(blocks),
            text=text,
            text_length=len(text),
            source=markdown.write(blocks),
            rendered_seq=seq,
        )
        return bool(changed)

    def render(self) -> bool:
        """Render from the log, when the process that should have done it has died."""
        loaded = replay.load(self.pk)
        return loaded is not None and self.show(seq=loaded.head, blocks=loaded.copy.blocks())

    def compact(self) -> bool:
        """Give the log a new checkpoint, verified before it is kept; rows stay."""
        return replay.compact(self.pk)

    def lock(self) -> None:
        """Take the row that the committer takes too: edits and this verb take turns.

        Nobody hides the proposal meanwhile: who writes now was there before.
        """
        Document.objects.select_for_update().only("pk").get(pk=self.pk)
        hold_proposal(self.proposal_id)
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
        if not self.rendered_seq:
            raise Refused(_("This text is being prepared. Try again in a minute."))
        return self.source, self.rendered_seq

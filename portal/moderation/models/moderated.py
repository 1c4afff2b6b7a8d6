"""What people write and moderators may take down and bring back."""

from collections.abc import Iterable
from hashlib import sha256
from typing import ClassVar

import pgtrigger
from django.db import models, transaction
from django.db.models import Q
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.journal.models import Entry, record
from portal.live.models import LiveModel, live_model
from portal.moderation.models.decision import Decision
from portal.moderation.models.rule import Rule
from portal.refusals import Refused

SHORTEST_REASON = 20
EXCERPT = 200


class State(models.TextChoices):
    """Where an item stands; every change of it is a Decision."""

    HELD = "held", _("waiting for review")
    VISIBLE = "visible", _("visible")
    HIDDEN = "hidden", _("hidden")


# verb → (from, to, journal word); the trigger below refuses every other step.
TRANSITIONS: dict[Decision.Verb, tuple[frozenset[State], State, str]] = {
    Decision.Verb.APPROVE: (frozenset({State.HELD}), State.VISIBLE, "approved"),
    Decision.Verb.HIDE: (frozenset({State.HELD, State.VISIBLE}), State.HIDDEN, "hidden"),
    Decision.Verb.RESTORE: (frozenset({State.HIDDEN}), State.VISIBLE, "restored"),
}
ALLOWED_STEPS = sorted({(a.value, b.value) for froms, b, _w in TRANSITIONS.values() for a in froms})


def step_trigger() -> pgtrigger.Trigger:
    """Make the trigger that refuses a state change outside the table of transitions."""
    steps = " OR ".join(f"(OLD.state = '{a}' AND NEW.state = '{b}')" for a, b in ALLOWED_STEPS)
    return pgtrigger.Trigger(
        name="only_known_steps",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
        func=f"""
            IF OLD.state IS DISTINCT FROM NEW.state AND NOT ({steps}) THEN
                RAISE EXCEPTION 'no step from % to %', OLD.state, NEW.state
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def shortened(words: str) -> str:
    """Give the beginning of words; dots say that there is more."""
    return Truncator(words).chars(EXCERPT, truncate="…")


def mark_of(words: str) -> str:
    """Give a short mark of words, to tell whether they are still the ones that were read."""
    return sha256(words.encode()).hexdigest()[:16]


class Moderated(LiveModel):
    """A text of a person: held, visible or hidden, with the decision that made it so."""

    state = models.CharField(max_length=10, choices=State, default=State.VISIBLE)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="+")

    State: ClassVar[type[State]] = State

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="hidden") | Q(decision__isnull=False),
                name="hidden_%(class)s_has_its_decision",
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="state_of_%(class)s_is_known"
            ),
        ]
        triggers = [step_trigger()]

    @property
    def is_hidden(self) -> bool:
        return self.state == State.HIDDEN

    @property
    def is_held(self) -> bool:
        return self.state == State.HELD

    @property
    def is_shown(self) -> bool:
        return self.state == State.VISIBLE

    @property
    def wording(self) -> str:
        """The mark of its words, where these can change while it waits."""
        return ""

    @property
    def tombstone(self) -> str:
        """What stands in the place of a hidden text: the rule, and why."""
        if self.decision is None or self.decision.rule is None:
            return _now("Hidden by a moderator.")
        return self.decision.explanation

    @property
    def excerpt(self) -> str:
        """The beginning of what it says, in one line."""
        return shortened(str(self))

    @classmethod
    def waiting_for(cls, user: User) -> "models.QuerySet[Moderated]":
        """Give what waits for the person as a moderator, the longest waiting first."""
        places: models.QuerySet[Moderated] = cls.objects.moderated_by(user)
        return places.filter(state=State.HELD).order_by("pk")

    @classmethod
    def decided_for(cls, user: User) -> "models.QuerySet[Moderated]":
        """Give what was decided where the person moderates, the newest decision first."""
        places: models.QuerySet[Moderated] = cls.objects.moderated_by(user)
        decided = places.filter(decision__isnull=False).order_by("-decision")
        return decided.select_related("decision__rule", "decision__by")

    def get_absolute_url(self) -> str:
        """The page on which it stands."""
        raise NotImplementedError

    @classmethod
    def find(cls, topic: str, user: User) -> "Moderated | None":
        """Give the item of that topic if the person may moderate it, else nothing."""
        model = live_model(topic)
        if model is None or not issubclass(model, Moderated):
            return None
        pk = topic.rpartition(":")[2]
        item = model.objects.visible_to(user).filter(pk=pk).first()
        return item if item is not None and item.may_be_moderated_by(user) else None

    def rules_topic(self) -> str:
        """The topic of the consultation whose house rules apply."""
        raise NotImplementedError

    def rules(self) -> models.QuerySet[Rule]:
        """The house rules that apply, newest wording of each."""
        return Rule.objects.of(self.rules_topic())

    def may_be_moderated_by(self, user: User) -> bool:
        """Say whether the person is a moderator of the place this item stands in."""
        raise NotImplementedError

    def authors(self) -> list[User]:
        """Those who wrote it and still have an account."""
        raise NotImplementedError

    def is_by(self, person: User) -> bool:
        """Say whether the person wrote it."""
        return person in self.authors()

    def excerpt_for(self, person: User) -> str:
        """The beginning of what it says, to who may read it now."""
        return self.excerpt if self.is_shown or self.is_by(person) else ""

    def told(self, entry: Entry) -> list[User]:
        """Those whom a line of the journal concerns: authors, of a decision that stands."""
        stands = entry.details.get("decision") == self.decision_id
        return self.authors() if stands else []

    @classmethod
    def decisions_behind(cls, entries: Iterable[Entry]) -> dict[int, Decision]:
        """Give the decisions of which these lines tell."""
        return Decision.behind(entries)

    def lock_place(self) -> None:
        """Take the lock under which acts on the item's place take turns, then re-read the item."""
        raise NotImplementedError

    def moderation_changed(self) -> None:
        """Push the tombstone or the text, recount, re-index."""
        raise NotImplementedError

    def refuse_unless_possible(self, verb: Decision.Verb) -> None:
        """Refuse what this noun cannot do now; asked under the lock of its place."""

    @transaction.atomic
    def approve(self, *, by: User, seen: str | None = None) -> Decision:
        """Let a held item appear, at the place of its posting time.

        `seen` is the mark of the words that were read: what was changed since then is not approved.
        """
        return self._decide(Decision.Verb.APPROVE, by=by, rule=None, reason="", seen=seen)

    @transaction.atomic
    def hide(self, *, by: User, rule: Rule, reason: str) -> Decision:
        """Replace the text by a tombstone that names the rule; the author is told why."""
        if rule.consultation_topic != self.rules_topic():
            raise Refused(_("This rule belongs to another consultation."))
        return self._decide(Decision.Verb.HIDE, by=by, rule=rule, reason=reason)

    @transaction.atomic
    def restore(self, *, by: User, reason: str) -> Decision:
        """Bring a hidden item back with its place, votes and replies."""
        return self._decide(Decision.Verb.RESTORE, by=by, rule=None, reason=reason)

    def _decide(
        self, verb: Decision.Verb, *, by: User, rule: Rule | None, reason: str,
        seen: str | None = None,
    ) -> Decision:  # fmt: skip
        before, after, word = TRANSITIONS[verb]
        self._refuse_unless_entitled(by)
        if verb != Decision.Verb.APPROVE and len(reason.strip()) < SHORTEST_REASON:
            raise Refused(
                _("Give a reason of at least 20 characters that the author can understand.")
            )
        self.lock_place()
        if self.state not in before:
            raise Refused(
                _("Somebody else has decided about this in the meantime. Please look again.")
            )
        if seen not in {None, self.wording}:
            raise Refused(_("The words were changed in the meantime. Read them again."))
        self.refuse_unless_possible(verb)
        decision = Decision.objects.create(
            topic=self.topic, verb=verb, rule=rule, reason=reason.strip(), by=by
        )
        self.state, self.decision = after, decision
        self.save(update_fields=["state", "decision"])
        record(word, self, by=by, decision=decision.pk, rule=rule.number if rule else None)
        self.moderation_changed()
        return decision

    def _refuse_unless_entitled(self, by: User) -> None:
        if not self.may_be_moderated_by(by):
            raise Refused(_("Only a moderator of this consultation may do this."))
        if self.is_by(by):
            raise Refused(
                _("Moderators cannot decide about their own texts: ask another moderator.")
            )

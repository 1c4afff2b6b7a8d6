"""What has an address that open pages listen to, the number of each topic, lost rights."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Cast, Concat, Now

from portal.accounts.models import User
from portal.live.publish import Addressed, appear, count, disappear


class LiveTopic(models.Model):
    """How far a topic is: the number of its newest item."""

    topic = models.TextField(primary_key=True)
    seq = models.BigIntegerField(default=0)

    class Meta:
        db_table = "live_topic"

    def __str__(self) -> str:
        return f"{self.topic}@{self.seq}"


class Revocation(models.Model):
    """A person, or everybody at a topic, may have lost a right; kept for 10 minutes."""

    seq = models.BigIntegerField(db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    topic = models.TextField(blank=True, default="")
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        db_table = "live_revocation"

    def __str__(self) -> str:
        return f"{self.seq}: {self.topic or self.user_id}"


class LiveModel(models.Model):
    """A noun with an address, one partial and one gate (`objects.visible_to(user)`)."""

    partial: ClassVar[str]
    counts_batched: bool = False
    """Whether its figures leave only after 5 changes or 10 s; a property where it depends."""

    objects: ClassVar[Any]

    class Meta:
        abstract = True

    @classmethod
    def noun(cls) -> str:
        """Its own word, as in `comment:17`."""
        return cls._meta.model_name or ""

    @property
    def topic(self) -> str:
        """The one address that socket, journal, reports and follows use."""
        return f"{self.noun()}:{self.pk}"

    @property
    def dom_id(self) -> str:
        """The id of its element in every page."""
        return f"{self.noun()}-{self.pk}"

    def partial_context(self) -> dict[str, object]:
        """Give the partial what it needs, words and links included."""
        return {self.noun(): self}

    @classmethod
    def counts_for(cls, pk: int) -> Mapping[str, list[int]]:  # noqa: ARG003
        """Newest figures of its open pages, `{dom_id: [value, …, version]}`: at most 256."""
        return {}

    def broadcast_append_to(self, parent: Addressed, *, target: str) -> None:
        """Show it in a list of the parent's open pages."""
        appear(self, parent, into=target)

    def broadcast_replace_on(self, *parents: Addressed) -> None:
        """Show it anew wherever it is shown already."""
        appear(self, *parents)

    def broadcast_remove_from(self, *parents: Addressed) -> None:
        """Take it off the parents' open pages."""
        disappear(self, *parents)

    def broadcast_count(
        self, parent: Addressed, *, version: int, values: Sequence[int], batched: bool | None = None
    ) -> None:
        """Show its new figures; the version, bumped by the writing statement, orders them."""
        if batched is None:
            batched = bool(getattr(parent, "counts_batched", False))
        count(parent, self.dom_id, [*values, version], batched=batched)


class Gates:
    """Who may listen to a topic that is no noun's own, by the first word of the topic."""

    def __init__(self) -> None:
        self._gates: dict[str, Any] = {}

    def add(self, word: str, gate: Any) -> None:
        """`gate(user)` gives the query set of what the person may listen to under this word."""
        self._gates[word] = gate

    def visible(self, word: str, user: User | AnonymousUser) -> models.QuerySet[Any] | None:
        """What the person may listen to under a word; nothing for an unknown word."""
        if word in self._gates:
            found: models.QuerySet[Any] = self._gates[word](user)
            return found
        model = live_models().get(word)
        return None if model is None else model.objects.visible_to(user)


def own_topic(user: User | AnonymousUser) -> models.QuerySet[Any]:
    """A person's own topic is that person's alone."""
    return User.objects.filter(pk=user.pk or 0, is_active=True)


gates = Gates()
gates.add("user", own_topic)


@cache
def live_models() -> dict[str, type[LiveModel]]:
    """All nouns by their word."""
    return {model.noun(): model for model in apps.get_models() if issubclass(model, LiveModel)}


def live_model(topic: str) -> type[LiveModel] | None:
    """Find the noun that a topic is about."""
    return live_models().get(topic.partition(":")[0])


def heads(
    topics: Iterable[str], *, behind: models.QuerySet[Any, Any] | None = None
) -> Counter[str]:
    """Read how far topics are, before the rows are read; one that never moved is at 0.

    A page that knows only an address says what is `behind` it: `addressed` rows, in one statement.
    """
    wanted = list(topics)
    moved = LiveTopic.objects.filter(topic__in=wanted).values_list("topic", "seq")
    if behind is not None:
        named = LiveTopic.objects.filter(topic=models.Subquery(behind[:1]))
        moved = moved.union(named.values_list("topic", "seq"))
    found = dict(moved)
    return Counter({topic: found.get(topic, 0) for topic in (*wanted, *found)})


def addressed(
    word: str, rows: models.QuerySet[Any], field: str = "pk"
) -> models.QuerySet[Any, Any]:
    """Name the topics of rows, or of what their field points at, without reading them."""
    text = models.TextField()
    name = Concat(models.Value(f"{word}:"), Cast(field, text), output_field=text)
    return rows.values_list(name)

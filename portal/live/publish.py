"""The only door from verbs to open pages. Only models call it, inside the verb's transaction.

Nothing leaves before the commit; what rolls back is never pushed. A mishap after the commit is
logged and does not reach the person: the pages notice the number that is missing, and fetch.
"""

import json
import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from django.conf import settings
from django.db.backends.utils import CursorWrapper
from django.template.loader import render_to_string
from django.utils import translation

from portal.accounts.models import User
from portal.live.frame import FRAME_BYTES, Age, Cut, Frame, Payload, Put
from portal.live.numbers import Telling
from portal.live.wire import the_hub

logger = logging.getLogger(__name__)

RIGHTS = "rights"
"""The topic that numbers revocations; nobody can join it."""

KEEP_REVOCATION = """
    INSERT INTO live_revocation (seq, user_id, topic, at) VALUES (%s, %s, %s, clock_timestamp())
"""
FORGET_REVOCATIONS = "DELETE FROM live_revocation WHERE at < clock_timestamp() - interval '10 min'"


class Addressed(Protocol):
    """Whatever open pages can listen to."""

    @property
    def topic(self) -> str: ...


class Shown(Protocol):
    """Whatever has one partial, the same for every viewer."""

    @property
    def partial(self) -> str: ...

    @property
    def dom_id(self) -> str: ...

    def partial_context(self) -> dict[str, object]: ...


class Told(Telling):
    """A message for one or more topics."""

    def tell(self, together: Sequence[Telling]) -> None:
        """Send one message per topic, however many calls the verb made."""
        frames: dict[str, Frame] = {}
        for telling in together:
            if isinstance(telling, Told):
                for topic, payload in telling.messages().items():
                    frames.setdefault(topic, Frame(topic)).add(payload)
        for topic, frame in frames.items():
            frame.numbers = sorted(set(frame.numbers))
            the_hub().send(topic, frame.payload())
        for telling in together:
            telling.aside()

    def messages(self) -> dict[str, Payload]:
        """Make the messages, per topic."""
        return {}


class Item(Told):
    """An element that appears, changes or leaves."""

    def __init__(self, parents: Sequence[Addressed]) -> None:
        self.topics = [parent.topic for parent in parents]

    def messages(self) -> dict[str, Payload]:
        """Number the message; one that cannot be made becomes `moved`."""
        try:
            payload = self.payload()
        except Exception:
            logger.exception("An open page could not be told; it fetches instead.")
            payload = None
        return {topic: self._numbered(topic, payload) for topic in self.topics}

    def _numbered(self, topic: str, payload: Payload | None) -> Payload:
        number = self.numbers[topic]
        if payload is None:
            return {"moved": number}
        age: Age = {"at": number, "when": self.when}
        told: Payload = {"s": [number]}
        if puts := payload.get("put"):
            told["put"] = [{**put, **age} for put in puts]
        if cuts := payload.get("cut"):
            told["cut"] = [{**cut, **age} for cut in cuts]
        return told

    @abstractmethod
    def payload(self) -> Payload | None:
        """Make what every topic of it is told; nothing means that the pages fetch."""


class Appearance(Item):
    """A noun to put, into a list or in place of the element with its id."""

    def __init__(self, noun: Shown, parents: Sequence[Addressed], *, into: str = "") -> None:
        super().__init__(parents)
        self._noun = noun
        self._into = into

    def payload(self) -> Payload | None:
        """Render once per language."""
        html = rendered(self._noun)
        if any(len(text.encode()) > FRAME_BYTES for text in html.values()):
            return None
        return {"put": [Put(id=self._noun.dom_id, into=self._into, html=html)]}


class Removal(Item):
    """An element to cut."""

    def __init__(self, noun: Shown, parents: Sequence[Addressed]) -> None:
        super().__init__(parents)
        self._dom_id = noun.dom_id

    def payload(self) -> Payload:
        """Name it."""
        return {"cut": [Cut(id=self._dom_id)]}


class Change(Item):
    """Something of the topic changed that only its regions can show."""

    def payload(self) -> None:
        """Let the pages fetch."""


class Count(Told):
    """Figures of one element; their own version orders them, no number is taken."""

    def __init__(self, topic: str, values: Mapping[str, Sequence[int]], *, batched: bool) -> None:
        self._topic = topic
        self._values = values
        self._batched = batched

    def messages(self) -> dict[str, Payload]:
        """Give the figures, unless they are held back."""
        return {} if self._batched else {self._topic: {"n": self._values}}

    def aside(self) -> None:
        """Hold back what alone would betray one voter."""
        if self._batched:
            the_hub().send_batched(self._topic, {"n": self._values})


class Loss(Told):
    """Somebody may have lost a right: the sockets concerned are asked again."""

    topics = (RIGHTS,)

    def __init__(self, *, user_id: int | None, topic: str) -> None:
        self._user_id = user_id
        self._topic = topic

    def written(self, cursor: CursorWrapper, numbers: dict[str, int]) -> None:
        """Keep it for the processes that do not hear of it; the number's row lock orders them."""
        cursor.execute(KEEP_REVOCATION, [numbers[RIGHTS], self._user_id, self._topic])
        cursor.execute(FORGET_REVOCATIONS)

    def aside(self) -> None:
        """Tell the processes, not the pages."""
        loss = {"seq": self.numbers[RIGHTS], "user": self._user_id, "topic": self._topic}
        the_hub().send_bytes(RIGHTS, json.dumps(loss).encode())


def rendered(noun: Shown) -> dict[str, str]:
    """Render the noun's one partial in every language, without a request."""
    html: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            html[language] = render_to_string(noun.partial, noun.partial_context())
    return html


def appear(noun: Shown, *parents: Addressed, into: str = "") -> None:
    """Put the noun into open pages of its parents."""
    Appearance(noun, parents, into=into).register()


def disappear(noun: Shown, *parents: Addressed) -> None:
    """Cut the noun from open pages of its parents."""
    Removal(noun, parents).register()


def change(*parents: Addressed) -> None:
    """Let open pages of the parents fetch their regions."""
    Change(parents).register()


def count(parent: Addressed, dom_id: str, values: Sequence[int], *, batched: bool = False) -> None:
    """Tell figures of an element; the last one is their version."""
    Count(parent.topic, {dom_id: list(values)}, batched=batched).register()


def revoke(*, user: User | None = None, topic: str | None = None) -> None:
    """Ask again, everywhere, the sockets of a person, or of a topic: in the verb's transaction."""
    Loss(user_id=user.pk if user else None, topic=topic or "").register()

"""Hidden words reach nobody, whatever is rendered or written at the same moment."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import close_old_connections, connection

from portal.accounts.models import User
from portal.live.hub import Hub
from portal.live.models import LiveModel
from portal.refusals import Refused
from proposals.coedit.blocks import paragraph
from proposals.models import Document, Proposal

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "Kata yang menghina"
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """The newest words about an element, by the number that pages go by."""
    puts: list[Any] = []
    monkeypatch.setattr(
        Hub, "send", lambda _hub, _topic, payload: puts.extend(payload.get("put", ()))
    )

    def newest(dom_id: str) -> str:
        own = [put for put in puts if put["id"] == dom_id]
        return str(max(own, key=lambda put: put["when"])["html"]) if own else ""

    return newest


class Act(threading.Thread):
    """What somebody does on a connection of their own; with a gate it stops before it commits."""

    def __init__(self, verb: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._verb = verb
        self.reached, self.gate = threading.Event(), threading.Event()
        self.mishap: Exception | None = None

    def run(self) -> None:
        try:
            self._verb()
        except Exception as mishap:  # noqa: BLE001  what went wrong is the outcome
            self.mishap = mishap
        finally:
            close_old_connections()

    def stop_here(self) -> None:
        """Called by the verb in its own thread: wait until the test lets it go on."""
        if threading.current_thread() is self:
            self.reached.set()
            assert self.gate.wait(30)

    def until_done_or_waiting(self) -> None:
        """Either it came through, or the database makes it wait for the other one."""
        while self.is_alive():
            with connection.cursor() as cursor:
                cursor.execute(WAITING)
                if cursor.fetchone()[0]:
                    return
            self.join(0.01)


def hide(proposal: Proposal, moderator: User) -> None:
    fresh = Proposal.objects.get(pk=proposal.pk)
    fresh.hide(by=moderator, rule=fresh.rules()[0], reason="Menghina sesama peserta forum ini.")


def stopping_in_broadcast(monkeypatch: pytest.MonkeyPatch, act: list[Act]) -> None:
    """Everything is read and written by then; only the commit is left."""
    broadcast = LiveModel.broadcast_replace_on

    def stopped(self: LiveModel, *parents: Any) -> None:
        broadcast(self, *parents)
        if isinstance(self, Document):
            act[0].stop_here()

    monkeypatch.setattr(LiveModel, "broadcast_replace_on", stopped)


VERBS: dict[str, Callable[[Document, User], object]] = {
    "rendering": lambda document, _user: document.show(seq=2, blocks=[paragraph(SECRET)]),
    "form": lambda document, user: document.write_plain(by=user, text=SECRET, key=uuid4()),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_shown_while_somebody_hides_it_ends_hidden(
    verb: str, document: Document, budi: User, moderator: User,
    monkeypatch: pytest.MonkeyPatch, pushed: Callable[[str], str],
) -> None:  # fmt: skip
    Document.objects.filter(pk=document.pk).update(head=2 if verb == "rendering" else 1)
    shown = Act(lambda: VERBS[verb](document, budi))
    hidden = Act(lambda: hide(document.proposal, moderator))
    stopping_in_broadcast(monkeypatch, [shown])

    shown.start()
    assert shown.reached.wait(30)
    hidden.start()
    hidden.until_done_or_waiting()
    shown.gate.set()
    shown.join()
    hidden.join()

    assert (shown.mishap, hidden.mishap) == (None, None)
    assert SECRET in Document.objects.get(pk=document.pk).text
    assert SECRET not in pushed(document.dom_id)
    assert "Menghina sesama" in pushed(document.dom_id)


@pytest.mark.parametrize("verb", VERBS)
def test_what_comes_while_the_hiding_commits_shows_nothing(
    verb: str, document: Document, budi: User, moderator: User,
    monkeypatch: pytest.MonkeyPatch, pushed: Callable[[str], str],
) -> None:  # fmt: skip
    Document.objects.filter(pk=document.pk).update(head=2 if verb == "rendering" else 1)
    hidden = Act(lambda: hide(document.proposal, moderator))
    shown = Act(lambda: VERBS[verb](document, budi))
    stopping_in_broadcast(monkeypatch, [hidden])

    hidden.start()
    assert hidden.reached.wait(30)
    shown.start()
    shown.until_done_or_waiting()
    hidden.gate.set()
    hidden.join()
    shown.join()

    assert hidden.mishap is None
    assert isinstance(shown.mishap, Refused) or verb == "rendering"
    assert SECRET not in pushed(document.dom_id)


def test_a_freeze_shows_nothing_of_what_is_hidden_meanwhile(
    document: Document, moderator: User,
    monkeypatch: pytest.MonkeyPatch, pushed: Callable[[str], str],
) -> None:  # fmt: skip
    frozen = Act(lambda: document.freeze(by=moderator, reason="Pemungutan suara dimulai hari ini."))
    hidden = Act(lambda: hide(document.proposal, moderator))
    stopping_in_broadcast(monkeypatch, [frozen])

    frozen.start()
    assert frozen.reached.wait(30)
    hidden.start()
    hidden.until_done_or_waiting()
    frozen.gate.set()
    frozen.join()
    hidden.join()

    assert (frozen.mishap, hidden.mishap) == (None, None)
    assert "Cemara" not in pushed(document.dom_id)

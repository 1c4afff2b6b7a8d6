"""The main job without a mouse: where one is can always be seen."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from consultations.models import Comment
from portal.accounts.models import User
from proposals.models import Proposal
from tests.e2e.people import EDITOR, PATIENCE, Person
from tests.processes import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Visit = Callable[[User], "Keyboard"]
MOST_STEPS = 80

FOCUSED = """() => {
  const here = document.activeElement;
  const ring = getComputedStyle(here);
  const drawn = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const shown = here.closest(".ProseMirror") || drawn(ring) || ring.boxShadow !== "none"
    || [...here.labels ?? []].some((label) => drawn(getComputedStyle(label)));
  const box = here.getBoundingClientRect();
  const x = Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 2);
  const y = Math.min(Math.max(box.y + Math.min(box.height / 2, 40), 1), innerHeight - 2);
  const top = document.elementFromPoint(x, y);
  const isSeen = top && (here.contains(top) || top.contains(here));
  return { name: `${here.tagName} ${here.className} ${here.textContent.trim().slice(0, 40)}`,
           isLost: here === document.body, isShown: Boolean(shown), isSeen: Boolean(isSeen) };
}"""
"""Where the focus is, whether a ring is drawn around it and nothing covers it (2.4.7, 2.4.11)."""


class Keyboard(Person):
    """Somebody who only has keys."""

    def tabs_to(self, place: str, key: str = "Tab") -> None:
        """Go on with one key until the place has the focus; every stop on the way can be seen."""
        target = self.page.locator(place).first
        for _step in range(MOST_STEPS):
            self.page.keyboard.press(key)
            focus: dict[str, Any] = self.page.evaluate(FOCUSED)
            if not focus["isLost"]:
                assert focus["isShown"], f"no ring around {focus['name']}"
                assert focus["isSeen"], f"something covers {focus['name']}"
            if target.evaluate("target => target === document.activeElement"):
                return
        raise AssertionError(f"{place} cannot be reached with {key} on {self.page.url}")

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def types(self, words: str) -> None:
        self.page.keyboard.type(words)


@pytest.fixture
def visit(browser: Browser, servers: tuple[Server, Server]) -> Iterator[Visit]:
    people: list[Keyboard] = []

    def sit_down(user: User) -> Keyboard:
        people.append(Keyboard(browser, servers[0], user, viewport={"width": 1280, "height": 800}))
        return people[-1]

    yield sit_down
    assert [person.complaints for person in people] == [[] for _person in people]
    for person in people:
        person.leaves()


def test_a_citizen_discusses_with_keys(visit: Visit, comment: Comment, budi: User) -> None:
    person = visit(budi)
    place = f"#{comment.dom_id}"
    person.goes_to(comment.thread.get_absolute_url())

    person.presses("Tab", "Enter")
    person.tabs_to(".composer [name=body]")
    person.types("Bagaimana dengan bus?")
    person.tabs_to(".composer button[type=submit]")
    person.presses("Enter")
    person.finds("Bagaimana dengan bus?")

    person.tabs_to(f"{place} .opinion__button--agree")
    person.presses("Space")
    person.sees(f"{place} .opinion__button--agree[aria-pressed=true]")
    person.tabs_to(f"{place} [href$='/replies/']")
    person.presses("Enter")
    expect(person.page.locator(f"{place}-slot [name=body]")).to_be_focused()
    person.types("Mengapa di kiri?")
    person.tabs_to(f"{place}-slot button[type=submit]")
    person.presses("Enter")
    expect(person.page.locator(f"{place}-slot [data-sent]")).to_be_focused()
    person.finds("Mengapa di kiri?")


def test_a_citizen_supports_and_writes_with_keys(
    visit: Visit, proposal: Proposal, budi: User
) -> None:
    person = visit(budi)
    person.goes_to(proposal.get_absolute_url())
    person.tabs_to(".support__button")
    person.presses("Enter")
    person.sees(".support__count", "1")

    person.tabs_to("main [href$='/edit/']", "Shift+Tab")
    person.presses("Enter")
    person.sees(EDITOR)
    person.tabs_to("[data-command=bold]")
    person.tabs_to(EDITOR)
    person.presses("Control+Home")
    person.types("Di depan pasar: ")
    person.sees(EDITOR, "Di depan pasar: Kami mengusulkan")
    status = person.page.locator("[data-editor-status]")
    expect(status).to_have_attribute("data-state", "saved", timeout=PATIENCE)
    person.presses("Escape")
    person.tabs_to("main [href$='/text/']")


def test_a_moderator_hides_and_restores_with_keys(
    visit: Visit, comment: Comment, moderator: User
) -> None:
    person = visit(moderator)
    place = f"#{comment.dom_id}"
    person.goes_to(comment.thread.get_absolute_url())

    person.tabs_to(f"{place} [href$='/hiding/']")
    person.presses("Enter")
    person.sees(f"{place}-slot form")
    expect(person.page.locator(f"{place}-slot [name=rule]").first).to_be_focused()
    person.presses("Space")
    person.tabs_to(f"{place}-slot [name=reason]")
    person.types("Memuat nomor telepon orang lain.")
    person.tabs_to(f"{place}-slot button[type=submit]")
    person.presses("Enter")
    person.sees(f"{place} .comment__hidden", "nomor telepon")

    person.tabs_to(f"{place} [href$='/hiding/']", "Shift+Tab")
    person.presses("Enter")
    expect(person.page.locator(f"{place}-slot [name=reason]")).to_be_focused()
    person.types("Nomor itu nomor kantor.")
    person.tabs_to(f"{place}-slot button[type=submit]")
    person.presses("Enter")
    person.sees(f"{place} .comment__body", "Di sisi kiri saja.")


def test_the_menu_opens_closes_and_gives_the_focus_back(
    visit: Visit, comment: Comment, budi: User
) -> None:
    person = visit(budi)
    person.goes_to(comment.thread.get_absolute_url())

    person.tabs_to("details.menu > summary")
    person.presses("Enter")
    person.tabs_to("details.menu [href='/me/']")
    person.presses("Escape")

    expect(person.page.locator("details.menu > summary")).to_be_focused()
    expect(person.page.locator("details.menu")).not_to_have_attribute("open", "")

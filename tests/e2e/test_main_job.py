"""Two citizens and a moderator, on two processes of the site, do the whole job together."""

from collections.abc import Callable
from time import time

import pytest
from playwright.sync_api import Browser, expect

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.notifications.jobs import tell_people
from proposals.models import Proposal
from tests.e2e.people import EDITOR, PATIENCE, PILL, Person, Stopwatch, Watcher
from tests.processes import Server, eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Say = Callable[[str, object], None]

WORDS = "Jalur di sisi kiri lebih aman bagi anak sekolah."
ANSWER = "Setuju, tetapi bus juga berhenti di sisi itu."
SENTENCE = "Rak sepeda dipasang di depan pasar!"
REASON = "Memuat nomor telepon orang lain."


class Town:
    """Three people with open pages, and the watch that reads how long things take."""

    def __init__(self, siti: Person, budi: Person, moderator: Person) -> None:
        self.siti, self.budi, self.moderator = siti, budi, moderator
        self.watch = Stopwatch()

    @property
    def everybody(self) -> tuple[Person, Person, Person]:
        return self.siti, self.budi, self.moderator

    def go_to(self, path: str) -> None:
        for person in self.everybody:
            person.goes_to(path)


@pytest.fixture
def town(
    browser: Browser, servers: tuple[Server, Server], siti: User, budi: User, moderator: User
) -> Town:
    one, other = servers
    return Town(
        Person(browser, one, siti), Person(browser, other, budi), Person(browser, other, moderator)
    )


def test_three_people_walk_the_main_job_and_see_each_other_at_once(
    town: Town, thread: Thread, proposal: Proposal, siti: User, record_property: Say
) -> None:
    town.go_to(thread.get_absolute_url())
    comment = comment_and_reply(town, thread)
    agree(town, comment)
    hide(town, comment)

    town.go_to(proposal.get_absolute_url())
    support(town, proposal)
    write_together(town, proposal)
    freeze(town, proposal)

    tell_the_author(town, siti)
    town.go_to(thread.get_absolute_url())
    restore(town, comment)

    record_property("medians from the act to the other pages, ms", str(town.watch))
    assert [person.complaints for person in town.everybody] == [[], [], []]
    assert len(town.watch.taken) == 8


def comment_and_reply(town: Town, thread: Thread) -> Comment:
    """Siti comments from one process, Budi replies from the other."""
    siti, budi, moderator = town.everybody
    composer = siti.page.locator(".composer")
    composer.locator("[name=body]").fill(WORDS)
    town.watch.time(
        "comment",
        composer.locator("button[type=submit]").click,
        Watcher(budi, ".comment", PILL, words=WORDS),
        Watcher(moderator, ".comment", PILL, words=WORDS),
    )
    for person in town.everybody:
        person.finds(WORDS)
    comment = thread.comments.get(body=WORDS)
    budi.page.locator(f"#{comment.dom_id} [href$='/replies/']").click()
    form = budi.page.locator(f"#{comment.dom_id}-slot form")
    form.locator("[name=body]").fill(ANSWER)
    town.watch.time(
        "reply",
        form.locator("button[type=submit]").click,
        Watcher(siti, ".comment", PILL, words=ANSWER),
        Watcher(moderator, ".comment", PILL, words=ANSWER),
    )
    for person in town.everybody:
        person.finds(ANSWER)
    expect(siti.page.locator(".comment")).to_have_count(2)
    expect(budi.page.locator(".comment")).to_have_count(2)
    expect(composer.locator("[name=body]")).to_have_value("")
    return comment


def agree(town: Town, comment: Comment) -> None:
    """One press is one number on every page, and pressed on one's own."""
    siti, budi, moderator = town.everybody
    button = f"#{comment.dom_id} .opinion__button--agree"
    town.watch.time(
        "opinion",
        budi.page.locator(button).click,
        *[Watcher(who, f"{button} [data-count]", words="1") for who in (siti, moderator)],
    )
    expect(budi.page.locator(button)).to_have_attribute("aria-pressed", "true")
    expect(siti.page.locator(button)).not_to_have_attribute("aria-pressed", "true")


def hide(town: Town, comment: Comment) -> None:
    """A rule and a reason, in the discussion itself; the words are gone, a stone stays."""
    place = f"#{comment.dom_id}"
    town.moderator.page.locator(f"{place} .for-moderators[href$='/hiding/']").click()
    form = town.moderator.page.locator(f"{place}-slot form")
    form.locator("[name=rule]").first.check()
    form.locator("[name=reason]").fill(REASON)
    town.watch.time(
        "hide",
        form.locator("button[type=submit]").click,
        *[Watcher(who, f"{place} .comment__hidden") for who in (town.siti, town.budi)],
    )
    for person in town.everybody:
        expect(person.page.locator("body")).not_to_contain_text(WORDS)
        expect(person.page.locator("body")).to_contain_text(ANSWER)


def support(town: Town, proposal: Proposal) -> None:
    """Standing behind a proposal is a number for everybody and a sentence for oneself."""
    siti, budi, moderator = town.everybody
    count = f".support__count[data-count='{proposal.dom_id}:0']"
    town.watch.time(
        "support",
        budi.page.locator(".support__button").click,
        *[Watcher(who, count, words="1") for who in (siti, moderator)],
    )
    expect(budi.page.locator(f"#{proposal.dom_id}-support [name=_method]")).to_have_count(1)


def write_together(town: Town, proposal: Proposal) -> None:
    """Two editors on two processes, and a reader who is shown the new text."""
    siti, budi, moderator = town.everybody
    for person in (siti, budi):
        person.goes_to(f"{proposal.get_absolute_url()}edit/")
        person.sees(EDITOR, "Kami mengusulkan")
    siti.page.locator("[data-editor-people] >> text=Budi").first.wait_for()
    siti.page.locator(EDITOR).click()
    siti.page.keyboard.press("Control+Home")
    siti.page.keyboard.type(SENTENCE[:-1])
    town.watch.time(
        "co-edited sentence",
        lambda: siti.page.keyboard.type(SENTENCE[-1]),
        Watcher(budi, EDITOR, words=SENTENCE),
    )
    for person in (siti, budi):
        expect(person.page.locator("[data-editor-status]")).to_have_attribute(
            "data-state", "saved" if person is siti else "clean", timeout=PATIENCE
        )
    moderator.sees(".document__text", SENTENCE)


def freeze(town: Town, proposal: Proposal) -> None:
    """A frozen text can be read and no longer written, in editors that are open too."""
    siti, budi, moderator = town.everybody
    form = moderator.page.locator(f"form[action='{proposal.get_absolute_url()}freezing/']")
    form.locator("[name=reason]").fill("Rapat pleno sedang membahas naskah ini.")
    town.watch.time(
        "freeze",
        form.locator("button[type=submit]").click,
        *[Watcher(who, "[data-notice=frozen]:not([hidden])") for who in (siti, budi)],
    )
    moderator.sees(".document__frozen")
    for person in (siti, budi):
        expect(person.page.locator(EDITOR)).to_have_attribute("contenteditable", "false")


def tell_the_author(town: Town, author: User) -> None:
    """The job tells the author what was decided and why; an open page shows it."""
    hidden = author.notifications.filter(verb="hidden")

    def told() -> bool:
        tell_people(int(time()))
        return hidden.exists()

    town.siti.goes_to("/me/notifications/")
    assert eventually(told, seconds=20)
    town.siti.finds(REASON, "main li.card")


def restore(town: Town, comment: Comment) -> None:
    """The words come back where they stood."""
    place = f"#{comment.dom_id}"
    town.moderator.page.locator(f"{place} .for-moderators [href$='/hiding/']").click()
    form = town.moderator.page.locator(f"{place}-slot form")
    form.locator("[name=reason]").fill("Nomor itu nomor kantor.")
    town.watch.time(
        "restore",
        form.locator("button[type=submit]").click,
        *[Watcher(who, f"{place} .comment__body", words=WORDS) for who in (town.siti, town.budi)],
    )

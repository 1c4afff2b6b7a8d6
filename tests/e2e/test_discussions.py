"""A discussion in Chromium: forms under comments, opinions, drafts, what comes while one types."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from consultations.models import Comment, Opinion, Thread
from portal.accounts.models import User
from tests.conftest import close
from tests.e2e.people import Person
from tests.processes import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Person]


@pytest.fixture
def server(db: None, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings.REDIS_URL, tmp_path / "server.log")
    running.wait()
    yield running
    running.kill()


@pytest.fixture
def visit(browser: Browser, server: Server, thread: Thread) -> Iterator[Visit]:
    """Open the discussion as somebody; nobody's browser may complain."""
    people: list[Person] = []

    def open_page(user: User | None = None, **room: object) -> Person:
        someone = Person(browser, server, user, **room)
        people.append(someone)
        return someone.goes_to(f"/threads/{thread.pk}/")

    yield open_page
    complaints = [each for someone in people for each in someone.complaints]
    for someone in people:
        someone.leaves()
    assert complaints == []


def test_a_reply_opens_under_its_comment_and_gives_the_focus_back(
    visit: Visit, comment: Comment, budi: User
) -> None:
    page = visit(budi).page
    link = page.locator(f"#{comment.dom_id} a[href$='/replies/']")

    link.click()
    field = page.locator(f"#{comment.dom_id}-slot textarea")
    expect(field).to_be_focused()
    page.locator(f"#{comment.dom_id}-slot [data-close-slot]").click()
    expect(link).to_be_focused()
    link.press("Enter")
    field.fill("Mengapa di kiri?")
    page.locator(f"#{comment.dom_id}-slot button[type=submit]").click()

    expect(page.locator(f"#{comment.dom_id}-slot [data-sent]")).to_be_focused()
    expect(page.get_by_text("Mengapa di kiri?")).to_have_count(1)


def test_an_opinion_is_pressed_counted_and_said_in_words(
    visit: Visit, comment: Comment, siti: User, budi: User
) -> None:
    own, other = visit(budi).page, visit(siti).page
    agree = own.locator(f"#{comment.dom_id} .opinion__button--agree")

    agree.click()

    expect(agree).to_have_attribute("aria-pressed", "true")
    expect(other.locator(f"[data-count='{comment.dom_id}:0']")).to_have_text("1")
    listed = own.locator(f"[data-own-opinions] [data-opinion-of={comment.dom_id}]")
    expect(listed).to_have_attribute("data-value", "1")
    listed.get_by_role("button").click()
    expect(agree).to_have_attribute("aria-pressed", "false")
    expect(other.locator(f"[data-count='{comment.dom_id}:0']")).to_have_text("0")
    assert not Opinion.objects.exists()


def test_a_refused_opinion_is_explained_and_not_shown_as_given(
    visit: Visit, comment: Comment, thread: Thread, budi: User
) -> None:
    page = visit(budi).page
    close(thread.consultation)

    page.locator(f"#{comment.dom_id} .opinion__button--agree").click()

    expect(page.locator(f"#{comment.dom_id} [data-failed]")).to_be_visible()
    pressed = page.locator(f"#{comment.dom_id} [aria-pressed=true]")
    expect(pressed).to_have_count(0)


def test_what_was_typed_survives_a_reload_and_is_counted(
    visit: Visit, thread: Thread, budi: User
) -> None:
    page = visit(budi).page
    field = page.locator(f"#composer-{thread.dom_id}-body")

    field.fill("Konsep saya")
    expect(page.locator("[data-counter]")).to_contain_text("4.989")
    expect(page.locator("[data-draft-state]")).not_to_be_empty()
    page.reload()

    expect(field).to_have_value("Konsep saya")
    expect(page.locator("[data-counter]")).to_contain_text("4.989")


def test_signing_out_takes_the_own_drafts_along(visit: Visit, thread: Thread, budi: User) -> None:
    page = visit(budi).page
    page.locator(f"#composer-{thread.dom_id}-body").fill("Konsep saya")
    expect(page.locator("[data-draft-state]")).not_to_be_empty()

    page.locator(".menu > summary").click()
    page.locator("[data-sign-out] button").click()
    expect(page.locator("[data-sign-out]")).to_have_count(0)

    assert page.evaluate("Object.keys(localStorage).filter(key => key.includes('draft'))") == []


def test_what_could_not_be_sent_is_said_in_the_form_until_it_is_sent(
    visit: Visit, thread: Thread, budi: User
) -> None:
    someone = visit(budi)
    page = someone.page
    form = page.locator(f"#composer-{thread.dom_id}")
    said = form.locator("[data-send-state]")
    form.locator("textarea").fill("Tanpa sinyal")

    page.route("**/comments/", lambda route: route.abort())
    form.locator("button[type=submit]").click()
    expect(said).to_have_text("Belum terkirim · coba lagi")
    expect(form.locator("textarea")).to_have_value("Tanpa sinyal")
    someone.complaints.clear()
    page.unroute("**/comments/")
    form.locator("button[type=submit]").click()

    comment = page.locator(".comment", has_text="Tanpa sinyal")
    expect(said).to_be_empty()
    expect(comment.locator("a[href$='/edit/']")).to_be_visible()


def test_fifty_comments_of_others_move_nothing_under_somebody_who_types(
    visit: Visit, thread: Thread, comment: Comment, siti: User, budi: User
) -> None:
    someone = visit(budi)
    page = someone.page
    field = page.locator(f"#composer-{thread.dom_id}-body")
    field.fill("Saya sedang menulis")
    field.press("ArrowLeft")
    before = page.evaluate("[scrollY, document.activeElement.selectionStart]")

    for number in range(50):
        thread.post(author=siti, body=f"Nomor {number}", key=uuid4())

    expect(page.locator(".pill")).to_contain_text(re.compile(r"\b50\b"))
    expect(field).to_be_focused()
    expect(field).to_have_value("Saya sedang menulis")
    assert page.evaluate("[scrollY, document.activeElement.selectionStart]") == before
    page.locator("form.composer button[type=submit]").click()
    expect(page.locator(".comment", has_text="Saya sedang menulis")).to_have_count(1)
    page.locator(".pill").click()
    expect(page.locator(".comment")).to_have_count(52)


def test_a_hide_reaches_everybody_and_keeps_a_reply_being_typed(
    visit: Visit, comment: Comment, budi: User, moderator: User
) -> None:
    reader, judge = visit(budi).page, visit(moderator).page
    reader.locator(f"#{comment.dom_id} a[href$='/replies/']").click()
    reply = reader.locator(f"#{comment.dom_id} form textarea")
    reply.fill("Balasan yang belum terkirim")

    judge.locator(f"#{comment.dom_id} a[href$='/hiding/']").click()
    judge.locator(f"#{comment.dom_id}-slot input[type=radio]").first.check()
    judge.locator(f"#{comment.dom_id}-slot textarea").fill("Kata ini menghina sesama peserta.")
    judge.locator(f"#{comment.dom_id}-slot button[type=submit]").click()

    expect(reader.locator(f"#{comment.dom_id} .comment__hidden")).to_contain_text("menghina")
    expect(reader.get_by_text("Di sisi kiri saja.")).to_have_count(0)
    expect(reply).to_have_value("Balasan yang belum terkirim")


def test_an_old_page_is_not_given_what_belongs_to_another(
    visit: Visit, thread: Thread, siti: User, budi: User, moderator: User
) -> None:
    posts = [thread.post(author=siti, body=f"Nomor {each}", key=uuid4()) for each in range(60)]
    someone = visit(budi)
    someone.page.get_by_role("link", name=re.compile("Older|lama|sebelumnya")).click()
    someone.hears()
    expect(someone.page.locator(".comment")).to_have_count(10)

    thread.post(author=siti, body="Terbaru", key=uuid4())
    posts[30].hide(by=moderator, rule=posts[30].rules()[0], reason="Kata ini menghina peserta.")
    posts[5].hide(by=moderator, rule=posts[5].rules()[0], reason="Kata ini menghina peserta.")

    expect(someone.page.locator(".comment__hidden")).to_have_count(1)
    expect(someone.page.locator(".comment")).to_have_count(10)
    expect(someone.page.locator(".pill")).to_have_count(0)


def test_without_scripts_one_comments_and_gives_an_opinion(
    visit: Visit, thread: Thread, comment: Comment, budi: User
) -> None:
    page = visit(budi, java_script_enabled=False).page

    page.locator(f"#{comment.dom_id} .opinion__button--agree").click()
    expect(page).to_have_url(re.compile(rf"/threads/{thread.pk}/#{comment.dom_id}$"))
    expect(page.locator(f"[data-count='{comment.dom_id}:0']")).to_have_text("1")
    page.locator("form.composer textarea").fill("Tanpa skrip")
    page.locator("form.composer button[type=submit]").click()

    expect(page.locator(".comment", has_text="Tanpa skrip")).to_be_visible()

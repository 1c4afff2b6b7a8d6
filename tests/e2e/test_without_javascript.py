"""The whole job with scripts switched off: forms, redirects, reloading."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from consultations.models import Comment, Consultation, Opinion, Thread
from portal.accounts.models import User
from portal.agencies.models import Agency
from proposals.models import Proposal
from tests.e2e.people import Person
from tests.processes import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Person]

DATE = "%Y-%m-%dT%H:%M"


@pytest.fixture
def visit(browser: Browser, servers: tuple[Server, Server]) -> Iterator[Visit]:
    """Somebody in a browser that runs nothing."""
    people: list[Person] = []

    def open_browser(user: User | None = None) -> Person:
        people.append(Person(browser, servers[0], user, java_script_enabled=False))
        return people[-1]

    yield open_browser
    assert [person.complaints for person in people] == [[] for _person in people]
    for person in people:
        person.leaves()


@pytest.fixture
def plain(visit: Visit) -> Person:
    """Somebody who has not signed in."""
    return visit()


def sign_in(person: Person, user: User, path: str) -> None:
    """Sign in through the link of the page, and come back to it."""
    person.goes_to(path)
    person.page.locator("main a[href*='/login/']").first.click()
    person.page.locator("main [name=login]").fill(user.email)
    person.page.locator("main [name=password]").fill("rahasia-sekali")
    person.page.locator("main form.form button.button--primary").first.click()
    expect(person.page).to_have_url(person.site + path)


def test_nothing_that_needs_scripts_is_offered(
    plain: Person, comment: Comment, proposal: Proposal
) -> None:
    plain.goes_to(comment.thread.get_absolute_url())

    plain.sees(".comment__body", "Di sisi kiri saja.")
    plain.sees(".without-scripts")
    expect(plain.page.locator("[data-live-chip]")).to_be_hidden()
    expect(plain.page.locator(".needs-scripts:visible")).to_have_count(0)
    plain.goes_to(proposal.get_absolute_url())
    plain.sees(".document__text", "Kami mengusulkan rak sepeda.")


def test_a_citizen_reads_signs_in_comments_replies_and_edits(
    plain: Person, comment: Comment, budi: User
) -> None:
    page = plain.page
    sign_in(plain, budi, comment.thread.get_absolute_url())

    page.locator(".composer [name=body]").fill("Bagaimana dengan bus?")
    page.locator(".composer button[type=submit]").click()
    plain.sees(".comment >> text=Bagaimana dengan bus?")
    page.locator(f"#{comment.dom_id} [href$='/replies/']").click()
    page.locator(".composer [name=body]").fill("Mengapa di kiri?")
    page.locator(".composer button[type=submit]").click()
    plain.sees(".comment[data-level]", "Mengapa di kiri?")

    page.locator("[data-marks] [href$='/edit/']").click()
    page.locator(".composer [name=body]").fill("Mengapa tidak di kanan?")
    page.locator(".composer button[type=submit]").click()
    plain.sees(".comment__body >> text=Mengapa tidak di kanan?")
    page.locator(".comment__edited").click()
    expect(page.locator("main .log > li")).to_have_count(2)
    plain.sees("main .log", "Mengapa di kiri?")


def test_an_opinion_is_set_changed_and_taken_back(
    plain: Person, comment: Comment, budi: User
) -> None:
    page = plain.page
    sign_in(plain, budi, comment.thread.get_absolute_url())
    buttons = page.locator(f"#{comment.dom_id} .opinion__button")
    counts = page.locator(f"#{comment.dom_id} .opinion__count")

    for number in (0, 1):
        buttons.nth(number).click()
        expect(page).to_have_url(re.compile(f"#{comment.dom_id}$"))
        expect(counts.nth(number)).to_have_text("1")
    expect(counts.nth(0)).to_have_text("0")
    own = page.locator(f"#{comment.dom_id} + .own-line")
    plain.sees(own, "Pendapat Anda tentang komentar ini: Tidak setuju")
    own.locator("button").click()

    expect(counts.nth(1)).to_have_text("0")
    expect(own).to_have_count(0)
    assert not Opinion.objects.exists()


def test_a_proposal_is_supported_and_its_text_changed_by_the_plain_form(
    plain: Person, proposal: Proposal, budi: User
) -> None:
    page = plain.page
    sign_in(plain, budi, proposal.get_absolute_url())

    page.locator(".support__button").click()
    plain.sees(".support__count", "1")
    page.locator("main [href$='/text/']").click()
    page.locator("[name=text]").fill("Kami mengusulkan rak sepeda **beratap**.")
    page.locator("main form.form button[type=submit]").click()

    plain.sees(".document__text", "rak sepeda beratap.")
    page.locator(".support__button").click()
    plain.sees(".support__count", "0")


def test_a_citizen_makes_a_proposal(visit: Visit, thread: Thread, budi: User) -> None:
    plain = visit(budi)
    page = plain.page
    plain.goes_to(f"/consultations/{thread.consultation.slug}/proposals/")

    page.locator("main [href$='/proposals/new/']").click()
    page.locator("[name=title]").fill("Lampu di halte")
    page.locator("[name=summary]").fill("Halte yang terang sampai malam.")
    page.locator("[name=text]").fill("Kami mengusulkan lampu tenaga surya.")
    page.locator("main form.form button[type=submit]").click()

    plain.sees(".document__text", "lampu tenaga surya")
    assert Proposal.objects.get().title == "Lampu di halte"


def test_a_moderator_hides_and_restores(visit: Visit, comment: Comment, moderator: User) -> None:
    plain = visit(moderator).goes_to(comment.thread.get_absolute_url())
    page = plain.page

    page.locator(f"#{comment.dom_id} [href$='/hiding/']").click()
    page.locator("[name=rule]").first.check()
    page.locator("[name=reason]").fill("Memuat nomor telepon orang lain.")
    page.locator(".moderation button[type=submit]").click()
    plain.sees(f"#{comment.dom_id} .comment__hidden", "nomor telepon")
    page.locator(".moderation [href$='/hiding/']").click()
    page.locator("[name=reason]").fill("Nomor itu nomor kantor.")
    page.locator(".moderation button[type=submit]").click()

    plain.sees(f"#{comment.dom_id} .comment__body", "Di sisi kiri saja.")


def test_an_officer_drafts_previews_and_publishes(
    visit: Visit, agency: Agency, officer: User, moderator: User
) -> None:
    plain = visit(officer).goes_to("/office/")
    page = plain.page
    page.locator(f"main [href='/agencies/{agency.slug}/consultations/new/']").click()
    page.locator("[name=title]").fill("Taman di bekas terminal")
    page.locator("[name=question]").fill("Taman atau lapangan?")
    page.locator("main form.form button[type=submit]").click()

    page.goto(f"/consultations/{(draft := Consultation.objects.get()).slug}/publication/")
    page.locator("main form button[type=submit]").click()
    plain.sees(".notice--warn")
    fill_the_rest(plain, f"/consultations/{draft.slug}/edit/")
    plain.goes_to(f"/consultations/{draft.slug}/preview/")
    plain.sees("#background", "Terminal lama")
    plain.goes_to(f"/consultations/{draft.slug}/publication/")
    page.locator("main form button[type=submit]").click()

    draft.refresh_from_db()
    assert draft.is_published
    plain.sees("h1", "Taman di bekas terminal")


def fill_the_rest(person: Person, path: str) -> None:
    """Write what publishing asks for."""
    now = timezone.localtime()
    person.goes_to(path)
    for name, words in {
        "how_decided": "Wali kota memutuskan.",
        "background": "Terminal lama sudah kosong.",
        "organiser": "Dinas Pertamanan",
        "contact": "taman@contoh.id.invalid",
        "comment_starts_at": now.strftime(DATE),
        "comment_ends_at": now.replace(year=now.year + 1, day=1).strftime(DATE),
    }.items():
        person.page.locator(f"[name={name}]").fill(words)
    person.page.locator("main form.form button[type=submit]").click()

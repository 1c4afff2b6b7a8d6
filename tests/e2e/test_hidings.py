"""A proposal is hidden while people read and write it, and brought back."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.accounts.models import User
from proposals.models import Proposal
from tests.e2e.people import EDITOR, PATIENCE, Person
from tests.processes import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE, TEXT = "Rak sepeda di pasar", "Kami mengusulkan"
UNSENT = "Kata yang belum terkirim."
REASON = "Memuat nomor telepon orang lain."
STORES = """async () => (await indexedDB.databases()).map(({ name }) => name)
  .filter((name) => name.startsWith("rembuk-text:"))"""


def hide(proposal: Proposal, moderator: User) -> None:
    Proposal.objects.get(pk=proposal.pk).hide(by=moderator, rule=proposal.rules()[0], reason=REASON)


def is_bare(page: Page) -> None:
    """Neither name nor text of the hidden proposal is left, on the page or on the device."""
    expect(page).to_have_title(re.compile("^Usulan yang disembunyikan"), timeout=PATIENCE)
    expect(page.locator("body")).to_contain_text(REASON, timeout=PATIENCE)
    assert TITLE not in page.content()
    assert TEXT not in page.content()
    assert page.evaluate(STORES) == []
    assert TEXT not in page.evaluate("() => JSON.stringify(localStorage)")


@pytest.fixture
def writer(browser: Browser, servers: tuple[Server, Server], budi: User) -> Person:
    return Person(browser, servers[0], budi)


def test_an_open_editor_is_emptied_when_a_moderator_hides_the_proposal(
    proposal: Proposal, writer: Person, moderator: User
) -> None:
    writer.goes_to(f"{proposal.get_absolute_url()}edit/").sees(EDITOR, TEXT)
    writer.page.locator(EDITOR).click()
    writer.page.keyboard.type("Tersimpan sebelumnya. ")
    expect(writer.page.locator("[data-editor-status]")).to_have_attribute("data-state", "saved")

    hide(proposal, moderator)

    is_bare(writer.page)
    expect(writer.page.locator("[data-editor-aside]")).to_be_hidden()
    assert writer.complaints == []


def test_who_was_cut_off_finds_only_own_words_after_the_hiding(
    proposal: Proposal, writer: Person, moderator: User
) -> None:
    writer.goes_to(f"{proposal.get_absolute_url()}edit/").sees(EDITOR, TEXT)
    writer.page.locator(EDITOR).click()
    writer.page.keyboard.press("Control+End")
    writer.context.set_offline(True)
    writer.page.keyboard.type(UNSENT)
    writer.sees(EDITOR, UNSENT)

    hide(proposal, moderator)
    writer.context.set_offline(False)

    aside = writer.page.locator("[data-aside-text]")
    expect(aside).to_have_text(UNSENT, timeout=2 * PATIENCE)
    is_bare(writer.page)
    writer.page.reload()
    expect(writer.page.locator("body")).not_to_contain_text(TEXT)


def test_readers_lose_name_text_and_support_and_get_them_back(
    proposal: Proposal, writer: Person, moderator: User
) -> None:
    page = writer.goes_to(proposal.get_absolute_url()).page
    support = page.locator(".support__button")
    expect(page).to_have_title(re.compile(TITLE))
    expect(support).to_be_visible()
    page.locator("[data-title]").focus()

    hide(proposal, moderator)

    is_bare(page)
    expect(support).to_be_hidden()
    writer.sees(page.get_by_text("Usulan yang disembunyikan tidak dapat didukung."))
    expect(page.locator("a[href$='/edit/']")).to_be_hidden()
    Proposal.objects.get(pk=proposal.pk).restore(by=moderator, reason="Nomor itu nomor kantor.")
    expect(page).to_have_title(re.compile(TITLE), timeout=PATIENCE)
    writer.sees(".document__text", TEXT)
    expect(support).to_be_visible()
    assert writer.complaints == []


def test_a_moderator_reads_on_in_an_open_editor_and_writes_no_more(
    proposal: Proposal, browser: Browser, servers: tuple[Server, Server], moderator: User
) -> None:
    overseer = Person(browser, servers[1], moderator)
    overseer.goes_to(f"{proposal.get_absolute_url()}edit/").sees(EDITOR, TEXT)

    hide(proposal, moderator)

    overseer.sees("[data-notice=hidden]")
    expect(overseer.page.locator(EDITOR)).to_have_attribute("contenteditable", "false")
    expect(overseer.page.locator(EDITOR)).to_contain_text(TEXT)
    Proposal.objects.get(pk=proposal.pk).restore(by=moderator, reason="Nomor itu nomor kantor.")
    expect(overseer.page.locator("[data-notice=hidden]")).to_be_hidden(timeout=PATIENCE)
    expect(overseer.page.locator(EDITOR)).to_have_attribute("contenteditable", "true")
    assert overseer.complaints == []

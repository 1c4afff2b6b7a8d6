"""Signing up and in as a browser does it: with scripts, without, on a phone, in the dark."""

import re
from collections.abc import Iterator
from time import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.core.mail import EmailMessage
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.agencies.models import Agency, Member
from tests.conftest import in_office, person

PASSWORD = "rahasia-sekali"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
VISITORS_PAGES = (
    "/account/login/",
    "/account/signup/",
    "/account/login/code/",
    "/account/password/reset/",
    "/agencies/",
    "/agencies/dinas-contoh/",
    "/tidak-ada/",
)
PEOPLES_PAGES = (
    "/me/",
    "/account/email/",
    "/account/password/change/",
    "/account/sessions/",
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/add/",
    "/account/2fa/webauthn/",
    "/account/logout/",
    "/agencies/dinas-contoh/members/",
    "/agencies/dinas-contoh/description/",
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def site(settings: Any, live_server: LiveServer) -> Iterator[LiveServer]:
    """The site on localhost, without earlier attempts."""
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    cache.clear()
    yield live_server
    cache.clear()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser was kept from doing by the content policy."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if "Content Sec" in said.text else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def code_in(mail: EmailMessage) -> str:
    found = re.search(r"^([A-Z0-9-]{6,9})$", str(mail.body), re.MULTILINE)
    assert found, mail.body
    return found[1]


def send(page: Page, **fields: str) -> None:
    """Fill the main form of the page and send it."""
    for name, value in fields.items():
        page.locator(f"main form [name={name}]").first.fill(value)
    page.locator("main form.form button.button--primary").first.click()


def enter(page: Page, site: LiveServer, email: str) -> None:
    page.goto(f"{site.url}/account/login/")
    send(page, login=email, password=PASSWORD)
    expect(page.locator("summary .avatar")).to_be_visible()


def confirm(page: Page) -> None:
    """Give the password once more where a page about factors asks for it."""
    if "/reauthenticate/" in page.url:
        send(page, password=PASSWORD)


def with_authenticator(page: Page) -> None:
    """Put a passkey device into the browser."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def test_somebody_signs_up_with_a_code_and_sets_an_english_name(
    page: Page, site: LiveServer, mailoutbox: list[EmailMessage], complaints: list[str]
) -> None:
    page.goto(f"{site.url}/account/signup/")
    send(page, email="ayu@contoh.id.invalid", pseudonym="Ayu")
    expect(page.get_by_role("heading", level=1)).to_have_text("Konfirmasi surel Anda")
    send(page, code=code_in(mailoutbox[0]))
    expect(page.locator("summary .avatar")).to_have_text("A")

    page.goto(f"{site.url}/me/")
    page.get_by_role("radio", name="English").check()
    send(page, pseudonym="Ayu Lestari")

    expect(page).to_have_url(f"{site.url}/en/me/")
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    assert complaints == []


def test_a_broken_form_says_what_is_wrong_in_a_focused_summary(
    page: Page, site: LiveServer
) -> None:
    page.goto(f"{site.url}/account/signup/")
    page.locator("main form.form").evaluate("form => { form.noValidate = true }")
    send(page, email="bukan surel", pseudonym="M0derator")

    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    summary.get_by_role("link").nth(1).click()
    expect(page.locator("[name=pseudonym]")).to_be_focused()
    expect(page.locator("[name=pseudonym]")).to_have_value("M0derator")


def test_the_app_becomes_the_second_step(
    page: Page, browser: Browser, site: LiveServer, complaints: list[str]
) -> None:
    siti = person("Siti")
    enter(page, site, siti.email)
    page.goto(f"{site.url}/account/2fa/totp/activate/")
    confirm(page)
    secret = page.locator("dd code").inner_text()
    send(page, code=format_hotp_value(hotp_value(secret, int(time()) // 30)))
    expect(page.get_by_text("Kode pemulihan").first).to_be_visible()
    cache.clear()

    phone = browser.new_page()
    phone.goto(f"{site.url}/account/login/")
    send(phone, login=siti.email, password=PASSWORD)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Langkah kedua untuk masuk")
    send(phone, code=format_hotp_value(hotp_value(secret, int(time()) // 30)))

    expect(phone.locator("summary .avatar")).to_be_visible()
    assert complaints == []


def test_a_passkey_is_added_and_then_lets_in_alone(
    page: Page, site: LiveServer, complaints: list[str]
) -> None:
    siti = person("Siti")
    with_authenticator(page)
    enter(page, site, siti.email)
    page.goto(f"{site.url}/account/2fa/webauthn/add/")
    confirm(page)
    page.locator("[name=passwordless]").check()
    send(page, name="Ponsel kantor")
    expect(page.get_by_text("Kunci sandi sudah ditambahkan.")).to_be_visible()

    page.locator("summary .avatar").click()
    page.get_by_role("button", name="Keluar").click()
    expect(page.get_by_text("Anda sudah keluar.")).to_be_visible()
    page.goto(f"{site.url}/account/login/")
    page.get_by_role("button", name="Masuk dengan kunci sandi").click()

    expect(page.locator("summary .avatar")).to_be_visible()
    assert complaints == []


def test_a_refused_passkey_is_explained_and_the_form_stays(page: Page, site: LiveServer) -> None:
    page.goto(f"{site.url}/account/login/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error()) }")

    page.get_by_role("button", name="Masuk dengan kunci sandi").click()

    expect(page.locator("[data-passkey-failed]")).to_be_focused()


def test_the_devices_are_listed_and_the_others_signed_out(
    page: Page, browser: Browser, site: LiveServer
) -> None:
    siti = person("Siti")
    other = browser.new_page()
    enter(other, site, siti.email)
    enter(page, site, siti.email)

    page.goto(f"{site.url}/account/sessions/")
    expect(page.locator("main ul.rows > li")).to_have_count(2)
    page.get_by_role("button", name="Keluar dari semua perangkat lain").click()

    expect(page.locator("main ul.rows > li")).to_have_count(1)
    other.reload()
    expect(other.locator(".site-tools").get_by_role("link", name="Masuk")).to_be_visible()


def test_the_language_switch_keeps_the_address(page: Page, site: LiveServer) -> None:
    page.goto(f"{site.url}/account/signup/")
    expect(page.locator("html")).to_have_attribute("lang", "id")

    page.get_by_role("link", name="EN English").click()
    expect(page).to_have_url(f"{site.url}/en/account/signup/")
    page.get_by_role("link", name="ID Bahasa Indonesia").click()

    expect(page).to_have_url(f"{site.url}/account/signup/")


def test_the_chosen_theme_stays_and_shows_before_the_first_paint(
    page: Page, site: LiveServer
) -> None:
    page.goto(f"{site.url}/account/login/")
    page.get_by_role("button", name="Gelap").click()

    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(21, 25, 28)"


def test_without_scripts_one_signs_in_by_password_and_sees_no_dead_button(
    browser: Browser, site: LiveServer
) -> None:
    siti = person("Siti")
    plain = browser.new_page(java_script_enabled=False)

    plain.goto(f"{site.url}/account/login/")
    assert not plain.get_by_role("button", name="Masuk dengan kunci sandi").is_visible()
    send(plain, login=siti.email, password=PASSWORD)

    expect(plain.get_by_text("Anda masuk sebagai Siti.")).to_be_visible()


def test_the_first_tab_stop_leads_to_the_content(page: Page, site: LiveServer) -> None:
    page.goto(f"{site.url}/account/login/")

    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_barrier_and_no_sideways_scrolling(
    browser: Browser,
    site: LiveServer,
    agency: Agency,
    width: int,
    scheme: str,
) -> None:
    owner = in_office(agency, "Ratna", Member.Role.OWNER)
    room: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = room.new_page()
    barriers = [look(page, site.url + path) for path in VISITORS_PAGES]
    enter(page, site, owner.email)
    page.goto(f"{site.url}/account/2fa/totp/activate/")
    confirm(page)
    barriers += [look(page, site.url + path) for path in PEOPLES_PAGES]
    page.locator("summary .avatar").click()
    barriers.append(look(page, ""))

    assert "".join(barriers) == ""


def look(page: Page, address: str) -> str:
    """Give what stands in somebody's way on the page; the one on screen without an address."""
    if address:
        page.goto(address)
    found = Axe().run(page)
    told = found.generate_report() if found.violations_count else ""
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return f"{page.url}: {told} {'scrolls sideways' if wide else ''}\n" if told or wide else ""

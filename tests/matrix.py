"""Every address, who asks for it, and what a row of rights means: several tests walk there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import URLResolver, get_resolver

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User
from portal.agencies.models import Agency, Invitation, Member
from proposals.models import Proposal
from tests.conftest import in_office, person

METHODS = ("GET", "POST")
OTHER_METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
ASKED_BY_ALL_METHODS = frozenset({"citizen", "moderator"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PERMITTED = frozenset({200, 201, 202, 204, 302, 304, 400, 409, 422})
WORDS = frozenset(
    [
        "everyone",
        "visible",
        "citizen",
        "author",
        "invited",
        "moderator",
        "officer",
        "owner",
        "official",
        "administrator",
        "nobody",
    ]
)

# Who holds which words. Everybody holds "everyone" and, for published things, "visible".
HOLDS = {
    "visitor": set(),
    "citizen": {"citizen", "invited"},
    "author": {"citizen", "author"},
    "moderator": {"citizen", "moderator"},
    "officer": {"citizen", "officer", "official"},
    "owner": {"citizen", "officer", "owner", "official"},
    "foreign_officer": {"citizen", "official"},
    "administrator": {"citizen", "administrator"},
}
INSIDE = {"moderator", "officer", "owner"}
"""Who sees a draft of the agency."""

# Addresses that allauth answers: what a visitor gets, and whether they are for people only.
ALLAUTH_FOR_EVERYONE = frozenset(
    [
        "account_login",
        "account_logout",
        "account_signup",
        "account_inactive",
        "account_request_login_code",
        "account_confirm_login_code",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_email_verification_sent",
        "account_confirm_email",
        "account_signup_by_passkey",
        "account_confirm_password_reset_code",
        "account_complete_password_reset",
        "account_password_reset_completed",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "mfa_signup_webauthn",
        "mfa_trust",
    ]
)
ALLAUTH_FOR_PEOPLE = frozenset(
    [
        "account_reauthenticate",
        "account_email",
        "account_change_password",
        "account_set_password",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "usersessions_list",
    ]
)


@dataclass
class Town:
    """The things that addresses name, and the people who ask for them."""

    agency: Agency
    consultation: Consultation
    thread: Thread
    comment: Comment
    proposal: Proposal
    member: Member
    invitation: Invitation
    token: str
    people: dict[str, User]


@dataclass
class Route:
    """One address of the site."""

    name: str
    address: str
    view: Any
    words: tuple[str, ...]

    @property
    def rights(self) -> dict[str, str]:
        return getattr(self.view, "rights", {})


def routes(
    patterns: list[Any] | None = None,
    namespace: str = "",
    above: str = "",
    words: tuple[str, ...] = (),
) -> Iterator[Route]:
    """Walk the resolver: every pattern, whichever door it belongs to."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = above + str(pattern.pattern)
        known = words + named_parts(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, inner, address, known)
        else:
            name = f"{namespace}{pattern.name}" if pattern.name else ""
            yield Route(name, address, pattern.callback, known)


def named_parts(pattern: Any) -> tuple[str, ...]:
    """Give the names of what an address leaves open."""
    return tuple(pattern.converters or pattern.regex.groupindex)


ROUTES = {route.name: route for route in routes() if route.name}
OWN_ROUTES = {
    name: route
    for name, route in ROUTES.items()
    if name not in ALLAUTH_FOR_EVERYONE | ALLAUTH_FOR_PEOPLE
}


def proposal_of(consultation: Consultation, author: User) -> Proposal:
    return Proposal.start(
        consultation=consultation, author=author, title="Rak sepeda di pasar",
        summary="Tempat parkir sepeda yang aman.", text="Kami mengusulkan rak sepeda.", key=uuid4(),
    )  # fmt: skip


@pytest.fixture
def town(  # noqa: PLR0913, PLR0917 (pytest hands things over one by one)
    agency: Agency, consultation: Consultation, thread: Thread, comment: Comment,
    siti: User, budi: User, moderator: User, officer: User, foreign_officer: User,
) -> Town:  # fmt: skip
    people = {
        "citizen": budi, "author": siti, "moderator": moderator, "officer": officer,
        "owner": in_office(agency, "Ketua", Member.Role.OWNER), "foreign_officer": foreign_officer,
        "administrator": person("Admin", is_staff=True, is_superuser=True, is_demo=True),
    }  # fmt: skip
    member = Member.objects.get(person=officer)
    proposal = proposal_of(consultation, siti)
    invitation, token = agency.invite(email=budi.email, role="answerer", by=people["owner"])
    return Town(agency, consultation, thread, comment, proposal, member, invitation, token, people)


def arguments(route: Route, town: Town) -> dict[str, Any]:
    """The things of the town that an address names."""
    subject = subject_of(route.name, town)
    is_of_agency = route.address.startswith("agencies/")
    known = {
        "slug": (town.agency if is_of_agency else town.consultation).slug,
        "pk": subject.pk,
        "noun": "comment",
        "token": town.token,
    }
    return {word: known[word] for word in route.words}


def subject_of(name: str, town: Town) -> Any:
    """The noun whose number an address carries; comments unless it says otherwise."""
    of_their_own = {
        "agencies:member": town.member,
        "agencies:invitation": town.invitation,
        "consultations:thread": town.thread,
        "consultations:comments": town.thread,
        "consultations:opinions": town.thread,
    }
    usual = town.proposal if name.startswith("proposals:") else town.comment
    return of_their_own.get(name, usual)


def clients(town: Town) -> dict[str, Client]:
    """One browser per kind of person, signed in."""
    browsers = {"visitor": Client()}
    for name, user in town.people.items():
        browsers[name] = Client()
        browsers[name].force_login(user)
    return browsers


def ask(browser: Client, method: str, address: str) -> tuple[Any, int]:
    """Ask once and undo what it wrote; gives the answer and how many rows it touched."""
    with transaction.atomic():
        before = rows_touched()
        answer = browser.generic(method, address)
        touched = rows_touched() - before
        transaction.set_rollback(True)
    return answer, touched


def methods_of(actor: str) -> tuple[str, ...]:
    """Everybody asks by GET and POST, two by every other method too."""
    return METHODS + OTHER_METHODS if actor in ASKED_BY_ALL_METHODS else METHODS


def rows_touched() -> int:
    """Rows written in this transaction so far, login sessions aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)"
            " FROM pg_stat_xact_user_tables WHERE relname NOT IN ('django_session', 'cache')"
        )
        return int(cursor.fetchone()[0])


def is_entitled(actor: str, row: str) -> bool:
    words = set(row.split("|"))
    return bool(words & ({"everyone", "visible"} | HOLDS[actor]))


def expected(actor: str, row: str) -> frozenset[int]:
    """The answers that are right: refused people cannot tell "not yours" from "not there"."""
    if not row:
        return frozenset({405})
    if is_entitled(actor, row):
        return PERMITTED
    return frozenset({302, 404}) if actor == "visitor" else frozenset({404})

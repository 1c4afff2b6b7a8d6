"""Kota Rembuk, the demo town: made once, left alone afterwards, marked everywhere as demo."""

from collections.abc import Callable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consultations.models import Consultation
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.demo.crowd import Crowd
from portal.demo.demolition import demolish
from portal.demo.past import Calendar
from portal.demo.scene import Scene, key_of
from portal.demo.script import Matter, Role, Script, read_script
from portal.refusals import Refused

PASSWORD = "musyawarah-mufakat"  # noqa: S105 - known to everybody, so the town needs DEMO
"""The password of every printed account."""

Say = Callable[[str], object]


class Town:
    """Everything of the demo, step by step; `say` hears of the progress."""

    def __init__(self, *, now: datetime, say: Say, script: Script | None = None) -> None:
        if not settings.DEMO:
            raise Refused(_("The demo has known passwords: PORTAL_DEMO=1 allows it."))
        self._script = script or read_script()
        self._calendar = Calendar(now)
        self._say = say

    def build(self) -> int:
        """Make what is missing; gives how many consultations were made."""
        self._settle()
        missing = self._missing()
        for number, matter in enumerate(missing, start=1):
            self._say(f"[{number}/{len(missing)}] {matter.title}")
            self._scene(matter).play()
        return len(missing)

    def clear(self) -> None:
        """Take it away first, so that everything is as on the first day."""
        self._say("Kota Rembuk is taken away …")
        demolish()

    def accounts(self) -> list[Role]:
        """Those who can sign in, with `PASSWORD`."""
        return list(self._script.accounts)

    @transaction.atomic
    def _settle(self) -> None:
        """Agencies, people, and who works where."""
        self._agencies = {body.slug: self._agency(body.slug) for body in self._script.agencies}
        known = User.objects.filter(is_demo=True).in_bulk(field_name="email")
        roles = [role for role in self._script.everybody if role.mail not in known]
        known |= {user.email: user for user in self._welcome(roles)}
        self._people = {role.key: known[role.mail] for role in self._script.everybody}

    def _agency(self, slug: str) -> Agency:
        body = next(body for body in self._script.agencies if body.slug == slug)
        texts = {"name": body.name, "code": body.code, "contact": body.contact, "is_demo": True}
        agency, is_new = Agency.objects.get_or_create(slug=slug, defaults=texts)
        if not (is_new or agency.is_demo):
            raise Refused(
                _("An agency of this site has the address of a demo agency: %(slug)s")
                % {"slug": slug}
            )
        return agency

    def _welcome(self, roles: list[Role]) -> list[User]:
        """Give people their accounts and their offices; only the printed ones can sign in."""
        if not roles:
            return []
        password, none = make_password(PASSWORD), make_password(None)
        users = User.objects.bulk_create(
            User(
                email=role.mail,
                pseudonym=role.name,
                password=password if role in self._script.accounts else none,
                is_demo=True,
                is_staff=role.role == "admin",
                is_superuser=role.role == "admin",
            )
            for role in roles
        )
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
        )
        Member.objects.bulk_create(
            Member(agency=self._agencies[slug], person=user, role=role.role)
            for role, user in zip(roles, users, strict=True)
            for slug in role.agencies
        )
        return users

    def _missing(self) -> list[Matter]:
        keys = {key_of(matter.slug): matter for matter in self._script.matters}
        there = Consultation.objects.filter(key__in=keys).values_list("key", flat=True)
        return [matter for key, matter in keys.items() if key not in set(there)]

    def _scene(self, matter: Matter) -> Scene:
        citizens = [role for role in self._script.everybody if role.lean]
        crowd = Crowd(matter, citizens)
        return Scene(matter, self._agencies[matter.agency], self._people, crowd, self._calendar)

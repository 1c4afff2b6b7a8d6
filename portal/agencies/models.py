"""Agencies, who works for them in which role, and invitations to do so."""

from datetime import timedelta
from typing import Any, ClassVar, Self
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import ReservedName, User
from portal.agencies.tokens import digest_of, token_of
from portal.journal.models import ClockTimestamp, record
from portal.live.publish import revoke
from portal.refusals import KeyReused, Refused

INVITATION_DAYS = 14
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes alone do not."""


def existing_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not hold."""
    if name not in available_timezones():
        raise ValidationError(_("This time zone does not exist."))


class AgencyQuerySet(models.QuerySet["Agency"]):
    def visible_to(self, user: object) -> Self:
        """Give every agency: each has a public page."""
        return self

    def where_member(self, user: object, *roles: str) -> Self:
        """Give the agencies in which the person holds one of the roles for the whole agency."""
        if not isinstance(user, User):
            return self.none()
        held = Member.objects.acting().filter(person=user, role__in=roles, consultation_topic="")
        return self.filter(pk__in=held.values("agency"))


class Agency(models.Model):
    """A public body that opens consultations."""

    name = models.CharField(_("name"), max_length=160)
    slug = models.SlugField(max_length=80, unique=True)
    code = models.CharField(_("code"), max_length=40, blank=True)
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    about = models.TextField(_("about"), max_length=2000, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=40, default="Asia/Jakarta", validators=[existing_time_zone]
    )
    is_demo = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["Agency"]] = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the agency; nobody may take its name as a pseudonym."""
        super().save(*args, **kwargs)
        ReservedName.objects.protect(self.name)

    @property
    def topic(self) -> str:
        return f"agency:{self.pk}"

    @classmethod
    @transaction.atomic
    def establish(cls, *, name: str, slug: str, time_zone: str, by: User) -> "Agency":
        """Give a public body its place on this site; its address is taken once and for all."""
        if not by.is_superuser:
            raise Refused(_("Only a platform administrator may add an agency."))
        agency, is_new = cls.objects.get_or_create(
            slug=slug, defaults={"name": name, "time_zone": time_zone}
        )
        if not is_new and agency.name != name:
            raise Refused(_("Another agency already uses this address."))
        if is_new:
            record("established", agency, by=by)
        return agency

    def has_member(self, user: object, *roles: str, topic: str = "") -> bool:
        """Say whether the person holds one of the roles now, agency-wide or for that topic."""
        if not isinstance(user, User):
            return False
        held = self.members.acting().filter(person=user, role__in=roles)
        return held.filter(consultation_topic__in={"", topic}).exists()

    @transaction.atomic
    def invite(
        self, *, email: str, role: str, by: User, topic: str = "", key: UUID | None = None
    ) -> tuple["Invitation", str]:
        """Invite an address into a role; the same key again gives back the first invitation.

        The token is made of the key and the site's secret; the row keeps its digest only.
        """
        Agency.objects.select_for_update().get(pk=self.pk)
        key, email = key or uuid4(), email.lower()
        if earlier := self.invitations.filter(key=key).first():
            if (earlier.email, earlier.role, earlier.consultation_topic) != (email, role, topic):
                raise KeyReused(_("This form was sent before with other content. Open it again."))
            return earlier, earlier.token
        if not (by.is_superuser or self.has_member(by, Member.Role.OWNER)):
            raise Refused(_("Only an owner of the agency may invite people."))
        invitation = self.invitations.create(
            email=email,
            role=role,
            consultation_topic=topic,
            invited_by=by,
            key=key,
            digest=digest_of(token_of(self.pk, key)),
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        record("invited", self, by=by, invitation=invitation.pk, role=role)
        return invitation, invitation.token

    @transaction.atomic
    def describe(self, *, about: str, contact: str, by: User) -> None:
        """Say who the agency is and how to reach it."""
        if not (by.is_superuser or self.has_member(by, Member.Role.OWNER)):
            raise Refused(_("Only an owner of the agency may edit its description."))
        self.about, self.contact = about, contact
        self.save(update_fields=["about", "contact"])
        record("described", self, by=by)

    def journal_place(self) -> tuple[int, None]:
        return self.pk, None


class MemberQuerySet(models.QuerySet["Member"]):
    def current(self) -> Self:
        """Keep the roles that have not ended, by the clock of the database."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=Now()))

    def acting(self) -> Self:
        """Keep those that open doors: without a second factor no role does, the demo's aside."""
        factors = Authenticator.objects.filter(user=OuterRef("person"), type__in=FACTORS)
        return self.current().filter(Q(person__is_demo=True) | Exists(factors))


class Member(models.Model):
    """A person in a role of an agency, for all of it or for one consultation."""

    class Role(models.TextChoices):
        OFFICER = "officer", _("officer")
        ANSWERER = "answerer", _("answerer")
        MODERATOR = "moderator", _("moderator")
        OWNER = "owner", _("owner")

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    consultation_topic = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Member"]] = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "person", "role", "consultation_topic"],
                condition=Q(ends_at=None),
                name="one_running_role_of_a_kind_per_person",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["officer", "answerer", "moderator", "owner"]),
                name="member_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"

    @transaction.atomic
    def end(self, *, by: User) -> None:
        """End the role now; open pages and texts of the person are asked for their rights again."""
        is_entitled = by.is_superuser or by.pk == self.person_id
        if not (is_entitled or self.agency.has_member(by, Member.Role.OWNER)):
            raise Refused(_("Only an owner of the agency may end a role."))
        self._refuse_last_owner()
        if not Member.objects.current().filter(pk=self.pk).update(ends_at=ClockTimestamp()):
            return
        record("ended", self, by=by, role=self.role)
        revoke(user=self.person)

    def _refuse_last_owner(self) -> None:
        """Keep one owner, also when two leave at once: the agency's row is locked first."""
        Agency.objects.select_for_update().get(pk=self.agency_id)
        others = self.agency.members.current().filter(role=self.Role.OWNER, consultation_topic="")
        if self.role == self.Role.OWNER and not others.exclude(pk=self.pk).exists():
            raise Refused(_("An agency must keep at least one owner. Invite another one first."))

    def journal_place(self) -> tuple[int, None]:
        return self.agency_id, None

    @property
    def topic(self) -> str:
        return f"member:{self.pk}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self) -> Self:
        """Keep the invitations that can still be accepted."""
        return self.filter(accepted_at=None, expires_at__gt=Now())

    def for_token(self, token: str, user: User) -> Self:
        """Give the one with this token, to the invited person only."""
        return self.filter(digest=digest_of(token), email=user.email).select_related(
            "agency", "invited_by"
        )


class Invitation(models.Model):
    """An address invited into a role: single use, with an end."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Member.Role)
    consultation_topic = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    key = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    """When its letter went out."""

    objects: ClassVar[models.Manager["Invitation"]] = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "key"], name="one_invitation_per_agency_and_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.role}"

    @classmethod
    @transaction.atomic
    def accept(cls, *, token: str, by: User) -> Member:
        """Turn the invitation into a role, once, for the invited address only."""
        found = cls.objects.for_token(token, by)
        invitation = found.select_for_update(of=["self"]).first()
        if invitation is None or invitation.accepted_at is not None:
            raise Refused(_("This invitation does not exist or has already been used."))
        if invitation.expires_at <= timezone.now():
            raise Refused(_("This invitation has expired. Ask for a new one."))
        if not invitation.stands:
            raise Refused(
                _("The person who invited you is no longer an owner. Ask for a new invitation.")
            )
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        member, _created = Member.objects.get_or_create(
            agency=invitation.agency,
            person=by,
            role=invitation.role,
            consultation_topic=invitation.consultation_topic,
            ends_at=None,
        )
        record("accepted", member, by=by, invitation=invitation.pk, role=member.role)
        return member

    @property
    def token(self) -> str:
        """What its letter holds: nobody can tell it from the row."""
        return token_of(self.agency_id, self.key)

    @property
    def stands(self) -> bool:
        """Say whether the inviting person still may invite: an invitation dies with the role."""
        by = self.invited_by
        return by.is_superuser or self.agency.has_member(by, Member.Role.OWNER)

    @transaction.atomic
    def withdraw(self, *, by: User) -> None:
        """Take the invitation back before it is accepted."""
        if not (by.is_superuser or self.agency.has_member(by, Member.Role.OWNER)):
            raise Refused(_("Only an owner of the agency may withdraw an invitation."))
        Invitation.objects.waiting().filter(pk=self.pk).update(expires_at=ClockTimestamp())
        record("withdrawn", self.agency, by=by, invitation=self.pk)

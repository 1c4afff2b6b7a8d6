"""People. Signing in, codes, passkeys and devices belong to allauth."""

from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from portal.accounts.names import readings, skeleton


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; the address is kept in lower case."""
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a platform administrator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account; others only ever see the pseudonym."""

    class Language(models.TextChoices):
        INDONESIAN = "id", "Bahasa Indonesia"
        ENGLISH = "en", "English"

    email = models.EmailField(_("email"), unique=True)
    pseudonym = models.CharField(_("pseudonym"), max_length=60)
    language = models.CharField(
        _("language"), max_length=2, choices=Language, default=Language.INDONESIAN
    )
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Jakarta")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    holds_no_role = False
    """Known of a person read at a request: no agency ever gave a role, so no gate asks for one."""

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["pseudonym"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_account_per_address"),
            models.CheckConstraint(
                condition=~models.Q(pseudonym=""), name="everybody_has_a_pseudonym"
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def appearance(self) -> dict[str, str]:
        """How the person appears to others and is written to."""
        return {
            "pseudonym": self.pseudonym,
            "language": self.language,
            "time_zone": self.time_zone,
        }

    def appear_as(self, *, pseudonym: str, language: str, time_zone: str) -> None:
        """Take another pseudonym, language or time zone; `Participant.appear_as` calls this."""
        self.pseudonym, self.language, self.time_zone = pseudonym, language, time_zone
        self.save(update_fields=["pseudonym", "language", "time_zone"])

    @property
    def topic(self) -> str:
        """The person's own topic: nobody else may listen to it."""
        return f"user:{self.pk}"

    @property
    def dom_id(self) -> str:
        return f"user-{self.pk}"


class ReservedNameQuerySet(models.QuerySet["ReservedName"]):
    def looks_like(self, name: str) -> bool:
        """Say whether the name holds a reserved one, also with letters that only look alike."""
        seen = {f"seen_{n}": Value(way.replace(" ", "")) for n, way in enumerate(readings(name))}
        held = [models.Q(**{f"{way}__contains": F("skeleton")}) for way in seen]
        return self.alias(**seen).filter(reduce(or_, held)).exists()

    def protect(self, name: str) -> None:
        """Keep a name of an office from being taken by a person."""
        seen = skeleton(name).replace(" ", "")
        if len(seen) > ReservedName.SHORTEST:
            self.get_or_create(skeleton=seen)


class ReservedName(models.Model):
    """A name that no person may take: those of agencies, as the eye reads them."""

    SHORTEST = 3

    skeleton = models.CharField(max_length=160, unique=True)

    objects: ClassVar[models.Manager["ReservedName"]] = ReservedNameQuerySet.as_manager()

    def __str__(self) -> str:
        return self.skeleton

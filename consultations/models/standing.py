"""What one person is in one consultation: what pages reveal by it, the server decides again."""

from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Subquery

from consultations.models.participant import Participant
from portal.accounts.models import User
from portal.agencies.models import Member


class Standing(NamedTuple):
    """The roles a person holds here now, and the participant they write as."""

    roles: tuple[str, ...] = ()
    participant_id: int | None = None

    @property
    def words(self) -> str:
        """The roles as style knows them: an owner may do what an officer may."""
        owner_too = ("officer",) if "owner" in self.roles and "officer" not in self.roles else ()
        return " ".join((*self.roles, *owner_too))


def standing(user: object, *, agency: int, consultation: int) -> Standing:
    """Ask both in one statement; a visitor is nothing here and costs none."""
    if not isinstance(user, User):
        return Standing()
    own = Participant.objects.filter(consultation=consultation, person=user)
    if user.holds_no_role:
        return Standing((), own.values_list("pk", flat=True).first())
    held = Member.objects.acting().filter(
        person=user, agency=agency, consultation_topic__in=("", f"consultation:{consultation}")
    )
    roles, participant = User.objects.values_list(
        ArraySubquery(held.order_by("role").values("role").distinct()),
        Subquery(own.values("pk")[:1]),
    ).get(pk=user.pk)
    return Standing(tuple(roles), participant)

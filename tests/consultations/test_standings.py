"""Who somebody is in a consultation: roles that hold now, and the participant."""

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from consultations.models import Comment, Consultation
from consultations.models.standing import Standing
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from tests.conftest import in_office
from tests.consultations.statements import counted


def test_a_visitor_is_nobody_and_costs_nothing(consultation: Consultation) -> None:
    with counted() as asked:
        assert consultation.standing_of(AnonymousUser()) == Standing((), None)

    assert asked == []


def test_roles_and_participant_come_in_one_statement(
    consultation: Consultation, comment: Comment, siti: User, moderator: User
) -> None:
    with counted() as asked:
        assert consultation.standing_of(siti) == Standing((), comment.author_id)
    assert len(asked) == 1
    assert consultation.roles_of(moderator) == ("moderator",)


def test_roles_elsewhere_or_of_the_past_are_none(
    agency: Agency, consultation: Consultation, foreign_officer: User, siti: User
) -> None:
    Member.objects.create(
        agency=agency, person=siti, role="officer", ends_at=timezone.now() - timedelta(days=1)
    )
    Member.objects.create(
        agency=agency, person=siti, role="moderator", consultation_topic="consultation:0"
    )

    assert consultation.roles_of(siti) == ()
    assert consultation.roles_of(foreign_officer) == ()


def test_a_role_for_this_consultation_counts_here(
    agency: Agency, consultation: Consultation, siti: User
) -> None:
    Member.objects.create(
        agency=agency, person=siti, role="moderator", consultation_topic=consultation.topic
    )
    Authenticator.objects.create(user=siti, type=Authenticator.Type.TOTP, data={"secret": "x"})

    assert consultation.roles_of(siti) == ("moderator",)


def test_an_owner_sees_what_officers_see(agency: Agency, consultation: Consultation) -> None:
    owner = in_office(agency, "Ketua", Member.Role.OWNER)

    assert consultation.standing_of(owner).words == "owner officer"

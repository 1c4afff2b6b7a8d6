"""Who holds no role is known with the person, and a role given later is known at the next read."""

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consultations.models import Comment, Consultation
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.agencies.people import PersonBackend


def read(user: User) -> User:
    found = PersonBackend().get_user(user.pk)
    assert isinstance(found, User)
    return found


def test_a_citizen_holds_no_role_and_an_officer_does(siti: User, officer: User) -> None:
    assert read(siti).holds_no_role
    assert not read(officer).holds_no_role


def test_who_was_not_read_at_a_request_is_asked_for_roles(siti: User) -> None:
    assert not User.objects.get(pk=siti.pk).holds_no_role


def test_a_role_given_later_counts_from_the_next_request(
    draft: Consultation, agency: Agency, siti: User
) -> None:
    siti.is_demo = True  # no second factor
    siti.save()
    assert not Consultation.objects.visible_to(read(siti)).exists()

    Member.objects.create(agency=agency, person=siti, role=Member.Role.OFFICER)

    assert Consultation.objects.visible_to(read(siti)).get() == draft
    assert draft.standing_of(read(siti)).roles == ("officer",)


def test_a_citizen_sees_what_is_public_without_asking_for_roles(
    comment: Comment, budi: User
) -> None:
    citizen = read(budi)

    with CaptureQueriesContext(connection) as asked:
        seen = list(Comment.objects.visible_to(citizen))

    assert seen == [comment]
    assert "agencies_member" not in str(asked.captured_queries)


def test_a_citizen_still_sees_no_draft(draft: Consultation, budi: User) -> None:
    assert not Consultation.objects.visible_to(read(budi)).exists()
    assert not Consultation.objects.editable_by(read(budi)).exists()


def test_an_inactive_person_is_nobody(siti: User) -> None:
    siti.is_active = False
    siti.save()

    assert PersonBackend().get_user(siti.pk) is None


def test_a_password_signs_in(siti: User) -> None:
    signed_in = authenticate(email=siti.email, password="rahasia-sekali")

    assert signed_in is not None
    assert signed_in.pk == siti.pk


@pytest.mark.parametrize("pk", [0, 10**9])
@pytest.mark.django_db
def test_an_unknown_person_is_nobody(pk: int) -> None:
    assert PersonBackend().get_user(pk) is None

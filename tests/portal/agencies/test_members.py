import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.journal.models import Entry
from portal.live.models import Revocation
from portal.refusals import Refused
from tests.conftest import in_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(agency: Agency) -> User:
    return in_office(agency, "Ibu Ratna", Member.Role.OWNER)


@pytest.mark.django_db(transaction=True)
def test_an_owner_ends_a_role_and_the_open_pages_of_the_person_are_asked_again(
    client: Client, agency: Agency, owner: User, officer: User
) -> None:
    client.force_login(owner)
    role = officer.memberships.get()

    answer = client.post(f"/agencies/{agency.slug}/members/{role.pk}/", {"_method": "delete"})

    assert answer.status_code == 302
    assert not agency.has_member(officer, Member.Role.OFFICER)
    assert Entry.objects.filter(verb="ended", topic=role.topic).exists()
    assert Revocation.objects.filter(user_id=officer.pk).exists()


def test_ending_twice_leaves_one_line(agency: Agency, owner: User, officer: User) -> None:
    role = officer.memberships.get()

    role.end(by=owner)
    role.end(by=owner)

    assert Entry.objects.filter(verb="ended").count() == 1


def test_the_last_owner_stays(agency: Agency, owner: User) -> None:
    with pytest.raises(Refused):
        owner.memberships.get().end(by=owner)

    in_office(agency, "Pak Made", Member.Role.OWNER)
    owner.memberships.get().end(by=owner)
    assert not agency.has_member(owner, Member.Role.OWNER)


def test_somebody_leaves_a_role_but_cannot_end_that_of_another(
    officer: User, moderator: User
) -> None:
    with pytest.raises(Refused):
        moderator.memberships.get().end(by=officer)

    officer.memberships.get().end(by=officer)
    assert not Member.objects.current().filter(person=officer).exists()


def test_a_role_of_another_agency_is_a_404(
    client: Client, agency: Agency, owner: User, foreign_officer: User
) -> None:
    client.force_login(owner)
    role = foreign_officer.memberships.get()

    answer = client.post(f"/agencies/{agency.slug}/members/{role.pk}/", {"_method": "delete"})

    assert answer.status_code == 404
    assert Member.objects.current().filter(pk=role.pk).exists()


def test_one_person_holds_a_role_once(agency: Agency, officer: User) -> None:
    with (
        pytest.raises(IntegrityError, match="one_running_role_of_a_kind_per_person"),
        transaction.atomic(),
    ):
        Member.objects.create(agency=agency, person=officer, role=Member.Role.OFFICER)


def test_the_page_of_members_names_people_and_roles(
    client: Client, agency: Agency, owner: User, officer: User
) -> None:
    client.force_login(owner)

    page = client.get(f"/agencies/{agency.slug}/members/").content.decode()

    assert officer.pseudonym in page
    assert officer.email not in page

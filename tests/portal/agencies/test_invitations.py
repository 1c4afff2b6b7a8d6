import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.agencies.models import Agency, Invitation, Member
from portal.refusals import Refused
from tests.conftest import in_office, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(agency: Agency) -> User:
    return in_office(agency, "Ibu Ratna", Member.Role.OWNER)


def invite(agency: Agency, owner: User, who: User, role: str = Member.Role.OFFICER) -> str:
    _invitation, token = agency.invite(email=who.email, role=role, by=owner)
    return token


def test_an_invited_person_gets_a_letter_and_the_role(
    client: Client, agency: Agency, owner: User, siti: User, mailoutbox: list[EmailMessage]
) -> None:
    client.force_login(owner)
    client.post(f"/agencies/{agency.slug}/members/", {"email": siti.email, "role": "moderator"})
    found = re.search(r"http://testserver(/invitations/\S+)", str(mailoutbox[0].body))
    assert found

    client.force_login(siti)
    asked = client.get(found[1])
    accepted = client.post(found[1])

    assert agency.name in asked.content.decode()
    assert accepted["Location"] == f"/agencies/{agency.slug}/"
    assert agency.members.current().filter(person=siti, role=Member.Role.MODERATOR).exists()


def test_only_a_digest_of_the_token_is_kept(agency: Agency, owner: User, siti: User) -> None:
    token = invite(agency, owner, siti)

    row = Invitation.objects.values().get()
    assert token not in map(str, row.values())


def test_an_invitation_works_once(agency: Agency, owner: User, siti: User) -> None:
    token = invite(agency, owner, siti)
    Invitation.accept(token=token, by=siti)

    with pytest.raises(Refused):
        Invitation.accept(token=token, by=siti)


def test_an_invitation_is_for_the_invited_address_only(
    client: Client, agency: Agency, owner: User, siti: User, budi: User
) -> None:
    token = invite(agency, owner, siti)
    client.force_login(budi)

    assert client.get(f"/invitations/{token}/").status_code == 404
    assert client.post(f"/invitations/{token}/").status_code == 404
    assert not agency.has_member(budi, Member.Role.OFFICER)


def test_an_invitation_expires(agency: Agency, owner: User, siti: User) -> None:
    token = invite(agency, owner, siti)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Refused):
        Invitation.accept(token=token, by=siti)


def test_an_invitation_dies_with_the_role_of_who_wrote_it(
    agency: Agency, owner: User, siti: User
) -> None:
    token = invite(agency, owner, siti)
    in_office(agency, "Pak Made", Member.Role.OWNER)
    owner.memberships.get().end(by=owner)

    with pytest.raises(Refused):
        Invitation.accept(token=token, by=siti)


def test_a_withdrawn_invitation_is_over(
    client: Client, agency: Agency, owner: User, siti: User
) -> None:
    token = invite(agency, owner, siti)
    pk = Invitation.objects.get().pk
    client.force_login(owner)

    client.post(f"/agencies/{agency.slug}/invitations/{pk}/", {"_method": "delete"})

    with pytest.raises(Refused):
        Invitation.accept(token=token, by=siti)


def test_only_an_owner_invites(agency: Agency, officer: User, siti: User) -> None:
    with pytest.raises(Refused):
        agency.invite(email=siti.email, role=Member.Role.OWNER, by=officer)


@pytest.mark.parametrize("role", ["", "king", "superuser"])
def test_a_role_that_does_not_exist_is_a_422(
    client: Client, agency: Agency, owner: User, role: str
) -> None:
    client.force_login(owner)

    answer = client.post(
        f"/agencies/{agency.slug}/members/", {"email": "x@contoh.id.invalid", "role": role}
    )

    assert answer.status_code == 422
    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_accepted_twice_at_once_it_makes_one_role(agency: Agency) -> None:
    owner, siti = in_office(agency, "Ibu Ratna", Member.Role.OWNER), person("Siti")
    token = invite(agency, owner, siti)

    def accept(_attempt: int) -> bool:
        try:
            Invitation.accept(token=token, by=siti)
        except Refused:
            return False
        finally:
            close_old_connections()
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(accept, range(4)))

    assert sorted(outcomes) == [False, False, False, True]
    assert agency.members.filter(person=siti).count() == 1

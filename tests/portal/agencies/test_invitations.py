import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from procrastinate.contrib.django.models import ProcrastinateJob

from portal.accounts.models import User
from portal.agencies.forms import NewAgencyForm
from portal.agencies.jobs import write_invitation
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


def send(client: Client, agency: Agency, who: User, key: UUID, **more: str) -> Any:
    data = {"email": who.email, "role": "moderator", "key": str(key)} | more
    return client.post(f"/agencies/{agency.slug}/members/", data, headers={"Host": "localhost"})


def work() -> None:
    """What the worker does with the letters that wait."""
    for job in ProcrastinateJob.objects.filter(task_name__endswith="write_invitation"):
        write_invitation(**job.args)


def test_an_invited_person_gets_a_letter_and_the_role(
    client: Client, agency: Agency, owner: User, siti: User, mailoutbox: list[EmailMessage]
) -> None:
    client.force_login(owner)
    send(client, agency, siti, uuid4())
    assert not mailoutbox
    work()
    found = re.search(rf"{re.escape(settings.ADDRESS)}(/invitations/\S+)", str(mailoutbox[0].body))
    assert found

    client.force_login(siti)
    asked = client.get(found[1])
    accepted = client.post(found[1])

    assert agency.name in asked.content.decode()
    assert accepted["Location"] == f"/agencies/{agency.slug}/"
    assert agency.members.current().filter(person=siti, role=Member.Role.MODERATOR).exists()


def test_a_form_sent_twice_is_one_invitation_and_one_letter(
    client: Client, agency: Agency, owner: User, siti: User, mailoutbox: list[EmailMessage]
) -> None:
    client.force_login(owner)
    key = uuid4()
    for _attempt in range(2):
        assert send(client, agency, siti, key).status_code == 302

    work()
    work()

    assert agency.invitations.count() == 1
    assert len(mailoutbox) == 1


def test_a_key_with_another_address_or_role_is_refused(
    client: Client, agency: Agency, owner: User, siti: User, budi: User
) -> None:
    client.force_login(owner)
    key = uuid4()
    send(client, agency, siti, key)

    assert send(client, agency, budi, key).status_code == 422
    assert send(client, agency, siti, key, role="owner").status_code == 422
    assert agency.invitations.count() == 1


def test_no_letter_goes_out_for_what_was_withdrawn(
    client: Client, agency: Agency, owner: User, siti: User, mailoutbox: list[EmailMessage]
) -> None:
    client.force_login(owner)
    send(client, agency, siti, uuid4())
    agency.invitations.get().withdraw(by=owner)

    work()

    assert not mailoutbox


@pytest.mark.parametrize("slug", ["Dinas", "dinas_air", "-dinas", "dinas--air", "dinas air"])
def test_an_address_of_another_shape_is_refused_in_our_words(slug: str) -> None:
    form = NewAgencyForm({"slug": slug})

    with override("en"):
        [sentence] = form.errors["slug"]
    assert str(sentence).startswith("Use only small letters")


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

    data = {"email": "x@contoh.id.invalid", "role": role, "key": str(uuid4())}
    answer = client.post(f"/agencies/{agency.slug}/members/", data)

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

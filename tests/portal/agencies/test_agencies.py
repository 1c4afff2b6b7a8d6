import pytest
from django.test import Client

from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.journal.models import Entry
from portal.refusals import Refused
from tests.conftest import in_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(agency: Agency) -> User:
    return in_office(agency, "Ibu Ratna", Member.Role.OWNER)


def test_everybody_sees_which_agencies_there_are(client: Client, agency: Agency) -> None:
    page = client.get("/agencies/").content.decode()

    assert agency.name in page
    assert f'href="/agencies/{agency.slug}/"' in page


def test_an_agency_shows_who_it_is_and_its_contact(client: Client, agency: Agency) -> None:
    Agency.objects.filter(pk=agency.pk).update(about="Mengurus jalan.", contact="021-555")

    page = client.get(f"/agencies/{agency.slug}/").content.decode()

    assert "Mengurus jalan." in page
    assert "021-555" in page


def test_an_agency_that_does_not_exist_is_a_404(client: Client, db: None) -> None:
    assert client.get("/agencies/tidak-ada/").status_code == 404


def test_an_owner_describes_the_agency_and_a_line_is_left(
    client: Client, agency: Agency, owner: User
) -> None:
    client.force_login(owner)

    answer = client.post(
        f"/agencies/{agency.slug}/description/", {"about": "Baru.", "contact": "loket 3"}
    )

    assert answer.status_code == 302
    agency.refresh_from_db()
    assert (agency.about, agency.contact) == ("Baru.", "loket 3")
    assert Entry.objects.get(verb="described").topic == agency.topic


def test_markup_in_a_description_is_shown_as_text(client: Client, agency: Agency) -> None:
    Agency.objects.filter(pk=agency.pk).update(about="<script>alert(1)</script>")

    assert "<script>alert" not in client.get(f"/agencies/{agency.slug}/").content.decode()


def test_a_text_with_a_null_character_is_a_422(client: Client, agency: Agency, owner: User) -> None:
    client.force_login(owner)

    answer = client.post(f"/agencies/{agency.slug}/description/", {"about": "a\x00b"})

    assert answer.status_code == 422


@pytest.mark.parametrize("room", ["description", "members"])
def test_the_rooms_of_owners_do_not_exist_for_others(
    client: Client, agency: Agency, officer: User, siti: User, foreign_officer: User, room: str
) -> None:
    for other in (officer, siti, foreign_officer):
        client.force_login(other)
        assert client.get(f"/agencies/{agency.slug}/{room}/").status_code == 404
        assert client.post(f"/agencies/{agency.slug}/{room}/", {}).status_code == 404


def test_the_verb_itself_refuses_who_is_no_owner(agency: Agency, siti: User) -> None:
    with pytest.raises(Refused):
        agency.describe(about="x", contact="", by=siti)


def test_nobody_may_take_the_name_of_an_agency(client: Client, agency: Agency, siti: User) -> None:
    client.force_login(siti)

    answer = client.post(
        "/me/", {"pseudonym": agency.name, "language": "id", "time_zone": "Asia/Jakarta"}
    )

    assert answer.status_code == 422

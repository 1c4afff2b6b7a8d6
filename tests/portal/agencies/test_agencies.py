import pytest
from django.core.mail import EmailMessage
from django.test import Client

from portal.accounts.models import User
from portal.agencies.jobs import write_invitation
from portal.agencies.models import Agency, Member
from portal.journal.models import Entry
from portal.refusals import Refused
from tests.conftest import in_office, person

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


NEW = {
    "name": "Dinas Baru Kota Rembuk",
    "slug": "dinas-baru",
    "time_zone": "Asia/Makassar",
    "owner": "ketua@contoh.id.invalid",
    "key": "6f1c2f0e-3f58-4ad0-9f0a-1f6f5c7d8a11",
}


@pytest.fixture
def administrator(db: None) -> User:
    return person("Pengelola", is_superuser=True, is_staff=True, is_demo=True)


def test_an_administrator_adds_an_agency_and_its_owner_is_invited(
    client: Client, administrator: User, mailoutbox: list[EmailMessage]
) -> None:
    client.force_login(administrator)
    assert client.get("/office/agencies/").status_code == 200

    answer = client.post("/office/agencies/", NEW)

    agency = Agency.objects.get(slug="dinas-baru")
    assert answer["Location"] == "/agencies/dinas-baru/members/"
    assert agency.time_zone == "Asia/Makassar"
    assert Entry.objects.filter(verb="established", topic=agency.topic).count() == 1
    write_invitation(invitation=agency.invitations.get().pk, language="id")
    assert mailoutbox[0].to == ["ketua@contoh.id.invalid"]
    assert "/invitations/" in str(mailoutbox[0].body)


def test_an_address_that_is_taken_is_refused_and_nothing_changes(
    client: Client, administrator: User, agency: Agency
) -> None:
    client.force_login(administrator)

    answer = client.post("/office/agencies/", {**NEW, "slug": agency.slug})

    assert answer.status_code == 409
    assert not Agency.objects.filter(name=NEW["name"]).exists()


@pytest.mark.parametrize(
    "changed", [{"name": ""}, {"slug": "dua kata"}, {"time_zone": "Mars"}, {"owner": "bukan"}]
)
def test_a_form_with_a_mistake_adds_nothing(
    client: Client, administrator: User, changed: dict[str, str]
) -> None:
    client.force_login(administrator)

    assert client.post("/office/agencies/", {**NEW, **changed}).status_code == 422
    assert not Agency.objects.filter(slug="dinas-baru").exists()


def test_nobody_else_adds_an_agency(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.post("/office/agencies/", NEW).status_code == 404
    with pytest.raises(Refused):
        Agency.establish(name="Lain", slug="lain", time_zone="Asia/Jakarta", by=owner)

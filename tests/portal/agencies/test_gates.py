import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from consultations.models import Comment, Consultation
from portal.accounts.models import User
from portal.agencies.gates import needs_second_factor, roles_of
from portal.agencies.models import Agency, Member
from portal.live.admission import visible_heads
from tests.conftest import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def official(agency: Agency) -> User:
    """An owner outside the demo, without a second factor."""
    user = person("Ratna")
    Member.objects.create(agency=agency, person=user, role=Member.Role.OWNER)
    return user


def test_who_holds_a_role_is_led_to_setting_up_a_second_factor(
    client: Client, agency: Agency, official: User
) -> None:
    client.force_login(official)

    answer = client.get(f"/agencies/{agency.slug}/members/")

    assert answer.status_code == 302
    assert answer["Location"] == "/account/2fa/"


def test_with_a_second_factor_the_room_opens(
    client: Client, agency: Agency, official: User
) -> None:
    Authenticator.objects.create(user=official, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client.force_login(official)

    assert client.get(f"/agencies/{agency.slug}/members/").status_code == 200


def test_nothing_is_written_without_the_second_factor(
    client: Client, agency: Agency, official: User
) -> None:
    client.force_login(official)

    client.post(f"/agencies/{agency.slug}/description/", {"about": "diubah"})

    agency.refresh_from_db()
    assert agency.about == ""


@pytest.mark.parametrize(
    ("fields", "needed"),
    [({}, False), ({"is_staff": True}, True), ({"is_staff": True, "is_demo": True}, False)],
)
def test_who_needs_one_without_a_role(fields: dict[str, bool], needed: bool) -> None:
    assert needs_second_factor(person("Ayu", **fields)) == needed


def test_recovery_codes_alone_are_no_second_factor(official: User) -> None:
    Authenticator.objects.create(
        user=official, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x", "used_mask": 0}
    )

    assert needs_second_factor(official)


def test_the_roles_of_a_page_are_those_that_run_now(
    agency: Agency, official: User, siti: User
) -> None:
    Member.objects.create(agency=agency, person=official, role=Member.Role.MODERATOR)

    assert roles_of(official) == "moderator owner"
    assert roles_of(siti) == ""
    official.memberships.get(role="moderator").end(by=official)
    assert roles_of(official) == "owner"


def test_a_moderator_without_a_second_factor_reads_what_everybody_reads(
    agency: Agency, comment: Comment, moderator: User
) -> None:
    held = person("Dewi")
    Member.objects.create(agency=agency, person=held, role=Member.Role.MODERATOR)
    comment.hide(
        by=moderator, rule=comment.rules()[0], reason="Kata-kata kasar terhadap orang lain."
    )

    assert not comment_seen_by(held, comment)
    assert not comment.thread.consultation.standing_of(held).roles

    Authenticator.objects.create(user=held, type=Authenticator.Type.TOTP, data={"secret": "x"})

    assert comment_seen_by(held, comment)
    assert comment.thread.consultation.standing_of(held).roles == ("moderator",)


def test_an_officer_without_a_second_factor_hears_nothing_of_a_draft(
    agency: Agency, draft: Consultation
) -> None:
    held = person("Dewi")
    Member.objects.create(agency=agency, person=held, role=Member.Role.OFFICER)

    assert visible_heads(held, [draft.topic]) == {}

    Authenticator.objects.create(user=held, type=Authenticator.Type.WEBAUTHN, data={})

    assert visible_heads(held, [draft.topic]) == {draft.topic: 0}


def comment_seen_by(user: User, comment: Comment) -> bool:
    return Comment.objects.readable_by(user).filter(pk=comment.pk).exists()

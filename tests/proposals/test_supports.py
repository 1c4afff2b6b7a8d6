"""Standing behind a proposal: set, never toggled; the counter follows the rows."""

import pytest
from django.db import connection, transaction
from django.test import Client

from consultations.models import Consultation, Participant, Phase
from portal.accounts.models import User
from portal.moderation.models import Rule
from portal.refusals import Refused
from proposals.models import Proposal, Support
from tests.conftest import close, person
from tests.consultations.together import together
from tests.live import in_a_thread, watch


def counted(proposal: Proposal) -> tuple[int, int]:
    """The counter, and the rows it should equal."""
    proposal.refresh_from_db()
    return proposal.support_count, Support.objects.filter(proposal=proposal).count()


def test_a_support_is_set_once_and_taken_back(proposal: Proposal, budi: User) -> None:
    Proposal.support(proposal.pk, by=budi)
    Proposal.support(proposal.pk, by=budi)
    assert counted(proposal) == (1, 1)

    Proposal.withdraw_support(proposal.pk, by=budi)
    Proposal.withdraw_support(proposal.pk, by=budi)
    assert counted(proposal) == (0, 0)


def test_a_repeated_support_raises_no_version(proposal: Proposal, budi: User) -> None:
    first = Proposal.support(proposal.pk, by=budi).support_version

    assert Proposal.support(proposal.pk, by=budi).support_version == first


def test_who_supports_first_becomes_a_participant_once(
    consultation: Consultation, proposal: Proposal, budi: User
) -> None:
    before = consultation.participants.count()

    Proposal.support(proposal.pk, by=budi)
    Proposal.withdraw_support(proposal.pk, by=budi)
    Proposal.support(proposal.pk, by=budi)

    consultation.refresh_from_db()
    assert consultation.participants.count() == before + 1 == consultation.participant_count
    assert Participant.objects.get(person=budi).pseudonym == "Budi"


def test_outside_of_its_phase_nothing_is_supported(
    consultation: Consultation, proposal: Proposal, siti: User, budi: User
) -> None:
    Proposal.support(proposal.pk, by=siti)
    close(consultation, Phase.Activity.SUPPORT)

    with pytest.raises(Refused):
        Proposal.support(proposal.pk, by=budi)
    with pytest.raises(Refused):
        Proposal.withdraw_support(proposal.pk, by=siti)
    assert counted(proposal) == (1, 1)
    assert not Participant.objects.filter(person=budi).exists()


def test_what_one_already_did_is_no_refusal_after_the_phase(
    consultation: Consultation, proposal: Proposal, siti: User
) -> None:
    Proposal.support(proposal.pk, by=siti)
    close(consultation, Phase.Activity.SUPPORT)

    assert Proposal.support(proposal.pk, by=siti).support_count == 1


def test_a_hidden_proposal_keeps_its_supports_and_takes_none(
    proposal: Proposal, siti: User, budi: User, moderator: User
) -> None:
    Proposal.support(proposal.pk, by=siti)
    rule = Rule.objects.of(proposal.consultation.topic)[0]
    proposal.hide(by=moderator, rule=rule, reason="Menyerang tetangga dengan menyebut nama.")

    with pytest.raises(Refused):
        Proposal.support(proposal.pk, by=budi)
    proposal.restore(by=moderator, reason="Sudah dibaca ulang, ternyata wajar saja.")

    assert counted(proposal) == (1, 1)
    Proposal.support(proposal.pk, by=budi)
    assert counted(proposal) == (2, 2)


def test_somebody_switched_off_supports_nothing(proposal: Proposal, budi: User) -> None:
    User.objects.filter(pk=budi.pk).update(is_active=False)

    with pytest.raises(Refused):
        Proposal.support(proposal.pk, by=budi)


def test_what_is_not_there_is_a_404(proposal: Proposal, budi: User) -> None:
    browser = Client()
    browser.force_login(budi)
    proposal.consultation.publication.delete()

    assert browser.post(f"/proposals/{proposal.pk}/supports/").status_code == 404
    assert browser.post("/proposals/999999999/supports/").status_code == 404


def test_a_citizen_supports_without_scripts(proposal: Proposal, budi: User) -> None:
    browser = Client()
    browser.force_login(budi)
    address = f"/proposals/{proposal.pk}/supports/"

    given = browser.post(address, follow=True)
    taken_back = browser.post(address, {"_method": "delete"}, follow=True)

    assert "Tarik dukungan" in given.content.decode()
    assert "Tarik dukungan" not in taken_back.content.decode()
    assert counted(proposal) == (0, 0)


def test_a_visitor_is_led_to_the_entrance(proposal: Proposal) -> None:
    answer = Client().post(f"/proposals/{proposal.pk}/supports/")

    assert answer.status_code == 302
    assert "/account/login/" in answer["Location"]
    assert counted(proposal) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_of_one_person_are_one_support(proposal: Proposal, budi: User) -> None:
    outcomes = together(*[lambda: Proposal.support(proposal.pk, by=budi).pk] * 20)

    assert set(outcomes) == {proposal.pk}
    assert counted(proposal) == (1, 1)
    assert Participant.objects.filter(person=budi).count() == 1


@pytest.mark.django_db(transaction=True)
def test_supports_of_many_at_once_are_all_counted(proposal: Proposal) -> None:
    people = [person(f"Warga{number}") for number in range(12)]

    together(*[lambda each=each: Proposal.support(proposal.pk, by=each) for each in people])

    assert counted(proposal) == (12, 12)


def test_the_database_refuses_a_second_row(proposal: Proposal, budi: User) -> None:
    Proposal.support(proposal.pk, by=budi)
    row = Support.objects.get()

    with (
        pytest.raises(Exception, match="one_support_per_target_and_person"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO proposals_support (proposal_id, participant_id) VALUES (%s, %s)",
            [row.proposal_id, row.participant_id],
        )


@pytest.mark.django_db(transaction=True)
async def test_a_support_moves_the_figure_of_open_pages_and_no_others(
    proposal: Proposal, budi: User
) -> None:
    here, _connected = await watch(proposal)
    elsewhere, _connected = await watch(budi, user=budi)

    await in_a_thread(Proposal.support, proposal.pk, by=budi)
    told = await here.told()

    assert told["n"] == {proposal.dom_id: [1, 1]}
    assert "Budi" not in str(told)
    assert await elsewhere.receive_nothing()
    await in_a_thread(Proposal.support, proposal.pk, by=budi)
    assert await here.receive_nothing()
    await here.disconnect()
    await elsewhere.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_a_support_that_rolls_back_is_never_pushed(proposal: Proposal, budi: User) -> None:
    here, _connected = await watch(proposal)

    def undone() -> None:
        with transaction.atomic():
            Proposal.support(proposal.pk, by=budi)
            transaction.set_rollback(True)

    await in_a_thread(undone)

    assert await here.receive_nothing()
    assert await in_a_thread(counted, proposal) == (0, 0)
    await here.disconnect()


@pytest.mark.django_db(transaction=True)
def test_giving_and_taking_back_at_once_leave_the_counter_of_the_rows(
    proposal: Proposal, siti: User, budi: User
) -> None:
    acts = [
        lambda each=each, verb=verb: verb(proposal.pk, by=each)
        for verb in (Proposal.support, Proposal.withdraw_support) * 5
        for each in (siti, budi)
    ]

    outcomes = together(*acts)

    assert [each for each in outcomes if isinstance(each, Exception)] == []
    shown, rows = counted(proposal)
    assert shown == rows


def test_somebody_switched_off_who_took_part_before_supports_nothing(
    proposal: Proposal, budi: User
) -> None:
    Proposal.support(proposal.pk, by=budi)
    Proposal.withdraw_support(proposal.pk, by=budi)
    User.objects.filter(pk=budi.pk).update(is_active=False)

    with pytest.raises(Refused):
        Proposal.support(proposal.pk, by=budi)

    assert counted(proposal) == (0, 0)


def test_what_waits_for_review_takes_no_support_of_its_author(
    proposal: Proposal, siti: User
) -> None:
    held = Proposal.objects.create(
        consultation=proposal.consultation, author=proposal.author, title="Ditahan",
        summary="Menunggu.", state=Proposal.State.HELD,
    )  # fmt: skip

    with pytest.raises(Refused):
        Proposal.support(held.pk, by=siti)

    assert counted(held) == (0, 0)


def test_supports_taken_over_stand_apart_from_those_given_here(
    proposal: Proposal, budi: User
) -> None:
    Proposal.objects.filter(pk=proposal.pk).update(supports_taken_over=41)

    Proposal.support(proposal.pk, by=budi)

    assert counted(proposal) == (1, 1)
    said = Client().get(f"/proposals/{proposal.pk}/").content.decode()
    assert f'data-count="{proposal.dom_id}:0">1</strong> dukungan' in said
    assert '<strong class="numbers">41</strong> dukungan dari sumber' in said
    assert '">1</strong> dukungan di sini' in said
    assert "42" not in said.partition(proposal.dom_id)[2].partition("</li>")[0]


def test_a_click_gets_its_button_back(proposal: Proposal, budi: User) -> None:
    browser = Client(headers={"HX-Request": "true"})
    browser.force_login(budi)
    address = f"/proposals/{proposal.pk}/supports/"

    given = browser.post(address).content.decode()
    taken_back = browser.delete(address).content.decode()

    assert "Tarik dukungan" in given
    assert "Tarik dukungan" not in taken_back
    assert "<html" not in given + taken_back
    assert counted(proposal) == (0, 0)

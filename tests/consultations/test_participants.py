"""A participant: one per person and consultation, numbered without gaps, pseudonymous."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from consultations.models import Comment, Consultation, Participant, Thread
from consultations.models.past import PastPerson, past_participants
from portal.accounts.models import User
from tests.consultations.together import together

LIVE = pytest.mark.django_db(transaction=True)


def test_a_person_is_one_participant_of_a_consultation(
    thread: Thread, consultation: Consultation, siti: User
) -> None:
    for each in range(3):
        thread.post(author=siti, body=f"Nomor {each}", key=uuid4())

    participant = Participant.objects.get()
    assert (participant.person, participant.number) == (siti, 1)
    consultation.refresh_from_db()
    assert consultation.participant_count == 1


def test_numbers_are_given_in_order(consultation: Consultation, siti: User, budi: User) -> None:
    with transaction.atomic():
        numbers = [consultation.participant_for(user).pk for user in (siti, budi, siti)]

    known = dict(Participant.objects.values_list("pk", "number"))
    assert [known[pk] for pk in numbers] == [1, 2, 1]


def test_a_second_row_for_a_person_is_refused_and_not_counted(
    consultation: Consultation, siti: User
) -> None:
    consultation.participant_for(siti)

    with pytest.raises(IntegrityError, match="one_participant_per_person"), transaction.atomic():
        Participant.objects.create(consultation=consultation, person=siti, pseudonym="Siti")

    consultation.refresh_from_db()
    assert consultation.participant_count == 1


def test_people_without_an_account_are_counted_each(consultation: Consultation) -> None:
    for number in range(3):
        Participant.objects.create(
            consultation=consultation, pseudonym=f"Warga {number}", origin=f"polis:{number}"
        )

    consultation.refresh_from_db()
    assert consultation.participant_count == 3


def test_an_imported_person_comes_once(consultation: Consultation) -> None:
    Participant.objects.create(consultation=consultation, pseudonym="A", origin="polis:1")

    with pytest.raises(IntegrityError, match="one_participant_per_imported_person"):
        Participant.objects.create(consultation=consultation, pseudonym="A", origin="polis:1")


@LIVE
def test_the_first_acts_of_one_person_at_once_count_one(
    comment: Comment, thread: Thread, budi: User
) -> None:
    def opine() -> object:
        return Comment.opine(comment.pk, voter=budi, value=1)

    def post() -> object:
        mine = Thread.objects.for_display().get(pk=thread.pk)
        return mine.post(author=budi, body="Setuju", key=uuid4())

    outcomes = together(*[opine, post] * 5)

    assert not [each for each in outcomes if isinstance(each, Exception)]
    consultation = Consultation.objects.get(pk=thread.consultation_id)
    assert consultation.participant_count == consultation.participants.count() == 2


def test_a_page_carries_the_participant_and_no_address_or_user(
    client: Client, thread: Thread, comment: Comment, siti: User
) -> None:
    page = client.get(f"/threads/{thread.pk}/").content.decode()

    assert f'data-author="{comment.author_id}"' in page
    assert siti.email not in page
    assert "data-user" not in page


def test_the_page_of_a_participant_knows_who_looks(
    client: Client, thread: Thread, comment: Comment, siti: User
) -> None:
    client.force_login(siti)

    page = client.get(f"/threads/{thread.pk}/").content.decode()

    assert f'data-participant="{comment.author_id}"' in page


def test_an_organisation_of_the_past_writes_but_is_not_counted(consultation: Consultation) -> None:
    before = consultation.participant_count
    then = timezone.now()

    found = past_participants(
        consultation,
        [
            PastPerson("uji:1", "Peserta 1", then),
            PastPerson("uji:org:kota", "Kota", then, is_organisation=True),
            PastPerson("uji:2", "Peserta 2", then),
        ],
    )

    consultation.refresh_from_db()
    assert consultation.participant_count == before + 2
    numbers = {each.pseudonym: each.number for each in found.values()}
    assert numbers == {"Peserta 1": before + 1, "Kota": None, "Peserta 2": before + 2}

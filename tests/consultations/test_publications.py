"""A publication: one per consultation, with who and when."""

import pytest
from django.db import IntegrityError

from consultations.models import Consultation, Publication
from portal.accounts.models import User


def test_a_publication_says_who_and_when(consultation: Consultation, officer: User) -> None:
    publication = Publication.objects.get()

    assert (publication.consultation, publication.by) == (consultation, officer)
    assert str(publication).startswith("Jalur sepeda")
    assert publication.at >= consultation.drafted_at


def test_a_consultation_is_published_once(consultation: Consultation, officer: User) -> None:
    with pytest.raises(IntegrityError):
        Publication.objects.create(consultation=consultation, by=officer)

"""A draft's form: known again by everything it said."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from consultations.models import Consultation
from consultations.models.draft import digest_of, free_slug
from portal.accounts.models import User
from portal.agencies.models import Agency
from portal.refusals import KeyReused
from tests.conftest import plan

TEXTS = {"title": "Taman", "question": "Buka?", "background": "Lama."}


def test_a_form_sent_again_after_a_revision_gives_the_draft(agency: Agency, officer: User) -> None:
    said: dict[str, Any] = {
        "agency": agency, "by": officer, "key": uuid4(), "phases": plan("comment"), **TEXTS,
    }  # fmt: skip
    first = Consultation.draft(**said)
    first.revise(by=officer, phases=[], premoderated=False, title="Taman kota", question="Kapan?")

    assert Consultation.draft(**said) == first


@pytest.mark.parametrize(
    "other",
    [
        lambda: {"question": "Tutup?"},
        lambda: {"background": "Baru."},
        lambda: {"phases": plan("comment", end=9)},
        lambda: {"phases": []},
        lambda: {"premoderated": True},
    ],
)
def test_the_same_key_with_anything_else_is_refused(
    agency: Agency, officer: User, other: Callable[[], dict[str, Any]]
) -> None:
    said: dict[str, Any] = {
        "agency": agency, "by": officer, "key": uuid4(), "phases": plan("comment"), **TEXTS,
    }  # fmt: skip
    Consultation.draft(**said)

    with pytest.raises(KeyReused):
        Consultation.draft(**said | other())
    assert Consultation.objects.count() == 1


def test_the_order_of_the_fields_makes_no_other_form() -> None:
    turned = dict(reversed(TEXTS.items()))

    assert digest_of(1, [], premoderated=False, texts=TEXTS) == digest_of(
        1, [], premoderated=False, texts=turned
    )


def test_a_taken_address_gets_a_number(consultation: Consultation) -> None:
    assert free_slug(consultation.title, taken=Consultation.objects) == f"{consultation.slug}-2"

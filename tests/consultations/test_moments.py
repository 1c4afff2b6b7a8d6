"""A moment in words carries its zone, in the language of the page."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from consultations.models.moment import moment_words

MOMENT = datetime(2026, 12, 2, 7, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("", "2 December 2026, 14:02 WIB"),
        ("Asia/Jakarta", "2 December 2026, 14:02 WIB"),
        ("Asia/Makassar", "2 December 2026, 15:02 WITA"),
        ("Asia/Jayapura", "2 December 2026, 16:02 WIT"),
    ],
)
def test_every_zone_of_the_country_has_its_word(zone: str, words: str) -> None:
    with translation.override("en"):
        assert moment_words(MOMENT, zone=zone) == words


def test_months_are_said_in_indonesian() -> None:
    with translation.override("id"):
        assert "2 Desember 2026" in moment_words(MOMENT)

from datetime import UTC, datetime

import pytest
from django.utils.translation import override

from portal.accounts.templatetags.figures import figure, moment


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("id", 0, "0"),
        ("id", 999, "999"),
        ("id", 1204, "1.204"),
        ("en", 1204, "1,204"),
        ("en", 12_345_678, "12,345,678"),
        ("id", -1204, "-1.204"),
    ],
)
def test_a_large_number_is_said_in_groups(language: str, number: int, said: str) -> None:
    with override(language):
        assert figure(number) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("id", "2 Desember 2026 pukul 14.02"), ("en", "2 December 2026, 14:02")],
)
def test_a_moment_is_said_as_people_do(language: str, said: str) -> None:
    with override(language):
        assert moment(datetime(2026, 12, 2, 7, 2, tzinfo=UTC)) == said

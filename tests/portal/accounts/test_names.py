import pytest

from portal.accounts.models import ReservedName
from portal.accounts.names import skeleton, sounds_official


@pytest.mark.parametrize(
    "name",
    [
        "Moderator",
        "M0derator Sari",
        "мoderator",
        "Mödérator",
        "ADMIN",
        "petugas 7",
        "Rembuk",
        "$ari @dmin",
        "Moderator1",
        "Admin2",
        "4dm1n",
        "Adm1n",
        "rnoderator",
        "PetugasResmi",
        "petugasresmi",
        "AdminKota",
        "adminresmi",
        "Admin_Rembuk",
        "mod e r a t o r",
        "Pemkot",
        "\u2c6ddmin",
        "\uff41\uff44\uff4d\uff49\uff4e",
    ],
)
def test_a_name_that_carries_an_office_is_seen_through(name: str) -> None:
    assert sounds_official(name)


@pytest.mark.parametrize(
    "name",
    [
        "Siti Aminah",
        "Budi",
        "ꦱꦶꦠꦶ",
        "Putu Adi",
        "Administrasia",
        "Ni Luh",
        "王小明",
        "Badminton",
        "Sri Rejeki 2",
        "Resmiati",
    ],
)
def test_names_of_people_are_free(name: str) -> None:
    assert not sounds_official(name)


def test_what_the_eye_reads_has_no_accents_no_case_and_no_foreign_letters() -> None:
    assert skeleton("  Dìnas—Рerhubungan 1") == "dinas perhubungan l"  # noqa: RUF001


@pytest.mark.django_db
def test_the_name_of_an_agency_is_reserved_for_good() -> None:
    ReservedName.objects.protect("Bappeda")
    ReservedName.objects.protect("Bappeda")

    assert ReservedName.objects.count() == 1
    assert ReservedName.objects.looks_like("B4PPEDA Kota")
    assert ReservedName.objects.looks_like("b a p p e d a")
    assert ReservedName.objects.looks_like("Bappeda2027")
    assert not ReservedName.objects.looks_like("Bapak Peda")


@pytest.mark.django_db
def test_very_short_names_reserve_nothing() -> None:
    ReservedName.objects.protect("PU")

    assert not ReservedName.objects.looks_like("Putu")


@pytest.mark.django_db
def test_an_upright_digit_is_read_as_either_letter() -> None:
    ReservedName.objects.protect("Dinas Lalu Lintas")

    assert ReservedName.objects.looks_like("D1nas Lalu L1ntas")
    assert ReservedName.objects.looks_like("Dinas La1u Lintas")

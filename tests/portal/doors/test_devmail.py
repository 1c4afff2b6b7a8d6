from datetime import UTC, datetime
from pathlib import Path

from django.core.mail import EmailMessage, get_connection
from django.test import Client

from portal.doors.devmail import newest


def write(folder: Path, *subjects: str) -> None:
    backend = "django.core.mail.backends.filebased.EmailBackend"
    with get_connection(backend, file_path=str(folder)) as link:
        for subject in subjects:
            EmailMessage(
                subject, f"Isi {subject} é", "a@x.invalid", ["b@x.invalid"], connection=link
            ).send()


def test_the_newest_mail_comes_first_with_its_text(tmp_path: Path) -> None:
    write(tmp_path, "Satu", "Dua")

    mails = newest(tmp_path)

    assert [mail.subject for mail in mails] == ["Dua", "Satu"]
    assert mails[0].text.strip() == "Isi Dua é"
    assert mails[0].to == "b@x.invalid"


def test_mails_of_several_processes_stand_in_the_order_of_their_dates(tmp_path: Path) -> None:
    for name, hours in (("web", (9, 12)), ("worker", (10, 11))):
        mails = [
            f"Subject: {hour}\nDate: Tue, 24 Nov 2026 {hour:02}:00:00 -0000\n\nx" for hour in hours
        ]
        (tmp_path / f"{name}.log").write_text(f"\n{'-' * 79}\n".join(mails))
    (tmp_path / "old.log").write_text("Subject: 0\n\nno date")

    assert [mail.subject for mail in newest(tmp_path)] == ["12", "11", "10", "9", "0"]


def test_a_mail_that_names_no_zone_is_dated_in_utc(tmp_path: Path) -> None:
    text = "Subject: Kode\nDate: Tue, 24 Nov 2026 06:00:00 -0000\n\nx"
    (tmp_path / "one.log").write_text(text)

    [mail] = newest(tmp_path)

    assert mail.at == datetime(2026, 11, 24, 6, tzinfo=UTC)


def test_an_empty_folder_gives_no_mail(tmp_path: Path) -> None:
    assert newest(tmp_path) == []


def test_outside_development_the_page_does_not_exist(client: Client, db: None) -> None:
    assert client.get("/dev/mail/").status_code == 404

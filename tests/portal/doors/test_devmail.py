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

    assert [mail["subject"] for mail in mails] == ["Dua", "Satu"]
    assert mails[0]["text"].strip() == "Isi Dua é"
    assert mails[0]["to"] == "b@x.invalid"


def test_an_empty_folder_gives_no_mail(tmp_path: Path) -> None:
    assert newest(tmp_path) == []


def test_outside_development_the_page_does_not_exist(client: Client, db: None) -> None:
    assert client.get("/dev/mail/").status_code == 404

"""The mails of a development site, newest first: they are written to a folder, not sent."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.http import rights

NEWEST = 40
RULE = b"-" * 79


@rights(read="nobody")
@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    return render(request, "doors/mail/index.html", {"mails": newest(settings.MAIL_FOLDER)})


class Mail(NamedTuple):
    """One mail as words; the moment comes first, for the order."""

    at: datetime
    subject: str
    to: str
    text: str


def newest(folder: Path) -> list[Mail]:
    """Give the newest mails of the folder: each process writes files of its own, side by side."""
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails: list[Mail] = []
    for file in files[:NEWEST]:
        texts = file.read_bytes().split(b"\n" + RULE + b"\n")
        mails += [_read(text) for text in reversed(texts) if text.strip()]
    return sorted(mails, key=lambda mail: mail.at, reverse=True)[:NEWEST]


def _read(text: bytes) -> Mail:
    mail = message_from_bytes(text.lstrip(), _class=EmailMessage, policy=default)
    body = mail.get_body(preferencelist=("plain",)) if isinstance(mail, EmailMessage) else None
    return Mail(
        at=_moment(str(mail["date"] or "")),
        subject=str(mail["subject"] or ""),
        to=str(mail["to"] or ""),
        text=str(body.get_content()) if body else "",
    )


def _moment(date: str) -> datetime:
    """Read the header, in UTC where it names no zone; a mail without one was written long ago."""
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""The mails of a development site, newest first: they are written to a folder, not sent."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

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


def newest(folder: Path) -> list[dict[str, str]]:
    """Give the newest mails of the folder as words."""
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails: list[dict[str, str]] = []
    for file in files:
        texts = file.read_bytes().split(b"\n" + RULE + b"\n")
        mails += [_words(text) for text in reversed(texts) if text.strip()]
        if len(mails) >= NEWEST:
            break
    return mails[:NEWEST]


def _words(text: bytes) -> dict[str, str]:
    mail = message_from_bytes(text.lstrip(), _class=EmailMessage, policy=default)
    body = mail.get_body(preferencelist=("plain",)) if isinstance(mail, EmailMessage) else None
    return {
        "subject": str(mail["subject"] or ""),
        "to": str(mail["to"] or ""),
        "date": str(mail["date"] or ""),
        "text": str(body.get_content()) if body else "",
    }

"""Scripts in disguise through every entrance: none runs on any page that shows them."""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from playwright.sync_api import Browser, expect
from pycrdt import XmlElement, XmlText
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from consultations.forms.consultations import ConsultationForm
from consultations.models import Consultation, Participant, Thread
from portal.accounts.forms import PseudonymField
from portal.accounts.models import User
from portal.agencies.models import Agency
from portal.markup import CleanTextField
from proposals.coedit.protocol import Presence, Sync, awareness_frame, sync_frame
from proposals.forms.proposals import ProposalForm
from proposals.models import Document, Proposal
from tests.conftest import ALL_ACTIVITIES, person, plan
from tests.e2e.people import EDITOR, PATIENCE, Person
from tests.live import login_session
from tests.processes import Server, eventually
from tests.proposals.editors import Typing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hostile"
COMMENT, TEXT = 4_900, 39_000
CLIENT = 4_711

TELL = """addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
for (const name of ["alert", "confirm", "prompt", "print"])
  window[name] = (...words) => console.error(`ran: ${name} ${words}`);"""
"""Whatever runs or is stopped by the policy becomes a complaint of the console."""

ALIVE = r"""() => [...document.querySelectorAll("main *")].filter((element) =>
  element.matches("script, iframe, object, embed, base, meta, style, math, video, audio")
  || [...element.attributes].some(({ name, value }) => name.startsWith("on") || name === "srcdoc"
    || (/^(xlink:)?(href|src|action|formaction)$/.test(name)
      && /^\s*(\w*script|data):/i.test(value))))
  .map((element) => element.outerHTML.slice(0, 200))"""
"""Elements that could run something: none of them is ours."""


def payloads() -> list[str]:
    """All of them, each once."""
    lines = gzip.decompress((HOSTILE / "xss-payload-list.txt.gz").read_bytes()).decode().split("\n")
    fixtures = (HOSTILE / "dompurify-expect.mjs").read_text()
    quoted = re.findall(r'"payload": ("(?:[^"\\]|\\.)*")', fixtures)
    texts = [text.replace("\x00", "").strip() for text in [*lines, *map(json.loads, quoted)]]
    return [text for text in dict.fromkeys(texts) if text]


def packed(texts: Iterable[str], size: int) -> Iterator[str]:
    """As many as fit into one field, each a paragraph of its own."""
    pack = ""
    for text in texts:
        if pack and len(pack) + len(text) + 2 > size:
            yield pack
            pack = ""
        pack = f"{pack}\n\n{text}".strip()[:size]
    yield pack


def taken(field: forms.Field, texts: Iterable[str]) -> Iterator[str]:
    """What a field of a form takes, as it takes it."""
    for text in texts:
        try:
            yield str(field.clean(text))
        except ValidationError:
            continue


@pytest.fixture(scope="session")
def hostile() -> list[str]:
    return payloads()


@pytest.fixture
def names(hostile: list[str]) -> Iterator[str]:
    """Pseudonyms that the form takes."""
    return taken(PseudonymField(), (text for text in hostile if "<" in text and len(text) < 61))


@pytest.fixture
def mallory(names: Iterator[str]) -> User:
    user = person("Malori")
    User.objects.filter(pk=user.pk).update(pseudonym=next(names))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def visited(browser: Browser, servers: tuple[Server, Server], moderator: User) -> Iterator[Person]:
    """A moderator, who is shown the most; leaving asks whether anything ran."""
    witness = Person(browser, servers[0], moderator)
    witness.context.add_init_script(TELL)
    witness.page.on("dialog", lambda dialog: witness.complaints.append(f"ran: {dialog.message}"))
    yield witness
    witness.leaves()


def shows(witness: Person, *paths: str) -> None:
    """Open pages; nothing on them is alive, and the browser stays where it was sent."""
    for path in paths:
        witness.page.goto(path)
        assert witness.page.evaluate(ALIVE) == [], path
        assert witness.page.url == f"{witness.site}{path}"
    assert witness.complaints == []


def test_the_lists_are_whole(hostile: list[str]) -> None:
    assert len(hostile) > 6_600


def test_the_witness_notices_what_runs_or_is_stopped(visited: Person, thread: Thread) -> None:
    visited.page.goto(thread.get_absolute_url())

    visited.page.evaluate(
        "() => document.querySelector('main').insertAdjacentHTML("
        "'beforeend', '<img src=\"/none\" onerror=\"alert(1)\">')"
    )

    assert visited.page.evaluate(ALIVE) != []
    assert eventually(lambda: "policy" in str(visited.complaints), seconds=5)


def test_comments_and_names_with_every_payload_run_nothing(
    visited: Person, thread: Thread, moderator: User, mallory: User, names: Iterator[str],
    hostile: list[str],
) -> None:  # fmt: skip
    comments = [
        thread.post(author=mallory, body=body, key=uuid4()) for body in packed(hostile, COMMENT)
    ]
    for name in islice(names, 12):
        reply = thread.post(author=person(uuid4().hex), body=name, key=uuid4(), parent=comments[-1])
        Participant.objects.filter(pk=reply.author_id).update(pseudonym=name)
    comments[0].edit(by=mallory, body=comments[1].body)
    comments[2].hide(by=moderator, rule=comments[2].rules()[0], reason=hostile[0] * 3)

    shows(
        visited,
        *every_page(visited, thread.get_absolute_url()),
        f"/comments/{comments[0].pk}/revisions/",
        f"/comments/{comments[1].pk}/replies/",
        f"/moderation/comment/{comments[1].pk}/hiding/",
        f"/moderation/comment/{comments[2].pk}/hiding/",
        "/moderation/",
    )


def every_page(witness: Person, path: str) -> Iterator[str]:
    """The first page of a discussion and all the older ones."""
    while path:
        yield path
        older = witness.page.locator("main a[rel=next]")
        path = str(older.get_attribute("href")) if older.count() else ""


def test_proposals_with_every_payload_run_nothing(
    visited: Person, servers: tuple[Server, Server], consultation: Consultation, moderator: User,
    mallory: User, hostile: list[str],
) -> None:  # fmt: skip
    fields = ProposalForm.base_fields
    titles = taken(fields["title"], (text[:160] for text in hostile if "<" in text))
    summaries = taken(fields["summary"], packed(hostile[::-1], 990))
    proposals = [
        Proposal.start(
            consultation=consultation, author=mallory, title=next(titles),
            summary=next(summaries), text=text, key=uuid4(),
        )
        for text in packed(hostile, TEXT)
    ]  # fmt: skip
    last = proposals[-1]
    write_by_socket(servers[0], last.document, mallory, hostile)

    shows(visited, f"/consultations/{consultation.slug}/proposals/")
    for proposal in proposals:
        path = proposal.get_absolute_url()
        shows(visited, path, f"{path}text/", f"{path}edit/")
        visited.sees(EDITOR)
        assert visited.page.evaluate(ALIVE) == []
    expect(visited.page.locator(EDITOR)).to_contain_text("dari soket", timeout=PATIENCE)
    last.document.freeze(by=moderator, reason=f"Alasan yang cukup panjang: {hostile[0]}"[:500])
    shows(visited, last.get_absolute_url(), f"{last.get_absolute_url()}edit/")
    assert visited.complaints == []


def write_by_socket(server: Server, document: Document, user: User, hostile: list[str]) -> None:
    """By hand: links and attributes that no editor writes, and a caret with another name."""
    cookie = f"{settings.SESSION_COOKIE_NAME}={login_session(user)}"
    site = f"127.0.0.1:{server.port}"
    query = f"epoch={document.epoch}&schema={document.schema_version}&client={CLIENT}"
    with connect(
        f"ws://{site}/coedit/{document.pk}/?{query}",
        origin=Origin(f"http://{site}"),
        additional_headers={"Cookie": cookie},
    ) as link:
        typing = Typing(CLIENT)
        link.send(sync_frame(Sync.STEP1, typing.doc.get_state()))
        listen(link, typing, lambda: typing.is_synced)
        before = typing.doc.get_state()
        flat = (text[:1_000] for text in hostile[::20] if not re.search(r"[{\[]", text))
        for number, text in enumerate(flat):
            address = {"link": {"href": text if number % 2 else f"javascript:{text}"}}
            typing.root.children.append(XmlElement("paragraph", {"id": text[:60]}, []))
            block: Any = typing.root.children[len(typing.root.children) - 1]
            words = block.children.append(XmlText(f"dari soket {text}"))
            words.format(0, 10, address)
        link.send(sync_frame(Sync.UPDATE, typing.doc.get_update(before)))
        typing.sent += 1
        state = json.dumps({"user": {"name": hostile[0], "colour": hostile[1]}})
        link.send(awareness_frame([Presence(CLIENT, 1, state)]))
        listen(link, typing, lambda: typing.acked > 0 or bool(typing.refused))
        assert not typing.refused


def listen(link: ClientConnection, typing: Typing, holds: Callable[[], bool]) -> None:
    """Answer what the server says until it holds."""
    while not holds():
        for answer in typing.answers(cast(bytes, link.recv(timeout=20))):
            link.send(answer)


def test_what_offices_write_and_importers_bring_runs_nothing(
    visited: Person, agency: Agency, officer: User, hostile: list[str], tmp_path: Path
) -> None:
    texts: dict[str, Any] = {
        name: next(taken(field, packed(hostile[at::7], field.max_length or 500)))
        for at, (name, field) in enumerate(ConsultationForm.base_fields.items())
        if isinstance(field, CleanTextField)
    }
    Agency.objects.filter(pk=agency.pk).update(
        name=hostile[0][:160], contact=hostile[1][:200], about="\n\n".join(hostile[:40])[:2000]
    )
    consultation = Consultation.draft(
        agency=agency, by=officer, key=uuid4(), phases=plan(*ALL_ACTIVITIES), **texts
    )
    Thread.start(consultation=consultation, subject=hostile[2][:200], by=officer, key=uuid4())
    bring(tmp_path, hostile)
    call_command(
        "import_polis", str(tmp_path), agency=agency.slug, slug="bawaan", stdout=StringIO()
    )
    brought = Consultation.objects.get(slug="bawaan")

    shows(
        visited,
        "/",
        "/agencies/",
        f"/agencies/{agency.slug}/",
        f"/consultations/{consultation.slug}/",
        f"/consultations/{brought.slug}/",
        *every_page(visited, brought.threads.get().get_absolute_url()),
    )


def bring(folder: Path, hostile: list[str]) -> None:
    """A folder of open data in which every comment is a payload."""
    with (folder / "comments.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["timestamp", "datetime", "comment-id", "author-id", "agrees", "disagrees",
             "moderated", "comment-body"]
        )  # fmt: skip
        for number, text in enumerate(packed(hostile[::12], COMMENT)):
            rows.writerow([1_600_000_000_000 + number, "", number, number, 0, 0, 1, text])
    with (folder / "votes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["timestamp", "datetime", "comment-id", "voter-id", "vote"],
             [1_600_000_000_000, "", 0, 0, 1]]
        )  # fmt: skip

"""Every form that a page shows, read from the page itself, and who may send it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.matrix import OWN_ROUTES, ROUTES, Town, arguments

ALLAUTH_SAMPLES = {"uidb36": "1", "key": "tidak-ada", "pk": 1}
TEXTS = frozenset({"text", "search", "email", "password", "url", "tel", ""})
LEAVING = ("logout",)


@dataclass
class Form:
    """One form of a page: where it goes and what it would send as it stands."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    @property
    def kept(self) -> dict[str, str]:
        """What stands in the form already, and is right."""
        return {name: value for name, value in self.values.items() if value}

    def filled(self, text: str) -> dict[str, str]:
        """Put one text into every field that people type into."""
        return self.values | dict.fromkeys(self.texts, text)


class Reader(HTMLParser):
    """Collects the forms of a page that are sent by POST."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and said.get("method", "").lower() == "post":
            self._open = Form(said.get("action") or self.address)
            self.forms.append(self._open)
        elif self._open is not None and (said.get("name") or tag == "option"):
            self._take(tag, said)

    def _take(self, tag: str, said: dict[str, str]) -> None:
        name = said.get("name", "")
        assert self._open is not None
        if tag == "textarea" or (tag == "input" and said.get("type", "") in TEXTS):
            self._area = name if tag == "textarea" else ""
            self._open.texts.append(name)
            self._open.values[name] = said.get("value", "")
        elif tag == "input" and said.get("type") == "radio":
            self._open.values.setdefault(name, said.get("value", "on"))
        elif tag in {"input", "button"}:
            self._open.values[name] = said.get("value", "on")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in said or said.get("value")):
            self._open.values.setdefault(self._select, said.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area:
            self._open.values[self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        self._area = ""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""


def addresses(town: Town) -> Iterator[str]:
    """Give the address of every route, with things of the town in its gaps."""
    for name, route in ROUTES.items():
        sample = {word: ALLAUTH_SAMPLES.get(word) for word in route.words}
        kwargs = arguments(route, town) if name in OWN_ROUTES else sample
        try:
            yield reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue


def forms_seen_by(browser: Client, town: Town) -> list[Form]:
    """Open every page and read its forms; each form once."""
    found: dict[tuple[str, str], Form] = {}
    for address in addresses(town):
        answer = browser.get(address)
        if answer.status_code != 200 or "html" not in answer.get("Content-Type", ""):
            continue
        reader = Reader(address)
        reader.feed(answer.content.decode())
        for form in reader.forms:
            if not any(word in form.action for word in LEAVING):
                found.setdefault((form.action, " ".join(sorted(form.values))), form)
    return list(found.values())

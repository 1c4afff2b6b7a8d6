"""The servers that texts are written on, ours and others, each with its texts ready."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from bench import seed
from bench.cells.plan import Plan
from bench.coedit.dialect import Dialect, Hocuspocus
from bench.coedit.editors import Editor, Ledger
from bench.load.websocket import upgrade
from bench.peers.install import NODE, PYTHON, node_peers, python_peers
from bench.site import ROOT, Server
from portal.accounts.models import User
from proposals.coedit.crdt import Copy
from proposals.coedit.render import to_text

FIRST_CLIENT = 20_000


@dataclass
class Contestant:
    """A server, its texts, and whether the services work for it."""

    name: str
    server: Server
    texts: list[Dialect]
    roots: tuple[int, ...]
    cookies: Callable[[int], str]

    async def editors(self, each: int, ledger: Ledger) -> list[list[Editor]]:
        """Let so many people join every text; in each text one of ten observes."""
        groups = []
        number = FIRST_CLIENT
        for text in self.texts:
            group = []
            for place in range(each):
                editor = Editor(text, number, ledger, observes=place % 10 == 0)
                group.append(await self.seat(editor))
                number += 1
            groups.append(group)
        return groups

    async def seat(self, editor: Editor) -> Editor:
        """Bring one editor to its text."""
        cookies = self.cookies(editor.client - FIRST_CLIENT)
        request = upgrade(self.server.port, editor.dialect.path(editor.client), cookies=cookies)
        return await editor.join(self.server.port, request)


def contestants(
    plan: Plan, stack: ExitStack, texts: int, state: bytes
) -> tuple[dict[str, Contestant], dict[str, str]]:
    """Start everybody who can be started; of the others, why not."""
    found = {"Rembuk": ours(plan, stack, texts)}
    reasons = {}
    file = plan.site.folder / "state.bin"
    file.write_bytes(state)
    for name, start in {"naive": naive, "Hocuspocus": hocuspocus, "@y": y_websocket}.items():
        started = start(plan, stack, texts, str(file))
        if isinstance(started, str):
            reasons[name] = started
        else:
            found[name] = started
    return found, reasons


def ours(plan: Plan, stack: ExitStack, texts: int) -> Contestant:
    """The site itself, with login sessions, rights and a log on disk."""
    server = stack.enter_context(plan.site.serve())
    documents = [seed.document(plan.town.consultation, each) for each in authors(plan, texts)]
    sessions = plan.town.sessions
    return Contestant(
        "Rembuk",
        server,
        [Dialect(f"doc-{document.pk}", document) for document in documents],
        (server.pid, *plan.site.services),
        lambda number: plan.cookies(sessions[number % len(sessions)]),
    )


def naive(plan: Plan, stack: ExitStack, texts: int, file: str) -> Contestant | str:
    """The tutorial's consumer: apply, INSERT, `group_send`."""
    if reason := python_peers():
        return reason
    server = stack.enter_context(
        plan.site.uvicorn(
            "naive-coedit",
            "bench.reference.pad:application",
            DJANGO_SETTINGS_MODULE="bench.reference.channels_settings",
            PYTHONPATH=os.pathsep.join([str(ROOT), str(PYTHON)]),
            BENCH_STATE=file,
        )
    )
    roots = (server.pid, *plan.site.services)
    return Contestant("naive", server, named(texts), roots, lambda _number: "")


def hocuspocus(plan: Plan, stack: ExitStack, texts: int, file: str) -> Contestant | str:
    """Hocuspocus; it stores nothing here, and elsewhere seconds later."""
    if reason := node_peers():
        return reason
    server = node(plan, stack, "hocuspocus", file)
    names: list[Dialect] = [Hocuspocus(text.name) for text in named(texts)]
    return Contestant("Hocuspocus", server, names, (server.pid,), lambda _number: "")


def y_websocket(plan: Plan, stack: ExitStack, texts: int, file: str) -> Contestant | str:
    """@y/websocket-server; it stores nothing here."""
    if reason := node_peers():
        return reason
    server = node(plan, stack, "ywebsocket", file)
    return Contestant("@y", server, named(texts), (server.pid,), lambda _number: "")


def node(plan: Plan, stack: ExitStack, script: str, file: str) -> Server:
    """Start one of the scripts."""
    path = str(NODE / f"{script}.mjs")
    return stack.enter_context(
        plan.site.start(script, lambda port: ["node", path, str(port), file])
    )


def named(texts: int) -> list[Dialect]:
    """Give names of texts."""
    return [Dialect(f"doc-{number}") for number in range(texts)]


def authors(plan: Plan, texts: int) -> list[User]:
    """Give people who begin a text."""
    return list(User.objects.filter(pk__in=plan.town.people[:texts]).order_by("pk"))


def words(state: bytes) -> str:
    """Read a text as plain words."""
    return to_text(Copy([state]).blocks())

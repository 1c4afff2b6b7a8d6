"""Serves pages and sockets: the flags of uvicorn that the live hub was measured with."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket
from time import monotonic
from typing import Any

import django
from django.conf import settings
from django.core.management.base import BaseCommand
from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess, multiprocess
from uvicorn.supervisors.statreload import StatReload

django.setup()  # a child process reads this module before anything else of the site

from portal.doors.punctual import PunctualProtocol  # noqa: E402
from portal.live import lifespan  # noqa: E402


class PoliteServer(Server):
    """Lets every open page hear `bye` before its socket is closed."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await lifespan.bye()
        await super().shutdown(sockets)


class PoliteProcess(multiprocess.Process):
    """One of several processes, with a polite server in it."""

    def __init__(self, config: Config, sockets: list[socket]) -> None:
        super().__init__(config, sockets)
        self._heard = monotonic()
        self._is_asked = False

    def is_alive(self, timeout: float = 5) -> bool:
        """Say whether it lives, without waiting for its word.

        uvicorn waits for each in turn: one killed while it starts kept all others dead for 30 s.
        """
        if not self.process.is_alive():
            return False
        with suppress(OSError, EOFError):
            while self.parent_conn.poll():
                self.parent_conn.recv()
                self._heard, self._is_asked = monotonic(), False
            if not self._is_asked:
                self.parent_conn.send(b"ping")
                self._is_asked = True
        return monotonic() - self._heard < timeout

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = PoliteServer(self.config)
        return self._server


class Reload(StatReload):
    """Starts again when a script or a template changes: templates are cached."""

    def iter_py_files(self) -> Iterator[Path]:
        for directory in self.config.reload_dirs:
            for pattern in ("*.py", "*.html", "*.mo"):
                yield from directory.rglob(pattern)


class Command(BaseCommand):
    help = "Serve the site: pages in a few threads, sockets in the loop."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="processes")
        parser.add_argument("--reload", action="store_true", help="start again after a change")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        config = configuration(options)
        if options["reload"]:
            Reload(config, PoliteServer(config).run, [config.bind_socket()]).run()
        elif config.workers > 1:
            multiprocess.Process = PoliteProcess  # type: ignore[misc]  # uvicorn takes no class
            Multiprocess(config, [config.bind_socket()]).run()
        else:
            PoliteServer(config).run()


def configuration(options: dict[str, Any]) -> Config:
    """Give uvicorn's flags; each has its reason in docs/decisions."""
    return Config(
        "portal.asgi:application",
        host=options["host"],
        port=options["port"],
        workers=options["workers"],
        reload=options["reload"],
        reload_dirs=watched() if options["reload"] else None,
        lifespan="on",
        http=PunctualProtocol,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=1_048_576,
        ws_ping_interval=30,
        ws_ping_timeout=20,
        backlog=4096,
        timeout_worker_healthcheck=30,
        timeout_graceful_shutdown=10,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
    )


def watched() -> list[str]:
    """Name the directories whose changes matter to a running server."""
    names = ("portal", "consultations", "proposals", "templates", "locale")
    return [str(settings.ROOT / name) for name in names]

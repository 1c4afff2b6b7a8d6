"""The drill: back up a town in use, restore it into an empty cluster, and compare."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.doors.management import backups
from proposals.models import Document, Proposal
from tests.live import login_session
from tests.processes import ROOT, Cluster, surroundings

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def media(tmp_path: Path, settings: Any) -> Path:
    """Two files, one in a folder."""
    settings.MEDIA_ROOT = folder = tmp_path / "media"
    (folder / "gambar").mkdir(parents=True)
    (folder / "gambar" / "denah.png").write_bytes(b"denah" * 1000)
    (folder / "surat.txt").write_text("surat")
    return folder


@pytest.fixture
def town(thread: Thread, siti: User, budi: User) -> Thread:
    """Somebody talks, somebody judges, both write; one of them is signed in."""
    proposal = Proposal.start(
        consultation=thread.consultation, author=siti, title="Jalur sepeda", summary="Demi kota.",
        text="Kami minta **jalur sepeda**.", key=uuid4(),
    )  # fmt: skip
    Proposal.support(proposal.pk, by=budi)
    comment = thread.post(author=siti, body="Di sisi kiri saja. 🌳 ꦗꦮ", key=uuid4())
    Comment.opine(comment.pk, voter=budi, value=1)
    login_session(siti)
    return thread


class Portal:
    """The site's commands on another cluster, with media of its own."""

    def __init__(self, cluster: Cluster, media: Path) -> None:
        self._env = surroundings("", cluster.url) | {"PORTAL_MEDIA": str(media)}
        self._url = cluster.url

    def __call__(self, *words: str | Path) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "portal", *map(str, words)], cwd=ROOT, env=self._env,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def ask(self, question: str) -> Any:
        with psycopg.connect(self._url) as link:
            answer = link.execute(question).fetchone()
            return answer[0] if answer else None


def test_what_was_backed_up_comes_back_whole(
    cluster: Cluster, town: Thread, media: Path, tmp_path: Path, capsys: Any
) -> None:
    file, elsewhere = tmp_path / "rembuk.backup", tmp_path / "elsewhere"
    portal = Portal(cluster, elsewhere)

    call_command("backup", file)
    code, said = portal("restore", file)

    assert code == 0, said
    assert "journal whole" in said
    assert portal("verify_journal")[0] == 0
    assert portal.ask("SELECT count(*) FROM consultations_opinion") == 1
    assert portal.ask("SELECT body FROM consultations_comment") == "Di sisi kiri saja. 🌳 ꦗꦮ"
    assert portal.ask("SELECT text FROM proposals_document") == Document.objects.get().text
    assert (elsewhere / "gambar" / "denah.png").read_bytes() == b"denah" * 1000
    assert (elsewhere / "surat.txt").read_text() == "surat"


def test_nobody_stays_signed_in_and_texts_begin_a_new_epoch(
    cluster: Cluster, town: Thread, media: Path, tmp_path: Path
) -> None:
    file, portal = tmp_path / "rembuk.backup", Portal(cluster, tmp_path / "elsewhere")
    call_command("backup", file)

    portal("restore", file)

    assert portal.ask("SELECT count(*) FROM django_session") == 0
    epoch = portal.ask("SELECT epoch FROM proposals_document")
    assert epoch
    assert epoch != Document.objects.get().epoch


def test_a_database_that_is_not_empty_stays_as_it_is(
    cluster: Cluster, town: Thread, media: Path, tmp_path: Path
) -> None:
    file, portal = tmp_path / "rembuk.backup", Portal(cluster, tmp_path / "elsewhere")
    call_command("backup", file)
    portal("restore", file)
    town.post(author=User.objects.get(pseudonym="Siti"), body="Sesudahnya.", key=uuid4())
    later = tmp_path / "later.backup"
    call_command("backup", later)

    code, said = portal("restore", later)
    before = portal.ask("SELECT count(*) FROM consultations_comment")
    sure, _said = portal("restore", later, "--yes")

    assert (code, before) == (1, 1)
    assert "--yes" in said
    assert sure == 0
    assert portal.ask("SELECT count(*) FROM consultations_comment") == 2


@pytest.mark.parametrize("harm", ["nonsense", "cut", "newer"])
def test_a_broken_or_strange_file_is_refused_before_anything_is_touched(
    cluster: Cluster, town: Thread, media: Path, tmp_path: Path, harm: str
) -> None:
    file, portal = tmp_path / "rembuk.backup", Portal(cluster, tmp_path / "elsewhere")
    call_command("backup", file)
    spoil(file, harm)

    code, said = portal("restore", file)

    assert code == 1
    assert "Traceback" not in said
    assert portal.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def spoil(file: Path, harm: str) -> None:
    """Break a backup."""
    if harm == "nonsense":
        file.write_bytes(b"nonsense" * 2000)
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    else:
        told = opened(file).with_name("manifest.json")
        told.write_text(told.read_text().replace("accounts.0001", "accounts.9001"))
        packed(file)


def test_a_backup_that_fails_leaves_the_old_one(town: Thread, media: Path, tmp_path: Path) -> None:
    file = tmp_path / "rembuk.backup"
    file.write_text("the old one")
    (media / "surat.txt").unlink()
    (media / "surat.txt").symlink_to(media / "nowhere")

    call_command("backup", file)
    with pytest.raises(CommandError, match="make it first"):
        call_command("backup", tmp_path / "nowhere" / "rembuk.backup")

    assert file.read_bytes() != b"the old one"
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_a_dump_that_cannot_be_read_leaves_what_is_there(
    cluster: Cluster, town: Thread, media: Path, tmp_path: Path
) -> None:
    file, portal = tmp_path / "rembuk.backup", Portal(cluster, tmp_path / "elsewhere")
    call_command("backup", file)
    portal("restore", file)
    dump = opened(file)
    harmed = bytearray(dump.read_bytes())
    harmed[-20_000:-19_900] = bytes(100)
    dump.write_bytes(harmed)
    packed(file)

    code, said = portal("restore", file, "--yes")

    assert code == 1
    assert "pg_restore" in said
    assert portal.ask("SELECT count(*) FROM consultations_comment") == 1


def test_a_backup_of_an_older_version_comes_back(
    cluster: Cluster, town: Thread, media: Path, tmp_path: Path
) -> None:
    file, portal = tmp_path / "rembuk.backup", Portal(cluster, tmp_path / "elsewhere")
    call_command("backup", file)
    dump = opened(file)
    without = ("--format=custom", "--exclude-table=consultations_rewording")
    backups.run("pg_dump", *backups.BARE, *without, f"--file={dump}")
    told = json.loads(dump.with_name("manifest.json").read_text())
    del told["rows"]["consultations.rewording"]
    told["rows"]["consultations.what_is_no_more"] = 3
    told["migrations"].remove("consultations.0003_rewordings")
    dump.with_name("manifest.json").write_text(json.dumps(told))
    packed(file)

    code, said = portal("restore", file)

    assert code == 0, said
    assert "journal whole" in said
    assert portal.ask("SELECT count(*) FROM django_session") == 0


def test_nobody_else_reads_a_backup_that_is_being_made(
    town: Thread, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir(mode=0o755)

    def fails(*_names: object, **_options: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(tarfile.TarFile, "add", fails)
    with pytest.raises((CommandError, OSError)):
        call_command("backup", folder / "rembuk.backup")

    assert list(folder.iterdir()) == []


def opened(file: Path) -> Path:
    """Unpack a backup beside it; gives its dump."""
    with tarfile.open(file) as tar:
        tar.extractall(file.parent / "open", filter="data")
    return file.parent / "open" / "database.dump"


def packed(file: Path) -> None:
    """Pack manifest and dump again."""
    with tarfile.open(file, "w") as tar:
        for name in ("manifest.json", "database.dump"):
            tar.add(file.parent / "open" / name, name)

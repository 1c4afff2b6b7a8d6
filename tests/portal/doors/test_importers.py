"""Importers: the numbers of the data sets, exactly; the same again; nothing of a broken file."""

import gzip
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from consultations.models import (
    Comment,
    Consultation,
    Opinion,
    OpinionChange,
    Participant,
    Phase,
    Thread,
)
from portal.agencies.models import Agency
from portal.doors.importers import polis
from portal.journal.models import Entry
from portal.moderation.models import Decision

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
POLIS = DATA / "polis"
KEYS = (
    "comments",
    "accepted",
    "unmoderated",
    "rejected",
    "participants",
    "opinions",
    "agree",
    "disagree",
    "pass",
)
TABLE = {
    "15-per-hour-seattle": (54, 30, 1, 23, 339, 2_872, 1_358, 922, 592),
    "austria-climate.5twd2jsnkf.2022-08-08": (
        522,
        277,
        0,
        245,
        1_116,
        61_384,
        38_206,
        9_223,
        13_955,
    ),
    "bg2050-volunteers": (371, 316, 0, 55, 126, 14_283, 10_006, 1_621, 2_656),
    "brexit-consensus": (50, 50, 0, 0, 204, 5_303, 2_685, 1_952, 666),
    "canadian-electoral-reform": (174, 152, 0, 22, 448, 11_950, 7_205, 2_831, 1_914),
    "london.youth.policing": (39, 36, 0, 3, 26, 638, 392, 192, 54),
    "scoop-hivemind.affordable-housing": (165, 119, 0, 46, 381, 14_995, 8_041, 4_549, 2_405),
    "scoop-hivemind.biodiversity": (316, 154, 0, 162, 536, 29_719, 19_229, 5_472, 5_018),
    "scoop-hivemind.freshwater": (80, 51, 0, 29, 117, 3_972, 2_483, 1_081, 408),
    "scoop-hivemind.taxes": (148, 91, 0, 57, 334, 17_335, 8_577, 6_536, 2_222),
    "scoop-hivemind.ubi": (71, 52, 18, 1, 234, 7_153, 4_582, 1_759, 812),
    "ssis.land-bank-farmland.2rumnecbeh.2021-08-01": (
        297,
        186,
        6,
        105,
        404,
        33_463,
        17_218,
        9_672,
        6_573,
    ),
}
COMMENTS = "timestamp,comment-id,author-id,moderated,comment-body\n"
VOTES = "timestamp,comment-id,voter-id,vote\n"


def run(command: str, folder: Path, slug: str = "uji", **options: str) -> dict[str, object]:
    """Run an import and read its last line."""
    output = StringIO()
    call_command(command, str(folder), agency="dinas-impor", slug=slug, stdout=output, **options)
    result: dict[str, object] = json.loads(output.getvalue().splitlines()[-1])
    return result


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A conversation of two comments, three people and one vote given twice."""
    (tmp_path / "comments.csv").write_text(
        COMMENTS + "1000000000000,0,7,1,Setuju saja\n1000000001000,1,8,-1,Tidak pantas\n"
    )
    (tmp_path / "votes.csv").write_text(
        VOTES + "1000000005000,0,7,1\n1000000004000,0,7,-1\n1000000004000,1,9,-1\n"
        "1000000004000,1,9,0\n"
    )
    return tmp_path


def nothing_kept() -> bool:
    """Whether no row of an import is left."""
    return not Consultation.objects.exists() and not Agency.objects.exists()


@pytest.mark.parametrize("name", TABLE)
def test_every_conversation_is_read_with_the_figures_of_its_publisher(name: str) -> None:
    counts = polis.read(POLIS / name).counts()

    assert tuple(counts[key] for key in KEYS) == TABLE[name]


@pytest.mark.parametrize("name", TABLE)
def test_the_matrix_gives_the_same_figures_where_the_votes_are_absent(
    name: str, tmp_path: Path
) -> None:
    for file in (POLIS / name).iterdir():
        if not file.name.startswith("votes"):
            (tmp_path / file.name).symlink_to(file)

    counts = polis.read(tmp_path).counts()

    assert tuple(counts[key] for key in KEYS) == TABLE[name]


@pytest.mark.parametrize("name", ["15-per-hour-seattle", "london.youth.policing"])
def test_a_conversation_becomes_a_closed_consultation(db: None, name: str) -> None:
    result = run("import_polis", POLIS / name)

    assert result.pop("consultation") == "uji"
    assert tuple(result[key] for key in KEYS) == TABLE[name]
    consultation = Consultation.objects.published().get(slug="uji")
    assert consultation.agency.slug == "dinas-impor"
    assert consultation.source.startswith("Polis")
    assert "CC BY 4.0" in consultation.background_html
    assert "case-studies/2014-seattle-15-per-hour" in consultation.background_html
    assert not consultation.allows(Phase.Activity.COMMENT)


def test_counters_history_and_numbers_agree_with_the_rows(db: None) -> None:
    run("import_polis", POLIS / "15-per-hour-seattle")

    thread = Thread.objects.get()
    sums = thread.comments.aggregate(
        agree=Sum("agree_count"), disagree=Sum("disagree_count"), passed=Sum("pass_count")
    )
    assert sums == {"agree": 1_358, "disagree": 922, "passed": 592}
    assert Opinion.objects.count() == OpinionChange.objects.count() == 2_872
    assert thread.comment_count == thread.comments.shown().count() == 31
    assert thread.last_number == 54
    numbers = Participant.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 340))
    assert Consultation.objects.get().participant_count == 339
    assert not Participant.objects.exclude(person=None).exists()


def test_a_rejected_comment_is_hidden_by_a_decision_with_rule_and_reason(db: None) -> None:
    run("import_polis", POLIS / "london.youth.policing")

    for comment in Comment.objects.filter(state=Comment.State.HIDDEN):
        assert comment.decision is not None
        assert comment.decision.topic == comment.topic
        assert comment.decision.by is None
        assert comment.decision.rule is not None
        assert comment.decision.rule.consultation_topic == comment.rules_topic()
        assert len(comment.decision.reason) >= 20
    assert Decision.objects.filter(verb="hide").count() == 3
    assert Decision.objects.filter(verb="approve").count() == 36


def test_the_last_vote_counts_and_at_equal_times_the_later_line(db: None, small: Path) -> None:
    result = run("import_polis", small)

    assert (result["opinions"], result["agree"], result["disagree"], result["pass"]) == (2, 1, 0, 1)
    assert result["participants"] == 2
    assert Participant.objects.count() == 3


def test_one_line_of_the_journal_per_run(db: None, small: Path) -> None:
    run("import_polis", small)

    entry = Entry.objects.get()
    assert (entry.verb, entry.actor_id) == ("imported", None)
    assert entry.details["opinions"] == 2


def test_twice_changes_nothing(db: None, small: Path) -> None:
    first = run("import_polis", small)

    second = run("import_polis", small)

    assert second == first
    assert Consultation.objects.count() == Agency.objects.count() == Entry.objects.count() == 1
    assert Opinion.objects.count() == 2


def test_a_slug_that_holds_something_else_is_refused(
    consultation: Consultation, small: Path
) -> None:
    with pytest.raises(CommandError, match="holds something else"):
        run("import_polis", small, slug=consultation.slug)

    assert not Agency.objects.filter(slug="dinas-impor").exists()


def test_gzipped_files_are_read_as_they_are(db: None, small: Path) -> None:
    for file in list(small.iterdir()):
        (small / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()

    assert run("import_polis", small)["comments"] == 2


@pytest.mark.parametrize(
    ("file", "change", "place"),
    [
        ("comments.csv", lambda text: text[:-8], "comments.csv, line 3"),
        ("comments.csv", lambda text: text.replace(",-1,", ",2,"), "comments.csv, line 3"),
        ("comments.csv", lambda text: text.replace("000,1,8", "000,0,8"), "comments.csv, line 3"),
        ("comments.csv", lambda text: text + '1000000002000,2,8,1,"ter', "comments.csv, line 4"),
        ("comments.csv", lambda text: text + "1000000002000,2,8,1\n", "comments.csv, line 4"),
        ("comments.csv", lambda text: text.replace("moderated", "judged"), "comments.csv, line 1"),
        ("comments.csv", lambda text: text.replace("saja", "\x00"), "comments.csv, line 2"),
        ("comments.csv", lambda _text: "", "comments.csv, line 1"),
        ("votes.csv", lambda text: text.replace("9,0", "9,"), "votes.csv, line 5"),
        ("votes.csv", lambda text: text.replace("9,0", "9,3"), "votes.csv, line 5"),
        ("votes.csv", lambda text: text.replace("000,1,9,0", "000,5,9,0"), "votes.csv, line 5"),
        ("votes.csv", lambda text: "satu" + text[4:], "votes.csv, line 1"),
        ("votes.csv", lambda text: text.replace("5000,0", "5000000000000,0"), "votes.csv, line 2"),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_nothing_is_kept(
    db: None, small: Path, file: str, change: Callable[[str], str], place: str
) -> None:
    path = small / file
    path.write_text(change(path.read_text()))

    with pytest.raises(CommandError, match=place):
        run("import_polis", small)

    assert nothing_kept()


def test_a_cut_archive_is_refused(db: None, small: Path) -> None:
    whole = gzip.compress((POLIS / "london.youth.policing" / "votes.csv").read_bytes())
    (small / "votes.csv").unlink()
    (small / "votes.csv.gz").write_bytes(whole[:-20])

    with pytest.raises(CommandError, match=r"votes\.csv\.gz, line \d+"):
        run("import_polis", small)

    assert nothing_kept()


def test_a_file_in_another_encoding_is_refused(db: None, small: Path) -> None:
    (small / "comments.csv").write_bytes(COMMENTS.encode() + b"1000000000000,0,7,1,caf\xe9\n")

    with pytest.raises(CommandError, match=r"comments\.csv, line 1"):
        run("import_polis", small)


def test_votes_cut_off_between_two_lines_are_noticed_by_the_matrix(
    db: None, tmp_path: Path
) -> None:
    source = POLIS / "london.youth.policing"
    for name in ("comments.csv", "participants-votes.csv"):
        (tmp_path / name).symlink_to(source / name)
    lines = (source / "votes.csv").read_text().splitlines(keepends=True)
    (tmp_path / "votes.csv").write_text("".join(lines[:300]))

    with pytest.raises(CommandError, match=r"participants-votes\.csv, line \d+: the vote of"):
        run("import_polis", tmp_path)

    assert nothing_kept()


def test_a_folder_without_votes_is_refused(db: None, small: Path) -> None:
    (small / "votes.csv").unlink()

    with pytest.raises(CommandError, match=r"votes\.csv"):
        run("import_polis", small)


def test_a_slug_must_be_one(db: None, small: Path) -> None:
    with pytest.raises(CommandError, match="not a slug"):
        run("import_polis", small, slug="dua kata")


def test_only_importers_and_the_demo_write_the_past() -> None:
    root = Path(__file__).resolve().parents[3]
    users = [
        path.relative_to(root).as_posix()
        for package in ("portal", "consultations", "proposals")
        for path in (root / package).rglob("*.py")
        if "models.past import" in path.read_text()
    ]

    allowed = ("portal/doors/importers/", "portal/demo/", "proposals/models/past.py")
    assert [user for user in users if not user.startswith(allowed)] == []

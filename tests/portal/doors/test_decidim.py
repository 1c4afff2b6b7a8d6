"""The export of Barcelona: proposals with supports, threads of comments with stance."""

import gzip
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db.models import Sum

from consultations.models import Comment, Consultation, Thread
from consultations.models.place import next_place
from portal.doors.importers import decidim
from proposals.models import Proposal, Support
from tests.portal.doors.test_importers import DATA, nothing_kept, run

BARCELONA = DATA / "decidim-barcelona-pam2016"
SAMPLE = {
    "proposals": 114,
    "supports": 5_456,
    "comments": 905,
    "replies": 406,
    "max_depth": 8,
    "orphans": 1,
    "participants": 361,
}
WHOLE = {
    "proposals": 10_860,
    "supports": 165_127,
    "comments": 18_192,
    "replies": 1_975,
    "max_depth": 11,
    "orphans": 1,
    "participants": 3_685,
}


def test_the_sample_of_barcelona_becomes_proposals_with_threads(db: None) -> None:
    result = run("import_decidim", BARCELONA, prefix="sample-")

    assert result == {"consultation": "uji", **SAMPLE}
    assert Consultation.objects.get(slug="uji").participant_count == SAMPLE["participants"]
    assert Proposal.objects.count() == Thread.objects.count() == 114
    assert Proposal.objects.aggregate(total=Sum("supports_taken_over"))["total"] == 5_456
    assert not Support.objects.exists()
    assert Proposal.objects.filter(author=None).count() == 49
    proposal = Proposal.objects.get(origin="decidim:3608")
    assert Thread.objects.get(about=proposal.topic).comment_count == 337
    assert run("import_decidim", BARCELONA, prefix="sample-") == result


def test_stances_stand_at_the_top_and_replies_below_their_parent(db: None) -> None:
    run("import_decidim", BARCELONA, prefix="sample-")

    top = Comment.objects.filter(parent=None)
    assert [top.filter(stance=stance).count() for stance in (1, 0, -1)] == [244, 187, 68]
    assert not Comment.objects.exclude(parent=None).exclude(stance=None).exists()
    for comment in Comment.objects.select_related("parent"):
        assert comment.place == next_place(
            comment.parent.place if comment.parent else "", comment.number
        )
        assert comment.depth == (comment.parent.depth + 1 if comment.parent else 0)
    orphan = top.get(stance=None)
    assert orphan.depth == 0
    assert orphan.replies.count() == 1


def test_numbers_follow_the_time_within_a_thread(db: None) -> None:
    run("import_decidim", BARCELONA, prefix="sample-")

    proposal = Proposal.objects.get(origin="decidim:3608")
    comments = Comment.objects.filter(thread__about=proposal.topic).order_by("number")
    times = [comment.posted_at for comment in comments]
    assert times == sorted(times)
    assert [comment.number for comment in comments] == list(range(1, 338))


def test_a_comment_less_than_declared_is_refused(db: None, tmp_path: Path) -> None:
    (tmp_path / "proposals.csv").symlink_to(BARCELONA / "sample-proposals.csv")
    lines = gzip.decompress((BARCELONA / "sample-comments.csv.gz").read_bytes()).splitlines(True)
    (tmp_path / "comments.csv").write_bytes(b"".join(lines[:-1]))

    with pytest.raises(CommandError, match=r"proposals\.csv, line \d+: \d+ comments declared"):
        run("import_decidim", tmp_path)

    assert nothing_kept()


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("5,1,5,01/02/2016 11:00:00,,u1,x\n", "line 2: this comment answers itself"),
        ("5,9,,01/02/2016 11:00:00,1,u1,x\n", "line 2: the proposal 9 is missing"),
        ("5,1,,01/13/2016 11:00:00,1,u1,x\n", "line 2: created_at cannot be read"),
        ("5,1,,01/02/2016 11:00:00,7,u1,x\n", "line 2: alignment is 7"),
        ("5,1,,01/02/2016 11:00:00,1,,x\n", "line 2: author is empty"),
    ],
)
def test_a_broken_comment_is_refused_with_its_line(
    db: None, tmp_path: Path, rows: str, what: str
) -> None:
    (tmp_path / "proposals.csv").write_text(
        "id,created_at,author,title,summary,votes,comments\n1,01/02/2016,u1,Satu,Isi,3,1\n"
    )
    header = "id,proposal_id,parent_id,created_at,alignment,author,body\n"
    (tmp_path / "comments.csv").write_text(header + rows)

    with pytest.raises(CommandError, match=f"comments.csv, {what}"):
        run("import_decidim", tmp_path)

    assert nothing_kept()


def test_the_whole_of_barcelona_is_read_with_its_figures() -> None:
    assert decidim.read(BARCELONA).counts() == WHOLE

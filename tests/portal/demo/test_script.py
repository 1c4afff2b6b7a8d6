"""The corpus: written by hand, complete, and about nobody and nothing that exists."""

import re
from collections.abc import Iterator

import pytest

from portal.demo.scene import RULES, answers, shares_of
from portal.demo.script import CORPUS, Line, Matter, Plan, Script, read_script
from portal.moderation.models.moderated import SHORTEST_REASON
from portal.moderation.models.rule import SITE_RULES

WRONG = (
    "email", "e-mail", "download", "upload", "online", "offline", "login", "voting", "polling",
    "feedback", "website", "benang", "gulungan", "pensiun", "aturan rumah", "papan tulis",
    "panggung utama", "menit rapat", "barang agenda", "voters", "quorum",
)  # fmt: skip
HOST = re.compile(
    r"https?:|www\.|\b[\w-]+\.(?:com|net|org|go\.id|co\.id|ac\.id|sch\.id)\b", re.IGNORECASE
)


@pytest.fixture
def script() -> Script:
    return read_script()


def conversations(matter: Matter) -> list[tuple[Line, ...]]:
    """What is said in the threads, and about the proposals."""
    about_proposals = [plan.comments for plan in matter.proposals]
    return [talk.comments for talk in matter.threads] + about_proposals


def every_line(script: Script) -> Iterator[tuple[Matter, Line]]:
    for matter in script.matters:
        for lines in conversations(matter):
            for line in lines:
                yield matter, line


def plans(script: Script) -> list[Plan]:
    return [plan for matter in script.matters for plan in matter.proposals]


def words_of_the_agency(matter: Matter) -> str:
    """What the agency says: the tone of an office, the words of the glossary."""
    subjects = [talk.subject for talk in matter.threads]
    texts = [matter.title, matter.question, matter.how_decided, matter.background, matter.contact]
    return " ".join([*texts, *subjects]).lower()


def test_the_town_is_large_enough_to_feel_real(script: Script) -> None:
    talks = [talk for matter in script.matters for talk in matter.threads]

    assert len(script.agencies) >= 3
    assert len(script.matters) >= 8
    assert len(script.people) >= 80
    assert len(talks) >= 25
    assert len(list(every_line(script))) >= 350
    assert len(plans(script)) >= 12
    assert max(line.re for _matter, line in every_line(script)) >= 5
    assert sum(line.hidden is not None for _matter, line in every_line(script)) >= 3


def test_nobody_says_the_same_thing_twice_and_nobody_says_nothing(script: Script) -> None:
    said = [line.text.strip() for _matter, line in every_line(script)]

    assert all(said)
    assert len(set(said)) == len(said)


def test_everybody_who_speaks_lives_here(script: Script) -> None:
    known = {role.key for role in script.everybody}
    hands = {name for plan in plans(script) for name in (plan.by, *plan.coauthors)}
    judges = {line.hidden.by for _matter, line in every_line(script) if line.hidden}

    assert len(known) == len(script.everybody)
    assert {line.by for _matter, line in every_line(script)} <= known
    assert hands | judges | {matter.official for matter in script.matters} <= known
    assert {matter.agency for matter in script.matters} <= {body.slug for body in script.agencies}


def test_names_are_one_word_or_more_and_addresses_lead_nowhere(script: Script) -> None:
    assert all(role.mail.endswith("@contoh.id.invalid") for role in script.everybody)
    assert any(" " not in role.name for role in script.people)
    assert len({role.name for role in script.everybody}) == len(script.everybody)


def test_replies_answer_something_and_openings_have_a_mood(script: Script) -> None:
    for matter in script.matters:
        for lines in conversations(matter):
            found = answers(lines)
            assert [parent is None for parent in found] == [line.re == 0 for line in lines]
    for _matter, line in every_line(script):
        assert (line.mood in {"for", "against", "all", "none"}) == (line.re == 0), line


def test_whoever_is_hidden_is_told_why_under_a_rule_that_exists(script: Script) -> None:
    for _matter, line in every_line(script):
        if line.hidden:
            assert RULES[line.hidden.rule] <= len(SITE_RULES)
            assert len(line.hidden.reason) >= SHORTEST_REASON
    assert max(RULES.values()) == len(SITE_RULES)


def test_what_agencies_say_is_complete_and_marked_as_fiction(script: Script) -> None:
    for matter in script.matters:
        assert all([matter.question, matter.how_decided, matter.contact, matter.legal_basis])
        assert matter.question.endswith("?")
        assert "contoh fiktif" in matter.background.lower()
        assert "contoh fiktif" in matter.legal_basis or "Rencana" in matter.legal_basis
        assert len(matter.background.split("\n\n")) >= 3


@pytest.mark.parametrize("wrong", WRONG)
def test_agencies_use_the_words_of_the_glossary(script: Script, wrong: str) -> None:
    for matter in script.matters:
        found = re.search(rf"\b{re.escape(wrong)}\b", words_of_the_agency(matter))
        assert found is None, f"{matter.slug}: {wrong}"


def test_no_address_of_the_corpus_leads_anywhere() -> None:
    for path in CORPUS.glob("*.toml"):
        text = path.read_text()
        assert HOST.search(text) is None, path.name
        assert all(found.endswith(".invalid") for found in re.findall(r"\S+@[\w.-]+\w", text))


def test_proposals_have_headings_and_grow_by_hand(script: Script) -> None:
    for plan in plans(script):
        grown = shares_of(plan)
        assert len(plan.text.split("\n\n")) >= 4
        assert "## " in plan.text
        assert len(grown) == len(plan.coauthors) + 1
        assert grown[-1] == plan.text.strip()
        assert all(grown[0])
        assert sorted(grown, key=len) == grown


def test_every_kind_of_moment_is_there(script: Script) -> None:
    def is_running(matter: Matter, activity: str) -> bool:
        start, end = matter.span(activity)
        return start < 0 < end

    assert [matter.slug for matter in script.matters if matter.draft]
    assert [matter.slug for matter in script.matters if min(s.starts for s in matter.phases) > 0]
    assert [matter.slug for matter in script.matters if max(s.ends for s in matter.phases) < 0]
    for activity in ("comment", "propose", "coedit", "support", "answer"):
        assert any(is_running(matter, activity) for matter in script.matters), activity

"""Carets: one's own only, under the name that the server knows; gone everywhere at once."""

import json

import pytest

from portal.accounts.models import User
from proposals.coedit.member import Member, Person
from proposals.coedit.outbox import Outbox
from proposals.coedit.people import GONE, People, written_over
from proposals.coedit.protocol import Malformed, Presence, awareness_body
from proposals.models import Document
from tests.proposals.editors import caret, open_editor

HERE = Presence(5, 2, '{"user":{"name":"Budi"}}')


def test_who_leaves_elsewhere_is_gone_at_the_clock_of_the_last_word() -> None:
    people = People()
    people.hear_elsewhere(awareness_body([HERE]), 1.0)

    news = people.hear_elsewhere(awareness_body([Presence(5, 2, GONE)]), 1.1)

    assert news == [Presence(5, 2, GONE)]
    assert people.known() == []


def test_the_same_word_twice_is_no_news() -> None:
    people = People()
    people.hear_elsewhere(awareness_body([HERE]), 1.0)

    assert people.hear_elsewhere(awareness_body([HERE]), 1.1) == []
    assert people.hear_elsewhere(awareness_body([Presence(5, 1, GONE)]), 1.2) == []
    assert people.known() == [HERE]


@pytest.mark.parametrize("state", ["", "nonsense", "7", '{"user":NaN}', "[" * 900, "[]"])
def test_what_no_browser_could_read_is_not_passed_on(state: str) -> None:
    people = People()

    news = people.hear_elsewhere(awareness_body([Presence(4, 1, state), HERE]), 1.0)

    assert news == people.known() == [HERE]


def member(client: int) -> Member:
    async def nothing(_value: object) -> None:
        return

    return Member(Person(client, f"Warga {client}", 1, client, 1), Outbox(nothing, nothing))


def word(client: int, clock: int, state: object) -> bytes:
    return awareness_body([Presence(client, clock, json.dumps(state))])


def test_a_crowd_shows_the_most_recently_active_carets() -> None:
    people = People()
    for client in range(60):
        people.hear(member(client), word(client, 1, {"cursor": caret()}), now=float(client))

    told = people.changes(members=60)

    assert {presence.client for presence in told} == set(range(30, 60))
    assert people.changes(members=60) == []


def test_only_the_last_word_of_a_tick_is_told() -> None:
    people, siti = People(), member(7)
    for clock in range(1, 5):
        people.hear(siti, word(7, clock, {"cursor": caret(clock)}), now=0.0)

    [told] = people.changes(members=2)

    assert (told.clock, json.loads(told.state)["cursor"]) == (4, caret(4))


def test_an_echo_is_no_news_and_news_of_another_are_refused() -> None:
    people, budi = People(), member(7)
    people.hear_elsewhere(awareness_body([HERE]), 1.0)

    people.hear(budi, awareness_body([HERE]), 1.1)
    people.hear(budi, awareness_body([Presence(5, 2, GONE), Presence(6, 1, GONE)]), 1.1)

    assert people.known() == [HERE]
    with pytest.raises(Malformed):
        people.hear(budi, awareness_body([Presence(5, 3, GONE)]), 1.2)
    assert people.known() == [HERE]


ID = {"client": 5, "clock": 1}
NO_CARETS: dict[str, object] = {
    "a lone surrogate": "\ud800",
    "a surrogate for a root": {"tname": "\ud800"},
    "no number": {"item": {"client": 5, "clock": float("nan")}},
    "infinity": {"assoc": float("-inf")},
    "a part of a number": {"item": {"client": 5, "clock": 0.5}},
    "yes for a number": {"item": {"client": True, "clock": 1}},
    "too large": {"item": {"client": 2**53, "clock": 1}},
    "too late": {"item": {"client": 5, "clock": 2**31}},
    "below zero": {"type": {"client": 5, "clock": -1}},
    "another side": {"assoc": 9},
    "another root": {"tname": "secret"},
    "more in it": {"item": ID, "html": "<script>"},
    "more in an id": {"item": ID | {"more": 1}},
    "a list": [1],
    "nothing": None,
}


@pytest.mark.parametrize("position", NO_CARETS.values(), ids=NO_CARETS.keys())
@pytest.mark.parametrize("end", ["anchor", "head"])
def test_what_is_no_place_in_a_text_is_no_caret(position: object, end: str) -> None:
    said = json.dumps({"cursor": caret() | {end: position}})

    kept = written_over(Presence(7, 1, said), member(7).person)

    assert "cursor" not in (json.loads(kept.state) or {})
    assert kept.state.encode()
    json.loads(kept.state, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    "position",
    [
        {"type": None, "tname": "default", "item": None, "assoc": 0},
        {"type": ID, "tname": None, "item": None, "assoc": -1},
        {"type": None, "tname": None, "item": {"client": 2**53 - 1, "clock": 7}, "assoc": 1},
        {"item": ID},
    ],
)
def test_every_place_in_a_text_is_a_caret(position: object) -> None:
    said = json.dumps({"cursor": {"anchor": position, "head": position}})

    kept = written_over(Presence(7, 1, said), member(7).person)

    assert json.loads(kept.state)["cursor"] == {"anchor": position, "head": position}


@pytest.mark.parametrize("state", ["[" * 900, "nonsense", "[1]", '"x"', "{}"])
def test_a_state_that_is_no_state_leaves_no_caret(state: str) -> None:
    person = member(7).person

    kept = json.loads(written_over(Presence(7, 1, state), person).state)

    assert kept is None or set(kept) == {"user"}


def test_carets_of_a_dead_process_go_by_themselves() -> None:
    people = People()
    [heard] = people.hear_elsewhere(word(7, 3, {"user": {"name": "Siti"}}), now=0.0)
    assert heard.client == 7
    assert people.expire(now=30.0) == []

    [gone] = people.expire(now=40.0)

    assert (gone.client, gone.clock, gone.state) == (7, 3, "null")
    assert people.known() == []


def test_another_process_cannot_speak_for_a_socket_of_this_one() -> None:
    people = People()
    people.hear(member(7), word(7, 1, {"cursor": caret()}), now=0.0)

    assert people.hear_elsewhere(word(7, 9, {"user": {"name": "Wali Kota"}}), now=0.0) == []


def test_a_viewer_has_no_caret() -> None:
    people, reader = People(), member(7)
    reader.person = Person(None, "", 0, 7, None)

    people.hear(reader, word(7, 1, {"cursor": caret()}), now=0.0)

    assert people.changes(members=1) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rooms")
async def test_the_server_writes_the_name_over_a_caret(
    document: Document, siti: User, budi: User
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    cursor = caret()

    mayor = {"user": {"name": "Wali Kota", "color": "red"}, "cursor": cursor, "more": "x"}
    await second.point(mayor)
    await first.until(lambda: second.text.client in first.text.people)

    seen = first.text.people[second.text.client]
    assert seen == {"user": {"name": "Budi", "colour": budi.pk % 12 + 1}, "cursor": cursor}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rooms")
async def test_the_caret_of_another_cannot_be_moved(
    document: Document, siti: User, budi: User
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    await first.point({"cursor": caret()})
    await second.until(lambda: first.text.client in second.text.people)

    await second.point({"cursor": None}, client=first.text.client, clock=99)
    await second.until(lambda: second.code)

    assert second.code == 4422
    assert first.code is None
    assert second.text.people[first.text.client]["cursor"] == caret()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rooms")
async def test_a_caret_goes_with_its_socket(document: Document, siti: User, budi: User) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    await second.point({"cursor": caret()})
    await first.until(lambda: second.text.client in first.text.people)

    await second.leave()

    await first.until(lambda: first.text.people[second.text.client] is None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rooms")
@pytest.mark.parametrize("said", ["\ud800", float("nan"), float("inf")])
async def test_no_caret_stops_the_room(
    document: Document, siti: User, budi: User, said: object
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)

    await second.point({"cursor": {"anchor": said, "head": said}, "user": {"name": said}})
    await first.point({"cursor": caret()})
    await second.until(lambda: first.text.client in second.text.people)

    third = await open_editor(document, siti)
    assert "cursor" not in (third.text.people.get(second.text.client) or {})
    await third.type(" Jalan terus.")
    await first.until(lambda: "Jalan terus." in first.text.words)

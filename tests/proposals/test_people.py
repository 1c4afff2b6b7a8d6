"""Carets: one's own only, under the name that the server knows; gone everywhere at once."""

import json

import pytest

from portal.accounts.models import User
from proposals.coedit.member import Member, Person
from proposals.coedit.outbox import Outbox
from proposals.coedit.people import GONE, People, written_over
from proposals.coedit.protocol import Presence, awareness_body
from proposals.models import Document
from tests.proposals.editors import open_editor

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


def member(client: int) -> Member:
    async def nothing(_value: object) -> None:
        return

    return Member(Person(client, f"Warga {client}", 1, client, 1), Outbox(nothing, nothing))


def word(client: int, clock: int, state: object) -> bytes:
    return awareness_body([Presence(client, clock, json.dumps(state))])


def test_a_crowd_shows_the_most_recently_active_carets() -> None:
    people = People()
    for client in range(60):
        people.hear(member(client), word(client, 1, {"cursor": {}}), now=float(client))

    told = people.changes(members=60)

    assert {presence.client for presence in told} == set(range(30, 60))
    assert people.changes(members=60) == []


def test_only_the_last_word_of_a_tick_is_told() -> None:
    people, siti = People(), member(7)
    for clock in range(1, 5):
        people.hear(siti, word(7, clock, {"cursor": {"anchor": clock}}), now=0.0)

    [told] = people.changes(members=2)

    assert (told.clock, json.loads(told.state)["cursor"]) == (4, {"anchor": 4})


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
    people.hear(member(7), word(7, 1, {"cursor": {}}), now=0.0)

    assert people.hear_elsewhere(word(7, 9, {"user": {"name": "Wali Kota"}}), now=0.0) == []


def test_a_viewer_has_no_caret() -> None:
    people, reader = People(), member(7)
    reader.person = Person(None, "", 0, 7, None)

    people.hear(reader, word(7, 1, {"cursor": {}}), now=0.0)

    assert people.changes(members=1) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rooms")
async def test_the_server_writes_the_name_over_a_caret(
    document: Document, siti: User, budi: User
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    cursor = {"anchor": {"item": 1}, "head": {"item": 2}}

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
    await first.point({"cursor": {"anchor": 1, "head": 1}})
    await second.until(lambda: first.text.client in second.text.people)

    await second.point({"cursor": None}, client=first.text.client, clock=99)
    await first.hear_all()

    assert second.text.people[first.text.client]["cursor"] == {"anchor": 1, "head": 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rooms")
async def test_a_caret_goes_with_its_socket(document: Document, siti: User, budi: User) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    await second.point({"cursor": {}})
    await first.until(lambda: second.text.client in first.text.people)

    await second.leave()

    await first.until(lambda: first.text.people[second.text.client] is None)

"""Carets of a text: who leaves one process leaves the pages of all."""

from proposals.coedit.people import GONE, People
from proposals.coedit.protocol import Presence, awareness_body

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

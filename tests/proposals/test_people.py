"""Carets: one's own only, under the name that the server knows."""

import pytest

from portal.accounts.models import User
from proposals.models import Document
from tests.proposals.editors import open_editor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rooms")]


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


async def test_the_caret_of_another_cannot_be_moved(
    document: Document, siti: User, budi: User
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    await first.point({"cursor": {"anchor": 1, "head": 1}})
    await second.until(lambda: first.text.client in second.text.people)

    await second.point({"cursor": None}, client=first.text.client, clock=99)
    await first.hear_all()

    assert second.text.people[first.text.client]["cursor"] == {"anchor": 1, "head": 1}


async def test_a_caret_goes_with_its_socket(document: Document, siti: User, budi: User) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    await second.point({"cursor": {}})
    await first.until(lambda: second.text.client in first.text.people)

    await second.leave()

    await first.until(lambda: first.text.people[second.text.client] is None)

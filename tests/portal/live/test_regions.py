"""A region is drawn once per number and language, whoever fetches it."""

from unittest.mock import Mock

import pytest
from django.test import RequestFactory
from django.utils import translation

from consultations.models import Thread
from portal.live.models import LiveTopic
from portal.live.regions import drawn, region_answer


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    drawn.clear()


def test_an_ordinary_request_is_the_views_own(rf: RequestFactory, thread: Thread) -> None:
    assert region_answer(rf.get("/threads/1/"), thread, Mock()) is None


def test_a_region_is_drawn_once_until_something_happens(rf: RequestFactory, thread: Thread) -> None:
    draw = Mock(return_value="<section>1</section>")
    request = rf.get("/threads/1/?older=9", headers={"Live-Region": "comments"})

    first = region_answer(request, thread, draw)
    again = region_answer(request, thread, draw)
    LiveTopic.objects.update_or_create(topic=thread.topic, defaults={"seq": 7})
    later = region_answer(request, thread, draw)

    assert first is not None
    assert again is not None
    assert later is not None
    assert first.content == again.content == b"<section>1</section>"
    assert later["ETag"] == '"7-id"'
    assert (first["Live-Numbers"], later["Live-Numbers"]) == (
        f"{thread.topic}@0",
        f"{thread.topic}@7",
    )
    assert draw.call_count == 2
    assert "Live-Region" in later["Vary"]


@pytest.mark.parametrize("tag", ['"7-id"', 'W/"7-id"'])
def test_who_has_it_already_is_told_so_without_drawing(
    tag: str, rf: RequestFactory, thread: Thread
) -> None:
    LiveTopic.objects.update_or_create(topic=thread.topic, defaults={"seq": 7})
    draw = Mock()
    headers = {"Live-Region": "comments", "If-None-Match": tag}

    answer = region_answer(rf.get("/threads/1/", headers=headers), thread, draw)

    assert answer is not None
    assert answer.status_code == 304
    assert answer["Live-Numbers"] == f"{thread.topic}@7"
    draw.assert_not_called()


def test_languages_and_addresses_are_kept_apart(rf: RequestFactory, thread: Thread) -> None:
    draw = Mock(side_effect=["satu", "one", "lain"])
    headers = {"Live-Region": "comments"}

    bodies = []
    for language, path in (("id", "/threads/1/"), ("en", "/threads/1/"), ("id", "/threads/2/")):
        with translation.override(language):
            answer = region_answer(rf.get(path, headers=headers), thread, draw)
        bodies.append(answer.content if answer else b"")

    assert bodies == [b"satu", b"one", b"lain"]

"""The hub keeps its promises on a clock that jumps, with 10,000 votes and 1,000 pages."""

import asyncio
import json
from typing import cast
from unittest.mock import patch

import pytest

from portal.live import frame
from portal.live.frame import Payload, Put
from portal.live.hub import Hub
from tests.portal.live.conftest import Page, Tape, on_a_fake_clock

THREAD = "thread:81"


def put(number: int, text: str = "Setuju") -> Payload:
    """Make the message of one new comment."""
    html = {"id": f"<li>{text}</li>", "en": f"<li>{text} (en)</li>"}
    return {"s": [number], "put": [Put(id=f"comment-{number}", into="list", html=html)]}


def votes(agree: int) -> Payload:
    """Make the message of one opinion."""
    return {"n": {"comment-17": [agree, 0, 0, agree]}}


def bound() -> Hub:
    """Make a hub with a line."""
    hub = Hub()
    hub.bind()
    hub.line = Tape()
    return hub


def test_ten_thousand_votes_in_a_second_are_ten_frames_a_second_and_the_last_value_is_exact() -> (
    None
):
    async def story() -> None:
        hub = bound()
        pages = [Page(hub, THREAD) for _ in range(3)]

        for vote in range(1, 10_001):
            hub.send(THREAD, votes(vote))
            await asyncio.sleep(0.0001)
        await asyncio.sleep(0.2)

        for page in pages:
            assert page.said("n")[-1] == {"comment-17": [10_000, 0, 0, 10_000]}
            starts = page.times
            assert max(sum(t <= u < t + 0.999 for u in starts) for t in starts) <= 10
        assert isinstance(hub.line, Tape)
        assert len(hub.line.published) == len(pages[0].said("n"))

    on_a_fake_clock(story)


def test_an_idle_topic_sends_at_once_and_then_collects_for_a_tick() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)

        for number in (1, 2, 3):
            hub.send(THREAD, put(number))
        await asyncio.sleep(0)
        at_once = page.said("s")
        await asyncio.sleep(0.11)

        assert at_once == [[1]]
        assert page.said("s") == [[1], [2, 3]]
        assert [len(puts) for puts in page.said("put")] == [1, 2]

    on_a_fake_clock(story)


def test_an_edit_in_the_tick_of_its_post_still_names_the_list() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)
        edit: Payload = {"s": [3], "put": [Put(id="comment-2", into="", html={"id": "baru"})]}

        for payload in (put(1), put(2), edit):
            hub.send(THREAD, payload)
        await asyncio.sleep(0.2)

        assert page.said("put")[-1] == [["comment-2", "list", "baru"]]

    on_a_fake_clock(story)


def test_a_stalled_reader_holds_64_kilobytes_at_most_and_is_closed_while_others_go_on() -> None:
    async def story() -> None:
        hub = bound()
        stalled, lively = Page(hub, THREAD), Page(hub, THREAD)
        stalled.reads.clear()
        most = 0

        for number in range(1, 40):
            hub.send(THREAD, put(number, "x" * 5_000))
            most = max(most, stalled.outbox.held)
            await asyncio.sleep(0.2)

        assert most <= 65_536
        assert stalled.closed == 1013
        assert stalled.outbox.held == 0
        assert stalled.outbox not in hub.sockets
        assert [number for numbers in lively.said("s") for number in numbers] == [*range(1, 40)]

    on_a_fake_clock(story)


def test_counts_of_a_stalled_reader_are_merged_and_never_overflow() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)
        page.reads.clear()

        for vote in range(1, 101):
            hub.send(THREAD, votes(vote))
            await asyncio.sleep(0.11)
        entries = page.outbox.entries
        page.reads.set()
        await asyncio.sleep(0.2)

        assert page.closed is None
        assert entries < 10
        assert page.said("n")[-1] == {"comment-17": [100, 0, 0, 100]}

    on_a_fake_clock(story)


def test_who_reads_nothing_for_half_a_minute_is_let_go() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)
        page.reads.clear()

        hub.send(THREAD, put(1))
        await asyncio.sleep(30)

        assert page.closed == 1013
        assert page.outbox not in hub.sockets

    on_a_fake_clock(story)


def test_a_thousand_pages_cost_one_encoding_per_language() -> None:
    async def story() -> None:
        hub = bound()
        pages = [Page(hub, THREAD, language=("id", "en")[n % 2]) for n in range(1_000)]

        with patch.object(frame, "encode", wraps=frame.encode) as encode:
            hub.send(THREAD, put(1))
            await asyncio.sleep(0.05)

        assert encode.call_count == 2
        assert all(len(page.said("put")) == 1 for page in pages)
        assert pages[0].said("put")[0][0][2] == "<li>Setuju</li>"
        assert pages[1].said("put")[0][0][2] == "<li>Setuju (en)</li>"

    on_a_fake_clock(story)


def test_nothing_is_left_after_everybody_left() -> None:
    async def story() -> None:
        hub = bound()
        pages = [Page(hub, THREAD, f"user:{n}") for n in range(50)]
        unlisten = hub.listen("doc:5", lambda _data: None)
        hub.send(THREAD, put(1))
        await asyncio.sleep(0.5)

        for page in pages:
            hub.leave(page.outbox)
            page.outbox.stop()
        unlisten()
        await asyncio.sleep(0.5)

        assert hub.topics == {}
        assert hub.sockets == {}
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert isinstance(hub.line, Tape)
        assert sorted(hub.line.wanted) == sorted(hub.line.unwanted)

    on_a_fake_clock(story)


def test_a_large_room_is_served_in_batches_and_its_window_stretches() -> None:
    async def story() -> None:
        hub = bound()
        pages = [Page(hub, THREAD) for _ in range(1_001)]

        for number in range(1, 12):
            hub.send(THREAD, put(number))
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)

        assert len(pages[0].heard) <= 6
        assert pages[1_000].said("s") == pages[0].said("s")

    on_a_fake_clock(story)


def test_a_frame_that_grows_too_long_says_moved() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)

        hub.send(THREAD, put(1))
        for number in range(2, 10):
            hub.send(THREAD, put(number, "x" * 10_000))
        await asyncio.sleep(0.2)

        assert page.heard[-1]["moved"] == 9
        assert "put" not in page.heard[-1]

    on_a_fake_clock(story)


def test_a_frame_that_cannot_be_written_says_moved_and_the_topic_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        hub = bound()
        pages = [Page(hub, THREAD, language=language) for language in ("id", "en")]
        odd = cast("Payload", {"s": [1], "put": [{"id": "comment-1", "into": "list"}]})

        hub.send(THREAD, odd)
        hub.send(THREAD, put(2))
        await asyncio.sleep(0.3)

        for page in pages:
            assert [frame.get("moved") for frame in page.heard] == [1, None]
            assert page.heard[-1]["s"] == [2]

    on_a_fake_clock(story)
    assert "cannot be told" in caplog.text


def test_bytes_reach_the_other_callbacks_and_the_other_processes() -> None:
    async def story() -> None:
        hub = bound()
        mine: list[bytes] = []
        theirs: list[bytes] = []
        hub.listen("doc:5", mine.append)
        hub.listen("doc:5", theirs.append)
        me = hub.topics["doc:5"].callbacks[0]

        hub.send_bytes("doc:5", b"\x00\x01", skip=me)

        assert (mine, theirs) == ([], [b"\x00\x01"])
        assert isinstance(hub.line, Tape)
        assert hub.line.published == [("doc:5", b"\x00\x01")]

    on_a_fake_clock(story)


def test_small_rooms_hear_of_votes_after_five_changes_or_ten_seconds() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)

        for vote in range(1, 5):
            hub.send_batched(THREAD, votes(vote))
            await asyncio.sleep(0.5)
        kept = page.said("n")
        hub.send_batched(THREAD, votes(5))
        await asyncio.sleep(0.2)
        fifth = list(page.said("n"))
        hub.send_batched(THREAD, votes(6))
        await asyncio.sleep(10.2)

        assert kept == []
        assert [said["comment-17"][0] for said in fifth] == [5]
        assert [said["comment-17"][0] for said in page.said("n")] == [5, 6]

    on_a_fake_clock(story)


def test_a_verb_in_a_pool_thread_reaches_the_pages() -> None:
    async def story() -> None:
        hub = Hub()
        hub.bind()
        page = Page(hub, THREAD)

        await asyncio.to_thread(hub.send, THREAD, put(1))
        await asyncio.sleep(0.05)

        assert page.said("s") == [[1]]

    asyncio.run(story())


def test_silence_is_broken_by_a_beat_within_25_seconds() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)

        await asyncio.sleep(120)

        beats = [t for t, said in zip(page.times, page.heard, strict=True) if "beat" in said]
        gaps = [b - a for a, b in zip([0.0, *page.times], page.times, strict=False)]
        assert len(beats) >= 4
        assert max(gaps) <= 26

    on_a_fake_clock(story)


def test_bye_reaches_every_page_before_the_process_goes() -> None:
    async def story() -> None:
        hub = bound()
        pages = [Page(hub, THREAD) for _ in range(5)]

        await hub.bye(5_000)

        assert all(page.said("bye") == [5_000] for page in pages)

    on_a_fake_clock(story)


def test_a_hole_in_the_numbers_is_known_until_it_is_filled_or_the_pages_fetch() -> None:
    async def story() -> None:
        hub = bound()
        Page(hub, THREAD, head=4)
        topic = hub.topics[THREAD]

        for number in (5, 7):
            hub.deliver(THREAD, put(number), process="elsewhere")
        behind = topic.is_behind(7)
        hub.deliver(THREAD, put(6), process="elsewhere")

        assert behind
        assert not topic.is_behind(7)
        assert topic.is_behind(8)
        hub.deliver(THREAD, {"moved": 8})
        assert not topic.is_behind(8)

    on_a_fake_clock(story)


def test_a_message_of_another_process_is_not_published_again() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)

        hub.deliver(THREAD, json.loads(json.dumps(put(1))), process="elsewhere")
        await asyncio.sleep(0.2)

        assert page.said("s") == [[1]]
        assert isinstance(hub.line, Tape)
        assert hub.line.published == []

    on_a_fake_clock(story)

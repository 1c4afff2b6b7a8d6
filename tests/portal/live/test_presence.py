"""Numbers of people, never names, and gone soon after they are."""

import asyncio

from portal.live.admission import Visitor
from tests.portal.live.conftest import Page, Tape, on_a_fake_clock
from tests.portal.live.test_hub import THREAD, bound


def test_pages_hear_how_many_are_here_and_another_process_is_forgotten_after_15_seconds() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)
        Page(hub, THREAD)
        hub.heard("elsewhere", {THREAD: (31, 29, [])})

        await asyncio.sleep(6)
        with_them = page.said("here")[-1]
        await asyncio.sleep(20)

        assert with_them == 31
        assert page.said("here")[-1] == 2
        assert isinstance(hub.line, Tape)
        assert {THREAD: (2, 2, [])} in hub.line.announced

    on_a_fake_clock(story)


def test_typing_is_told_everywhere_and_fades_after_5_seconds() -> None:
    async def story() -> None:
        hub = bound()
        siti, budi = Page(hub, THREAD), Page(hub, THREAD)
        outsider = Page(hub, "thread:82")

        hub.typed(siti.outbox, THREAD)
        hub.deliver(THREAD, {"typing": 1}, process="elsewhere")
        await asyncio.sleep(0.3)
        while_typing = list(budi.said("typing"))
        await asyncio.sleep(7)

        assert while_typing == [1, 2]
        assert budi.said("typing")[-1] == 0
        assert outsider.said("typing") == []
        assert isinstance(hub.line, Tape)
        assert (THREAD, {"typing": 1}) in hub.line.published

    on_a_fake_clock(story)


def test_who_has_not_joined_does_not_type_there() -> None:
    async def story() -> None:
        hub = bound()
        siti, budi = Page(hub, THREAD), Page(hub, "thread:82")

        hub.typed(budi.outbox, THREAD)
        await asyncio.sleep(1)

        assert siti.said("typing") == []

    on_a_fake_clock(story)


def person(user_id: int | None, session_key: str = "") -> Visitor:
    return Visitor(session_key, user_id, (THREAD,))


def test_people_are_counted_and_not_their_tabs_in_all_processes() -> None:
    async def story() -> None:
        hub = bound()
        tabs = [Page(hub, THREAD, visitor=person(44, "a")) for _tab in range(3)]
        Page(hub, THREAD, visitor=person(45, "b"))
        visitors = [Page(hub, THREAD, visitor=person(None, "c")) for _tab in range(2)]
        Page(hub, THREAD, visitor=person(None))
        Page(hub, THREAD)
        here = hub.here(THREAD)
        shared = [person(44).person, person(46).person, person(None, "c").person]
        hub.heard("elsewhere", {THREAD: (9, 4, shared)})
        everywhere = hub.here(THREAD)

        for page in (*tabs, *visitors[1:]):
            hub.leave(page.outbox)

        assert here == 5
        assert everywhere == 5 + 4 + 1
        assert hub.here(THREAD) == everywhere
        hub.heard("elsewhere", {THREAD: (0, 0, [])})
        assert hub.here(THREAD) == 4
        assert hub.others(THREAD) == 0

    on_a_fake_clock(story)


def test_no_login_session_leaves_the_process() -> None:
    async def story() -> None:
        hub = bound()
        Page(hub, THREAD, visitor=person(None, "rahasia"))

        await asyncio.sleep(6)

        assert isinstance(hub.line, Tape)
        assert "rahasia" not in str(hub.line.announced)

    on_a_fake_clock(story)


def test_two_tabs_of_one_person_type_once_and_who_sent_it_types_no_longer() -> None:
    async def story() -> None:
        hub = bound()
        first, second = (Page(hub, THREAD, visitor=person(44)) for _tab in range(2))
        budi = Page(hub, THREAD, visitor=person(45))

        hub.typed(first.outbox, THREAD)
        hub.typed(second.outbox, THREAD)
        await asyncio.sleep(0.3)
        hub.typed(first.outbox, THREAD, is_typing=False)
        await asyncio.sleep(0.3)

        assert set(budi.said("typing")) == {0, 1}
        assert budi.said("typing")[-1] == 0
        assert isinstance(hub.line, Tape)
        assert (THREAD, {"typing": 0}) in hub.line.published

    on_a_fake_clock(story)


def test_who_reads_a_list_of_places_is_in_none_of_them() -> None:
    async def story() -> None:
        hub = bound()
        inside, outside = (Page(hub, THREAD, visitor=person(each)) for each in (44, 45))
        hub.leave(outside.outbox)
        outside.outbox.is_inside = False
        hub.join(outside.outbox, THREAD, head=0)

        assert hub.here(THREAD) == 1
        assert hub.topics[THREAD].seen == (2, 0, [person(44).person])
        hub.leave(outside.outbox)
        hub.leave(inside.outbox)
        assert hub.here(THREAD) == 0

    on_a_fake_clock(story)

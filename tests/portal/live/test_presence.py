"""Numbers of people, never names, and gone soon after they are."""

import asyncio

from tests.portal.live.conftest import Page, Tape, on_a_fake_clock
from tests.portal.live.test_hub import THREAD, bound


def test_pages_hear_how_many_are_here_and_another_process_is_forgotten_after_15_seconds() -> None:
    async def story() -> None:
        hub = bound()
        page = Page(hub, THREAD)
        Page(hub, THREAD)
        hub.heard("elsewhere", {THREAD: 29})

        await asyncio.sleep(6)
        with_them = page.said("here")[-1]
        await asyncio.sleep(20)

        assert with_them == 31
        assert page.said("here")[-1] == 2
        assert isinstance(hub.line, Tape)
        assert {THREAD: 2} in hub.line.announced

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

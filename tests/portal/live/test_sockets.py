"""The listening socket: who may join, what reaches whom, who is closed and why."""

import contextlib
import json
from collections.abc import Sequence
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import InterfaceError, connection, transaction
from django.test.utils import CaptureQueriesContext

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User
from portal.live.admission import Admission, Asked, NotAdmitted, admit_all
from portal.live.consumer import admissions, seats
from portal.live.publish import revoke
from portal.live.socket import rights
from portal.live.wire import the_hub
from tests.live import ORIGIN, OpenPage, in_a_thread, login_session, open_page, watch

HEADERS = [(b"host", b"testserver"), (b"origin", ORIGIN)]
FOREIGN = (
    None, b"", b"null", b"http://evil.example", b"http://testserver.evil.example",
    b"http://evil.example/testserver", b"http://testserver:81", b"ftp://testserver",
    b"http://testserver@evil.example", b"http://u@testserver", b"//testserver", b"http://[",
)  # fmt: skip

pytestmark = pytest.mark.django_db(transaction=True)


async def code_of(topics: list[str], user: User | None = None) -> int:
    """Open a page and give the code it is closed with; it was accepted first."""
    page = await open_page(topics, user=user)
    connected = await page.connect()
    assert connected
    return await page.closing_code()


async def test_a_comment_reaches_open_pages_in_their_language_and_no_other_page(
    thread: Thread, draft: Consultation, officer: User, siti: User
) -> None:
    indonesian, _ = await watch(thread)
    english, _ = await watch(thread, language="en")
    outsider, is_there = await watch(thread.consultation, user=officer)

    await in_a_thread(thread.post, author=siti, body="Setuju", key=uuid4())

    said = await indonesian.told()
    assert said["t"] == thread.topic
    assert said["put"][0][1] == f"thread-{thread.pk}-comments"
    assert "Setuju" in said["put"][0][2]
    assert "Setuju" in await english.receive_from()
    assert is_there
    assert "Setuju" not in await outsider.everything()


async def test_the_same_key_twice_is_one_comment_and_one_push(thread: Thread, siti: User) -> None:
    socket, _connected = await watch(thread)
    key = uuid4()

    for _attempt in range(2):
        await in_a_thread(thread.post, author=siti, body="Setuju", key=key)

    assert "Setuju" in await socket.receive_from()
    assert await socket.receive_nothing()
    assert await thread.comments.acount() == 1


async def test_what_rolls_back_is_never_pushed(thread: Thread, siti: User) -> None:
    socket, _connected = await watch(thread)

    def post_and_fail() -> None:
        with contextlib.suppress(RuntimeError), transaction.atomic():
            thread.post(author=siti, body="Tidak jadi", key=uuid4())
            raise RuntimeError

    await in_a_thread(post_and_fail)

    assert await socket.receive_nothing()
    assert await thread.comments.acount() == 0


async def test_an_opinion_is_pushed_as_figures(comment: Comment, budi: User) -> None:
    socket, _connected = await watch(comment.thread)

    await in_a_thread(Comment.opine, comment.pk, voter=budi, value=1)

    said = await socket.told()
    assert said["n"][comment.dom_id][:3] == [1, 0, 0]
    assert "s" not in said


async def test_a_draft_is_joined_by_its_staff_and_is_not_there_for_others(
    draft: Consultation, officer: User, siti: User
) -> None:
    _page, connected = await watch(draft, user=officer)

    assert connected
    assert await code_of([f"{draft.topic}@0"], siti) == 4404
    assert await code_of([f"{draft.topic}@0"]) == 4404
    assert await code_of(["consultation:999999@0"]) == 4404
    assert await code_of(["rights:1@0"]) == 4404


async def test_a_persons_topic_is_that_persons_alone(siti: User, budi: User) -> None:
    own, connected = await watch(siti, user=siti)

    assert connected
    assert await own.receive_nothing()
    assert await code_of([f"{siti.topic}@0"], budi) == 4404
    assert await code_of([f"{siti.topic}@0"]) == 4401


async def test_a_blocked_person_is_refused(thread: Thread, siti: User) -> None:
    page = await open_page([f"{thread.topic}@0"], user=siti)
    await User.objects.filter(pk=siti.pk).aupdate(is_active=False)

    await page.connect()

    assert await page.closing_code() == 4403


async def test_a_socket_of_another_site_is_refused(thread: Thread) -> None:
    for origin in FOREIGN:
        page = await open_page([f"{thread.topic}@0"], origin=origin)

        assert not await page.connect()


async def test_who_comes_late_is_told_to_fetch(thread: Thread, siti: User) -> None:
    await in_a_thread(thread.post, author=siti, body="Satu", key=uuid4())
    page = await open_page([f"{thread.topic}@0"])

    await page.connect()

    (greeting,) = await page.greetings(1)
    assert greeting["moved"] == 1
    assert greeting["here"] == 1


async def test_sign_out_and_a_changed_password_close_the_socket(thread: Thread, siti: User) -> None:
    def sign_out() -> None:
        with transaction.atomic():
            Session.objects.all().delete()
            revoke(user=siti)

    def change_password() -> None:
        with transaction.atomic():
            siti.set_password("sesuatu yang baru")
            siti.save()
            revoke(user=siti)

    for loss in (sign_out, change_password):
        page, _connected = await watch(thread, user=siti)
        visitor, _connected = await watch(thread)

        await in_a_thread(loss)

        assert await page.closing_code() == 4401
        assert await visitor.receive_nothing()


async def test_a_ban_and_a_lost_role_close_the_socket(
    draft: Consultation, thread: Thread, officer: User, siti: User
) -> None:
    def ban() -> None:
        with transaction.atomic():
            User.objects.filter(pk=siti.pk).update(is_active=False)
            revoke(user=siti)

    def lose_role() -> None:
        with transaction.atomic():
            Consultation.objects.get(pk=draft.pk).publication.delete()
            officer.memberships.all().delete()
            revoke(user=officer)

    citizen, _connected = await watch(thread, user=siti)
    staff, _connected = await watch(draft, user=officer)

    await in_a_thread(ban)
    await in_a_thread(lose_role)

    assert await citizen.closing_code() == 4403
    assert await staff.closing_code() == 4403


async def test_a_room_made_private_is_left_by_everybody_who_may_not_see_it(
    thread: Thread, officer: User, siti: User
) -> None:
    def make_private() -> None:
        with transaction.atomic():
            thread.consultation.publication.delete()
            revoke(topic=thread.topic)

    staff, _connected = await watch(thread, user=officer)
    citizen, _connected = await watch(thread, user=siti)
    visitor, _connected = await watch(thread)

    await in_a_thread(make_private)

    assert await citizen.closing_code() == 4403
    assert await visitor.closing_code() == 4403
    assert await staff.receive_nothing()


async def test_a_right_lost_while_a_socket_is_being_admitted_closes_it(
    thread: Thread, siti: User
) -> None:
    def admitted_too_early(asked: Sequence[Asked]) -> list[Admission | NotAdmitted]:
        admissions = admit_all(asked)
        with transaction.atomic():
            User.objects.filter(pk=siti.pk).update(is_active=False)
            revoke(user=siti)
        return admissions

    await watch(thread)  # the process listens to revocations already
    with patch.object(admissions, "answer", admitted_too_early):
        page, connected = await watch(thread, user=siti)

    assert connected
    assert await page.closing_code() == 4403


async def test_more_fields_than_a_page_sends_are_no_address_of_ours(thread: Thread) -> None:
    page = OpenPage(f"topic={thread.topic}" + "&x=1" * 99, HEADERS)

    assert await page.connect()

    assert await page.closing_code() == 4404


@pytest.mark.parametrize("key", ["\0", "a\0b" * 11, "\xff" * 32, "' OR 1=1 --", "a" * 4_000])
async def test_a_login_session_that_cannot_be_is_nobodys(
    thread: Thread, siti: User, key: str
) -> None:
    cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode("latin-1"))
    public = OpenPage(f"topic={thread.topic}@0", [*HEADERS, cookie])
    private = OpenPage(f"topic={siti.topic}@0", [*HEADERS, cookie])

    assert await public.connect()
    assert await private.connect()

    assert (await public.greetings(1))[0]["t"] == thread.topic
    assert await private.closing_code() == 4401


async def test_what_nobody_foresaw_closes_that_socket_and_is_logged_without_its_words(
    thread: Thread, siti: User, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_anything: object) -> None:
        raise LookupError("kata sandi Siti")

    with patch.object(admissions, "answer", fails):
        refused = await code_of([f"{thread.topic}@0"], siti)
    page, _connected = await watch(thread, user=siti)
    with patch("portal.live.consumer.declares", fails):
        await page.send_to("Rahasia")
        broken = await page.closing_code()

    assert (refused, broken) == (4500, 4500)
    assert "LookupError" in caplog.text
    assert "Siti" not in caplog.text
    assert "Rahasia" not in caplog.text


async def test_a_database_that_does_not_answer_is_not_ready(thread: Thread, siti: User) -> None:
    def fails(*_anything: object) -> None:
        raise InterfaceError

    with patch.object(admissions, "answer", fails):
        assert await code_of([f"{thread.topic}@0"], siti) == 4503


async def test_everybody_is_asked_again_even_if_nobody_revoked(thread: Thread, siti: User) -> None:
    page, _connected = await watch(thread, user=siti)
    await User.objects.filter(pk=siti.pk).aupdate(is_active=False)

    await rights.ask_everybody()

    assert await page.closing_code() == 4403


async def test_typing_is_told_to_the_others_and_only_by_people_with_an_account(
    thread: Thread, siti: User
) -> None:
    page, _connected = await watch(thread, user=siti)
    visitor, _connected = await watch(thread)

    await page.send_to(json.dumps({"typing": thread.topic}))

    while "typing" not in (said := json.loads(await visitor.next_text())):
        pass
    assert said["typing"] == 1
    await visitor.send_to(json.dumps({"typing": thread.topic}))
    assert await visitor.closing_code() == 4403


async def test_a_frame_that_may_not_be_closes_the_socket(thread: Thread, siti: User) -> None:
    refused = {
        "x" * 2_049: 1009,
        "{": 4422,
        "[]": 4422,
        '{"typing":1}': 4422,
        '{"vote":"thread:1"}': 4422,
        '{"typing":"thread:1","s":"1"}': 4422,
        "[" * 2_000: 4422,
    }
    for frame, code in refused.items():
        page, _connected = await watch(thread, user=siti)

        await page.send_to(frame)

        assert await page.closing_code() == code
    for data, code in {b"x" * 2_049: 1009, b"x": 4422}.items():
        page, _connected = await watch(thread, user=siti)

        await page.send_bytes(data)

        assert await page.closing_code() == code


async def test_six_frames_in_a_second_are_too_many(thread: Thread, siti: User) -> None:
    page, _connected = await watch(thread, user=siti)

    for _frame in range(6):
        await page.send_to(json.dumps({"typing": thread.topic}))

    assert await page.closing_code() == 4429


async def test_a_person_has_ten_sockets_and_nothing_is_left_when_they_are_gone(
    thread: Thread, siti: User
) -> None:
    pages = [(await watch(thread, user=siti))[0] for _ in range(10)]

    assert await code_of([f"{thread.topic}@0"], siti) == 4429
    for page in pages:
        await page.disconnect()
    assert len(seats) == 0
    assert len(the_hub().sockets) == 0
    _page, connected = await watch(thread, user=siti)
    assert connected


@pytest.mark.parametrize("crowd", [1, 2])
async def test_joining_costs_three_statements_however_many_come_at_once(
    thread: Thread, siti: User, budi: User, crowd: int
) -> None:
    people = [siti, budi][:crowd]
    asked = [(await in_a_thread(login_session, each), (thread.topic,)) for each in people]

    def admitted() -> tuple[int, list[Admission | NotAdmitted]]:
        with CaptureQueriesContext(connection) as statements:
            answers = admit_all(asked * 20)
        return len(statements), answers

    number, answers = await in_a_thread(admitted)

    assert number == 3
    assert [each.visitor.user_id for each in answers if isinstance(each, Admission)] == [
        each.pk for each in people
    ] * 20

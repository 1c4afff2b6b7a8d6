"""Blocking an account: who may, what closes, what stays on record, and the way back."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from consultations.models import Thread
from portal.accounts.models import User
from portal.journal.models import Entry
from portal.live.admission import NOT_YOURS
from portal.moderation.models import Block
from portal.refusals import Refused
from tests.conftest import person
from tests.consultations.together import together
from tests.live import in_a_thread, watch

pytestmark = pytest.mark.django_db(transaction=True)

REASON = "Menyebarkan data pribadi orang lain berulang kali."


@pytest.fixture
def admin(db: None) -> User:
    return person("Pengelola", is_staff=True, is_superuser=True, is_demo=True)


def test_a_blocked_account_opens_no_door_until_the_block_is_lifted(
    client: Client, siti: User, admin: User
) -> None:
    client.force_login(siti)

    block = Block.impose(siti, by=admin, reason=REASON)

    assert client.get("/me/").status_code == 302
    block.lift(by=admin)
    client.force_login(User.objects.get(pk=siti.pk))
    assert client.get("/me/").status_code == 200
    block.refresh_from_db()
    assert block.lifted_by == admin
    lines = Entry.objects.filter(topic=siti.topic).order_by("pk").values_list("verb", "actor_id")
    assert list(lines) == [("blocked", admin.pk), ("unblocked", admin.pk)]


async def test_open_pages_of_a_blocked_account_close(
    thread: Thread, siti: User, admin: User
) -> None:
    page, is_connected = await watch(thread, user=siti)
    assert is_connected

    await in_a_thread(lambda: Block.impose(siti, by=admin, reason=REASON))

    assert await page.closing_code() == NOT_YOURS


def test_who_is_no_administrator_blocks_nobody(siti: User, budi: User, moderator: User) -> None:
    for by in (budi, moderator):
        with pytest.raises(Refused, match="administrator"):
            Block.impose(siti, by=by, reason=REASON)
    assert User.objects.get(pk=siti.pk).is_active


def test_a_block_needs_a_reason_and_nobody_blocks_themselves(siti: User, admin: User) -> None:
    with pytest.raises(Refused, match="20"):
        Block.impose(siti, by=admin, reason="Nakal.")
    with pytest.raises(Refused, match="akun Anda sendiri"):
        Block.impose(admin, by=admin, reason=REASON)

    with pytest.raises(IntegrityError), transaction.atomic():
        Block.objects.create(person=admin, by=admin, reason=REASON)
    assert not Entry.objects.filter(verb="blocked").exists()


def test_two_administrators_at_once_leave_one_block(siti: User, admin: User) -> None:
    blocks = together(*[lambda: Block.impose(siti, by=admin, reason=REASON)] * 2)

    assert Block.objects.count() == 1
    assert [each.pk for each in blocks] == [Block.objects.get().pk] * 2
    Block.objects.get().lift(by=admin)
    Block.objects.get().lift(by=admin)
    assert Entry.objects.filter(verb="unblocked").count() == 1


def test_the_command_blocks_and_lifts(siti: User, admin: User) -> None:
    said = StringIO()

    call_command("block", siti.email, by=admin.email, reason=REASON, stdout=said)
    assert not User.objects.get(pk=siti.pk).is_active
    call_command("block", siti.email, by=admin.email, lift=True, stdout=said)

    assert User.objects.get(pk=siti.pk).is_active
    assert said.getvalue().splitlines() == [
        f"{siti.email} is blocked.",
        f"{siti.email} may sign in again.",
    ]
    with pytest.raises(CommandError, match="not blocked"):
        call_command("block", siti.email, by=admin.email, lift=True)
    with pytest.raises(CommandError, match="no account"):
        call_command("block", "tiada@contoh.id.invalid", by=admin.email)

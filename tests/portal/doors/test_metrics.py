"""The figures of a process: for the holder of the token alone, and without anybody in them."""

import re
from uuid import uuid4

import pytest
from django.test import Client, override_settings

from consultations.models import Thread
from portal.accounts.models import User
from portal.live.hub import Hub
from portal.live.outbox import Outbox
from portal.metrics import REGISTRY

TOKEN = "t" * 40


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def read(**headers: str) -> str:
    answer = Client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.django_db
def test_without_a_token_nobody_finds_them(officer: User) -> None:
    signed_in = Client()
    signed_in.force_login(officer)

    for browser in (Client(), signed_in):
        for word in ("", "Bearer ", "Bearer None"):
            assert browser.get("/metrics", headers={"authorization": word}).status_code == 404


@override_settings(METRICS_TOKEN=TOKEN)
@pytest.mark.django_db
def test_only_the_right_token_opens_them() -> None:
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer x"}).status_code == 404
    assert Client().get(f"/metrics?token={TOKEN}").status_code == 404

    assert "rembuk_requests_total" in read(authorization=f"Bearer {TOKEN}")


@override_settings(METRICS_TOKEN=TOKEN)
@pytest.mark.django_db
def test_they_hold_what_operation_asks_for() -> None:
    text = read(authorization=f"Bearer {TOKEN}")

    for name in (
        "requests_total", "request_seconds_bucket", "sockets", "topics", "texts",
        "outbox_drops_total", "hub_lag_seconds_bucket", "commit_batch_rows_bucket",
        "line_is_up", "jobs_waiting", "requests_in_threads",
    ):  # fmt: skip
        assert re.search(rf"^rembuk_{name}[ {{]", text, re.MULTILINE), name


@override_settings(METRICS_TOKEN=TOKEN)
@pytest.mark.django_db
def test_requests_are_counted_by_route_without_paths_and_people(thread: Thread, siti: User) -> None:
    labels = {"method": "GET", "route": "consultations:thread", "status": "200"}
    before = value("rembuk_requests_total", **labels)
    signed_in = Client()
    signed_in.force_login(siti)

    signed_in.get(thread.get_absolute_url())
    signed_in.get("/no/such/kenari/")
    signed_in.generic("KENARI", "/")
    signed_in.post(f"/threads/{thread.pk}/comments/", {"body": "kenari", "key": uuid4()})

    assert value("rembuk_requests_total", **labels) == before + 1
    text = read(authorization=f"Bearer {TOKEN}")
    assert "kenari" not in text.lower()
    assert siti.pseudonym not in text
    assert thread.get_absolute_url() not in text


async def test_a_socket_that_does_not_read_is_counted() -> None:
    async def say(_text: str) -> None: ...

    async def close(_code: int) -> None: ...

    hub = Hub()
    hub.bind()
    before = value("rembuk_outbox_drops_total")

    for code in (1013, 4403):
        outbox = Outbox(say, close)
        hub.open(outbox)
        hub.drop(outbox, code)

    hub.unbind()
    assert value("rembuk_outbox_drops_total") == before + 1


def test_no_label_can_hold_a_person() -> None:
    labels = {
        label
        for metric in REGISTRY.collect()
        for sample in metric.samples
        for label in sample.labels
    }

    assert labels <= {"method", "route", "status", "le"}

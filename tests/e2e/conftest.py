"""Chromium, driven from the thread that also asks the database."""

import os
from collections.abc import Iterator
from shutil import which
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from consultations.models import Thread
from portal.accounts.models import User
from proposals.models import Proposal
from tests.processes import Server, two_servers


@pytest.fixture(autouse=True, scope="session")
def rows_may_be_asked_beside_the_browser() -> Iterator[None]:
    """Playwright runs its loop in this thread; Django would refuse statements there."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    yield
    patch.undo()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Take the system's Chromium where there is one, else Playwright's own."""
    installed = os.environ.get("PORTAL_BROWSER") or which("chromium") or which("chromium-browser")
    chosen = {"executable_path": installed} if installed else {}
    return {**browser_type_launch_args, **chosen, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Every test names the whole address; the plugin's own fixture warns on pytest 9."""


@pytest.fixture(scope="session")
def servers(django_db_setup: None, tmp_path_factory: Any) -> Iterator[tuple[Server, Server]]:
    """Two processes of the site on the test database, one Valkey between them."""
    with two_servers(tmp_path_factory.mktemp("servers"), settings.REDIS_URL) as both:
        yield both


@pytest.fixture
def proposal(thread: Thread, siti: User) -> Proposal:
    """A proposal of Siti with a text that can be written together."""
    return Proposal.start(
        consultation=thread.consultation, author=siti, title="Rak sepeda di pasar",
        summary="Tempat parkir sepeda yang aman.", text="Kami mengusulkan rak sepeda.", key=uuid4(),
    )  # fmt: skip

"""A proposal with its text, and people who write it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from consultations.models import Consultation
from portal.accounts.models import User
from proposals.coedit.rooms import stop_rooms
from proposals.models import Document, Proposal

TEXT = "Kami minta **jalur sepeda** di Jalan Cemara.\n\nAlasannya keselamatan."


@pytest.fixture
def proposal(consultation: Consultation, siti: User) -> Proposal:
    return Proposal.start(
        consultation=consultation, author=siti, title="Jalur sepeda", summary="Demi keselamatan",
        text=TEXT, key=uuid4(),
    )  # fmt: skip


@pytest.fixture
def document(proposal: Proposal) -> Document:
    return Document.objects.get(proposal=proposal)


@pytest.fixture
async def rooms() -> AsyncIterator[None]:
    """The rooms of this process end with the test's loop."""
    yield
    await stop_rooms()

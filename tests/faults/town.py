"""Many citizens with a login session each, and the places where they talk and write."""

from dataclasses import dataclass
from uuid import uuid4

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User
from proposals.models import Document, Proposal
from tests.conftest import person
from tests.live import login_session


@dataclass
class Town:
    """What a crowd finds: discussions, comments to judge, proposals with their texts."""

    threads: list[Thread]
    comments: list[Comment]
    proposals: list[Proposal]
    documents: list[Document]
    sessions: list[str]

    @classmethod
    def of(cls, consultation: Consultation, officer: User, *, people: int) -> "Town":
        """Build it in the test database."""
        citizens = [person(f"Warga{number}") for number in range(people)]
        threads = [
            Thread.start(consultation=consultation, subject=subject, by=officer, key=uuid4())
            for subject in ("Di mana jalurnya?", "Kapan dibangun?", "Siapa yang merawat?")
        ]
        comments = [
            thread.post(author=citizens[number], body=f"Usul nomor {number}.", key=uuid4())
            for thread in threads
            for number in range(4)
        ]
        proposals = [
            Proposal.start(
                consultation=consultation, author=citizens[number], title=f"Usul {number}",
                summary="Demi kota.", text="Satu.\n\nDua.", key=uuid4(),
            )
            for number in range(5)
        ]  # fmt: skip
        documents = list(Document.objects.filter(proposal__in=proposals).order_by("pk"))
        sessions = [login_session(citizen) for citizen in citizens]
        return cls(threads, comments, proposals, documents, sessions)

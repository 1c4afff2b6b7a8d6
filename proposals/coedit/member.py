"""One open editor: who sits there, what may be written, what was refused."""

from dataclasses import dataclass, field

from proposals.coedit.bucket import Bucket
from proposals.coedit.outbox import Outbox
from proposals.coedit.protocol import ack_frame, refused_frame

FULL, FRAME_REFUSED = 4413, 4422
FRAMES, FRAMES_BURST = 60.0, 300.0  # frames of any kind per second
QUESTIONS, QUESTIONS_BURST = 0.5, 5.0  # for the text: an editor asks once, an answer may be all


@dataclass(frozen=True, slots=True)
class Person:
    """Whose socket it is, as the database said when it joined."""

    user: int | None
    name: str
    colour: int
    client: int
    session: int | None


@dataclass(eq=False, slots=True)
class Member:
    """A socket in a room."""

    person: Person
    outbox: Outbox
    refused: str = ""
    has_answered: bool = False  # with its first step 2
    pace: Bucket = field(default_factory=lambda: Bucket(FRAMES, FRAMES_BURST))
    questions: Bucket = field(default_factory=lambda: Bucket(QUESTIONS, QUESTIONS_BURST))

    @property
    def is_viewer(self) -> bool:
        return self.person.user is None or self.person.session is None

    def acknowledge(self, count: int) -> None:
        """So many further sync messages of this socket are in the log for good."""
        if not self.refused:
            self.outbox.put(ack_frame(count))

    def refuse(self, reason: str) -> None:
        """Nothing more is taken from this socket: later letters depend on refused ones."""
        if not self.refused:
            self.refused = reason
            self.outbox.put(refused_frame(reason))

    def close_refused(self) -> None:
        """It goes on writing all the same."""
        self.outbox.finish(FULL if self.refused == "full" else FRAME_REFUSED)

"""How four servers speak: the same y-protocols frames, with or without a name in front."""

from dataclasses import dataclass
from urllib.parse import urlencode

from proposals.coedit.protocol import EMPTY_STATE, Reader, Sync, sync_frame
from proposals.models import Document

AUTHENTICATE = 2


@dataclass(frozen=True)
class Dialect:
    """The address of a text, what is said first, and the envelope of a frame."""

    name: str
    document: Document | None = None

    def path(self, client: int) -> str:
        """Where the socket opens."""
        if self.document is None:
            return f"/{self.name}"
        asked = {
            "epoch": self.document.epoch,
            "schema": self.document.schema_version,
            "client": client,
        }
        return f"/coedit/{self.document.pk}/?{urlencode(asked)}"

    def hello(self) -> list[bytes]:
        """Ask for the whole text."""
        return [self.wrap(sync_frame(Sync.STEP1, EMPTY_STATE))]

    def wrap(self, frame: bytes) -> bytes:
        """Give the bytes to send."""
        return frame

    def unwrap(self, payload: bytes) -> bytes:
        """Give the frame that came."""
        return payload


class Hocuspocus(Dialect):
    """Every message names its text; the first one signs in."""

    def path(self, client: int) -> str:
        """All texts share one address."""
        return "/"

    def hello(self) -> list[bytes]:
        """Sign in with a word that nobody checks, then ask."""
        return [self._name + bytes([AUTHENTICATE, 0, 1]) + b"x", *super().hello()]

    @property
    def _name(self) -> bytes:
        return bytes([len(self.name)]) + self.name.encode()

    def wrap(self, frame: bytes) -> bytes:
        """Put the name in front."""
        return self._name + frame

    def unwrap(self, payload: bytes) -> bytes:
        """Take the name off."""
        reader = Reader(payload)
        reader.bytes()
        return payload[reader.at :]

"""The nouns of texts that are written together."""

from proposals.models.document import Document
from proposals.models.proposal import Proposal
from proposals.models.support import Support
from proposals.models.update import EditSession, Update

__all__ = ["Document", "EditSession", "Proposal", "Support", "Update"]

"""The nouns of texts that are written together."""

from proposals.models.document import Document, EditSession, Update
from proposals.models.proposal import Proposal
from proposals.models.support import Support

__all__ = ["Document", "EditSession", "Proposal", "Support", "Update"]

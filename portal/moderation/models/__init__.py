"""Rules, decisions, blocks and what may be moderated."""

from portal.moderation.models.block import Block
from portal.moderation.models.decision import Decision
from portal.moderation.models.moderated import Moderated
from portal.moderation.models.rule import Rule

__all__ = ["Block", "Decision", "Moderated", "Rule"]

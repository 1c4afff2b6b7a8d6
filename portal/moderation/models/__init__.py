"""Rules, decisions and what may be moderated."""

from portal.moderation.models.decision import Decision
from portal.moderation.models.moderated import Moderated
from portal.moderation.models.rule import Rule

__all__ = ["Decision", "Moderated", "Rule"]

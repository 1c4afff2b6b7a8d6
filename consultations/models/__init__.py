"""The nouns of a consultation."""

from consultations.models.comment import Comment
from consultations.models.consultation import Consultation
from consultations.models.opinion import Opinion, OpinionChange
from consultations.models.participant import Participant
from consultations.models.phase import Phase
from consultations.models.publication import Publication
from consultations.models.revision import CommentRevision
from consultations.models.rewording import Rewording
from consultations.models.thread import Thread

__all__ = [
    "Comment",
    "CommentRevision",
    "Consultation",
    "Opinion",
    "OpinionChange",
    "Participant",
    "Phase",
    "Publication",
    "Rewording",
    "Thread",
]

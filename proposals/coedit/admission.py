"""Who may open a text, asked in one hop to a thread: session, gate, epoch, schema, clientID."""

from dataclasses import dataclass
from uuid import UUID

from portal.accounts.models import User
from portal.live.admission import NOT_THERE, NotAdmitted, Visitor, signed_in
from portal.refusals import Refused
from proposals.coedit.member import FRAME_REFUSED, Person
from proposals.models import Document, EditSession

OTHER_EPOCH, OLD_EDITOR, TOO_MANY = 4409, 4426, 4429
COLOURS = 12


@dataclass(frozen=True, slots=True)
class Request:
    """What the address of the socket asks for."""

    document: int
    epoch: UUID
    schema: int
    client: int


@dataclass(frozen=True, slots=True)
class Admission:
    """Who sits there, and the topics whose loss closes the socket."""

    person: Person
    visitor: Visitor


def admit(session_key: str, request: Request) -> Admission:
    """Raises `NotAdmitted`; "not there" and "not yours" are the same answer."""
    user = signed_in(session_key)
    visible = Document.objects.visible_to(user)
    document = visible.select_related("proposal").filter(pk=request.document).first()
    if document is None:
        raise NotAdmitted(NOT_THERE)
    if document.epoch != request.epoch:
        raise NotAdmitted(OTHER_EPOCH)
    if document.schema_version != request.schema:
        raise NotAdmitted(OLD_EDITOR)
    topics = (
        document.topic,
        document.proposal.topic,
        f"consultation:{document.proposal.consultation_id}",
    )
    return Admission(_person(user, request), Visitor(session_key, user.pk, topics))


def _person(user: object, request: Request) -> Person:
    """A visitor reads along; a citizen's clientID becomes theirs before anybody has seen it."""
    if not isinstance(user, User):
        return Person(None, "", 0, request.client, None)
    try:
        session = EditSession.objects.bind(request.document, user=user.pk, client=request.client)
    except Refused as refusal:
        raise NotAdmitted(TOO_MANY) from refusal
    if session is None:
        raise NotAdmitted(FRAME_REFUSED)
    return Person(user.pk, user.pseudonym, user.pk % COLOURS + 1, request.client, session)

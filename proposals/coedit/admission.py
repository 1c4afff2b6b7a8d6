"""Who may open a text, asked in one hop to a thread: session, gate, epoch, schema, clientID."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from portal.accounts.models import User
from portal.live.admission import NOT_THERE, NotAdmitted, Person, Visitor, signed_in_all
from portal.refusals import Refused
from proposals.coedit.member import FRAME_REFUSED
from proposals.coedit.member import Person as Writer
from proposals.models import Document, EditSession
from proposals.models.update import Wish

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

    person: Writer
    visitor: Visitor


Asked = tuple[str, Request]
"""The key of a login session, and what its person wants to open."""


def admit_all(asked: Sequence[Asked]) -> list[Admission | NotAdmitted]:
    """Let many in at once; "not there" and "not yours" are the same answer."""
    people = signed_in_all({session_key for session_key, _request in asked})
    public = _texts(AnonymousUser(), {request.document for _key, request in asked})
    answers = [_answer(people[key], public, key, request) for key, request in asked]
    admitted = [answer for answer in answers if isinstance(answer, Admission)]
    wishes = {wish for answer in admitted if (wish := _wish(answer)) is not None}
    bound = EditSession.objects.bind_all(wishes) if wishes else {}
    return [
        _seated(answer, bound) if isinstance(answer, Admission) else answer for answer in answers
    ]


def _texts(user: Person, numbers: Collection[int]) -> dict[int, Document]:
    """Read of texts what the door must know: not the texts themselves."""
    visible = Document.objects.visible_to(user).filter(pk__in=numbers).select_related("proposal")
    return visible.only("epoch", "schema_version", "proposal__consultation_id").in_bulk()


def _answer(
    user: Person | NotAdmitted, public: Mapping[int, Document], session_key: str, request: Request
) -> Admission | NotAdmitted:
    """Show the text to whom its gate shows it: what a visitor may see, everybody may."""
    if isinstance(user, NotAdmitted):
        return user
    number = request.document
    texts = public if number in public or user.pk is None else _texts(user, [number])
    if (document := texts.get(number)) is None:
        return NotAdmitted(NOT_THERE)
    if document.epoch != request.epoch:
        return NotAdmitted(OTHER_EPOCH)
    if document.schema_version != request.schema:
        return NotAdmitted(OLD_EDITOR)
    topics = (
        document.topic,
        document.proposal.topic,
        f"consultation:{document.proposal.consultation_id}",
    )
    visitor = Visitor(session_key, user.pk, topics)
    if not isinstance(user, User):
        return Admission(Writer(None, "", 0, request.client, None), visitor)
    colour = user.pk % COLOURS + 1
    return Admission(Writer(user.pk, user.pseudonym, colour, request.client, None), visitor)


def _wish(admission: Admission) -> Wish | None:
    """A visitor reads along; a citizen's clientID becomes theirs before anybody has seen it."""
    person = admission.person
    document = int(admission.visitor.topics[0].partition(":")[2])
    return None if person.user is None else (document, person.user, person.client)


def _seated(
    admission: Admission, bound: Mapping[Wish, int | Refused | None]
) -> Admission | NotAdmitted:
    wish = _wish(admission)
    if wish is None:
        return admission
    session = bound[wish]
    if isinstance(session, Refused):
        return NotAdmitted(TOO_MANY)
    if session is None:
        return NotAdmitted(FRAME_REFUSED)
    return replace(admission, person=replace(admission.person, session=session))

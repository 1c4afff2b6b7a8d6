"""What every import shares: the agency, the closed consultation, one line of the journal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from consultations.models import Consultation
from consultations.models.consultation import Schedule
from consultations.models.past import past_consultation
from portal.agencies.models import Agency
from portal.journal.models import record
from portal.moderation.models import Rule
from portal.refusals import Refused

REASON = "Tidak diterima oleh moderator di tempat asal percakapan ini; diimpor apa adanya."


@dataclass(frozen=True)
class Target:
    """Where an import goes: slugs of the agency and of the consultation."""

    agency: str
    slug: str

    def __post_init__(self) -> None:
        for name, value, longest in (("agency", self.agency, 80), ("slug", self.slug, 90)):
            try:
                validate_slug(value)
            except ValidationError as error:
                raise Refused(f"--{name} {value!r} is not a slug") from error
            if len(value) > longest:
                raise Refused(f"--{name} has more than {longest} characters")


@dataclass(frozen=True)
class Origin:
    """What is taken over: the platform, a fingerprint of the files, the time they cover."""

    platform: str
    digest: str
    activities: tuple[str, ...]
    first: datetime
    last: datetime

    def phases(self) -> list[Schedule]:
        """Cover everything that happened, the last moment included."""
        end = self.last + timedelta(seconds=1)
        return [Schedule(activity, self.first, end) for activity in self.activities]


@transaction.atomic
def take_over(
    target: Target,
    origin: Origin,
    texts: Mapping[str, str],
    *,
    counts: dict[str, int],
    write: Callable[[Consultation], dict[str, int]],
) -> dict[str, str | int]:
    """Write everything or nothing; the same files again change nothing.

    `write` fills the consultation and gives what the database then holds, which must be `counts`.
    """
    agency, _created = Agency.objects.get_or_create(
        slug=target.agency, defaults={"name": target.agency.replace("-", " ").title()}
    )
    Agency.objects.select_for_update().get(pk=agency.pk)
    key = uuid5(NAMESPACE_URL, f"{origin.platform}:{origin.digest}")
    result: dict[str, str | int] = {"consultation": target.slug, **counts}
    if earlier := Consultation.objects.filter(slug=target.slug).first():
        if (earlier.key, earlier.agency_id) != (key, agency.pk):
            raise Refused(f"the consultation {target.slug} exists and holds something else")
        return result
    consultation = past_consultation(
        agency=agency, slug=target.slug, key=key, phases=origin.phases(), **texts
    )
    held = write(consultation)
    if held != counts:
        raise Refused(f"the database holds {held}, the files say {counts}: nothing was kept")
    record("imported", consultation, by=None, platform=origin.platform, **counts)
    return result


def verdict_rule(consultation: Consultation) -> Rule:
    """Give the rule under which verdicts of another place are taken over."""
    number = Rule.objects.of(consultation.topic).count() + 1
    return Rule.objects.create(
        consultation_topic=consultation.topic,
        number=number,
        name_id="Putusan di tempat asal",
        name_en="Decision made at the source",
        text_id="Putusan moderator di tempat asal diambil alih apa adanya.",
        text_en="Decisions of the moderators at the source are taken over as they are.",
    )

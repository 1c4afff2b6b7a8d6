"""House rules: copied into a consultation, numbered, versioned, in both languages."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import translation

from consultations.models import Consultation
from portal.moderation.models import Rule


def test_a_consultation_begins_with_the_rules_of_the_site(consultation: Consultation) -> None:
    rules = list(Rule.objects.of(consultation.topic))

    assert [(each.number, each.version) for each in rules] == [(n, 1) for n in range(1, 6)]


def test_a_rule_speaks_the_language_of_the_page(consultation: Consultation) -> None:
    rule = Rule.objects.of(consultation.topic)[0]

    with translation.override("en"):
        assert str(rule) == "1. Respect the other participants"
    with translation.override("id"):
        assert rule.name == "Hormati sesama peserta"
        assert rule.text.startswith("Dilarang menghina")


def test_the_newest_wording_is_the_one_that_applies(consultation: Consultation) -> None:
    old = Rule.objects.of(consultation.topic)[0]
    new = Rule.objects.create(
        consultation_topic=consultation.topic, number=1, version=2, name_id="Sopan",
        name_en="Polite", text_id="Sopan.", text_en="Be polite.",
    )  # fmt: skip

    assert Rule.objects.of(consultation.topic)[0] == new
    assert Rule.objects.filter(pk=old.pk).exists()


def test_a_wording_stays(consultation: Consultation) -> None:
    rule = Rule.objects.of(consultation.topic)[0]

    with pytest.raises(DatabaseError), transaction.atomic():
        Rule.objects.filter(pk=rule.pk).update(name_id="Lain")
    with pytest.raises(IntegrityError, match="one_wording_per_rule_and_version"):
        Rule.objects.create(
            consultation_topic=consultation.topic, number=1, name_id="", name_en="", text_id="",
            text_en="",
        )  # fmt: skip

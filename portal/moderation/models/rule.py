"""The house rules of a consultation, numbered and versioned, in both languages."""

from typing import ClassVar, Self

import pgtrigger
from django.db import models
from django.utils.translation import get_language

# The site's own rules: copied into each consultation when it is drafted.
SITE_RULES = (
    (
        "Hormati sesama peserta",
        "Respect the other participants",
        "Dilarang menghina, mengancam, atau merendahkan orang maupun kelompok.",
        "Do not insult, threaten or degrade people or groups.",
    ),
    (
        "Jangan membuka data pribadi",
        "Do not expose personal data",
        "Dilarang memuat NIK, nomor telepon, alamat rumah, atau data pribadi orang lain.",
        "Do not post identity numbers, phone numbers, home addresses or other personal data.",
    ),
    (
        "Bicarakan pokok bahasannya",
        "Stay on the subject",
        "Masukan di luar topik, iklan, dan kiriman berulang dapat disembunyikan.",
        "Contributions off the topic, advertising and repeated posts may be hidden.",
    ),
    (
        "Sampaikan yang benar",
        "Say what is true",
        "Dilarang menyebarkan kabar yang Anda tahu tidak benar atau menyamar sebagai orang lain.",
        "Do not spread what you know to be false, and do not pose as somebody else.",
    ),
    (
        "Patuhi hukum",
        "Keep to the law",
        "Dilarang memuat isi yang melanggar hukum, termasuk ujaran kebencian dan pornografi.",
        "Do not post unlawful content, including hate speech and pornography.",
    ),
)


class RuleQuerySet(models.QuerySet["Rule"]):
    def of(self, topic: str) -> Self:
        """Keep the newest version of each rule of that consultation, by number."""
        newest = self.filter(consultation_topic=topic).order_by("number", "-version")
        return newest.distinct("number")


class Rule(models.Model):
    """One house rule in one version; decisions point at exactly this wording."""

    consultation_topic = models.CharField(max_length=60)
    number = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    name_id = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    text_id = models.TextField(max_length=1000)
    text_en = models.TextField(max_length=1000)

    objects: ClassVar[models.Manager["Rule"]] = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation_topic", "number", "version"],
                name="one_wording_per_rule_and_version",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="wording_stays", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"

    @property
    def name(self) -> str:
        """The short name in the language of the page."""
        return self.name_en if get_language() == "en" else self.name_id

    @property
    def text(self) -> str:
        """The full wording in the language of the page."""
        return self.text_en if get_language() == "en" else self.text_id

    @classmethod
    def copy_site_rules(cls, topic: str) -> None:
        """Give a new consultation the site's own rules, in version 1."""
        cls.objects.bulk_create(
            cls(
                consultation_topic=topic,
                number=number,
                name_id=name_id,
                name_en=name_en,
                text_id=text_id,
                text_en=text_en,
            )
            for number, (name_id, name_en, text_id, text_en) in enumerate(SITE_RULES, start=1)
        )

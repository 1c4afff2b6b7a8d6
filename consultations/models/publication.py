"""Who showed a consultation to the public, and when."""

from django.db import models

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp


class Publication(models.Model):
    """Who showed the consultation to the public, and when."""

    consultation = models.OneToOneField(
        "consultations.Consultation", on_delete=models.CASCADE, related_name="publication"
    )
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=ClockTimestamp())

    def __str__(self) -> str:
        return f"{self.consultation} ({self.at:%Y-%m-%d})"

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

ENGINE = "portal.live.database"


def numbers_before_commit(**_kwargs: Any) -> list[checks.CheckMessage]:
    """With another engine a process could die between a commit and its number."""
    if settings.DATABASES["default"]["ENGINE"] == ENGINE:
        return []
    hint = f"Set DATABASES['default']['ENGINE'] to {ENGINE!r}."
    return [checks.Error("Topics are not numbered before commits.", hint=hint, id="live.E001")]


class LiveConfig(AppConfig):
    name = "portal.live"
    label = "live"

    def ready(self) -> None:
        """Check what no test of a single verb would notice."""
        checks.register(numbers_before_commit)

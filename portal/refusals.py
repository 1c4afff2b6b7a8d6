"""The "no" of a verb: a sentence for the person, turned into an answer by every door."""

from django.utils.functional import Promise


class Refused(Exception):
    """A verb says no; `reason` is a translated sentence. Pages answer 409."""

    status = 409

    def __init__(self, reason: str | Promise) -> None:
        super().__init__(reason)
        self.reason = reason


class KeyReused(Refused):
    """The key of an earlier submission came back with other content. Pages answer 422."""

    status = 422


class TooFast(Refused):
    """More than the allowed rate. Pages answer 429 with `Retry-After` (seconds)."""

    status = 429

    def __init__(self, reason: str | Promise, *, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after

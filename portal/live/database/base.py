"""PostgreSQL as Django knows it, with two things more: patience with an end, and numbered topics.

Topics are numbered right before COMMIT.
"""

from typing import Any

from django.db.backends.postgresql import base

from portal.live.numbers import registered, take_numbers

PATIENCE: dict[str, str | int] = {
    # A process that stopped in mid-act keeps its locks: nobody waits for them in vain.
    "options": "-c lock_timeout=4s -c idle_in_transaction_session_timeout=60s",
    # A line that was cut in silence is given up after about 9 s.
    "keepalives": 1,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 9_000,
}


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose last statement before COMMIT numbers what the transaction tells."""

    def get_connection_params(self) -> dict[str, Any]:
        """Say how long to wait, unless the settings say it."""
        return {**PATIENCE, **super().get_connection_params()}

    def commit(self) -> None:
        """Number, then commit; a failure to number rolls back like any other failure."""
        if tellings := registered(self.run_on_commit):
            take_numbers(self, tellings)
        super().commit()

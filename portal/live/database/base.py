"""PostgreSQL as Django knows it, with one thing more: topics are numbered right before COMMIT."""

from django.db.backends.postgresql import base

from portal.live.numbers import registered, take_numbers


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose last statement before COMMIT numbers what the transaction tells."""

    def commit(self) -> None:
        """Number, then commit; a failure to number rolls back like any other failure."""
        if tellings := registered(self.run_on_commit):
            take_numbers(self, tellings)
        super().commit()

"""Where login sessions lie: in the database, asked for by keys of our own shape only."""

import re

from django.contrib.sessions.backends import db

KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(db.SessionStore):
    """A login session; a key that this site cannot have given (a NUL in it) names none."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and KEY.fullmatch(str(key)) is not None

"""The HTML of rows that every viewer sees alike: made once per process, found again by content.

Nothing is ever taken back from here: what a row shows is part of its key, so a row that changed is
another row. Two rows with the same values are the same HTML.
"""

import threading
from collections.abc import Hashable, Mapping
from functools import cache

from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

MOST = 2_048
"""Rows kept per process: some five megabytes of HTML."""


class Fragments:
    """The newest rows of a process; the one made first is the first to go."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[Hashable, SafeString] = {}
        self._making_room = threading.Lock()

    def html(
        self, partial: str, noun: Model, context: Mapping[str, object], *more: Hashable
    ) -> SafeString:
        """Give the partial for what the noun and the rows fetched with it hold now.

        `more` is what it shows besides; the words in the context follow from the language.
        """
        key = (partial, get_language(), more, values(noun))
        found = self._kept.get(key)
        if found is None:
            found = render_to_string(partial, dict(context))
            self._keep(key, found)
        return found

    def _keep(self, key: Hashable, html: SafeString) -> None:
        with self._making_room:
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = html

    def __len__(self) -> int:
        return len(self._kept)


def values(noun: Model) -> tuple[Hashable, ...]:
    """Everything that was read of a row, and of the rows it points to that were read with it."""
    columns, relations = _shape(type(noun))
    held, fetched = vars(noun), noun._state.fields_cache  # noqa: SLF001 (asks the database nothing)
    own = [held.get(column) for column in columns]
    own += [values(fetched[name]) for name in relations if fetched.get(name) is not None]
    return tuple(own)


@cache
def _shape(model: type[Model]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    fields = model._meta.concrete_fields  # noqa: SLF001 (Django's documented API)
    return (
        tuple(field.attname for field in fields),
        tuple(field.name for field in fields if field.is_relation),
    )


fragments = Fragments()

"""A form sets what it shows, whatever else is sent with it: every name of every column."""

from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from tests.matrix import Town, clients, town
from tests.security.pages import Form, forms_seen_by

__all__ = ["town"]

OURS = {
    "accounts",
    "agencies",
    "consultations",
    "proposals",
    "moderation",
    "notifications",
    "journal",
}
WILD = ("1",)
RANDOM = frozenset(
    [
        "digest",
        "password",
        "epoch",
        "hash",
        "prev",
        "client_id",
        "state_bytes",
        "tail_bytes",
        "html",
    ]
)
"""Columns that differ between two runs of the same act."""

pytestmark = pytest.mark.django_db


def columns() -> list[str]:
    """Give every name a model field has, and that of its column."""
    models = [model for model in apps.get_models() if model._meta.app_label in OURS]
    fields = [field for model in models for field in model._meta.concrete_fields]
    names = {field.name for field in fields} | {field.attname for field in fields}
    return sorted(names | {"user", "author", "by", "person", "role", "participant"})


def tables() -> list[tuple[str, list[str]]]:
    """Give each table with the columns that say the same each time."""
    found = []
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            steady = [
                str(field.column)
                for field in model._meta.concrete_fields
                if field.column not in RANDOM
                and field.get_internal_type() not in {"DateTimeField", "UUIDField", "BinaryField"}
            ]
            found.append((model._meta.db_table, steady))
    return found


def everything() -> dict[str, list[Any]]:
    """Read the whole database of the site, times and random things aside."""
    rows = {}
    with connection.cursor() as cursor:
        for table, names in tables():
            listed = ", ".join(f'"{name}"' for name in names)
            cursor.execute(f'SELECT {listed} FROM "{table}" ORDER BY 1')  # noqa: S608
            rows[table] = cursor.fetchall()
    return rows


def highest_number() -> int:
    """Give a number that nothing carries yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(last_value) FROM pg_sequences WHERE schemaname = 'public'")
        return int(cursor.fetchone()[0]) + 1_000


def begin_numbers_at(first: int) -> None:
    """Let both runs give the same numbers to what they create."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, %s)"
            " FROM pg_sequences WHERE schemaname = 'public'",
            [first],
        )


def after(
    browser: Client, form: Form, first: int, extra: dict[str, str]
) -> tuple[int, dict[str, list[Any]]]:
    """Send the form once and read everything, then undo it."""
    cache.clear()
    with transaction.atomic():
        begin_numbers_at(first)
        sent = {**extra, **form.filled("Kalimat yang cukup panjang untuk alasan."), **form.kept}
        status = browser.post(form.action, sent).status_code
        rows = everything()
        transaction.set_rollback(True)
    return status, rows


@pytest.mark.parametrize("actor", ["author", "moderator", "owner", "administrator"])
def test_no_unlisted_column_changes(actor: str, town: Town) -> None:
    browser = clients(town)[actor]
    surprises, done, first = [], 0, highest_number()

    for form in forms_seen_by(browser, town):
        plain = after(browser, form, first, {})
        done += plain[0] == 302
        for wild in WILD:
            more = {name: wild for name in columns() if name not in form.values}
            stuffed = after(browser, form, first, more)
            if stuffed[1] != plain[1]:
                tables_changed = [t for t in plain[1] if plain[1][t] != stuffed[1][t]]
                surprises.append(f"{form.action} {wild}: {plain[0]} {stuffed[0]} {tables_changed}")

    assert surprises == []
    assert done > 2, "some forms must be taken, or nothing is proved"

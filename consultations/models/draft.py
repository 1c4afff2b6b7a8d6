"""A draft as its form was sent: a mark of what it said, and an address that is free."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.db.models import Manager
from django.utils.text import slugify


def digest_of(
    agency: int, phases: Sequence[tuple[Any, ...]], *, premoderated: bool, texts: Mapping[str, str]
) -> bytes:
    """Give the mark by which a form that is sent again is known."""
    said = [agency, [[str(part) for part in phase] for phase in phases], premoderated, texts]
    return sha256(json.dumps(said, sort_keys=True).encode()).digest()


def free_slug(title: str, *, taken: Manager[Any]) -> str:
    """Give an address of the title that no consultation has yet."""
    base = slugify(title)[:80] or "konsultasi"
    known = set(taken.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 2
    while slug in known:
        slug, number = f"{base}-{number}", number + 1
    return slug

"""Tokens of invitations: made of the site's secret, kept as digests only."""

from hashlib import sha256
from uuid import UUID

from django.utils.crypto import salted_hmac


def token_of(agency: int, key: UUID | None) -> str:
    """Make the token of an invitation, which only who knows the site's secret can make."""
    return salted_hmac("agencies.invitation", f"{agency}:{key}", algorithm="sha256").hexdigest()


def digest_of(token: str) -> str:
    """Give what is kept of a token."""
    return sha256(token.encode()).hexdigest()

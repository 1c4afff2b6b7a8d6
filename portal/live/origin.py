"""Whether a socket was opened by a page of this very site."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_own_page(scope: Mapping[str, Any]) -> bool:
    """Compare Origin and Host, port included; a missing, foreign or malformed one is refused."""
    origin, host = header(scope, b"origin"), header(scope, b"host")
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        return False
    if scope.get("scheme") == "wss" and parts.scheme != "https":
        return False
    if parts.path or parts.query or parts.fragment:
        return False
    domain, own_port = split_domain_port(host.lower())
    named = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = DEFAULT_PORTS[parts.scheme]
    return (
        bool(domain)
        and named == domain
        and (port or default) == int(own_port or default)
        and validate_host(domain, settings.ALLOWED_HOSTS)
    )


def header(scope: Mapping[str, Any], name: bytes) -> str:
    """Give a header that was sent exactly once, or nothing."""
    values = [value for key, value in scope.get("headers", ()) if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else ""

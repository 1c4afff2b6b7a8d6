"""Bare Django: one file, no application, no database."""

import environ
from django.core.asgi import get_asgi_application

SECRET_KEY = environ.Env().str("PORTAL_SECRET_KEY")
ROOT_URLCONF = "bench.reference.bare"
INSTALLED_APPS: list[str] = []
USE_TZ = True
urlpatterns: list[object] = []


def __getattr__(name: str) -> object:
    """Give the application once the settings are known."""
    if name == "application":
        return get_asgi_application()
    raise AttributeError(name)

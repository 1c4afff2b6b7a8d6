"""The site's own settings with what tests need; pytest brings its services along."""

import atexit
import os
import sys
from pathlib import Path

from portal.services import ensure

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("PORTAL_SECRET_KEY", "only-for-tests-" * 4)
os.environ.setdefault("PORTAL_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault("PORTAL_MAIL_URL", "memorymail://")
os.environ.setdefault("PORTAL_DEMO", "true")  # officers of tests: no second factor
os.environ.setdefault("PORTAL_LIMITS_TIMES", "1000")  # tests are faster than people
if "pytest" in sys.modules:  # mypy reads these settings too and needs no database
    services = ensure(ROOT)
    atexit.register(services.stop)
    os.environ["DATABASE_URL"] = services.database_url
    os.environ["REDIS_URL"] = services.redis_url

from portal.settings import *  # noqa: E402, F403

SECURE_SSL_REDIRECT = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
# A test may think for longer than a minute in its transaction.
DATABASES["default"]["OPTIONS"]["options"] = "-c lock_timeout=4s"  # noqa: F405

"""The one place that reads the environment. Safe for production when nothing is set."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"

DEBUG = env.bool("PORTAL_DEBUG", default=False)
SECRET_KEY = env.str("PORTAL_SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("PORTAL_HOSTS", default=[])
if not DEBUG and not SECRET_KEY:
    raise ImproperlyConfigured("Set PORTAL_SECRET_KEY: 50 random characters kept out of the code.")
if not DEBUG and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set PORTAL_HOSTS: the host names this site answers to, by comma.")
if not DEBUG and not env.str("PORTAL_MAIL_URL", default=""):
    raise ImproperlyConfigured(
        "Set PORTAL_MAIL_URL: who delivers letters, smtp+tls://user:password@host:587;"
        " nobody can sign in without the codes in them."
    )
if DEBUG:
    SECRET_KEY = SECRET_KEY or "development-only"
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]

# The demo town has known passwords: never on a site that people use.
DEMO = env.bool("PORTAL_DEMO", default=DEBUG)

ADDRESS = env.str("PORTAL_ADDRESS", default="") or f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
SITE_NAME = env.str("PORTAL_SITE_NAME", default="Rembuk")
CONTACT = env.str("PORTAL_CONTACT", default="")
PROXIES = env.list("PORTAL_PROXIES", default=[])
HTTP_THREADS = env.int("HTTP_THREADS", default=4)
REDIS_URL = env.str("REDIS_URL", default="")
# Who may read /metrics: whoever sends this as a bearer token. Without one nobody may.
METRICS_TOKEN = env.str("PORTAL_METRICS_TOKEN", default="")
# How many times faster than people may one do things here: a load test from one address needs it.
LIMITS_TIMES = env.int("PORTAL_LIMITS_TIMES", default=1)

INSTALLED_APPS = [
    "portal.doors.apps.DoorsConfig",
    "portal.demo.apps.DemoConfig",
    "proposals.apps.ProposalsConfig",
    "consultations.apps.ConsultationsConfig",
    "portal.moderation.apps.ModerationConfig",
    "portal.notifications.apps.NotificationsConfig",
    "portal.live.apps.LiveConfig",
    "portal.journal.apps.JournalConfig",
    "portal.agencies.apps.AgenciesConfig",
    "portal.accounts.apps.AccountsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "channels",
    "csp",
    "django_htmx",
    "pgtrigger",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "portal.doors.metrics.MeasureMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "portal.http.CrossOriginMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # with random padding, for the tokens in forms
    "portal.http.DatabaseMiddleware",
    "portal.http.LettersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "portal.http.MethodOverrideMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.accounts.middleware.PrivateMiddleware",
    "portal.http.PaceMiddleware",
    "portal.http.RefusalMiddleware",
]

ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.http.site",
                "portal.notifications.badge.unread",
            ],
        },
    },
]

# A thread of the mount, a job or a socket borrows a connection; `timeout` says 503 in time.
database = env.db_url("DATABASE_URL", default="postgres:///rembuk")
DATABASES = {
    "default": {
        **database,
        "ENGINE": "portal.live.database",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **database.get("OPTIONS", {}),
            # Each request may try anew: a pool that rests between attempts outlasts the outage.
            "pool": {
                "min_size": 2,
                "max_size": HTTP_THREADS + 4,
                "timeout": 4,
                "reconnect_timeout": 1,
            },
            "connect_timeout": 4,
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "Asia/Jakarta"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.path("PORTAL_STATIC", default=VAR / "static")
STATICFILES_DIRS = [ROOT / "portal" / "static", ROOT / "assets" / "dist"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = env.path("PORTAL_MEDIA", default=VAR / "media")
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

AUTHENTICATION_BACKENDS = ["portal.agencies.people.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Person (key) first, address second: a village shares one address.
ACCOUNT_RATE_LIMITS = {
    "login": "40/15m/ip",
    "login_failed": "40/15m/ip,5/m/key",
    "request_login_code": "40/15m/ip,5/m/key",
    "reset_password": "40/15m/ip,5/m/key",
    "signup": "10/h/ip",
}
ACCOUNT_FORMS = {
    "login": "portal.accounts.entrance.LoginForm",
    "signup": "portal.accounts.entrance.SignupForm",
    "request_login_code": "portal.accounts.entrance.RequestLoginCodeForm",
    "confirm_login_code": "portal.accounts.entrance.ConfirmLoginCodeForm",
    "confirm_email_verification_code": (
        "portal.accounts.entrance.ConfirmEmailVerificationCodeForm"
    ),
    "confirm_password_reset_code": "portal.accounts.entrance.ConfirmPasswordResetCodeForm",
    "add_email": "portal.accounts.entrance.AddEmailForm",
    "change_email": "portal.accounts.entrance.ChangeEmailForm",
    "change_password": "portal.accounts.entrance.ChangePasswordForm",
    "set_password": "portal.accounts.entrance.SetPasswordForm",
    "reset_password": "portal.accounts.entrance.ResetPasswordForm",
    "reset_password_from_key": "portal.accounts.entrance.ResetPasswordKeyForm",
    "reauthenticate": "portal.accounts.entrance.ReauthenticateForm",
}
MFA_ADAPTER = "portal.accounts.adapters.FactorAdapter"
MFA_FORMS = {
    "authenticate": "portal.accounts.entrance.AuthenticateForm",
    "reauthenticate": "portal.accounts.entrance.ReauthenticateByCodeForm",
    "activate_totp": "portal.accounts.entrance.ActivateTOTPForm",
    "add_webauthn": "portal.accounts.entrance.AddWebAuthnForm",
    "edit_webauthn": "portal.accounts.entrance.EditWebAuthnForm",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

MAIL_FOLDER = VAR / "mail"
if env.str("PORTAL_MAIL_URL", default=""):
    vars().update(env.email_url("PORTAL_MAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAIL_FOLDER
DEFAULT_FROM_EMAIL = env.str("PORTAL_MAIL_FROM", default="rembuk@localhost")

SESSION_ENGINE = "portal.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.http.csrf_failure"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if not DEBUG:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_SSL_REDIRECT = env.bool("PORTAL_HTTPS", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": "/csp/",
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: [] for feature in ("camera", "microphone", "geolocation", "payment", "usb")
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "portal.logs.JsonLine"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line" if DEBUG else "json",
        }
    },
    "loggers": {"procrastinate": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": env.str("PORTAL_LOG", default="INFO")},
}

"""Every address of the site: Indonesian without prefix, English under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from portal.doors import health

urlpatterns = [
    path("healthz", health.process, name="healthz"),
    path("readyz", health.readiness, name="readyz"),
    path("csp/", health.csp_report, name="csp-report"),
    *i18n_patterns(
        path("account/", include("allauth.urls")),
        path("", include("portal.accounts.urls")),
        path("", include("portal.agencies.urls")),
        path("", include("portal.notifications.urls")),
        path("moderation/", include("portal.moderation.urls")),
        path("", include("proposals.urls")),
        path("", include("consultations.urls")),
        path("", include("portal.doors.urls")),
        prefix_default_language=False,
    ),
]

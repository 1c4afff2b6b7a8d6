"""Every address of the site: Indonesian without prefix, English under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from portal.doors import agencies, devmail, health, metrics, people, sessions

handler403, handler404 = "portal.http.not_allowed", "portal.http.not_found"
handler500 = "portal.http.broken"
handler429 = "portal.doors.sessions.too_many"  # asked by allauth's limits

urlpatterns = [
    path("healthz", health.process, name="healthz"),
    path("readyz", health.readiness, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("csp/", health.csp_report, name="csp-report"),
    path("dev/mail/", devmail.index, name="devmail"),
    *i18n_patterns(
        path("account/logout/", sessions.sign_out),
        path("account/password/change/", sessions.change_password),
        path("account/password/set/", sessions.set_password),
        path("account/password/reset/complete/", sessions.new_password),
        path("account/sessions/", sessions.other_devices),
        path("account/2fa/totp/deactivate/", sessions.without_app),
        path("account/2fa/webauthn/keys/<int:pk>/remove/", sessions.without_key),
        path("account/", include("allauth.urls")),
        path("me/", include(([path("", people.me, name="me")], "accounts"))),
        path("agencies/<slug:slug>/", agencies.show),
        path("", include("portal.agencies.urls")),
        path("", include("portal.notifications.urls")),
        path("moderation/", include("portal.moderation.urls")),
        path("", include("proposals.urls")),
        path("", include("consultations.urls")),
        path("", include("portal.doors.urls")),
        prefix_default_language=False,
    ),
]

"""All addresses: mounts only."""

from django.contrib import admin
from django.urls import include, path

from csm_portal.portal import probes
from csm_portal.portal.views import monitor

handler404 = "accounts.api.errors.not_found"
urlpatterns = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", monitor.metrics, name="metrics"),
    path("auth/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("csm_portal.api")),
    path("", include("accounts.tracking.urls")),
    path("", include("csm_portal.portal.urls")),
]

"""Addresses of the intake, as trackers have them: with and without the last slash, since a redirect would lose the events."""

from django.urls import path

from accounts.tracking import views
from accounts.tracking.intake import POSTHOG

urlpatterns = [
    path("v1/<slug:call>", views.call, name="intake"),
    path("v1/<slug:call>/", views.call),
    path("batch", views.batch, {"tracker": POSTHOG}),
    path("batch/", views.batch, {"tracker": POSTHOG}),
    path("i/v0/e", views.event),
    path("i/v0/e/", views.event),
    path("i/v1/analytics/events", views.events),
    path("i/v1/analytics/events/", views.events),
]

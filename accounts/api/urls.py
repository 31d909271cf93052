"""Addresses of this room under `/api/v1/`."""

from django.urls import path

from accounts.api import (
    quiet_periods,
    raw_path,  # noqa: F401  # registers the converter
    views,
)

urlpatterns = [
    path("accounts/<external_id:external_id>/seats/", views.Seats.as_view(), name="api-account-seats"),
    path("accounts/<external_id:external_id>/contracts/", views.Contracts.as_view(), name="api-account-contracts"),
    path("accounts/<external_id:external_id>/events/", views.Events.as_view(), name="api-account-events"),
    path("accounts/<external_id:external_id>/tickets/", views.Tickets.as_view(), name="api-account-tickets"),
    path("quiet-periods/", quiet_periods.QuietPeriods.as_view(), name="api-quiet-periods"),
]

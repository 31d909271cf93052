"""Addresses of this room under `/api/v1/`."""

from django.urls import URLPattern, URLResolver, path

from churn.api import cohorts

urlpatterns: list[URLPattern | URLResolver] = [
    path("churn/cohorts/", cohorts.Cohorts.as_view(), name="api-churn-cohorts"),
]

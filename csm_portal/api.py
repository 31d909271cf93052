"""Addresses under `/api/v1/`: mounts only."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.api.urls import urlpatterns as rows_of_accounts
from churn.api.urls import urlpatterns as churn
from csm_portal.portal.api.urls import urlpatterns as portal
from health.api.urls import accounts_urlpatterns as accounts
from health.api.urls import urlpatterns as health

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    # The split view keeps its script in a file of its own, as the content security policy asks.
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    *portal,
    *churn,
    *health,
    *rows_of_accounts,
    # Last, for an id may end like any of the above.
    *accounts,
]

"""Addresses of this room under `/api/v1/`. What hangs on an account stands before the account itself, whose id may hold a slash."""

from django.urls import path

from accounts.api import raw_path  # noqa: F401  # registers the converter
from health.api import (
    accounts,
    definitions,
    explain,
    explain_days,
    figures,
    interactions,
    judgements,
    outcomes,
    path_parts,  # noqa: F401  # registers the converters
    recomputed,
    reviews,
    runs,
    scores,
    states,
    use,
)

urlpatterns = [
    # The longest first: an id may hold a slash, so a shorter one would take the rest for a part of the id.
    path("accounts/<external_id:external_id>/health/facets/<facet:facet>/", explain.FacetRows.as_view(), name="api-account-facet"),
    path("accounts/<external_id:external_id>/activity/<day:day>/", explain_days.DayTold.as_view(), name="api-account-activity-day"),
    path("accounts/<external_id:external_id>/activity/<day:day>/events/", explain_days.DayEvents.as_view(), name="api-account-day-events"),
    path("activity/rates/", figures.Rates.as_view(), name="api-activity-rates"),
    path("activity/rates/recomputed/", recomputed.RecomputedRates.as_view(), name="api-activity-rates-recomputed"),
    path("accounts/<external_id:external_id>/activity/", figures.AccountActivity.as_view(), name="api-account-activity"),
    path("accounts/<external_id:external_id>/health/", scores.AccountHealth.as_view(), name="api-account-health"),
    path("accounts/<external_id:external_id>/health/explain/", explain.ExplainHealth.as_view(), name="api-account-health-explain"),
    path("accounts/<external_id:external_id>/scenarios/", use.Scenarios.as_view(), name="api-account-scenarios"),
    path("accounts/<external_id:external_id>/units/", use.Units.as_view(), name="api-account-units"),
    path("desired-outcomes/", outcomes.DesiredOutcomes.as_view(), name="api-desired-outcomes"),
    path("reviews/", reviews.Reviews.as_view(), name="api-reviews"),
    path("interactions/", interactions.Interactions.as_view(), name="api-interactions"),
    path("states/", states.States.as_view(), name="api-states"),
    path("ratings/", judgements.Ratings.as_view(), name="api-ratings"),
    path("overrides/", judgements.Overrides.as_view(), name="api-overrides"),
    path("overrides/<int:override>/end/", judgements.EndOverride.as_view(), name="api-override-end"),
    path("runs/", runs.Runs.as_view(), name="api-runs"),
    path("definitions/", definitions.Definitions.as_view(), name="api-definitions"),
]
accounts_urlpatterns = [
    path("accounts/", accounts.Accounts.as_view(), name="api-accounts"),
    path("accounts/<external_id:external_id>/", accounts.OneAccount.as_view(), name="api-account"),
]

"""Words of the renewals page: stages, categories, steps, states and filters as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from churn.types import CheckKind, ForecastCategory, Stage
from csm_portal.portal import words

Words = str | Promise

STAGES: Mapping[str, Words] = {
    Stage.OVERDUE.value: gettext_lazy("Overdue"),
    Stage.DAYS_0_29.value: gettext_lazy("0–29 days"),
    Stage.DAYS_30_59.value: gettext_lazy("30–59 days"),
    Stage.DAYS_60_90.value: gettext_lazy("60–90 days"),
    Stage.DAYS_91_180.value: gettext_lazy("91–180 days"),
    Stage.LATER.value: gettext_lazy("Later than 180 days"),
}
CATEGORIES: Mapping[str, Words] = {
    ForecastCategory.COMMIT.value: pgettext_lazy("forecast", "Commit"),
    ForecastCategory.BEST_CASE.value: pgettext_lazy("forecast", "Best case"),
    ForecastCategory.AT_RISK.value: pgettext_lazy("forecast", "At risk"),
}
NO_FORECAST: Words = gettext_lazy("No forecast yet")
BANDS: Mapping[str, Words] = {**words.BANDS, "unknown": pgettext_lazy("health band", "Unknown")}
NEEDS: Mapping[str, Words] = {
    "outcome": gettext_lazy("Outcome to enter"),
    "forecast": gettext_lazy("Forecast to enter"),
    "usage_shared": gettext_lazy("Usage to share"),
    "owner": gettext_lazy("Owner to name"),
}
CHECKS: Mapping[str, Words] = {
    CheckKind.PACK_OPENED: gettext_lazy("Pack opened"),
    CheckKind.USAGE_SHARED: gettext_lazy("Usage shared"),
}
STATES: Mapping[str, Words] = {
    "open": pgettext_lazy("renewals", "Open"),
    "renewed": pgettext_lazy("renewals", "Renewed"),
    "lost": pgettext_lazy("renewals", "Lost"),
    "decided": pgettext_lazy("renewals", "Decided"),
    "all": pgettext_lazy("renewals", "Open and decided"),
}
FILTERS: Mapping[str, Words] = {
    "q": gettext_lazy("Search"),
    "account": gettext_lazy("Account"),
    "when": gettext_lazy("Decision"),
    "needs": gettext_lazy("To do"),
    "category": gettext_lazy("Forecast"),
    "band": gettext_lazy("Health"),
    "csm": gettext_lazy("Owner"),
    "team": gettext_lazy("Team"),
    "product": gettext_lazy("Product"),
    "plan": gettext_lazy("Plan"),
    "tier": gettext_lazy("Tier"),
    "industry": gettext_lazy("Industry"),
    "region": gettext_lazy("Region"),
    "size": gettext_lazy("Size"),
    "stage": gettext_lazy("Stage"),
    "state": gettext_lazy("State"),
    "from": gettext_lazy("Term ends from"),
    "to": gettext_lazy("Term ends before"),
    "on": gettext_lazy("Owner, team and plan as of"),
}
CUTS: Mapping[str, Words] = {
    "all": gettext_lazy("All together"),
    **{name: FILTERS[name] for name in ("csm", "team", "product", "plan", "tier", "industry", "region", "size", "stage")},
    "scenario": gettext_lazy("Scenario"),
}
FIXED: Mapping[str, Mapping[str, Words]] = {
    "when": STAGES,
    "needs": NEEDS,
    "category": {**CATEGORIES, "none": NO_FORECAST},
    "band": BANDS,
    "state": STATES,
}


def value_of(name: str, value: str, label: str = "") -> str:
    """What a filter's value is called; `label` where only the book knows."""
    if label:
        return label
    if name in ("from", "to", "on"):
        return words.iso_day(value)
    if name in ("csm", "team") and value == "-":
        return _("nobody")
    if name == "team":
        return value.rstrip("/")
    if name in FIXED:
        return str(FIXED[name].get(value, value))
    return words.readable(value) if name in CUTS else value


def chip(name: str, value: str, label: str = "") -> str:
    """An active filter in words."""
    if name == "q":
        return _("Search: “%(text)s”") % {"text": value}
    return _("%(field)s: %(value)s") % {"field": FILTERS[name], "value": value_of(name, value[:60], label)}


def days_left(decision_on: date, today: date) -> str:
    """How long is left until the decision."""
    return words.until(decision_on, today)

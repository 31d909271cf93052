"""Names of the facets of health, translated when they are shown."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

NAMES = {
    "activity": gettext_lazy("Activity"),
    "outcome": gettext_lazy("Outcome"),
    "adoption": gettext_lazy("Adoption"),
    "support": gettext_lazy("Support"),
    "invoices": gettext_lazy("Invoices"),
    "surveys": gettext_lazy("Surveys"),
    "growth": gettext_lazy("Growth"),
    "renewal_history": gettext_lazy("Renewal history"),
    "onboarding": gettext_lazy("Onboarding"),
    "community": gettext_lazy("Community"),
    "self_sufficiency": gettext_lazy("Self-sufficiency"),
    "ratings": gettext_lazy("CSM rating"),
    "executive": gettext_lazy("Executive rating"),
}


def facet_name(key: str) -> str:
    """The facet's name; the key itself for one that this release does not know."""
    return str(NAMES.get(key, key))

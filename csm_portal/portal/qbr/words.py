"""Reviews and their feedback in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from csm_portal.portal.account import kinds

UNSORTED = "-"
THEMES = {
    "missing_feature": gettext_lazy("Missing feature"),
    "hard_to_use": gettext_lazy("Hard to use"),
    "slow": pgettext_lazy("theme", "Slow"),
    "reliability": gettext_lazy("Reliability"),
    "integration": gettext_lazy("Integration"),
    "reporting": gettext_lazy("Reporting"),
    "mobile": pgettext_lazy("theme", "Mobile"),
    "permissions": gettext_lazy("Permissions"),
    "training": pgettext_lazy("theme", "Training"),
    "support": pgettext_lazy("theme", "Support"),
    "price": pgettext_lazy("theme", "Price"),
    "praise": pgettext_lazy("theme", "Praise"),
}


def theme(key: str) -> str:
    """A theme of feedback; a colleague's own word as it is."""
    if key == UNSORTED:
        return _("not sorted yet")
    return str(THEMES.get(key, key))


def kind(key: str) -> str:
    """Kind of a review, as it begins a line."""
    word = kinds.review(key)
    return word[:1].upper() + word[1:]


def executive(attended: bool | None) -> str:
    """Whether an executive of the customer was there."""
    return "" if attended is None else _("with an executive") if attended else _("without an executive")

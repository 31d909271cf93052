"""What was tried, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from churn.helping.matched import ANY
from churn.types import InterventionKind

KINDS: dict[str, Promise] = {
    InterventionKind.INTERVIEW: gettext_lazy("interview"),
    InterventionKind.TRAINING: gettext_lazy("training"),
    InterventionKind.AB_TEST: gettext_lazy("A/B test"),
    InterventionKind.EXECUTIVE_TALK: gettext_lazy("talk with an executive"),
    InterventionKind.OFFER: pgettext_lazy("intervention", "offer"),
    InterventionKind.PLAY: pgettext_lazy("intervention", "play"),
    InterventionKind.OTHER: pgettext_lazy("intervention", "something else"),
}


def kind(key: str) -> str:
    """What was tried."""
    return str(gettext_lazy("anything at all") if key == ANY else KINDS.get(key, key))

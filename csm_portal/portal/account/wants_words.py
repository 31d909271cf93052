"""Words of what proves a desired outcome."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from csm_portal.portal import words
from health.value.proofs_target import COUNT, METRICS, QUANTITY, VALUE, goal

METRIC_WORDS = {
    "monthly_active": gettext_lazy("active months"),
    "active_days": gettext_lazy("active days"),
    "activation_rate": gettext_lazy("activation rate"),
    "seats_activated": gettext_lazy("seats activated"),
    "seats_active": gettext_lazy("seats active in 28 days"),
    "key_seat_share": gettext_lazy("share of seats with a key action"),
    "north_star": pgettext_lazy("metric", "north star"),
    "nps": pgettext_lazy("metric", "NPS"),
    "csat": pgettext_lazy("metric", "satisfaction (1 to 5)"),
    "mrr": pgettext_lazy("metric", "MRR"),
    "health": pgettext_lazy("metric", "health score"),
}
MEASURE_WORDS = {
    COUNT: pgettext_lazy("north star", "count"),
    QUANTITY: pgettext_lazy("north star", "quantity"),
    VALUE: pgettext_lazy("north star", "value"),
}
PROBLEMS = {
    "no_proof": gettext_lazy("Nothing proves it yet: agree on an action or a metric, with a target."),
    "no_number": gettext_lazy("The target is no figure to reach, so nobody can measure it."),
    "unknown_action": gettext_lazy("No event of this action has come yet, so nothing can be counted."),
    "unknown_metric": gettext_lazy("This metric is not known here, so nothing can be measured."),
}


def metric(name: str) -> str:
    """A metric's name; an unknown one as it was written."""
    return str(METRIC_WORDS.get(name, name))


def proof(action: str, metric_name: str, target: str) -> str:
    """What proves an outcome: the action with what is added up of it, or the metric."""
    if action:
        found = goal(target)
        added = f" ({MEASURE_WORDS[found.measure]})" if found and found.measure != COUNT else ""
        return _("action %(name)s") % {"name": action} + added
    return _("metric %(name)s") % {"name": metric(metric_name)} if metric_name else _("no proof agreed")


def figure(value: object, metric_name: str) -> str:
    """A figure of a proof as it is read: shares as percentages."""
    if value is None:
        return words.UNKNOWN
    known = METRICS.get(metric_name)
    if known is not None and known.percent == 1:
        return words.percent(value, 1 if round(float(str(value)) * 100, 1) % 1 else 0)  # type: ignore[arg-type]
    number = round(float(str(value)), 1)
    return words.number(number, 1 if number % 1 else 0)

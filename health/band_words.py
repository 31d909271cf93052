"""What holds or moves a band, in one sentence each: caps by the figure they look at, overrides, coverage, borders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy, pgettext

from health.facet_names import facet_name
from health.types import Band

Facts = Mapping[str, Any]


def band_word(band: str) -> str:
    """A band's name as it stands inside a sentence."""
    return {
        Band.RED: pgettext("band inside a sentence", "red"),
        Band.AMBER: pgettext("band inside a sentence", "amber"),
        Band.GREEN: pgettext("band inside a sentence", "green"),
    }.get(Band(band), pgettext("band inside a sentence", "unknown"))


def cap_words(facts: Facts) -> str:
    """`amber: invoice 62 days overdue caps it`; a cap whose figure is not known is named by its condition as written."""
    figures = facts.get("figures") or [[facts["field"], facts["figure"]]]
    band = band_word(facts["band"])
    if any(figure is None for _field, figure in figures):
        return _("%(band)s: capped while %(condition)s") % {"band": band, "condition": facts["when"]}
    if len(figures) == 1 and facts["field"] == "invoice_overdue_days":
        n = int(facts["figure"])
        return ngettext("%(band)s: invoice %(days)d day overdue caps it", "%(band)s: invoice %(days)d days overdue caps it", n) % {
            "band": band,
            "days": n,
        }
    what = _(" and ").join(_figure(field, figure) for field, figure in figures)
    return _("%(band)s: capped by %(what)s") % {"band": band, "what": what}


def override_words(facts: Facts) -> str:
    """The band set by hand, and until when."""
    return _("set to %(band)s by hand until %(day)s") % {"band": band_word(facts["band"]), "day": facts["until"]}


def score_words(facts: Facts) -> str:
    """What the score says alone."""
    if "band" not in facts:
        return _("the score is %(score).1f") % {"score": facts["score"]}
    values = {"band": band_word(facts["band"]), "score": facts["score"], "from": facts["from"], "to": facts["to"]}
    if facts["band"] == Band.GREEN:
        return _("%(band)s by the score: %(score).1f, green from %(from)g") % values
    if facts["band"] == Band.RED:
        return _("%(band)s by the score: %(score).1f, red below %(to)g") % values
    return _("%(band)s by the score: %(score).1f, amber from %(from)g to below %(to)g") % values


def coverage_words(facts: Facts) -> str:
    """Too little is known for a score, and what is missing."""
    missing = pgettext("between names in a list", ", ").join(facet_name(key) for key in facts["missing"])
    share = {"share": 100 * facts["coverage"], "least": 100 * (facts["min_coverage"] or 0), "missing": missing}
    if not missing:
        return _("no score: %(share)d%% of the weight is known") % share
    return _("no score: %(share)d%% of the weight is known, at least %(least)d%% are needed; missing: %(missing)s") % share


def _began(facts: Facts) -> str:
    return _("new: %(reason)s") % {"reason": cap_words(facts)}


def _ended(facts: Facts) -> str:
    return _("no longer: %(reason)s") % {"reason": cap_words(facts)}


def _override_began(facts: Facts) -> str:
    return _("new: %(reason)s") % {"reason": override_words(facts)}


def _override_ended(facts: Facts) -> str:
    return _("no longer: %(reason)s") % {"reason": override_words(facts)}


def _crossed(facts: Facts) -> str:
    return _("the score crossed a border: %(score).1f is %(band)s") % {"score": facts["score"], "band": band_word(facts["band"])}


def _borders(facts: Facts) -> str:
    return _("the borders moved: health model version %(now)s instead of %(then)s") % {
        "now": facts["version"],
        "then": facts["version_from"],
    }


def _coverage_fell(facts: Facts) -> str:
    return _("too little is known now: %(share)d%% of the weight") % {"share": 100 * facts["coverage"]}


def _coverage_rose(facts: Facts) -> str:
    return _("enough is known now: %(share)d%% of the weight") % {"share": 100 * facts["coverage"]}


def _figure(field: str, figure: Any) -> str:
    if field in COUNTS:
        return str(COUNTS[field] % {"n": int(figure)})
    if field in SHARES:
        return str(SHARES[field]) % {"share": f"{100 * float(figure):.1f}"}
    return _("facet “%(name)s” at %(value).1f of 100") % {"name": facet_name(field), "value": float(figure)}


COUNTS: Mapping[str, Any] = {
    "invoice_overdue_days": ngettext_lazy("invoice %(n)d day overdue", "invoice %(n)d days overdue", "n"),
    "invoice_failed_attempts": ngettext_lazy("a payment that failed %(n)d time", "a payment that failed %(n)d times", "n"),
    "open_tickets": ngettext_lazy("%(n)d open ticket", "%(n)d open tickets", "n"),
    "old_tickets": ngettext_lazy("%(n)d ticket open over 7 days", "%(n)d tickets open over 7 days", "n"),
    "escalated_tickets": ngettext_lazy("%(n)d escalated ticket", "%(n)d escalated tickets", "n"),
    "active_days": ngettext_lazy("%(n)d active open day in 28", "%(n)d active open days in 28", "n"),
    "open_days": ngettext_lazy("%(n)d open day with a known level in 28", "%(n)d open days with a known level in 28", "n"),
    "executive_active": ngettext_lazy("%(n)d executive seat active in 28 days", "%(n)d executive seats active in 28 days", "n"),
}
SHARES: Mapping[str, Any] = {
    "activation_rate": gettext_lazy("an activation rate of %(share)s%%"),
    "key_seat_share": gettext_lazy("%(share)s%% of the seats with a key action"),
    "north_star_progress": gettext_lazy("%(share)s%% of the north star's threshold"),
    "mrr_change": gettext_lazy("revenue changed by %(share)s%% in a year"),
}
WORDS: Mapping[str, Callable[[Facts], str]] = {
    "override": override_words,
    "cap": cap_words,
    "score": score_words,
    "coverage": coverage_words,
    "cap_began": _began,
    "cap_ended": _ended,
    "override_began": _override_began,
    "override_ended": _override_ended,
    "score_crossed": _crossed,
    "borders_moved": _borders,
    "coverage_fell": _coverage_fell,
    "coverage_rose": _coverage_rose,
}

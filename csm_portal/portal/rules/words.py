"""Combinations in the reader's words: what each feature is called, a condition as a phrase, a figure with its unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from churn.rules.conditions import BY_KEY, BadConditionError, Condition, Unit, Value, read_condition
from churn.rules.disguise import LATE, NO_HISTORY, TOO_GOOD
from churn.rules.life import QUARTERS_FAILED, UNDER_BASE
from csm_portal.portal import words

NAMES = {
    "days_without_login": gettext_lazy("days without a login"),
    "login_days_28": gettext_lazy("days with a login, of 28"),
    "active_share_28": gettext_lazy("share of active open days, of 28 days"),
    "high_share_28": gettext_lazy("share of high days among open days, of 28 days"),
    "use_change_28": gettext_lazy("change of key actions in 28 days against the 56 before"),
    "seats_lost_28": gettext_lazy("share of working seats that went silent for 28 days"),
    "activation": gettext_lazy("activation rate"),
    "key_seat_share": gettext_lazy("share of seats with a key action"),
    "executive_silent": gettext_lazy("executives' seats silent for 28 days"),
    "scenarios_missed": gettext_lazy("expected scenarios not reached last month"),
    "north_star_progress": gettext_lazy("progress to the north star"),
    "outcome": gettext_lazy("outcome facet"),
    "outcomes_missed": gettext_lazy("desired outcomes missed"),
    "tickets_7": gettext_lazy("tickets in 7 days"),
    "tickets_30": gettext_lazy("tickets in 30 days"),
    "tickets_90": gettext_lazy("tickets in 90 days"),
    "tickets_waiting": gettext_lazy("tickets open for more than 7 days"),
    "tickets_escalated_90": gettext_lazy("escalated tickets in 90 days"),
    "how_to_90": gettext_lazy("how-to tickets in 90 days"),
    "csat_latest": gettext_lazy("latest satisfaction (of 10)"),
    "nps_latest": gettext_lazy("latest NPS answer (of 10)"),
    "no_answer_180": gettext_lazy("no survey answered in 180 days"),
    "score": gettext_lazy("health score"),
    "machine": gettext_lazy("machine part of the health score"),
    "score_change_30": gettext_lazy("change of the health score in 30 days"),
    "score_change_90": gettext_lazy("change of the health score in 90 days"),
    "rating": gettext_lazy("CSM rating of 90 days (of 5)"),
    "rating_change_180": gettext_lazy("CSM rating against the 180 days before"),
    "not_rated_90": gettext_lazy("no CSM rating in 90 days"),
    "invoice_days_late": gettext_lazy("days the worst invoice of 180 days was late"),
    "payments_failed_180": gettext_lazy("failed payments in 180 days"),
    "mrr": gettext_lazy("MRR"),
    "mrr_change_365": gettext_lazy("change of MRR in a year"),
    "seats_bought": gettext_lazy("purchased seats"),
    "months_as_customer": gettext_lazy("months as a customer"),
    "term_months": gettext_lazy("length of the term in months"),
    "switched_on": gettext_lazy("features switched on by the contract"),
    "contact_gap": gettext_lazy("days since the last interaction"),
    "executive_review_gap": gettext_lazy("days since a review with an executive"),
    "champion_left_180": gettext_lazy("a champion or sponsor left in 180 days"),
    "milestones_late": gettext_lazy("onboarding milestones overdue"),
    "plan": gettext_lazy("plan"),
    "tier": gettext_lazy("tier"),
    "industry": gettext_lazy("industry"),
    "region": gettext_lazy("region"),
    "employees": gettext_lazy("size by employees"),
    "stage": gettext_lazy("lifecycle stage"),
    "fit": gettext_lazy("fit of the product"),
    "auto_renew_off": gettext_lazy("automatic renewal switched off"),
}
GROUPS = (
    (
        pgettext_lazy("features", "Use"),
        (
            "days_without_login", "login_days_28", "active_share_28", "high_share_28", "use_change_28", "seats_lost_28", "activation",
            "key_seat_share", "executive_silent", "scenarios_missed",
        ),
    ),
    (pgettext_lazy("features", "Value"), ("north_star_progress", "outcome", "outcomes_missed", "milestones_late")),
    (
        pgettext_lazy("features", "Support and answers"),
        (
            "tickets_7", "tickets_30", "tickets_90", "tickets_waiting", "tickets_escalated_90", "how_to_90", "csat_latest", "nps_latest",
            "no_answer_180",
        ),
    ),
    (
        pgettext_lazy("features", "Health and ratings"),
        ("score", "machine", "score_change_30", "score_change_90", "rating", "rating_change_180", "not_rated_90"),
    ),
    (
        pgettext_lazy("features", "Money and terms"),
        (
            "invoice_days_late", "payments_failed_180", "mrr", "mrr_change_365", "seats_bought", "term_months", "switched_on", "plan",
        ),
    ),
    (pgettext_lazy("features", "People"), ("contact_gap", "executive_review_gap", "champion_left_180")),
    (pgettext_lazy("features", "Who they are"), ("months_as_customer", "tier", "industry", "region", "employees", "fit")),
)  # fmt: skip
OPERATORS = {
    ">=": gettext_lazy("at least"),
    "<=": gettext_lazy("at most"),
    ">": gettext_lazy("above"),
    "<": gettext_lazy("below"),
    "=": gettext_lazy("is"),
}
FITS = {"good": pgettext_lazy("fit", "good"), "poor": pgettext_lazy("fit", "poor")}


def name_of(feature: str) -> str:
    """What a feature is called; its key where a later release wrote one that this does not know."""
    return str(NAMES.get(feature, feature))


def condition_words(condition: Condition) -> str:
    """A condition as a phrase: `tickets in 30 days: at least 10`; a flag by its name alone."""
    feature = BY_KEY.get(condition.feature)
    if feature is None:
        return condition.spelled
    if feature.unit is Unit.FLAG:
        return name_of(condition.feature) if condition.value else _("not: %(what)s") % {"what": name_of(condition.feature)}
    if feature.unit is Unit.WORD:
        said = {"what": name_of(condition.feature), "value": figure_words(condition.feature, condition.value)}
        return pgettext("condition", "%(what)s is %(value)s") % said
    compared = {
        ">=": pgettext("condition", "%(what)s at least %(value)s"),
        "<=": pgettext("condition", "%(what)s at most %(value)s"),
        ">": pgettext("condition", "%(what)s above %(value)s"),
        "<": pgettext("condition", "%(what)s below %(value)s"),
        "=": pgettext("condition", "%(what)s exactly %(value)s"),
    }[condition.operator]
    return compared % {"what": name_of(condition.feature), "value": figure_words(condition.feature, condition.value)}


def rule_words(conditions: Sequence[Condition]) -> str:
    """All conditions of a combination, joined."""
    return pgettext("conditions", " and ").join(condition_words(one) for one in conditions)


def figure_words(feature: str, figure: Value) -> str:
    """A figure as the reader writes it; a dash where it is unknown."""
    known = BY_KEY.get(feature)
    if figure is None or known is None:
        return words.UNKNOWN if figure is None else str(figure)
    if isinstance(figure, str):
        return str(FITS[figure]) if feature == "fit" and figure in FITS else words.readable(figure)
    if known.unit is Unit.FLAG:
        return _("yes") if figure else _("no")
    if known.unit is Unit.SHARE:
        return words.percent(figure)
    if known.unit is Unit.MONEY:
        return words.money(Decimal(str(figure)), settings.REPORTING_CURRENCY)
    return words.number(figure, 0 if float(figure).is_integer() else 1)


def facts_in_words(conditions: Sequence[Mapping[str, Any]], facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each stored condition with the account's own figure: `tickets in 30 days at least 10: 14`; a flag by its name alone."""
    figures = {str(fact.get("feature")): fact.get("figure") for fact in facts}
    told = []
    for body in conditions:
        try:
            condition = read_condition(body)
        except BadConditionError:
            continue
        phrase, known = condition_words(condition), BY_KEY[condition.feature]
        plain = known.unit in {Unit.FLAG, Unit.WORD} or condition.feature not in figures
        figure = figure_words(condition.feature, figures.get(condition.feature))
        told.append(phrase if plain else _("%(condition)s: %(figure)s") % {"condition": phrase, "figure": figure})
    return told


def refused_why(why: str) -> str:
    """Why a feature stands in no combination, or what of it was hidden."""
    told = {
        NO_HISTORY: _("Only today's value is kept: what became of the account is in it."),
        TOO_GOOD: _("It tells the outcome almost by itself: a leak before it is good news."),
        LATE: _("Recorded only after the day it speaks of; what was not known 90 days ahead is hidden from the search."),
    }
    return told.get(why, why)


def retired_why(why: str) -> str:
    """Why a rule was retired: by its figures, or in the words of whoever did it."""
    told = {
        UNDER_BASE: _("its later renewals were lost hardly more often than all"),
        QUARTERS_FAILED: _("two quarters running it did no better than the base rate"),
    }
    return told.get(why, why)


def nothing_why(why: str, lost: int, history: int) -> str:
    """Why a search found nothing to tell; empty where it found something."""
    told = {
        "no_renewals": _("No renewal has closed yet: there is nothing to learn from."),
        "all_renewed": _("Every closed renewal was renewed: nothing goes with losses where there are none."),
        "few_lost": _(
            "Too little history: %(lost)s lost renewals, and %(history)s are needed before a combination can be told from chance. "
            "Until then single signals are shown, and none of them is called proven."
        )
        % {"lost": lost, "history": history},
        "no_condition": _("No signal has enough figures to be tried."),
        "none_passed": _("Nothing here yet: no combination went with losses more often than chance."),
        "none_held": _("Nothing here yet: what stood out in the older half of the renewals did not hold in the newer half."),
    }
    return told.get(why, "")

"""Combinations, and the accounts they match, as rows of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from churn.rules.listing import Told
from churn.rules.validated import Matched
from csm_portal.lib.sheets import Cell
from csm_portal.portal.rules.page import phrases
from csm_portal.portal.rules.words import facts_in_words

if TYPE_CHECKING:
    from churn.models import RiskRule

FIGURES = (
    "support", "lost", "rate", "base", "lift", "low", "high", "holdout_n", "holdout_lost", "holdout_rate", "holdout_base", "holdout_low",
    "holdout_high", "q_value", "found_from", "found_to", "checked_from", "checked_to",
)  # fmt: skip


def rule_rows(told: Told, as_of: date) -> Iterator[Sequence[Cell]]:
    """Every rule with its figures; shares from 0 to 1."""
    yield [_("rule"), _("conditions"), _("state"), *FIGURES, _("accounts now"), "as_of"]
    for rule in told.rules:
        now = told.now.get(rule.pk)
        figures = [rule.figures.get(name) for name in FIGURES]
        yield [rule.name or rule.pk, "; ".join(phrases(rule.conditions)), rule.state, *figures, now.n if now else 0, as_of]


def account_rows(rules: Sequence[RiskRule], found: Sequence[Matched], as_of: date) -> Iterator[Sequence[Cell]]:
    """Accounts that the rules match, a row for each rule and account."""
    conditions = {rule.pk: rule for rule in rules}
    yield [
        _("conditions"), _("account id"), _("account"), _("owner"), _("MRR"), _("currency"), _("term ends"), _("to decide by"),
        _("what was found"), _("loss rate checked"), _("all conditions met"), "as_of",
    ]  # fmt: skip
    for one in found:
        rule = conditions[one.rule_id]
        yield [
            "; ".join(phrases(rule.conditions)),
            one.external_id,
            one.name,
            one.owner,
            one.amount,
            settings.REPORTING_CURRENCY,
            one.due_on,
            one.decide_on,
            "; ".join(facts_in_words(rule.conditions, one.facts)),
            rule.figures.get("holdout_rate"),
            int(not one.near),
            as_of,
        ]

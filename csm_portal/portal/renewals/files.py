"""The dues as a file: what the page shows, all pages, one line per due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from churn import cases
from csm_portal.lib.sheets import Cell
from csm_portal.portal.likelihood.reads import told_of
from health.types import Level

if TYPE_CHECKING:
    from churn.models import RenewalCase

CHUNK = 2000


def lines(rows: QuerySet[RenewalCase], day: date) -> Iterator[list[Cell]]:
    """Headings, then the dues in the order given: unknown is None, a share stays a share, a day a day."""
    yield heads()
    for case in rows.annotate(told=told_of("account_id")).iterator(chunk_size=CHUNK):
        yield line(case, day)


def heads() -> list[Cell]:
    """Names of the columns; amounts are a month."""
    return [
        _("Account id"),
        _("Account"),
        _("Product"),
        _("Owner"),
        _("State"),
        _("Stage"),
        _("Decision date"),
        _("Days left"),
        _("Term ends"),
        _("Currency"),
        _("MRR due"),
        _("MRR due in %(currency)s") % {"currency": settings.REPORTING_CURRENCY},
        _("MRR renewed"),
        _("Health score"),
        _("Health band"),
        _("Activity level"),
        _("Monthly active"),
        _("Desired outcome"),
        _("To do"),
        _("Pack opened"),
        _("Usage shared"),
        _("Forecast category"),
        _("Forecast probability"),
        _("Forecast amount"),
        _("Forecast expansion"),
        _("Forecast reason"),
        _("Forecast entered"),
        _("Forecast by"),
        _("Outcome entered"),
        _("Outcome amount"),
        _("Decided on"),
        _("Outcome note"),
        _("Outcome by"),
        _("By the contracts"),
        _("Renewal likelihood"),
        _("Likelihood, low end"),
        _("Likelihood, high end"),
    ]


def line(case: RenewalCase, day: date) -> list[Cell]:
    """One due; words of states, stages and categories as REST writes them."""
    one: Any = case
    account, state = case.account, getattr(case.account, "state", None)
    stage = cases.stage_of(case, day)
    return [
        account.external_id,
        account.name,
        case.product,
        account.owner.email if account.owner else None,
        case.state,
        stage.value if stage else None,
        case.decision_on,
        one.days_left,
        case.ends_on,
        case.currency,
        case.due_mrr,
        case.due_reporting,
        case.renewed_mrr,
        None if state is None or state.score is None else state.score.quantize(Decimal("0.1")),
        state.band if state else None,
        Level(state.level).word if state else None,
        state.month_active if state else None,
        state.outcome_status or None if state else None,
        ", ".join(cases.needs(case, day)) or None,
        one.pack_opened_on,
        one.usage_shared_on,
        one.forecast_category,
        one.forecast_probability,
        one.forecast_amount,
        one.forecast_expansion,
        one.forecast_reason,
        one.forecast_on,
        one.forecast_author,
        one.outcome_state,
        one.outcome_mrr,
        one.outcome_on,
        one.outcome_note,
        one.outcome_author,
        case.contract_state,
        *_likelihood(one.told),
    ]


def _likelihood(told: Mapping[str, Any] | None) -> list[Cell]:
    """Value and both ends, 0 … 1; None where nothing is told."""
    return [None if told is None else told[name] for name in ("value", "low", "high")]

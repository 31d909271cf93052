"""The rows behind the pages of rates and forecasts, remembered for a minute as long as nobody enters anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.cuts import ALL
from churn.entered import entered_stamp
from churn.renewal_rates import Accuracy, Renewed, forecast_against_actual, rates
from churn.spans import SPAN
from csm_portal.web import reader, remembered

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.portal.renewals.period import Choice


def rate_rows(user: User, choice: Choice, basis: Basis) -> tuple[list[Renewed], list[Renewed]]:
    """The rates per period of the whole, and of the span by the cut. Three queries, or one."""

    def read() -> tuple[list[Renewed], list[Renewed]]:
        periods = rates(user, choice.grain, choice.first, choice.after, ALL, choice.cuts, basis=basis)
        return periods, rates(user, SPAN, choice.first, choice.after, choice.by, choice.cuts, basis=basis)

    return remembered(_key("rates", user, choice, f"{basis.as_of}:{basis.version}"), read)


def accuracy_rows(user: User, choice: Choice, as_of: date) -> list[Accuracy]:
    """Forecasts against what happened, by the cut. Two queries, or one."""
    return remembered(
        _key("accuracy", user, choice, str(as_of)),
        lambda: forecast_against_actual(user, choice.first, choice.after, choice.by, choice.cuts),
    )


def _key(what: str, user: User, choice: Choice, basis: str) -> str:
    return f"renewals-{what}:{reader(user)}:{basis}:{entered_stamp()}:{choice.query()}"

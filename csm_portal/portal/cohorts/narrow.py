"""The set that triangle and curves are narrowed to: what is chosen, and what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from csm_portal.lib.periods import Period
from csm_portal.portal.churn import asked as churn_asked
from csm_portal.portal.churn import filters

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.portal.cohorts.asked import Asked


def chips(user: User, wanted: Asked) -> list[filters.Chip]:
    """What the set is narrowed to, and the address without it. One query where that is owners, else none."""
    names, people = filters.cut_names(), filters.people_named(user, wanted.by_cut.get("csm", []))
    return [
        filters.Chip(
            names[cut],
            filters.value_name(cut, value, people),
            f"?{urlencode([pair for pair in wanted.pairs if pair != (cut, value)])}",
        )
        for cut, values in wanted.filters
        for value in values
    ]


def fields(user: User, wanted: Asked, basis: Basis) -> list[filters.Field]:
    """Every cut with its values in what the user may see. Five queries."""
    same = churn_asked.Asked("month", Period(basis.as_of, basis.as_of), basis.as_of, filters=wanted.filters)
    return filters.fields(user, same)

"""Renewals whose entered amount is not what the contracts say: settled anew from the contracts, for the few where both are known."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from accounts.terms import DueState, settle
from churn import frames
from churn.as_of import figures_as_of
from churn.models import CaseOutcome, RenewalCase
from csm_portal.lib.money import CENT

if TYPE_CHECKING:
    from accounts.models import User

# Those of the latest ends: whoever has more than that has another task than to read them one by one.
MOST = 2_000


def other_amounts(user: User) -> dict[int, Decimal]:
    """Key of the case -> MRR of the new term by the contracts, where somebody entered another amount. In the due's currency.

    Amounts are held against each other to the cent. A renewal whose new term is not known yet, or stands in a currency without a rate,
    differs from nothing.
    """
    as_of = figures_as_of()
    case = RenewalCase.objects.filter(
        account=OuterRef("account"), product=OuterRef("product"), ends_on=OuterRef("ends_on"), contract_state=DueState.RENEWED
    )
    entered = CaseOutcome.objects.visible_to(user).filter(withdrawn_at__isnull=True, state=DueState.RENEWED, renewed_mrr__isnull=False)
    rows = entered.annotate(case=Subquery(case.values("pk")[:1])).filter(case__isnull=False).order_by("-ends_on", "-pk")
    columns = ("account", "product", "ends_on", "case", "renewed_mrr")
    said = {tuple(row[:3]): row[3:] for row in rows.values_list(*columns)[:MOST]}
    if not said or as_of is None:
        return {}
    terms = frames.terms_of_some({account for account, _product, _day in said}, as_of)
    rates = frames.rates_until(as_of)
    found = {}
    for one in settle(terms, as_of, frames.renewal_rules(as_of).renewal_grace_days):
        pk, amount = said.get((one.due.account, one.due.product, one.due.ends_on), (None, None))
        by_contract = rates.exchange(one.renewed, one.due.currency, one.due.ends_on) if one.renewed else None
        if pk is not None and by_contract is not None and by_contract.quantize(CENT) != amount:
            found[pk] = by_contract.quantize(CENT)
    return found

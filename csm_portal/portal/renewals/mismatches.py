"""Where people and contracts tell differently about a renewal, and what to do about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from churn import cases
from churn.amounts import other_amounts
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.renewals import said

if TYPE_CHECKING:
    from accounts.models import User
    from churn.models import CaseOutcome, RenewalCase

MOST = 500
LAPSED, OTHERWISE, AMOUNT, NO_DUE = "lapsed", "otherwise", "amount", "no_due"


@dataclass(frozen=True)
class Mismatch:
    """One due. `outcome_href` opens its outcome, empty where the contracts have no such due any more."""

    kind: str
    name: str
    href: str
    external_id: str
    product: str
    ends_on: date
    amount: str
    entered: str
    entered_by: str
    contracts: str
    what: str
    outcome_href: str

    @property
    def product_word(self) -> str:
        """The product as the page writes it; files keep the value."""
        return words.readable(self.product)


def mismatches(user: User, day: date, back: str) -> list[Mismatch]:
    """Those of the renewals that the user sees, the latest ends first; six queries, three where nobody entered an amount."""
    other = other_amounts(user)
    rows: Any = cases.mismatched(cases.listed(user, day), other).order_by("-ends_on", "pk")[:MOST]
    made = [_of_case(case, back, other) for case in rows] + [_of_outcome(row) for row in cases.outcomes_without_due(user)[:MOST]]
    return sorted(made, key=lambda one: one.ends_on, reverse=True)


def file_lines(found: list[Mismatch]) -> Iterator[list[Cell]]:
    """The same as a file."""
    yield [
        _("Account id"), _("Account"), _("Product"), _("Term ends"), _("MRR due"), _("Entered"), _("By"), _("By the contracts"), _("To do")
    ]  # fmt: skip
    for one in found:
        yield [
            one.external_id, one.name, one.product, one.ends_on, one.amount, one.entered, one.entered_by, one.contracts, one.what
        ]  # fmt: skip


def _of_case(case: RenewalCase, back: str, other: Mapping[int, Decimal]) -> Mismatch:
    one: Any = case
    lapsed = not one.outcome_id
    entered = "" if lapsed else str(said.STATES[one.outcome_state])
    contracts = _("was to renew by itself, no new contract") if lapsed else str(said.STATES[case.contract_state])
    advice = {
        LAPSED: _("Load the new contract if there is one; else enter the outcome, so that the loss is known."),
        AMOUNT: _("Correct the new contract, or the amount of the outcome. Until then the amount entered counts."),
        OTHERWISE: _("Correct the contracts, or change the outcome. Until then what was entered counts."),
    }
    kind = LAPSED if lapsed else OTHERWISE
    if case.pk in other:
        kind = AMOUNT
        entered = f"{entered} · {words.money(one.outcome_mrr, case.currency, 2)}"
        contracts = f"{contracts} · {words.money(other[case.pk], case.currency, 2)}"
    return Mismatch(
        kind=kind,
        name=case.account.name,
        href=account_address(case.account.external_id),
        external_id=case.account.external_id,
        product=case.product,
        ends_on=case.ends_on,
        amount=words.money(case.due_mrr, case.currency),
        entered=entered,
        entered_by=_by(one.outcome_on, one.outcome_author) if entered else "",
        contracts=contracts,
        what=advice[kind],
        outcome_href=f"{reverse('portal:renewal-outcome', args=[case.pk])}?next={back}",
    )


def _of_outcome(row: CaseOutcome) -> Mismatch:
    return Mismatch(
        kind=NO_DUE,
        name=row.account.name,
        href=account_address(row.account.external_id),
        external_id=row.account.external_id,
        product=row.product,
        ends_on=row.ends_on,
        amount=words.money(row.renewed_mrr, row.currency) if row.renewed_mrr is not None else words.UNKNOWN,
        entered=str(said.STATES[row.state]),
        entered_by=_by(row.decided_on, row.author.email),
        contracts=_("no term ends that day any more"),
        what=_("A contract was corrected after the outcome was entered: enter it for the due that took its place."),
        outcome_href="",
    )


def _by(day: date, author: str) -> str:
    return _("%(day)s, %(who)s") % {"day": words.day(day), "who": author}

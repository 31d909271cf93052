"""Where people and contracts tell differently about a renewal, and what to do about each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from churn import cases
from churn.amounts import other_amounts
from churn.models import CaseOutcome, RenewalCase
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.renewals import said
from csm_portal.portal.renewals.mismatch_keys import CASE, OUTCOME, Keys, mismatch_keys
from csm_portal.portal.renewals.policy import PAGE_ROWS
from csm_portal.web import Page

if TYPE_CHECKING:
    from accounts.models import User

# Rows of a file that are read at once.
CHUNK = 500
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


def mismatches_page(user: User, day: date, back: str, number: int) -> tuple[list[Mismatch], Page]:
    """One page of those of the renewals that the user sees, the latest ends first, and where it stands; the last page where there are
    fewer. Six queries, three where nobody entered an amount.
    """
    other = other_amounts(user)
    keys = mismatch_keys(user, other, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS)
    if not keys.found and number > 1:
        every = mismatch_keys(user, other)
        number = Page(1, every.total, PAGE_ROWS).n_pages
        keys = Keys(every.found[(number - 1) * PAGE_ROWS :], every.total)
    return _rows(user, day, back, other, keys), Page(number, keys.total, PAGE_ROWS)


def every_mismatch(user: User, day: date, back: str) -> Iterator[Mismatch]:
    """All of them in the order of the pages, a part at a time."""
    other = other_amounts(user)
    keys = mismatch_keys(user, other)
    for start in range(0, len(keys.found), CHUNK):
        yield from _rows(user, day, back, other, Keys(keys.found[start : start + CHUNK], keys.total))


def _rows(user: User, day: date, back: str, other: Mapping[int, Decimal], keys: Keys) -> list[Mismatch]:
    """The rows of these keys, in their order."""
    of_cases: Any = cases.with_decisions(RenewalCase.objects.visible_to(user), day).filter(pk__in=keys.of(CASE)).select_related("account")
    made = {(CASE, case.pk): _of_case(case, back, other) for case in of_cases} if keys.of(CASE) else {}
    if without := keys.of(OUTCOME):
        rows = CaseOutcome.objects.visible_to(user).filter(pk__in=without).select_related("account", "author")
        made |= {(OUTCOME, row.pk): _of_outcome(row) for row in rows}
    return [made[key] for key in keys.found if key in made]


def file_lines(found: Iterable[Mismatch]) -> Iterator[list[Cell]]:
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

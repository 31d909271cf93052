"""The members behind a cell: which of them remain, which are lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import unquote

from django.conf import settings

from accounts.models import Account
from churn.cohorts import Cell, triangle
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.portal.cohorts.asked import Asked, CellAsked


@dataclass(frozen=True, slots=True)
class Member:
    """One account, or one seat of it (`seat` empty: the account itself). `paid` and `pays` (revenue only) are its MRR at both ends."""

    account: str
    name: str
    owner: str
    seat: str
    href: str
    paid: Decimal | None = None
    pays: Decimal | None = None

    @property
    def amounts_said(self) -> list[str]:
        """What it paid and pays, in words; nothing where no money is told."""
        return [words.money(one, settings.REPORTING_CURRENCY, 2) for one in (self.paid, self.pays) if one is not None]


def cell_of(user: User, asked: Asked, wanted: CellAsked) -> Cell | None:
    """The cell with the ids behind it; None where there is no such cell. Two queries."""
    cells = triangle(user, asked.measure, asked.grain, wanted.first, wanted.first + timedelta(days=1), filters=asked.by_cut, detail=True)
    return next((cell for cell in cells if cell.offset == wanted.offset), None)


def members(user: User, cell: Cell, *, remaining: bool) -> list[Member]:
    """Who remains or is lost, by name. One query."""
    found = (cell.ids or {})["remaining" if remaining else "lost"]
    pairs = [_parts(one) if cell.measure == "seat" else (one, "") for one in found]
    # A seat of a store counts for the brand: who sees the brand may see it named.
    rows = Account.objects.filter(external_id__in={account for account, _seat in pairs}).values_list(
        "external_id", "name", "owner__name", "owner__email", "counts_for_id", "pk"
    )
    visible = set(Account.objects.visible_to(user).filter(pk__in=[row[4] or row[5] for row in rows]).values_list("pk", flat=True))
    known = {row[0]: (row[1], row[2] or row[3] or "") for row in rows if (row[4] or row[5]) in visible}
    amounts = cell.amounts or {}
    made = [
        Member(account, *known[account], seat, account_address(account), *amounts.get(account, ()))
        for account, seat in pairs
        if account in known
    ]
    return sorted(made, key=lambda one: (one.name.casefold(), one.account, one.seat))


def _parts(text: str) -> tuple[str, str]:
    account, _slash, seat = text.partition("/")
    return unquote(account), unquote(seat)

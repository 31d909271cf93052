"""The closed renewals behind the figures of the page, as a list and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from churn.k_reads import ClosedDue
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address

SHARE_PLACES = 6


@dataclass(frozen=True, slots=True)
class DueLine:
    """One closed due in words."""

    name: str
    href: str
    owner: str
    product: str
    ends_on: date
    active: str
    band: str
    outcome: str
    tone: str
    amount: str
    kept: str


def dues_address(by: str, name: str | None) -> str:
    """Where the dues of one group are listed."""
    asked = {"by": by, "name": name} if name is not None else {"by": by, "nameless": "1"}
    return f"{reverse('portal:trust-dues')}?{urlencode(asked)}"


def line(due: ClosedDue, currency: str) -> DueLine:
    """A due in words."""
    active = {None: _("unknown"), 1: _("yes"), 0: _("no")}[due.lead]
    return DueLine(
        name=due.name,
        href=account_address(due.external_id),
        owner=due.owner,
        product=words.readable(due.product),
        ends_on=due.ends_on,
        active=active,
        band=words.band(due.band) if due.band else words.UNKNOWN,
        outcome=pgettext("due", "renewed") if due.renewed else pgettext("due", "lost"),
        tone="green" if due.renewed else "red",
        amount=words.money(due.amount, currency),
        kept=words.money(due.kept, currency),
    )


def file_rows(dues: Sequence[ClosedDue], currency: str) -> Iterator[list[Cell]]:
    """Every due with plain values: activity 0 … 1, empty where unknown; the last line tells the currency."""
    yield [
        _("Account"),
        _("Id"),
        _("Owner"),
        _("Product"),
        _("Due on"),
        _("Group"),
        _("Active three months before"),
        _("Mean of three months"),
        _("Health 90 days before"),
        _("Renewed"),
        _("MRR due"),
        _("MRR renewed"),
    ]
    for due in dues:
        mean = None if due.mean is None else round(due.mean, SHARE_PLACES)
        yield [
            due.name, due.external_id, due.owner, due.product, due.ends_on, due.group,
            due.lead, mean, due.band, int(due.renewed), due.amount, due.kept,
        ]  # fmt: skip
    yield [_("amounts in %(currency)s") % {"currency": currency}]

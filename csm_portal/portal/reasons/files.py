"""The losses as a file: one row each, with the reason as it is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from churn import losses

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.lib.sheets import Cell
    from csm_portal.portal.reasons.asked import Asked


def rows(user: User, basis: Basis, asked: Asked) -> Iterator[list[Cell]]:
    """The head, then every loss of the span and set, the latest first; words are those of the file `churns`."""
    yield [
        _("Account id"), _("Account"), _("Owner"), _("Industry"), _("Plan"), _("Lost on"), _("Pays again since"),
        _("MRR lost (%(currency)s)") % {"currency": settings.REPORTING_CURRENCY}, "type", "cause", "cause_source", "note",
        _("Regrettable"), _("Fit 90 days before"), _("Entered by"),
    ]  # fmt: skip
    kind, chosen = ("", "waiting") if asked.kind == "none" else (asked.kind, "lost")
    for one in losses.listed(user, basis, first=asked.first, filters=asked.by_cut, chosen=chosen, kind=kind).rows:
        regret = {True: _("yes"), False: _("no"), None: ""}[one.regrettable]
        yield [
            one.external_id, one.name, one.owner or "", one.industry, one.plan or "", one.lost_on, one.back_on, one.amount, one.type or "",
            one.cause or "", one.cause_source or "", one.note or "", regret, one.fit_then or "unknown", one.author or "",
        ]  # fmt: skip

"""Contracts of an account with what became of each, and what the price did from one term to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Contract
from churn.models import RenewalCase
from churn.sheets import SHEET_ROW, shared_sheets
from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.portal.sheets.page import Shared, shared_row

if TYPE_CHECKING:
    from accounts.models import Account, User

NEAR_DAYS = 30


@dataclass(frozen=True)
class TermLine:
    """One signed term, `[starts_on, ends_on)`; the last covered day is the day before `ends_on`.

    `sheet_href` leads to the usage sheet of an open due (empty: none), `sheets` are those shared of it.
    """

    when: str
    product: str
    plan: str
    starts_on: date
    starts: str
    ends_on: date | None
    ends: str
    seats: str
    mrr: str
    change: str
    way: str
    notice: str
    decide: str
    outcome: str
    tone: str
    card: str
    sheet_href: str
    sheets: list[Shared]


def terms(account: Account, user: User, today: date) -> list[TermLine]:
    """Next, running and past terms, the latest first; one query. What became of a due is as the last published night saw it."""
    due = RenewalCase.objects.filter(account=OuterRef("account"), product=OuterRef("product"), ends_on=OuterRef("ends_on"))
    told = JSONObject(pk="pk", state="state", resolved="resolved_on", lapsed="auto_renew_lapsed")
    sheets = shared_sheets(user).filter(account=OuterRef("account"), product=OuterRef("product"), ends_on=OuterRef("ends_on"))
    rows = (
        Contract.objects.visible_to(user)
        .filter(account=account)
        .annotate(due=Subquery(due.values(one=told)[:1]), sheet_rows=ArraySubquery(sheets.values(one=SHEET_ROW)))
        .order_by("-starts_on", "-id")
    )
    found = list(rows)
    return [_line(row, _before(row, found), today) for row in found]


def _before(row: Contract, rows: Sequence[Contract]) -> Contract | None:
    """The term of the same product that this one follows: the latest that started before it."""
    return next((one for one in rows if one.product == row.product and one.starts_on < row.starts_on), None)


def _line(row: Any, before: Contract | None, today: date) -> TermLine:
    change, way = _price(row, before)
    outcome, tone = _outcome(row, today)
    card = row.payment_method_expires_on
    decide = row.ends_on - timedelta(days=row.notice_days) if row.ends_on and row.notice_days else None
    running = row.starts_on <= today and (row.ends_on is None or row.ends_on > today)
    return TermLine(
        when=pgettext("contract", "running")
        if running
        else pgettext("contract", "next")
        if row.starts_on > today
        else pgettext("contract", "past"),
        product=words.readable(row.product),
        plan=words.readable(row.plan),
        starts_on=row.starts_on,
        starts=words.day(row.starts_on),
        ends_on=row.ends_on,
        ends=words.day(row.ends_on) if row.ends_on else _("open-ended"),
        seats=words.number(row.seats) if row.seats is not None else _("unknown"),
        mrr=words.money(row.mrr, row.currency),
        change=change,
        way=way,
        notice=_("%(n)d days") % {"n": row.notice_days} if row.notice_days else "",
        decide=words.day(decide) if decide else "",
        outcome=outcome,
        tone=tone,
        card=_("payment method expires %(day)s") % {"day": words.day(card)}
        if running and card and card <= today + timedelta(days=60)
        else "",
        sheet_href=reverse("portal:usage-sheet", args=[row.due["pk"]]) if (row.due or {}).get("state") == "open" else "",
        sheets=[shared_row(one) for one in row.sheet_rows],
    )


def _price(row: Contract, before: Contract | None) -> tuple[str, str]:
    if before is None:
        return "", ""
    if before.currency != row.currency:
        return _("currency changed from %(code)s") % {"code": before.currency}, ""
    if before.mrr == row.mrr:
        return _("same price"), "flat"
    if before.mrr == 0:
        return _("first paid term"), "up"
    return words.signed((row.mrr - before.mrr) / before.mrr * 100, 0, "%"), "up" if row.mrr > before.mrr else "down"


def _outcome(row: Any, today: date) -> tuple[str, str]:
    if row.ends_on is None:
        return _("never due"), ""
    if row.mrr == 0:
        return _("trial, not due"), ""
    state = (row.due or {}).get("state")
    if state == "renewed":
        return str(kinds.DUES["renewed"]), "green"
    if state == "lost":
        lapsed = _("lost, although it was to renew by itself")
        return (lapsed if row.due["lapsed"] else str(kinds.DUES["lost"])), "red"
    until = words.until(row.ends_on, today)
    auto = _("renews by itself") if row.auto_renew else ""
    return " · ".join(part for part in (_("due %(when)s") % {"when": until}, auto) if part), "amber" if (
        row.ends_on - today
    ).days < NEAR_DAYS else ""

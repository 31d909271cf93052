"""What the page about alarms places: how they are tuned, notices about ourselves, and the alarms of the last weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count
from django.db.models.functions import TruncWeek
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.alarms import policy
from churn.alarms.notices import Spell, spells
from churn.models import AlarmTuning, DropAlarm
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.alarms import words as say
from csm_portal.portal.alarms.charts import borders_chart
from csm_portal.web import Page, paginate
from health.models import AccountState

if TYPE_CHECKING:
    from accounts.models import User

WEEKS = 8


@dataclass(frozen=True, slots=True)
class BorderLine:
    """One border tried."""

    z: str
    rate: str
    interval: str
    false: str
    alarms: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class TuningPart:
    """How alarms are tuned, in words. `measured` is False where too little is known; `tried` then is empty."""

    sentence: str
    ground: str
    measured: bool
    within: bool
    tried: list[BorderLine]
    chart: dict[str, Any] | None
    left_out: str
    tuned_on: date


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One spell of days about ourselves."""

    pk: int
    text: str
    is_open: bool
    closed: str
    reason: str


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm of the visible book."""

    name: str
    href: str
    owner: str
    day: date
    text: str
    chart_href: str


@dataclass(frozen=True, slots=True)
class AlarmPage:
    """All of the page."""

    tuning: TuningPart | None
    notices: list[NoticeLine]
    lines: list[AlarmLine]
    page: Page
    weeks: list[tuple[str, int]]
    told: str


def alarm_page(user: User, as_of: date, number: str | None) -> AlarmPage:
    """The page as of a day for what the user may see; five queries."""
    since = as_of - timedelta(days=as_of.weekday(), weeks=WEEKS - 1)
    seen = DropAlarm.objects.visible_to(user).filter(day__gte=since, day__lte=as_of)
    rows, place = paginate(seen.select_related("account", "account__owner").order_by("-day", "account__name", "pk"), number)
    per_week = dict(seen.annotate(week=TruncWeek("day")).order_by("week").values_list("week").annotate(n=Count("pk")))
    weeks = [(day, per_week.get(day, 0)) for day in (since + timedelta(weeks=back) for back in range((as_of - since).days // 7 + 1))]
    paying = AccountState.objects.visible_to(user).filter(paying=True).count()
    tuning = AlarmTuning.objects.filter(as_of__lte=as_of).order_by("-as_of").first()
    return AlarmPage(
        tuning=_tuning(tuning) if tuning else None,
        notices=[notice_line(spell) for spell in spells(as_of)],
        lines=[_line(row) for row in rows],
        page=place,
        weeks=[(_("from %(day)s") % {"day": words.short_day(day)}, n) for day, n in weeks],
        told=_told(sum(n for _day, n in weeks), paying, len(weeks)),
    )


def chart_address(external_id: str) -> str:
    """Where one account's days stand against their usual."""
    return f"{reverse('portal:trust-alarms-account')}?{urlencode({'account': external_id})}"


def notice_line(spell: Spell) -> NoticeLine:
    """A spell in words."""
    closed = _("closed by %(who)s on %(day)s") % {"who": spell.closed_by, "day": words.moment(spell.closed_at)} if spell.closed_at else ""
    return NoticeLine(spell.pk, say.notice(spell), spell.is_open, closed, spell.reason)


def _told(alarms: int, paying: int, weeks: int) -> str:
    if not paying or not weeks:
        return ""
    text = ngettext(
        "%(n)s alarm in %(weeks)s weeks over %(paying)s paying accounts: %(rate)s per 50 accounts a week.",
        "%(n)s alarms in %(weeks)s weeks over %(paying)s paying accounts: %(rate)s per 50 accounts a week.",
        alarms,
    )
    rate = alarms / paying / weeks * policy.BOOK
    return text % {"n": words.number(alarms), "weeks": weeks, "paying": words.number(paying), "rate": words.number(rate, 2)}


def _tuning(row: AlarmTuning) -> TuningPart:
    body = row.body
    tried, at = body.get("tried") or [], _in_force(row)
    return TuningPart(
        sentence=_sentence(row, body),
        ground=_ground(row, body),
        measured=row.per_fifty_a_week is not None,
        within=bool(body.get("within")),
        tried=[_border(one, at) for one in tried if one["z"] == at or _is_shown(one["z"])],
        chart=borders_chart(tried, at, policy.BUDGET) if tried else None,
        left_out=", ".join(words.day(date.fromisoformat(day)) for day in body.get("left_out") or []),
        tuned_on=row.as_of,
    )


def _sentence(row: AlarmTuning, body: Mapping[str, Any]) -> str:
    if row.per_fifty_a_week is None:
        text = _("The border is the method's own, %(border)s: there are too few quiet weeks to tune it on yet.")
        return text % {"border": say.border(row.z)}
    chosen = next(one for one in body["tried"] if one["z"] == _in_force(row))
    text = _(
        "At the borders %(day)s of a low day and %(total)s of two weeks a book of 50 accounts has %(rate)s false alarms a week"
        " (%(low)s–%(high)s); the budget is %(budget)s."
    )
    told = text % {
        "day": say.border(row.z),
        "total": say.border(_in_force(row)),
        "rate": words.number(chosen["rate"], 2),
        "low": words.number(chosen["low"], 2),
        "high": words.number(chosen["high"], 2),
        "budget": words.number(policy.BUDGET, 1),
    }
    return told if body.get("within") else told + " " + _("No border tried keeps the budget; this is the strictest.")


def _ground(row: AlarmTuning, body: Mapping[str, Any]) -> str:
    begins = words.day(date.fromisoformat(body["from"])) if body.get("from") else words.UNKNOWN
    if row.per_fifty_a_week is None:
        text = _("So far %(weeks)s quiet account-weeks since %(day)s; right would be %(least)s. It is tried again each month.")
        return text % {"weeks": words.number(body.get("weeks", 0)), "day": begins, "least": words.number(policy.FEWEST_WEEKS)}
    text = _("Measured on %(weeks)s quiet weeks of %(accounts)s accounts since %(day)s; tuned again each month.")
    return text % {"weeks": words.number(body["weeks"]), "accounts": words.number(body["accounts"]), "day": begins}


def _in_force(row: AlarmTuning) -> float:
    """The border the table is of: of totals, or, as tuned by earlier versions, the one border of days and weeks."""
    return float(row.body.get("total", row.z))


def _is_shown(z: float) -> bool:
    """Whether a border stands in the table: every tenth of the finer ones that are tried."""
    return round(z, 1) == z


def _border(one: Mapping[str, float], z: float) -> BorderLine:
    return BorderLine(
        z=words.number(one["z"], 2).replace("-", "−"),
        rate=words.number(one["rate"], 2),
        interval=f"{words.number(one['low'], 2)} – {words.number(one['high'], 2)}",
        false=words.number(one["false"]),
        alarms=words.number(one["alarms"]),
        chosen=one["z"] == z,
    )


def _line(row: DropAlarm) -> AlarmLine:
    account = row.account
    owner = account.owner.get_full_name() if account.owner else _("no owner")
    return AlarmLine(
        account.name, account_address(account.external_id), owner, row.day, say.drop(row.facts), chart_address(account.external_id)
    )

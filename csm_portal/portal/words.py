"""Figures and states in words: what a page writes for a level, a band, a share, an amount or an age."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

UNKNOWN = "–"
# Lazy, so that a row translates only the words it shows.
LEVELS = {
    "zero": pgettext_lazy("activity level", "Zero"),
    "low": pgettext_lazy("activity level", "Low"),
    "medium": pgettext_lazy("activity level", "Medium"),
    "high": pgettext_lazy("activity level", "High"),
}
BANDS = {
    "red": pgettext_lazy("health band", "Red"),
    "amber": pgettext_lazy("health band", "Amber"),
    "green": pgettext_lazy("health band", "Green"),
}
FLAGS = {
    "concentrated_use": gettext_lazy("concentrated use: few seats do most of it"),
    "login_share_unknown": gettext_lazy("share of seats logged in unknown"),
    "activity_without_seats": gettext_lazy("activity, but no seats known"),
    "below_min_activation": gettext_lazy("too few of the purchased seats are activated"),
    "default_calendar": gettext_lazy("country unknown: default calendar"),
}
OUTCOMES = {
    "achieved": gettext_lazy("achieved"),
    "on_track": gettext_lazy("on track"),
    "behind": gettext_lazy("behind"),
    "missed": gettext_lazy("missed"),
    "": gettext_lazy("no outcome defined"),
}
RUN_STATES = {
    "building": pgettext_lazy("night", "building"),
    "verified": pgettext_lazy("night", "verified"),
    "published": pgettext_lazy("night", "published"),
    "failed": pgettext_lazy("night", "failed"),
}
JOB_STATES = {
    "due": pgettext_lazy("job", "due"),
    "running": pgettext_lazy("job", "running"),
    "succeeded": pgettext_lazy("job", "succeeded"),
    "failed": pgettext_lazy("job", "failed"),
}


def level(word: str) -> str:
    """A level's name."""
    return str(LEVELS.get(word, pgettext("activity level", "Unknown")))


def band(word: str) -> str:
    """A health band's name."""
    return str(BANDS.get(word, pgettext("health band", "Unknown")))


def flag(word: str) -> str:
    """What a day's flag says."""
    return str(FLAGS.get(word, word))


def outcome(status: str) -> str:
    """An outcome's status; empty means that none is defined."""
    return str(OUTCOMES.get(status, status))


def number(value: Decimal | float | None, places: int = 0) -> str:
    """A number with thousands separated; a dash where it is unknown."""
    return UNKNOWN if value is None else f"{_rounded(value, places):,.{places}f}"


def score(value: Decimal | float | None) -> str:
    """A score of 0 … 100 as printed, without decimals."""
    return number(value, 0)


def percent(share: Decimal | float | None, places: int = 0) -> str:
    """A share of 0 … 1 as a percentage."""
    return UNKNOWN if share is None else f"{_rounded(Decimal(str(share)) * 100, places):,.{places}f}%"


def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency, without cents; a dash where it is unknown."""
    return UNKNOWN if amount is None else f"{currency} {_rounded(amount, 0):,.0f}"


def signed(value: Decimal | float, places: int = 1, unit: str = "") -> str:
    """A change with its sign; the minus is a real one."""
    rounded = _rounded(value, places)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else "±"
    return f"{sign}{abs(rounded):,.{places}f}{unit}"


def day(value: date | None) -> str:
    """A day as YYYY-MM-DD, the same in every language; a dash where it is unknown."""
    return UNKNOWN if value is None else value.isoformat()


def ago(value: date | None, today: date) -> str:
    """How long ago a day was."""
    if value is None:
        return _("never")
    days = (today - value).days
    if days <= 0:
        return _("today")
    return ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days}


def until(value: date, today: date) -> str:
    """How far off a day is; a past one is overdue."""
    days = (value - today).days
    if days == 0:
        return _("today")
    if days < 0:
        return ngettext("%(days)d day overdue", "%(days)d days overdue", -days) % {"days": -days}
    return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}


def decision(value: date, today: date) -> str:
    """How long is left until the decision date of a renewal."""
    days = (value - today).days
    if days < 0:
        return _("decision overdue")
    return ngettext("decide in %(days)d day", "decide in %(days)d days", days) % {"days": days} if days else _("decide today")


def pace(active_days: int, bar: int | None, left: int, *, active: bool | None, can_reach: bool) -> str:
    """Where a running month stands against its bar."""
    if bar is None:
        return _("undefined: no working days")
    if active:
        return _("active")
    missing = max(0, bar - active_days)
    if active is None and not can_reach:
        return _("unknown")
    if not can_reach:
        return _("can no longer reach %(bar)d days") % {"bar": bar}
    return ngettext("%(missing)d more active day needed, %(left)d left", "%(missing)d more active days needed, %(left)d left", missing) % {
        "missing": missing,
        "left": left,
    }


def counts_of_levels(days: dict[str, int]) -> str:
    """`high 12, zero 3`: how many days stood at each level, in words."""
    return ", ".join(f"{level(word)} {count}" for word, count in days.items())


def _rounded(value: Decimal | float, places: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def run_state(state: str) -> str:
    """Where a night stands."""
    return str(RUN_STATES.get(state, state))


def job_state(state: str) -> str:
    """Where an import or another job stands."""
    return str(JOB_STATES.get(state, state))

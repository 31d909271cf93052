"""Figures and states in words: what a page writes for a level, a band, a share, an amount, a day or an age.

Pages write days, numbers and money as the reader's language does; REST, CSV and form fields keep ISO days and plain numbers.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

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
    "held": pgettext_lazy("night", "held back"),
    "published": pgettext_lazy("night", "published"),
    "failed": pgettext_lazy("night", "failed"),
}
JOB_STATES = {
    "due": pgettext_lazy("job", "due"),
    "running": pgettext_lazy("job", "running"),
    "succeeded": pgettext_lazy("job", "succeeded"),
    "failed": pgettext_lazy("job", "failed"),
}
# Not from the locale of the process, which may be any.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What stands before an amount, as the reader's region writes it; a currency without an entry stands as its code.
SIGNS = {
    "en": {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "CN¥", "JPY": "¥", "HKD": "HK$", "TWD": "NT$", "INR": "₹", "KRW": "₩"},
    "zh": {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$", "INR": "₹", "KRW": "₩"},
}


def level(word: str) -> str:
    """A level's name."""
    return str(LEVELS[word]) if word in LEVELS else pgettext("activity level", "Unknown")


def band(word: str) -> str:
    """A health band's name."""
    return str(BANDS[word]) if word in BANDS else pgettext("health band", "Unknown")


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


def money(amount: Decimal | None, currency: str, places: int = 0) -> str:
    """An amount with its currency's sign, without cents: `CN¥1,200`, in Chinese `¥1,200`; a dash where it is unknown."""
    if amount is None:
        return UNKNOWN
    rounded = _rounded(amount, places)
    sign = SIGNS["zh" if chinese() else "en"].get(currency, f"{currency} ")
    return f"{'−' if rounded < 0 else ''}{sign}{abs(rounded):,.{places}f}"


def signed(value: Decimal | float, places: int = 1, unit: str = "") -> str:
    """A change with its sign; the minus is a real one."""
    rounded = _rounded(value, places)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else "±"
    return f"{sign}{abs(rounded):,.{places}f}{unit}"


def chinese() -> bool:
    """Whether the page is written in Chinese."""
    return (get_language() or "").startswith("zh")


def readable(value: str) -> str:
    """A value that a program wrote (`food_service`), as words: `Food service`, and in the reader's language where the catalogue knows it.

    Only lower-case letters, digits and underscores are taken for a program's: what people wrote stays as it is. For showing alone; links,
    filters, files and the API keep the value.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        return value
    said = value.replace("_", " ")
    said = said[0].upper() + said[1:]
    return pgettext("value", said)


# Values of the sample book, so that the catalogue knows them.
SAMPLE_VALUES = (
    pgettext_lazy("value", "Retail"),
    pgettext_lazy("value", "Food service"),
    pgettext_lazy("value", "Manufacturing"),
    pgettext_lazy("value", "Logistics"),
    pgettext_lazy("value", "Education"),
    pgettext_lazy("value", "Health care"),
    pgettext_lazy("value", "Professional services"),
    pgettext_lazy("value", "Basic"),
    pgettext_lazy("value", "Pro"),
    pgettext_lazy("value", "Scale"),
    pgettext_lazy("value", "Enterprise"),
    pgettext_lazy("value", "Mid"),
    pgettext_lazy("value", "Small"),
    pgettext_lazy("value", "Onboarding"),
    pgettext_lazy("value", "Adoption"),
    pgettext_lazy("value", "Live"),
    pgettext_lazy("value", "Growth"),
    pgettext_lazy("value", "Renewal"),
    pgettext_lazy("value", "Orders"),
    pgettext_lazy("value", "Insights"),
    pgettext_lazy("value", "Trial"),
    pgettext_lazy("value", "Adopt"),
    pgettext_lazy("value", "Improve"),
    pgettext_lazy("value", "Expand"),
    pgettext_lazy("value", "Low"),
    pgettext_lazy("value", "Normal"),
    pgettext_lazy("value", "High"),
    pgettext_lazy("value", "Urgent"),
)


def day(value: date | None) -> str:
    """A day: `31 Oct 2026`, in Chinese `2026年10月31日`; a dash where it is unknown."""
    if value is None:
        return UNKNOWN
    return f"{value.year}年{value.month}月{value.day}日" if chinese() else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def short_day(value: date | None) -> str:
    """A day whose year is plain: `31 Oct`, in Chinese `10月31日`."""
    if value is None:
        return UNKNOWN
    return f"{value.month}月{value.day}日" if chinese() else f"{value.day} {MONTHS[value.month - 1]}"


def iso_day(text: object) -> str:
    """A day that evidence stored as YYYY-MM-DD; empty where there is none, and anything else as it stands."""
    if isinstance(text, str):
        try:
            return day(date.fromisoformat(text))
        except ValueError:
            return text
    return day(text) if isinstance(text, date) else ""


def month(value: date | None) -> str:
    """A month: `Oct 2026`, in Chinese `2026年10月`."""
    if value is None:
        return UNKNOWN
    return f"{value.year}年{value.month}月" if chinese() else f"{MONTHS[value.month - 1]} {value.year}"


def week(first: date) -> str:
    """A week by its number where it starts on Monday (`W47 2026`, in Chinese `2026年第47周`), else by its first day."""
    iso = first.isocalendar()
    if iso.weekday != 1:
        return day(first)
    return f"{iso.year}年第{iso.week}周" if chinese() else f"W{iso.week} {iso.year}"


def moment(value: datetime | None) -> str:
    """A day and a time of the reader's zone: `31 Oct 2026, 14:05`."""
    if value is None:
        return UNKNOWN
    local = timezone.localtime(value)
    return f"{day(local.date())} {local:%H:%M}" if chinese() else f"{day(local.date())}, {local:%H:%M}"


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

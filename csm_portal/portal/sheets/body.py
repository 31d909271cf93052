"""The usage sheet in words: every figure and every text of the page, ready to be frozen.

Written for the customer: what they use and reach, nothing of what we think of them. What comes out is plain JSON; the page places it and
adds nothing, so a sheet can be read again as it was whatever changes later.
"""

from __future__ import annotations

import itertools
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.policy import DEFAULT_PRODUCT
from churn.sheets import met, nameless
from csm_portal.lib.versions import changes
from csm_portal.portal import words
from csm_portal.web import zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from churn.sheets import Figures, MonthOfUse, Star
    from health.value.scenario_reads import ScenarioLine

FORMAT = 1
# What is longer or more would make the sheet longer than its page.
LONGEST_NOTE = 300
# In widths of a Latin letter; a Chinese character takes two.
LONGEST_NAME, LONGEST_GOAL, LONGEST_TARGET = 44, 64, 24
SCENARIOS_SHOWN, OUTCOMES_SHOWN = 5, 4
OPEN = ("on_track", "behind")
Json = dict[str, Any]


def make(of: Figures, language: str, note: str = "") -> Json:
    """The body of a sheet in the language; `note` is what the sender adds for the talk. Nothing in it depends on who reads it."""
    with translation.override(language):
        return {
            "format": FORMAT,
            "language": language,
            **_head(of),
            "cards": _cards(of),
            "trend": trend(of.months),
            "scenarios": _scenarios(of),
            "outcomes": _outcomes(of),
            "tickets": _tickets(of),
            "note": {"title": _("For our talk"), "text": note},
            "foot": _foot(of),
        }


def _head(of: Figures) -> Json:
    product = _short(words.readable(of.case.product), LONGEST_TARGET)
    named = of.case.product != DEFAULT_PRODUCT
    owner = of.account.owner
    until = words.day(of.case.ends_on - timedelta(days=1))
    terms = [_("Current term until %(day)s") % {"day": until}]
    if of.case.decision_on < of.case.ends_on:
        terms.append(_("notice until %(day)s") % {"day": words.day(of.case.decision_on)})
    return {
        "account": _short(of.account.name, LONGEST_GOAL),
        "title": _("How you use “%(product)s”, and what it brings") % {"product": product}
        if named
        else _("How you use our product, and what it brings"),
        "subtitle": " · ".join([*terms, _("figures as of %(day)s") % {"day": words.day(of.as_of)}]),
        "contact": {"label": _("Your contact"), "name": owner.get_full_name(), "email": owner.email} if owner else None,
    }


def _cards(of: Figures) -> list[Json]:
    last = of.months[-1]
    share = Decimal(of.activated) / of.purchased if of.activated is not None and of.purchased else None
    active = Decimal(of.seats_active) / of.activated if of.seats_active is not None and of.activated else None
    return [
        _card(_("Seats bought"), words.number(of.purchased), _("in your current contracts")),
        _card(
            _("Seats opened"),
            words.number(of.activated),
            _("%(share)s of those bought") % {"share": words.percent(share)} if share is not None else _("share of those bought unknown"),
        ),
        _card(
            _("Seats in use"),
            words.number(of.seats_active),
            _("%(share)s of those opened, last 28 days") % {"share": words.percent(active)} if active is not None else _("last 28 days"),
        ),
        _card(_("Days in use"), words.number(last.active_days), _("in %(month)s") % {"month": words.month(last.first)}),
    ]


def _short(text: str, most: int) -> str:
    """The text in one line, cut where it would not fit."""
    line = " ".join(text.split())
    ends = list(itertools.accumulate(2 if unicodedata.east_asian_width(one) in {"W", "F"} else 1 for one in line))
    fitting = sum(end <= most for end in ends)
    return line if fitting == len(line) else f"{line[: max(0, fitting - 1)].rstrip()}…"


def _card(label: str, value: str, note: str) -> Json:
    return {"label": label, "value": value, "note": note}


def trend(months: list[MonthOfUse]) -> Json:
    """Twelve columns: seats in use as bars below the line of those bought, with the numbers under them."""
    by_seats = any(month.seats is not None for month in months)
    if by_seats:
        title, bars, rows = _("Seats in use, month by month"), [month.seats for month in months], _seat_rows(months)
    else:
        title = _("Main steps done in the product, month by month")
        bars, rows = [None if month.key_actions is None else int(month.key_actions) for month in months], []
        rows.append({"label": pgettext("usage sheet", "Steps"), "values": [words.number(value) for value in bars]})
    rows.append({"label": _("Days in use"), "values": [words.number(month.active_days) for month in months]})
    anew = changes((month.first, month.version) for month in months if month.version is not None)
    known = [(month, value) for month, value in zip(months, bars, strict=True) if value is not None]
    return {
        "title": title,
        "text": _between(known),
        "months": [_short_month(month.first) for month in months],
        "bars": bars,
        "line": [month.purchased for month in months] if by_seats else [],
        "legend": [_("Seats in use"), _("Seats bought")] if by_seats else [pgettext("usage sheet", "Steps")],
        "anew": [[month.first for month in months].index(first) for first, _version in anew],
        "anew_text": _("counted anew from %(months)s") % {"months": ", ".join(words.month(first) for first, _version in anew)}
        if anew
        else "",
        "rows": rows,
        "empty": "" if known else _("No use of these months is on record."),
    }


def _seat_rows(months: list[MonthOfUse]) -> list[Json]:
    return [
        {"label": _("Seats in use"), "values": [words.number(month.seats) for month in months]},
        {"label": _("Seats opened"), "values": [words.number(month.activated) for month in months]},
        {"label": _("Seats bought"), "values": [words.number(month.purchased) for month in months]},
    ]


def _between(known: list[tuple[MonthOfUse, int]]) -> str:
    """First and last known month in one sentence; empty where there are not two."""
    if len(known) < 2:
        return ""
    (first, before), (last, now) = known[0], known[-1]
    told = _("%(first)s: %(before)s, %(last)s: %(now)s.")
    return told % {
        "first": words.month(first.first),
        "before": words.number(before),
        "last": words.month(last.first),
        "now": words.number(now),
    }


def _short_month(first: date) -> str:
    """A month in the width of a column, with the year where it begins."""
    if words.chinese():
        return f"{first:%y}年{first.month}月" if first.month == 1 else f"{first.month}月"
    name = words.MONTHS[first.month - 1]
    return f"{name} {first:%y}" if first.month == 1 else name


def _scenarios(of: Figures) -> Json:
    last = of.months[-1].first
    return {
        "title": _("What you use it for, in %(month)s") % {"month": words.month(last)},
        "head": [_("Scenario"), _("Days / agreed"), _("Seats / agreed"), _("Reading"), _("As agreed, last 3 months")],
        "rows": [_scenario(line, of.met_of_three.get(line.name)) for line in of.scenarios[:SCENARIOS_SHOWN]],
        "empty": _("No scenarios are agreed yet. Which of your processes should run in the product?"),
    }


def _scenario(line: ScenarioLine, of_three: tuple[int, int] | None) -> Json:
    share = words.UNKNOWN if line.share is None or nameless(line) else words.percent(line.share)
    reading, tone = _reading(line)
    return {
        "name": _short(line.name, LONGEST_TARGET),
        "days": _against(words.number(line.days), None if line.expected_days is None else words.number(line.expected_days)),
        "share": _against(share, None if line.expected_share is None else words.percent(line.expected_share)),
        "reading": reading,
        "tone": tone,
        "met": _("%(met)s of %(n)s") % {"met": of_three[0], "n": of_three[1]} if of_three else words.UNKNOWN,
    }


def _reading(line: ScenarioLine) -> tuple[str, str]:
    if line.expected_days is None and line.expected_share is None:
        return _("nothing agreed"), ""
    as_agreed = met(line)
    if as_agreed is None:
        return words.UNKNOWN, ""
    if as_agreed:
        return _("as agreed"), "good"
    if not line.days:
        return _("not used yet"), "open"
    if line.gap_days:
        return ngettext("%(n)d day fewer than agreed", "%(n)d days fewer than agreed", line.gap_days) % {"n": line.gap_days}, "open"
    return _("fewer people than agreed"), "open"


def _against(actual: str, agreed: str | None) -> str:
    return actual if agreed is None else f"{actual} / {agreed}"


def _outcomes(of: Figures) -> Json:
    # What is open comes first, then what was reached last.
    rows = sorted(of.outcomes, key=lambda row: (row["status"] not in OPEN, _backwards(row["due_on"])))
    return {
        "title": _("What you want to reach"),
        "head": [_("Goal"), _("Target"), pgettext("usage sheet", "By"), _("Where it stands")],
        "rows": [_outcome(row) for row in rows[:OUTCOMES_SHOWN]],
        "gap": _gap(rows, of),
        "star": _star(of.star) if of.star else None,
    }


def _backwards(day: str | None) -> int:
    return -date.fromisoformat(day).toordinal() if day else 0


def _outcome(row: Json) -> Json:
    status = row["status"]
    reached = words.iso_day(row["achieved_on"] or "")
    told = {
        "achieved": _("reached on %(day)s") % {"day": reached} if reached else _("reached"),
        "on_track": _("on track"),
        "behind": _("behind plan"),
        "missed": _("not reached by then"),
    }
    return {
        "statement": _short(row["statement"], LONGEST_GOAL),
        "target": _short(row["target"], LONGEST_TARGET) or words.UNKNOWN,
        "due": words.iso_day(row["due_on"] or "") or words.UNKNOWN,
        "status": told.get(status, status),
        "tone": {"achieved": "good", "on_track": "good"}.get(status, "open"),
    }


def _gap(rows: list[Json], of: Figures) -> str:
    """What lies between use and value, in one sentence that leads to the next step."""
    states = {row["status"] for row in rows}
    expected = [as_agreed for line in of.scenarios if (as_agreed := met(line)) is not None]
    used = all(expected) if expected else None
    if not rows:
        return _("No goal is written down yet. What should be better for you in a year, and how will you see it?")
    if states & {"behind", "missed"}:
        if used:
            return _("You use the product as agreed, and not every goal is reached yet: let us look at what is missing.")
        return _("Not every goal is reached yet: let us agree on the one step that would help most.")
    if "on_track" in states:
        return _("Your goals are on track.")
    return _("You have reached what you set out to. What should come next?")


def _star(star: Star) -> Json:
    rules = star.rules
    reached, threshold = words.number(star.reached), words.number(rules.threshold)
    name = _short(rules.action.replace("_", " "), LONGEST_TARGET)
    measure = {
        "count": pgettext("north star", "count"),
        "quantity": pgettext("north star", "quantity"),
        "value": pgettext("north star", "value"),
    }.get(rules.measure, rules.measure)
    if star.crossed_on:
        text = _("%(reached)s reached, beyond the mark of %(threshold)s since %(day)s")
        text %= {"reached": reached, "threshold": threshold, "day": words.day(star.crossed_on)}
    else:
        text = _("%(reached)s of %(threshold)s reached, %(missing)s to go")
        text %= {"reached": reached, "threshold": threshold, "missing": words.number(star.missing)}
    return {
        "label": _("Value so far (%(name)s, %(measure)s)") % {"name": name, "measure": measure},
        "text": text,
        "share": round(float(min(Decimal(1), star.reached / rules.threshold)), 4) if rules.threshold else 0.0,
    }


def _tickets(of: Figures) -> Json:
    n = len(of.tickets) + of.more_tickets
    return {
        "title": _("Open with our support"),
        "rows": [_ticket(row, zone(of.account.timezone)) for row in of.tickets],
        "more": ngettext("and %(n)d more", "and %(n)d more", of.more_tickets) % {"n": of.more_tickets} if of.more_tickets else "",
        "count": ngettext("%(n)d open case", "%(n)d open cases", n) % {"n": n} if n else "",
        "empty": _("Nothing is open."),
    }


def _ticket(row: Json, where: ZoneInfo) -> Json:
    kinds = {"how_to": _("how-to question"), "bug": _("defect"), "request": _("wish"), "other": _("other")}
    kind = kinds.get(row["kind"], "")
    since = _("since %(day)s") % {"day": words.day(datetime.fromisoformat(row["opened_at"]).astimezone(where).date())}
    return {
        "what": _short(row["subject"], LONGEST_NAME) or kind or _("without subject"),
        "kind": kind if row["subject"] else "",
        "since": since,
    }


def _foot(of: Figures) -> str:
    parts = [
        _("Seat in use: its person did at least one of the steps in which the product brings value; signing in alone does not count."),
        _("Day in use: a day with enough of these steps for the number of seats."),
    ]
    if of.version is not None:
        parts.append(_("Counted by definition version %(n)s.") % {"n": of.version})
    return " ".join(parts)

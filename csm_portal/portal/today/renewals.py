"""The renewals of the next 90 days: windows with count and amount, and one mark per renewal on a timeline."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from churn.types import Stage
from csm_portal.portal import words
from csm_portal.portal.today import timeline
from csm_portal.portal.today.monday import SUMMED, MondayList, monday_list
from csm_portal.portal.today.policy import LAST_WINDOW_DAY, MARKS, NEXT, WINDOWS
from csm_portal.portal.today.windows import KEYS
from csm_portal.web import remembered_of
from health.books import visible_book

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User

# One row per open due (one without a due where there is none), so that a window's number is the length of the list it leads to. Without
# an exchange rate an amount is left out of the window's sum, and counted.
DUE = f"""
WITH book (id) AS MATERIALIZED ({{book}}), due AS MATERIALIZED (
    SELECT c.id, c.account_id, c.product, c.decision_on, c.ends_on, c.due_mrr, c.currency, c.due_reporting AS reporting,
           width_bucket(c.decision_on - %(today)s::date, %(bounds)s::integer[]) AS place
    FROM churn_renewalcase c
    WHERE c.state = 'open' AND c.decision_on <= %(today)s::date + %(last)s AND c.account_id IN (SELECT id FROM book)
), window_sum AS (
    SELECT jsonb_object_agg(place, jsonb_build_array(n, amount::text, unpriced)) AS sums
    FROM (SELECT place, count(*) AS n, sum(reporting) AS amount, count(*) FILTER (WHERE reporting IS NULL) AS unpriced
          FROM due GROUP BY place) AS each
)
SELECT (SELECT sums::text FROM window_sum), d.id, d.name, d.decision_on, d.ends_on, d.due_mrr, d.currency, d.reporting, d.band, d.place,
       ({SUMMED})
FROM (VALUES (1)) AS always (one)
LEFT JOIN (
    SELECT d.*, a.name, coalesce(s.band, 'unknown') AS band
    FROM (
        SELECT *, row_number() OVER (ORDER BY reporting DESC NULLS LAST, id) AS by_amount,
               row_number() OVER (ORDER BY decision_on, reporting DESC NULLS LAST, id) AS by_day
        FROM due
    ) AS d
    JOIN accounts_account a ON a.id = d.account_id
    LEFT JOIN health_accountstate s ON s.account_id = a.id
    WHERE d.by_amount <= %(marks)s OR d.by_day <= %(next)s
) AS d ON true
ORDER BY d.decision_on, d.reporting DESC NULLS LAST, d.id
"""  # noqa: S608 - only constants enter
# What the windows are called in the address of the page of renewals.
STAGES = {"overdue": Stage.OVERDUE, "soon": Stage.DAYS_0_29, "next": Stage.DAYS_30_59, "window": Stage.DAYS_60_90}


@dataclass(frozen=True, slots=True)
class Window:
    """One window with its sum in the reporting currency. `unpriced` renewals have no exchange rate and are not in the amount."""

    key: str
    title: str
    count: int
    amount: str
    unpriced: str
    href: str


@dataclass(frozen=True, slots=True)
class Due:
    """One due, ready to be placed. `label` says all of it, for the mark's name and its hover line; `href` leads to its row."""

    name: str
    href: str
    decision_day: str
    end_day: str
    note: str
    mrr: str
    band: str
    band_word: str
    label: str
    dates: str
    money: str
    mark: timeline.Mark
    late: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """The panel: windows nearest first, one mark per due, and the ticks below them. `left_out`: counted, but too many to draw.

    `monday` is read with them: the Monday list in the same book.
    """

    windows: list[Window]
    dues: list[Due]
    ticks: list[tuple[str, str]]
    key: list[tuple[str, str, str]]
    floor: int
    total: int
    left_out: int
    monday: MondayList | None = None

    @property
    def currency(self) -> str:
        """What the windows' amounts are in; single accounts stand in their own currency."""
        return settings.REPORTING_CURRENCY

    @property
    def next(self) -> list[Due]:
        """The nearest decisions, those that are overdue first, whatever their amount."""
        return self.dues[:NEXT]

    @property
    def height(self) -> int:
        """Of the drawing: the lanes, the dates below them, and two lines that tell of the mark pointed at."""
        return self.floor + 3 * timeline.LINE

    @property
    def axis(self) -> int:
        """Base of the letters of the dates."""
        return self.floor + timeline.LINE - timeline.DESCENT

    @property
    def say(self) -> int:
        """Base of the letters of its first line."""
        return self.floor + 2 * timeline.LINE - timeline.DESCENT

    @property
    def say_more(self) -> int:
        """Base of the letters of its second line."""
        return self.floor + 3 * timeline.LINE - timeline.DESCENT


def renewals(user: User, today: date, run_id: int | None) -> Strip:
    """The dues whose decision falls within 90 days, or has passed without outcome; one query or none.

    Remembered in the reader's words for a minute, never from before their own last change: they see at once what they have just entered.
    """
    name = f"renewals:{run_id}:{today}:{get_language()}:{get_script_prefix()}"
    return remembered_of(user, name, lambda: strip_of(_rows(user, today), today))


def _rows(user: User, today: date) -> list[tuple[Any, ...]]:
    book, params = visible_book(user)
    bounds = [start for _key, start in WINDOWS if start is not None]
    params |= {"today": today, "last": LAST_WINDOW_DAY, "bounds": bounds, "marks": MARKS, "next": NEXT}
    with connection.cursor() as cursor:
        cursor.execute(DUE.replace("{book}", book), params)
        return list(cursor.fetchall())


def strip_of(rows: list[tuple[Any, ...]], today: date) -> Strip:
    """Rows of the statement in words and drawn."""
    sums = json.loads(rows[0][0] or "{}") if rows else {}
    monday = monday_list(rows[0][10]) if rows else None
    rows = [row for row in rows if row[1] is not None]
    windows = [_window(key, sums.get(str(place))) for place, key in enumerate(KEYS)]
    days = [(row[3] - today).days for row in rows]
    marks = timeline.place(days, [row[7] for row in rows], [row[8] for row in rows])
    pages = [address_of(key) for key in KEYS]
    dues = [_due(row, mark, today, pages) for row, mark in zip(rows, marks, strict=True)]
    total = sum(window.count for window in windows)
    ticks = [(timeline.across(day), words.short_day(today + timedelta(days=day))) for day in (0, 30, 60, LAST_WINDOW_DAY)]
    key = [
        (timeline.shape_of(band), timeline.path(timeline.shape_of(band), 5), words.band(band))
        for band in ("red", "amber", "green", "unknown")
    ]
    return Strip(windows, dues, ticks, key, timeline.height(marks), total, total - len(dues), monday)


def _window(key: str, found: list[Any] | None) -> Window:
    count, amount, unpriced = found or (0, None, 0)
    return Window(
        key=key,
        title=title_of(key),
        count=count,
        amount=words.money(Decimal(amount), settings.REPORTING_CURRENCY) if amount is not None else "",
        unpriced=ngettext("%(n)d without exchange rate", "%(n)d without exchange rate", unpriced) % {"n": unpriced} if unpriced else "",
        href=address_of(key) if count else "",
    )


def title_of(key: str) -> str:
    """A window's name."""
    return {"overdue": _("Overdue"), "soon": _("0–29 days"), "next": _("30–59 days"), "window": _("60–90 days")}[key]


def address_of(key: str) -> str:
    """The page of renewals, filtered to the window."""
    return f"{reverse('portal:renewals')}?{urlencode({'when': STAGES[key].value})}"


def _due(row: tuple[Any, ...], mark: timeline.Mark, today: date, pages: Sequence[str]) -> Due:
    _sums, pk, name, decision, ends, amount, currency, _reporting, band, place, _monday = row
    word, mrr, late = words.band(band), words.money(amount, currency), decision < today
    note = words.until(decision, today) if late else words.decision(decision, today)
    label = _("%(name)s: decision %(decision)s, term ends %(end)s, %(mrr)s a month, health %(band)s") % {
        "name": name,
        "decision": words.day(decision),
        "end": words.day(ends),
        "mrr": mrr,
        "band": word,
    }
    dates = _("decision %(decision)s, term ends %(end)s") % {"decision": words.day(decision), "end": words.day(ends)}
    return Due(
        name,
        f"{pages[place]}#case-{pk}",
        words.day(decision),
        words.day(ends),
        note,
        mrr,
        band,
        word,
        label,
        dates,
        f"{name} · {mrr} · {word}",
        mark,
        late,
    )

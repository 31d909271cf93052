"""What the styleguide places: every part of the pages in its states, made by the same code as on the pages."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from csm_portal.lib.figures import health_history, weekly_bars, with_lines_down
from csm_portal.portal import strip, words
from csm_portal.portal.book.shown import Change
from csm_portal.portal.health_panel import facet_lines
from csm_portal.portal.help.figures import FIGURES
from csm_portal.portal.stats import Stat
from csm_portal.portal.toasts import Toast
from csm_portal.web import Page

LEVELS = ("high", "medium", "low", "zero", "unknown")
BANDS = ("red", "amber", "green", "unknown")
OUTCOMES = ("achieved", "on_track", "behind", "missed")
TYPE_SIZES = ("xs", "sm", "md", "lg", "xl", "figure")
SPACES = (1, 2, 3, 4, 5, 6)
GROUNDS = ("canvas", "surface", "raised", "line", "line-strong", "ink", "muted", "link", "accent")
AS_OF = date(2026, 10, 31)
STRIP = "UZZLLMMHHMLLZZLMHHHMMLLZZLMH"
# A name with all that markup trips over, so that a part that forgets to escape shows itself here.
ODD_NAME = "Müller & “Söhne” <b>'\"</b> 海底捞"
FACETS: dict[str, dict[str, Any]] = {
    "activity": {"value": "66.6667", "weight": "40", "evidence": {"open_days": 21, "active_days": 15, "high": 6, "medium": 9, "zero": 6}},
    "ratings": {"value": "75", "weight": "25", "evidence": {"answers": 3, "mean": 4, "rated_on": "2026-09-01", "expires_on": "2026-11-30"}},
    "surveys": {"value": None, "weight": "5", "evidence": {}},
}


class SampleForm(forms.Form):
    """One field of each kind, one of them in error."""

    q = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"class": "form-control", "placeholder": "Search"}))
    band = forms.ChoiceField(
        label="Health",
        required=False,
        choices=[("", "any"), ("red", "Red"), ("green", "Green")],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    due = forms.DateField(label="Due", widget=forms.DateInput(attrs={"class": "form-control", "type": "date"}))


def samples() -> dict[str, Any]:
    """Everything the page shows, without a query."""
    return {
        "levels": [(level, words.level(level)) for level in LEVELS],
        "bands": [(band, words.band(band)) for band in BANDS],
        "outcomes": [(status, words.outcome(status)) for status in OUTCOMES],
        "changes": [Change("+4.2", "up"), Change("−4.2", "down"), Change("±0.0", "flat")],
        "strip": strip.draw(STRIP),
        "stats": [_stat("monthly_active_rate", "81.2%", Change("+2.1", "up")), _stat("nps", words.UNKNOWN, None)],
        "figures": [FIGURES[key] for key in ("health", "mrr", "level")],
        "facets": facet_lines(FACETS),
        "job": {"row": {"pk": 1, "error": ODD_NAME}, "state": "Waiting", "text": "", "open": False, "no_worker": False},
        "why": [
            {"name": "Activity", "then": "71", "now": "52", "points": "−4.8", "way": "down", "left": 20, "wide": 30},
            {"name": "Rating", "then": "60", "now": "75", "points": "+1.5", "way": "up", "left": 50, "wide": 10},
        ],
        "rows": [(ODD_NAME, "high", "green", 1250), ("An account", "zero", "red", 40)],
        "odd": ODD_NAME,
        "form": SampleForm(),
        "wrong": SampleForm({"wrong-band": "green", "wrong-due": ""}, prefix="wrong"),
        "page": Page(3, 512),
        "toasts": [
            Toast("Saved.", "ok", "/styleguide/", ""),
            Toast("3 of 5 were changed.", "warn"),
            Toast("Not saved: " + ODD_NAME, "error"),
        ],
        "sizes": TYPE_SIZES,
        "spaces": SPACES,
        "grounds": GROUNDS,
        "as_of": AS_OF,
        "money": words.money(Decimal(1234), "CNY"),
        **_charts(),
    }


def _stat(key: str, value: str, change: Change | None) -> Stat:
    return Stat(
        key=key,
        name=str(FIGURES[key].name),
        note="Month shown: Oct 2026.",
        version=2,
        value=value,
        change=change,
        against="against the month before",
        provisional=change is not None,
        provisional_note="The month still runs.",
        target="target 75.0%, 108% attained" if change else "",
        meter="100" if change else "0",
        notes=["26 of 32 paying accounts"],
    )


def _charts() -> dict[str, Any]:
    days = [AS_OF - timedelta(days=7 * back) for back in range(20, -1, -1)]
    score = [Decimal(40 + 2 * place) for place in range(21)]
    machine: list[Decimal | None] = [value - 5 if place > 3 else None for place, value in enumerate(score)]
    return {
        "history": with_lines_down(
            health_history(
                days,
                {"machine": ("System", machine), "score": ("Health", score)},
                borders={"amber": ("Amber", 50), "green": ("Green", 75)},
            ),
            [(days[10].isoformat(), "version 2")],
        ),
        "weeks": weekly_bars(
            days, [float(value) for value in score], [int(value / 5) for value in score], action_label="Key actions", seat_label="Seats"
        ),
    }

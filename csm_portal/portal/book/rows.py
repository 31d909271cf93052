"""A row of the book as it is shown: every figure already in words, so the template only places it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from csm_portal.portal import evidence, strip, words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.book.marks import MOST_STRIPS, mark, rendered
from csm_portal.portal.book.shown import Change, Dated, Period, Star
from csm_portal.portal.night.notice import stale_text
from csm_portal.portal.value import words as named
from health.facet_names import facet_name
from health.types import DayFlag, Level
from health.value.seat_quality import seats_unnamed

if TYPE_CHECKING:
    from health.models import AccountState

FALLING, RISING = -0.5, 0.5
SOON_DAYS = 30
# A decision date further off than this would only crowd the row.
DECIDE_DAYS = 60
STALE_RATING_DAYS = 90


class BookRow:
    """One account of the book. Each figure is put into words when its cell is placed, so columns left out cost nothing.

    Unknown figures are a dash and named unknown, never zero.
    """

    def __init__(self, state: AccountState, today: date) -> None:
        self.state, self.today = state, today
        self.account = state.account
        self.name = self.account.name
        self.external_id = self.account.external_id
        self.href = account_address(self.external_id)
        self.paying = state.paying
        self.level = Level(state.level).word
        self.band = state.band
        self.outcome = state.outcome_status or "none"
        self.tickets = state.open_tickets

    @property
    def subtitle(self) -> str:
        """Industry, plan and tier, led by that it pays nothing where that is so."""
        kinds = (words.readable(value) for value in (self.account.industry, self.plan, self.account.tier))
        parts = ("" if self.paying else _("not paying"), *kinds)
        return " · ".join(part for part in parts if part)

    @property
    def stale_mark(self) -> SafeString:
        """That its figures are of an older day, because no night could compute it since; empty where they are not."""
        since = self.state.stale_since
        if since is None:
            return SafeString("")
        return mark("portal/night/_stale.html", text=_("of %(day)s") % {"day": words.short_day(since)}, title=stale_text(self.state))

    @property
    def plan(self) -> str:
        """Plan of the largest contract, else the account's."""
        return self.state.plan or self.account.plan

    @property
    def owner(self) -> str:
        """Who looks after it; empty: nobody."""
        return self.account.owner.get_full_name() if self.account.owner else ""

    @property
    def level_word(self) -> str:
        """The day's level."""
        return words.level(self.level)

    @property
    def flags(self) -> str:
        """What else is to be said of the day's level."""
        return "; ".join(words.flag(word) for word in DayFlag(self.state.flags).words)

    @property
    def level_mark(self) -> SafeString:
        """The level as a mark."""
        return mark("parts/_level.html", level=self.level, word=self.level_word, note=self.flags)

    @property
    def strip_mark(self) -> SafeString:
        """28 days of levels as a drawing."""
        return _strip_mark(self.state.strip, self.state.as_of, get_language() or "")

    @property
    def band_mark(self) -> SafeString:
        """The health band as a mark."""
        hand = set_by_hand(self.state)
        return mark("parts/_band.html", band=self.band, word=self.band_word, **({"hand": hand} if hand else {}))

    @property
    def change_mark(self) -> SafeString:
        """The change in 30 days with its arrow; empty where it is unknown."""
        change = self.change
        if change is None:
            return SafeString("")
        return mark("portal/_book_change.html", text=change.text, way=change.way)

    @property
    def outcome_mark(self) -> SafeString:
        """The outcome as a mark."""
        return mark("parts/_outcome.html", status=self.outcome, word=self.outcome_word)

    @property
    def period_marks(self) -> list[SafeString]:
        """Running week and month against their bars."""
        return [mark("portal/_book_period.html", name=one.name, days=one.days, icon=one.icon, note=one.note) for one in self.periods]

    @cached_property
    def strip(self) -> strip.Strip:
        """28 days of levels, drawn."""
        return strip.draw(self.state.strip)

    @property
    def strip_text(self) -> str:
        """The strip in words."""
        return strip_in_words(self.state.strip, self.strip.days, self.state.as_of)

    @property
    def periods(self) -> list[Period]:
        """Running week and month."""
        return [week_of(self.state), month_of(self.state)]

    @property
    def score(self) -> str:
        """Health, 0 … 100."""
        return words.score(self.state.score)

    @property
    def band_word(self) -> str:
        """Health band."""
        return words.band(self.band)

    @cached_property
    def change(self) -> Change | None:
        """Change of the score in 30 days."""
        return change_of(self.state.score_change_30d)

    @property
    def parts(self) -> str:
        """Machine and human part."""
        return f"{words.score(self.state.machine)} · {words.score(self.state.human)}"

    @property
    def parts_text(self) -> str:
        """The same in words, with the coverage."""
        return parts_of(self.state)

    @cached_property
    def reason(self) -> str:
        """The top reason."""
        return reason_of(self.state.top_reason)

    @property
    def outcome_word(self) -> str:
        """Where the desired outcome stands."""
        # Under the heading “Outcome”, so that the cell stays one line.
        return words.outcome(self.state.outcome_status) if self.state.outcome_status else _("none defined")

    @cached_property
    def star(self) -> Star | None:
        """Progress towards the north star; None where none is defined or the figure is unknown."""
        return star_of(self.state, getattr(self.state, "threshold", None))

    @property
    def states(self) -> list[tuple[str, str]]:
        """Named states with their evidence in words."""
        return [(name, evidence) for _key, name, evidence in named.of(self.state)]

    @property
    def seat_signs(self) -> list[str]:
        """What is wrong with who has a seat; empty: nothing known, or the table did not ask for it."""
        return named.seat_signs(self.state)

    @property
    def mrr(self) -> str:
        """Monthly recurring revenue in the account's currency."""
        return words.money(self.state.mrr, self.state.currency)

    @property
    def seats(self) -> str:
        """Active (a dash: unknown), activated and purchased."""
        active = "–" if seats_unnamed(self.state) else f"{self.state.seats_active:,}"
        return f"{active} / {self.state.seats_activated:,} / {self.state.seats_purchased:,}"

    @property
    def activation(self) -> str:
        """Activation rate in words."""
        return activation_of(self.state.seats_activated, self.state.seats_purchased)

    @cached_property
    def renewal(self) -> Dated | None:
        """The next renewal."""
        return renewal_of(self.state, self.today)

    @property
    def decision(self) -> Dated | None:
        """The day by which the customer decides."""
        due = self.state.decision_on
        return None if due is None else Dated(words.day(due), words.until(due, self.today), (due - self.today).days < SOON_DAYS)

    @cached_property
    def rating(self) -> Dated:
        """Age of the last rating; one that the figures do not know yet says so."""
        rated = self.state.rated_on
        aged = _aged(rated, self.today)
        if rated is not None and rated > self.state.as_of:
            aged = _("%(rated)s: counts from the next night") % {"rated": aged}
        return Dated(aged, age_of(rated, self.today), _old(rated, self.today, STALE_RATING_DAYS))

    @cached_property
    def contact(self) -> Dated:
        """Age of the last contact."""
        return Dated(_aged(self.state.last_contact_on, self.today), age_of(self.state.last_contact_on, self.today))

    def text(self, key: str) -> str:
        """What a plain column shows; empty where nothing is known."""
        shown = {
            "mrr": lambda: self.mrr,
            "tickets": lambda: f"{self.tickets:,}",
            "owner": lambda: self.owner,
            "plan": lambda: words.readable(self.plan),
            "tier": lambda: words.readable(self.account.tier),
            "industry": lambda: words.readable(self.account.industry),
            "region": lambda: ", ".join(part for part in (self.account.region, self.account.country) if part),
            "size": lambda: words.number(self.account.employees),
            "stage": lambda: words.readable(self.account.lifecycle_stage),
            "tags": lambda: ", ".join(self.account.tags),
        }
        return str(shown[key]() if key in shown else getattr(self.account, key))


def strip_in_words(letters: str, days: dict[str, int], as_of: date) -> str:
    """How many days stood at each level."""
    return _("%(n)d days to %(day)s: %(levels)s") % {"n": len(letters), "day": words.day(as_of), "levels": words.counts_of_levels(days)}


@lru_cache(maxsize=MOST_STRIPS)
def _strip_mark(letters: str, as_of: date, _language: str) -> SafeString:
    drawn = strip.draw(letters)
    return rendered("parts/_strip.html", {"strip": drawn, "text": strip_in_words(letters, drawn.days, as_of)})


def book_row(state: AccountState, today: date) -> BookRow:
    """The row of one state."""
    return BookRow(state, today)


def star_of(state: AccountState, threshold: Any) -> Star | None:
    """Progress of the cumulative figure towards its threshold (0 … 1, more when crossed)."""
    try:
        goal = Decimal(str(threshold))
    except ArithmeticError:
        return None
    if state.north_star is None or goal <= 0:
        return None
    share = state.north_star / goal
    told = _("%(reached)s of %(goal)s") % {"reached": words.number(state.north_star), "goal": words.number(goal)}
    if state.north_star_crossed_on:
        told = _("%(progress)s, crossed on %(day)s") % {"progress": told, "day": words.day(state.north_star_crossed_on)}
    # How far beyond hardly matters; that it is reached does.
    shown = _("reached") if share >= 1 else words.percent(share)
    return Star(shown, float(min(share, Decimal(1)) * 100), told, state.north_star_crossed_on is not None)


def reason_of(reason: Mapping[str, Any]) -> str:
    """The top reason in words; one stored by an older release without a fact it now needs names its facet only."""
    try:
        return evidence.reason_in_words(reason)
    except (KeyError, TypeError, ValueError):
        return facet_name(str(reason.get("code", "")))


def week_of(state: AccountState) -> Period:
    """The running week."""
    word, icon = _state(state.week_active, can_reach=True)
    return Period(_("Week"), _days(state.week_days, state.week_bar), word, icon, word)


def month_of(state: AccountState) -> Period:
    """The running month with its pace."""
    word, icon = _state(state.month_active, can_reach=state.month_can_reach)
    note = words.pace(state.month_days, state.month_bar, state.month_days_left, active=state.month_active, can_reach=state.month_can_reach)
    return Period(_("Month"), _days(state.month_days, state.month_bar), word, icon, note)


def change_of(value: Any) -> Change | None:
    """Change of the score in 30 days; None where either side is unknown."""
    if value is None:
        return None
    way = "down" if value < FALLING else "up" if value > RISING else "flat"
    return Change(words.signed(value, 1), way)


def parts_of(state: AccountState) -> str:
    """Machine and human part with the coverage."""
    return _("system %(machine)s · CSM %(human)s · %(coverage)s covered") % {
        "machine": words.score(state.machine),
        "human": words.score(state.human),
        "coverage": words.percent(state.coverage),
    }


def activation_of(activated: int, purchased: int) -> str:
    """Activated of purchased seats, as a share."""
    if not purchased:
        return _("activation rate unknown")
    return _("%(share)s activated") % {"share": words.percent(activated / purchased)}


def renewal_of(state: AccountState, today: date) -> Dated | None:
    """The next renewal, overdue ones first; None where nothing is due."""
    if state.renewal_on is None:
        return None
    late = ((state.decision_on or state.renewal_on) - today).days < SOON_DAYS
    note = words.until(state.renewal_on, today)
    if state.decision_on and state.decision_on != state.renewal_on and (state.decision_on - today).days < DECIDE_DAYS:
        # The day itself stands above; what is left until the decision is what counts now.
        note = words.decision(state.decision_on, today)
    return Dated(words.day(state.renewal_on), note, late)


def age_of(day: date | None, today: date) -> str:
    """How many days ago, as short as can be; the column's heading says of what."""
    if day is None:
        return _("never")
    days = (today - day).days
    return _("today") if days <= 0 else _("%(days)d d") % {"days": days}


def _aged(day: date | None, today: date) -> str:
    return words.ago(None, today) if day is None else f"{words.day(day)}, {words.ago(day, today)}"


def _old(day: date | None, today: date, limit: int) -> bool:
    return day is None or (today - day).days > limit


def _days(days: int, bar: int | None) -> str:
    return f"{days}/{words.UNKNOWN if bar is None else bar}"


def _state(active: bool | None, *, can_reach: bool) -> tuple[str, str]:
    if active is None:
        return _("unknown"), "help"
    if active:
        return _("active"), "circle-check"
    return (_("not yet active"), "circle-dashed") if can_reach else (_("not active"), "circle-minus")


def set_by_hand(state: AccountState) -> str:
    """`set to red by hand until 1 Dec 2026` while an override is in force, else empty."""
    return reason_of(state.top_reason) if state.top_reason.get("code") == "override" else ""

"""What the book can be filtered by: each field with its name, its kind of value and where it stands in the state row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from csm_portal.portal import words
from csm_portal.portal.book.beyond import all_rated, reviewed
from csm_portal.portal.likelihood.reads import figure_of
from csm_portal.portal.value.words import NAMES as STATES
from health.models import NorthStarDefinition
from health.types import Band, Level
from health.value.seat_quality import boss_silent, champion_left, never_activated, seats_active

# Choices that are stored as true and false.
YES_NO = ("week", "month", "paying", "all_rated", "qbr", "champion_left", "boss_silent")
# Stands for "nobody" and "none": no owner's address and no loaded value is a lone dash.
NOBODY = "-"
Words = str | Promise


class Kind(StrEnum):
    """What a field's values are: it decides which comparisons there are."""

    NUMBER = "number"
    AHEAD = "ahead"
    BACK = "back"
    TEXT = "text"
    CHOICE = "choice"
    TAGS = "tags"
    DUE = "due"


@dataclass(frozen=True)
class Field:
    """One thing to filter by. `path` is a lookup on the state row, or the name of one of `EXPRESSIONS`; bounds are those of a number."""

    key: str
    label: Words
    kind: Kind
    path: str = ""
    low: int = 0
    high: int = 10**12
    unit: str = ""
    choices: Mapping[str, Words] | None = None


# Their values may be a program's (`food_service`); they are shown as words and asked as they are.
READABLE = frozenset({"industry", "plan", "tier", "stage"})
LEVELS: dict[str, Words] = {
    Level.HIGH.word: words.LEVELS["high"],
    Level.MEDIUM.word: words.LEVELS["medium"],
    Level.LOW.word: words.LEVELS["low"],
    Level.ZERO.word: words.LEVELS["zero"],
    Level.UNKNOWN.word: pgettext_lazy("activity level", "Unknown"),
}
BANDS: dict[str, Words] = {
    Band.RED.value: words.BANDS["red"],
    Band.AMBER.value: words.BANDS["amber"],
    Band.GREEN.value: words.BANDS["green"],
    Band.UNKNOWN.value: pgettext_lazy("health band", "Unknown"),
}
PAYING: dict[str, Words] = {"yes": _("Paying"), "no": _("Not paying")}
OUTCOMES: dict[str, Words] = {
    "behind": words.OUTCOMES["behind"],
    "missed": words.OUTCOMES["missed"],
    "on_track": words.OUTCOMES["on_track"],
    "achieved": words.OUTCOMES["achieved"],
    NOBODY: words.OUTCOMES[""],
}
HELD: dict[str, Words] = {"yes": pgettext_lazy("filter", "yes"), "no": pgettext_lazy("filter", "no")}
REACHED: dict[str, Words] = {"yes": _("active"), "no": _("not active"), NOBODY: _("unknown")}

FIELDS: dict[str, Field] = {
    field.key: field
    for field in (
        Field("name", _("Account"), Kind.TEXT, "account__name"),
        Field("level", _("Activity level"), Kind.CHOICE, "level", choices=LEVELS),
        Field("week", _("Weekly active"), Kind.CHOICE, "week_active", choices=REACHED),
        Field("month", _("Monthly active"), Kind.CHOICE, "month_active", choices=REACHED),
        Field("month_days", _("Active days this month"), Kind.NUMBER, "month_days", high=31),
        Field("health", _("Health"), Kind.NUMBER, "score", high=100),
        Field("band", _("Health band"), Kind.CHOICE, "band", choices=BANDS),
        Field("change", _("Health change in 30 days"), Kind.NUMBER, "score_change_30d", low=-100, high=100),
        Field("machine", _("System score"), Kind.NUMBER, "machine", high=100),
        Field("human", _("CSM rating"), Kind.NUMBER, "human", high=100),
        Field("coverage", _("Data coverage"), Kind.NUMBER, "coverage_pct", high=100, unit="%"),
        Field("likelihood", _("Renewal likelihood"), Kind.NUMBER, "likelihood_pct", high=100, unit="%"),
        Field("outcome", _("Outcome"), Kind.CHOICE, "outcome_status", choices=OUTCOMES),
        Field("star", _("North star progress"), Kind.NUMBER, "star_pct", unit="%"),
        Field("state", _("Named state"), Kind.CHOICE, "named_states", choices={**STATES, NOBODY: pgettext_lazy("named state", "none")}),
        Field("paying", _("Customers"), Kind.CHOICE, "paying", choices=PAYING),
        Field("mrr", _("MRR in reporting currency"), Kind.NUMBER, "mrr_reporting"),
        Field("seats", _("Purchased seats"), Kind.NUMBER, "seats_purchased"),
        Field("activated", _("Activated seats"), Kind.NUMBER, "seats_activated"),
        Field("active_seats", _("Active seats"), Kind.NUMBER, "seats_active_known"),
        Field("activation", _("Activation rate"), Kind.NUMBER, "activation_pct", unit="%"),
        Field("never_activated", _("Seats never activated"), Kind.NUMBER, "never_activated"),
        Field("champion_left", _("Champion left"), Kind.CHOICE, "champion_left", choices=HELD),
        Field("boss_silent", _("Boss silent"), Kind.CHOICE, "boss_silent", choices={**HELD, NOBODY: _("unknown")}),
        Field("renewal", _("Renewal"), Kind.AHEAD, "renewal_on"),
        Field("decision", _("Decision date"), Kind.AHEAD, "decision_on"),
        Field("due", _("Falls due"), Kind.DUE),
        Field("rated", _("Last rated"), Kind.BACK, "rated_on"),
        Field("all_rated", _("All ratings valid"), Kind.CHOICE, "all_rated", choices=HELD),
        Field("qbr", _("Executive QBR in 90 days"), Kind.CHOICE, "qbr", choices=HELD),
        Field("contact", _("Last contact"), Kind.BACK, "last_contact_on"),
        Field("tickets", _("Open tickets"), Kind.NUMBER, "open_tickets"),
        Field("owner", _("Owner"), Kind.CHOICE, "account__owner__email"),
        Field("team", _("Team"), Kind.CHOICE, "team"),
        Field("plan", _("Plan"), Kind.CHOICE, "plan"),
        Field("tier", _("Tier"), Kind.CHOICE, "account__tier"),
        Field("industry", _("Industry"), Kind.CHOICE, "account__industry"),
        Field("region", _("Region"), Kind.CHOICE, "account__region"),
        Field("country", _("Country"), Kind.CHOICE, "account__country"),
        Field("size", _("Size"), Kind.CHOICE, "account__size"),
        Field("stage", _("Stage"), Kind.CHOICE, "account__lifecycle_stage"),
        Field("tags", _("Tags"), Kind.TAGS, "account__tags"),
        Field("next_step", _("Next step"), Kind.TEXT, "account__next_step"),
    )
}


def star_threshold() -> Subquery:
    """The north star's threshold in force on the state's day; null where the product has none."""
    versions = NorthStarDefinition.objects.filter(effective_from__lte=OuterRef("as_of")).order_by("-effective_from", "-version")
    return Subquery(versions.annotate(threshold=KeyTextTransform("threshold", "body")).values("threshold")[:1])


def _share(part: str, whole: Any) -> Any:
    exact: Any = DecimalField(max_digits=30, decimal_places=6)
    return Cast(F(part), exact) * 100 / NullIf(Cast(whole, exact), Value(0, exact))


# Figures that no column holds as they are filtered by.
EXPRESSIONS: dict[str, Any] = {
    "all_rated": all_rated,
    "qbr": reviewed,
    "champion_left": champion_left,
    "boss_silent": boss_silent,
    "never_activated": never_activated,
    "seats_active_known": seats_active,
    "likelihood": lambda: figure_of("account_id"),
    "likelihood_low": lambda: figure_of("account_id", "low"),
    "likelihood_high": lambda: figure_of("account_id", "high"),
    "likelihood_basis": lambda: figure_of("account_id", "basis"),
    "likelihood_pct": lambda: figure_of("account_id") * 100,
    "coverage_pct": lambda: F("coverage") * 100,
    "star_pct": lambda: _share("north_star", star_threshold()),
    "activation_pct": lambda: _share("seats_activated", F("seats_purchased")),
}


def one_of(field: Field, values: tuple[str, ...]) -> Q:
    """The states whose value is among these; a dash stands for none."""
    if field.key == "team":
        return _in_teams(values)
    if field.key == "state":
        return _in_states(values)
    if field.key == "level":
        return Q(level__in=[Level[value.upper()] for value in values])
    if field.key in YES_NO:
        found = Q(**{f"{field.path}__in": [value == "yes" for value in values if value != NOBODY]})
        return found | Q(**{f"{field.path}__isnull": True}) if NOBODY in values else found
    plain = [value for value in values if value != NOBODY]
    found = Q(**{f"{field.path}__in": plain})
    if NOBODY not in values:
        return found
    return found | (Q(account__owner__isnull=True) if field.key == "owner" else Q(**{field.path: ""}))


def _in_states(values: tuple[str, ...]) -> Q:
    """Accounts in any of these named states; a dash: in none."""
    found = Q(pk__in=[])
    for value in values:
        found |= Q(named_states=[]) | Q(named_states__isnull=True) if value == NOBODY else Q(named_states__contains=[{"key": value}])
    return found


def _in_teams(values: tuple[str, ...]) -> Q:
    """Teams with everything below: the owner's, else the account's own."""
    found = Q(pk__in=[])
    for value in values:
        if value == NOBODY:
            found |= Q(account__owner__team__isnull=True, account__team__isnull=True)
            continue
        path = value.rstrip("/") + "/"
        found |= Q(account__owner__team__path__startswith=path) | Q(account__owner__isnull=True, account__team__path__startswith=path)
    return found


def since(day: date, days: int) -> date:
    """The day that many days after (before: negative), kept inside the calendar."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))

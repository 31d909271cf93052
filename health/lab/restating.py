"""Recomputes months and health by other definitions than those the days were built by, beside what is published.

Everything is staged in temporary tables of one transaction; published rows are read and never touched. A published day keeps its counts
where the new rules count alike and is only graded anew; its seats are counted again, or its events weighed again, only where they must be.
docs/methods/definitions.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from django.db import connection, transaction

from accounts.calendar_rules import CalendarRules
from accounts.models import Action
from accounts.types import SeatKind
from csm_portal.lib.periods import ONE_DAY, Period, add_months, days_in, period_of
from csm_portal.lib.versions import version_on
from health.account_days import STAGE_ACTIVATED, stage_counts
from health.account_periods import STAGE_COUNTS, STAGE_WORK
from health.counted_seats import stage_seats
from health.definitions import ActivityRules, ActivityVersion, HealthVersion, NorthStarVersion, QuestionVersion
from health.frames import DaySource
from health.lab import restating_sql as sql
from health.lab.reweighing_sql import ANY_COUNTS, ANY_LEFT_OUT, STAGE_PLACES, WEIGHTS, Events
from health.models import PublishedSlice
from health.rollup.month import AS_BEFORE, SCAN
from health.rollup.run import action_rules
from health.rulesets import Ruleset, stage_rulesets
from health.types import Grain
from health.versions import activity_versions, health_versions, north_star_versions, question_versions
from health.working_time import stage_working_days

# Months before the running one whose figures are recomputed.
MONTHS_BACK = 24
# Where more of the events than this are of actions that count differently, or of accounts of which other seats count, nearly every day
# has one: looking for the others costs more than it saves.
RARE = 0.1
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a recomputation counts by. A version holds from its `effective_from`: from `date.min` for all days.

    `calendar` and `grace_days`: None for what is published.
    """

    activity: tuple[ActivityVersion, ...]
    north_stars: tuple[NorthStarVersion, ...]
    health: tuple[HealthVersion, ...]
    questions: tuple[QuestionVersion, ...]
    calendar: CalendarRules | None = None
    grace_days: int | None = None


def as_published() -> Definitions:
    """Every published version, each on its days: a recomputation by these gives what is published."""
    return Definitions(activity_versions(), north_star_versions(), health_versions(), question_versions())


def todays(as_of: date) -> Definitions:
    """The activity definition and health model in force on the day, as if they had always held.

    The north star stays as it was: its sums begin where a version does. So do questions: an answer was given to the question of its day.
    """
    published = as_published()
    activity, health = version_on(published.activity, as_of), version_on(published.health, as_of)
    return Definitions(
        always(activity) if activity else (), published.north_stars, always_health(health) if health else (), published.questions
    )


def always(one: ActivityVersion) -> tuple[ActivityVersion, ...]:
    """The version as if it had always held."""
    return (ActivityVersion(one.version, date.min, one.rules, one.when),)


def always_health(one: HealthVersion) -> tuple[HealthVersion, ...]:
    """The model as if it had always held."""
    return (HealthVersion(one.version, date.min, one.rules, one.when),)


def published_months(as_of: date) -> list[Period]:
    """Months with published days, from 24 before the one of the as-of day to this one, ascending; the last one cut after that day."""
    first = add_months(as_of, -MONTHS_BACK)
    days = PublishedSlice.objects.filter(grain=Grain.DAY, starts_on__gte=first, starts_on__lte=as_of).values_list("starts_on", flat=True)
    starts = sorted({day.replace(day=1) for day in days})
    return [period_of(Grain.MONTH, start) for start in starts]


def restate_months(definitions: Definitions, months: Sequence[Period], as_of: date, say: Say) -> Iterator[tuple[Period, DaySource]]:
    """Grade the days of each month by the definitions, and sum the month up in `restated_month`; yields it while its days stand.

    While a month is yielded its graded days and those of the two months before are in the tables of the DaySource. Needs an open
    transaction, at whose end all of it goes. A month without any version in force is left out.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("the recomputation's tables live in one transaction")
    published = as_published()
    with connection.cursor() as cursor:
        cursor.execute(sql.DDL)
    stars = _stage_stars(definitions, published, as_of)
    # Only scores read what single seats did.
    seats = bool(definitions.health) and _seats_differ(definitions, published)
    for place, month in enumerate(months):
        staged = _Month(month, min(month.last, as_of), place % sql.KEPT_MONTHS, definitions, published)
        if not staged.stage():
            continue
        staged.weigh()
        if seats:
            staged.seats()
        staged.sum_up()
        say(f"{month.first:%Y-%m}")
        yield month, DaySource("restated_day", "restated_seat" if seats else "", stars)


def _seats_differ(definitions: Definitions, published: Definitions) -> bool:
    """Whether any seat may have done a key action, or logged in, on other days than those kept."""
    built, ours = ([rules for version in found.activity for rules in version.rules] for found in (published, definitions))
    return any(_deeds(old) != _deeds(new) for old, new in product(built, ours))


def _stage_stars(definitions: Definitions, published: Definitions, as_of: date) -> str:
    """The table of what the north stars add up, where they are others than the days were built by; else nothing.

    Seats are left out as the latest activity definition says, profiles aside.
    """
    ours, built = _sums(definitions.north_stars), _sums(published.north_stars)
    if ours == built:
        return ""
    rules = definitions.activity[-1].rules[0] if definitions.activity else None
    ids = dict(Action.objects.filter(name__in=[star.rules.action for star in definitions.north_stars]).values_list("name", "id"))
    borders = sorted({star.effective_from for star in definitions.north_stars})
    with connection.cursor() as cursor:
        for first, after in zip(borders, [*borders[1:], as_of + ONE_DAY], strict=True):
            star = version_on(definitions.north_stars, first)
            if star is None or star.rules.action not in ids:
                continue
            left_out: dict[str, Any] = {
                "bot": SeatKind.BOT,
                "personas": list(rules.excluded_personas) if rules else [],
                "domains": list(rules.excluded_email_domains) if rules else [],
            }
            span = {"first": first, "after": min(after, as_of + ONE_DAY)}
            cursor.execute(sql.STAR, {"action": ids[star.rules.action], "measure": star.rules.measure, **span, **left_out})
        cursor.execute("ANALYZE restated_star")
    return "restated_star"


def _sums(stars: Sequence[NorthStarVersion]) -> list[tuple[Any, ...]]:
    return [(star.version, star.effective_from, star.rules.action, star.rules.measure) for star in stars]


class _Month:
    """One month on its way through the temporary tables."""

    def __init__(self, month: Period, cut: date, place: int, definitions: Definitions, published: Definitions) -> None:
        self.month, self.cut, self.place, self.definitions, self.published = month, cut, place, definitions, published.activity
        self.table = f"restated_day_{place}"
        self.rulesets: tuple[Ruleset, ...] = ()
        self.kept: list[tuple[int, int, int, int, int]] = []
        self.resorted = False  # whether seats are left out that were not, or the other way round
        self.apart = False  # whether days are told apart by what was done on them, and by whom
        self.events = Events(left_out=True, counts=True, stars=True)
        self.span: dict[str, Any] = {"first": month.first, "last": cut, "after": month.after}
        self.working = "d.working" if definitions.calendar is None else sql.WORKING_AFRESH

    def stage(self) -> bool:
        """Rules, calendars and what is published; False where nothing holds in the month."""
        days = list(days_in(self.month.first, self.month.after))
        days = [day for day in days if day <= self.cut]
        self.rulesets = stage_rulesets(days, self.definitions.activity, self.definitions.north_stars)
        if not self.rulesets:
            return False
        stage_working_days(self.month.first, self.month.last, self.definitions.calendar)
        with connection.cursor() as cursor:
            cursor.execute(sql.STAGE_MONTH, self.span)
            self.apart = self._touch(cursor)
            self.kept = self._kept()
            cursor.executemany("INSERT INTO kept_rule VALUES (%s, %s, %s, %s, %s)", self.kept)
            cursor.execute(sql.STAGE_RULES, self.span)
            cursor.execute(f"TRUNCATE {self.table}")
            cursor.execute(WEIGHTS)
            ids = dict(Action.objects.values_list("name", "id"))
            rows = [(*row[:5], row[6]) for one in self.rulesets for row in action_rules(one, ids)]
            cursor.executemany("INSERT INTO restated_weight VALUES (%s, %s, %s, %s, %s, %s)", rows)
            cursor.execute(STAGE_PLACES)
            cursor.execute(ANY_LEFT_OUT)
            left_out = bool(cursor.fetchone()[0])
            cursor.execute(ANY_COUNTS, self.span)
            stars = self.resorted and any(one.north_star for one in self.rulesets)
            self.events = Events(left_out, bool(cursor.fetchone()[0]), stars)
        return True

    def weigh(self) -> None:
        """Grade the month's days into its table."""
        redo = {kind for *_, touched, untouched in self.kept for kind in (touched, untouched)}
        reweighed = sql.REWEIGH in redo
        with connection.cursor() as cursor:
            if reweighed:
                stage_seats()
                cursor.execute(self.events.days(touched=self.apart), self.span)
            if self.resorted:
                cursor.execute(STAGE_ACTIVATED, self.span)
                cursor.execute("ANALYZE graded_activated")
                cursor.execute(sql.grade(self.table, sql.UNSEEN.format(working=sql.WORKING_AFRESH)), self.span)
            base = sql.kept_base(self.working, reweighed=reweighed, resorted=self.resorted, apart=self.apart)
            cursor.execute(sql.grade(self.table, base), self.span)
            if redo - {sql.KEPT, sql.REWEIGH}:
                self._count_seats(cursor)

    def _count_seats(self, cursor: Any) -> None:
        """Grade the days whose seats have to be counted for it."""
        cursor.execute(sql.STAGE_PAIRS.format(table=self.table))
        cursor.execute("SELECT DISTINCT redo FROM restated_pair")
        redo = {kind for (kind,) in cursor.fetchall()}
        if redo:
            stage_seats()
        if sql.RELOGIN in redo:
            cursor.execute(self.events.pairs(), self.span)
            cursor.execute(sql.grade(self.table, sql.LOGGED_BASE.format(logged="relogged", redo=sql.RELOGIN)))
        if sql.RECOUNT in redo:
            # Sorting so many small groups takes less time and memory than hashing them; most of the month is read, so it is scanned and
            # joined by hash.
            cursor.execute(f"SET LOCAL enable_hashagg = off; {SCAN}")
            stage_counts(cursor, "seat_day", "restated_pair", self.month.first, self.cut)
            cursor.execute(f"SET LOCAL enable_hashagg TO DEFAULT; ANALYZE graded_counts; {AS_BEFORE}")
            cursor.execute(sql.grade(self.table, sql.LOGGED_BASE.format(logged="graded_counts", redo=sql.RECOUNT)))

    def seats(self) -> None:
        """On which days of the month each seat did a key action, and on which it logged in."""
        with connection.cursor() as cursor:
            cursor.execute(self.events.seats(self.place), self.span)

    def sum_up(self) -> None:
        """The month's row of every account."""
        with connection.cursor() as cursor:
            cursor.execute(STAGE_COUNTS.format(days=sql.MONTH_DAYS.format(table=self.table)))
            cursor.execute("ANALYZE period_count")
            cursor.execute(STAGE_WORK)
            cursor.execute("ANALYZE period_work")
            cursor.execute(sql.MONTH.format(table=self.table))

    def _kept(self) -> list[tuple[int, int, int, int, int]]:
        """What a published day of each version and profile needs under each rule set; and, told apart, what if it was not touched."""
        found = []
        for one, version in product(self.rulesets, self.published):
            for profile, rules in enumerate(version.rules):
                redo = redo_of(rules, one.rules)
                found.append((one.id, version.version, profile, redo, redo_of_untouched(rules, one.rules) if self.apart else redo))
        return found

    def _touch(self, cursor: Any) -> bool:
        """Make `touched`, the days on which anything may count differently; False, and nothing made, where most or none are."""
        personas, domains = self._sorted_otherwise()
        self.resorted = bool(personas or domains)
        span = {**self.span, "actions": self._actions_counted_otherwise()}
        if not span["actions"] and not self.resorted:
            return False
        cursor.execute(sql.RESORTED, {"personas": list(personas), "domains": list(domains)})
        cursor.execute(sql.SHARE, span)
        if (cursor.fetchone()[0] or 0) > RARE:
            return False
        cursor.execute(sql.TOUCH, span)
        return True

    def _actions_counted_otherwise(self) -> list[int]:
        """Ids of all actions that any of the rule sets counts differently from any rules that days were built by."""
        names = {name for old, new in self._compared() for name in _counted_otherwise(old, new)}
        return list(Action.objects.filter(name__in=names).values_list("id", flat=True)) if names else []

    def _sorted_otherwise(self) -> tuple[set[str], set[str]]:
        """Personas and domains that are left out by any of the rule sets or by any rules that days were built by, but not by both."""
        personas, domains = set[str](), set[str]()
        for old, new in self._compared():
            personas |= set(old.excluded_personas) ^ set(new.excluded_personas)
            domains |= set(old.excluded_email_domains) ^ set(new.excluded_email_domains)
        return personas, domains

    def _compared(self) -> list[tuple[ActivityRules, ActivityRules]]:
        return [(rules, one.rules) for one in self.rulesets for version in self.published for rules in version.rules]


def redo_of(old: ActivityRules, new: ActivityRules) -> int:
    """What is to be done again of a day built by the old rules, to have it by the new: see `restating_sql`."""
    if _exclusion(old) != _exclusion(new) or _weighing(old) != _weighing(new):
        return sql.REWEIGH
    if set(old.passive_actions) != set(new.passive_actions):
        return sql.RELOGIN
    return redo_of_untouched(old, new)


def redo_of_untouched(old: ActivityRules, new: ActivityRules) -> int:
    """The same of a day on which no action was done that the two count differently, of an account of which the same seats count."""
    # Without a login share to reach, it matters whether a seat was named at all, and that is not kept.
    if not new.login_share:
        return sql.RECOUNT
    return sql.RESEAT if old.seat_base != new.seat_base else sql.KEPT


def _weighing(rules: ActivityRules) -> tuple[Any, ...]:
    """All that the sum of an account's day depends on, but who is left out of it."""
    return dict(rules.key_actions), dict(rules.conditions)


def _deeds(rules: ActivityRules) -> tuple[Any, ...]:
    """All that decides whether a seat did a key action on a day, or logged in: the weights themselves are no matter.

    Login actions prove nothing that any other action does not.
    """
    conditions = {action: least for action, least in rules.conditions.items() if action in rules.key_actions}
    return set(rules.key_actions), conditions, set(rules.passive_actions), _exclusion(rules)


def _counted_otherwise(old: ActivityRules, new: ActivityRules) -> set[str]:
    """Names of actions with another weight or condition, or passive in one alone."""
    named = {*old.key_actions, *new.key_actions, *old.conditions, *new.conditions}
    other = {name for name in named if _weight(old, name) != _weight(new, name)}
    return other | set(old.passive_actions) ^ set(new.passive_actions)


def _weight(rules: ActivityRules, action: str) -> tuple[Any, Any]:
    return rules.key_actions.get(action, 0), rules.conditions.get(action)


def _exclusion(rules: ActivityRules) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(rules.excluded_personas), frozenset(rules.excluded_email_domains)

"""k as the closed renewals tell it, by batch, cohort or cut, and what it says about those to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from accounts.cuts import ALL, CUTS
from churn.cuts_sql import cut
from churn.k import Measure, Moments, Relation, Window, relation
from churn.k_sql import BATCH, COHORT, COMING, DUES, PAST
from csm_portal.lib.periods import add_months
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

BATCHES, COHORTS = "batch", "cohort"
# Not by scenario: several are expected of one account, and its dues would count as often.
BY = (BATCHES, COHORTS, *(name for name in CUTS if name != "scenario"))
COMING_MONTHS = 6
# Stands for all groups; no group can be named so.
EVERY = "\n"
Filters = Mapping[str, Sequence[str]]
Key = tuple[Window, Measure]


@dataclass(frozen=True, slots=True)
class Group:
    """The closed dues of one group. `unknown` of them have no known activity for a window and stand in none of its figures.

    `without_rate` have no exchange rate and stand in no amount. `relations` is empty where nothing is known.
    """

    name: str | None
    dues: int
    renewed: int
    unknown: Mapping[Window, int]
    without_rate: int
    relations: Mapping[Key, Relation]


@dataclass(frozen=True, slots=True)
class Banded:
    """Closed dues of one health band 90 days before the due; `band` is `none` where no health was published for that day."""

    batch: str | None
    band: str
    n: int
    renewed: int


@dataclass(frozen=True, slots=True)
class Told:
    """All that closed renewals say, as of a day. Dues that end on or after `closed_before` are not closed and not in it."""

    as_of: date
    closed_before: date
    whole: Group
    batches: list[Group]
    groups: list[Group]
    bands: list[Banded]

    @property
    def relation(self) -> Relation | None:
        """By count, over the activity of month D-3: the k that pages speak of."""
        return self.whole.relations.get((Window.LEAD, Measure.COUNT))


@dataclass(frozen=True, slots=True)
class Coming:
    """Dues of one month to come, or (`month` None) all paying accounts, by their activity in the month `told`.

    `renewed` and `lost` of the dues are decided already. `unknown` have no known activity in that month.
    """

    month: date | None
    told: date
    n: int
    active: int
    unknown: int
    renewed: int
    lost: int

    @property
    def known(self) -> int:
        """Those whose activity is known."""
        return self.n - self.unknown


@dataclass(frozen=True, slots=True)
class ClosedDue:
    """One closed due: `lead` and `mean` are its activity (None: unknown), `band` its health 90 days before (empty: none published).

    Amounts are MRR in the reporting currency, None where there is no rate; `kept` of a lost one is 0.
    """

    external_id: str
    name: str
    owner: str
    product: str
    ends_on: date
    group: str | None
    lead: int | None
    mean: float | None
    band: str | None
    renewed: bool
    amount: Decimal | None
    kept: Decimal | None


@dataclass(slots=True)
class _Found:
    sums: dict[Key, Moments] = field(default_factory=dict)
    dues: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])


def told(user: User, as_of: date, by: str = BATCHES, filters: Filters | None = None) -> Told:
    """k of the dues that the user may see, in one query: of all, per month of the due, and per group of `by`.

    A due counts once its grace is over and its term was 90 days or more. Active is what the published month says: month D-3 alone, or
    the mean of the months D-3 … D-1 as far as known. `by` is `batch`, `cohort` (quarter of the onboarding, else of the first paying day)
    or a cut; cuts stand as on the day of the due. The nameless group comes last. Raises ValueError for another `by`. docs/methods/k.md.
    """
    return _told(as_of, _rows(user, as_of, by, filters, PAST))


def closed_dues(user: User, as_of: date, by: str = BATCHES, filters: Filters | None = None, *, name: str | None = EVERY) -> list[ClosedDue]:
    """The dues behind the figures of `told`, the latest first; with `name` those of that group (None: the nameless one). One query."""
    rows = _rows(user, as_of, by, filters, DUES, any=name == EVERY, named=name)
    return [ClosedDue(*row) for row in rows]


def _rows(user: User, as_of: date, by: str, filters: Filters | None, template: str, **more: Any) -> list[Any]:
    if by not in BY:
        raise ValueError(f"unknown cut {by!r}; known are {', '.join(BY)}")
    pieces = cut(ALL if by in {BATCHES, COHORTS} else by, filters or {}, day="c.ends_on")
    group = {BATCHES: BATCH, COHORTS: COHORT}.get(by, "c.product" if pieces.by_product else pieces.group)
    where = pieces.where + (" AND c.product = ANY (%(products)s::text[])" if pieces.products else "")
    book, params = visible_book(user)
    sql = template.format(book=book, group=group, joins=pieces.joins, where=where)
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, **pieces.params, "products": list(pieces.products), "as_of": as_of, **more})
        return list(cursor.fetchall())


def _told(as_of: date, rows: Sequence[tuple[str, str, str | None, str, list[float]]]) -> Told:
    found: dict[tuple[str, str | None], _Found] = defaultdict(_Found)
    bands: list[Banded] = []
    closed_before = as_of
    for kind, level, name, what, numbers in rows:
        if kind == "rule":
            closed_before = date.fromisoformat(name or "")
        elif kind == "bands":
            bands.append(Banded(name, what, int(numbers[0]), int(numbers[1])))
        elif kind == "dues":
            found[level, name].dues = [int(number) for number in numbers]
        else:
            window, measure = what.split(" ")
            found[level, name].sums[Window(window), Measure(measure)] = Moments(int(numbers[0]), *numbers[1:])
    of: dict[str, list[Group]] = {"all": [], "batch": [], "group": []}
    for (level, name), one in sorted(found.items(), key=lambda item: (item[0][1] is None, item[0][1] or "")):
        of[level].append(_group(name, one))
    bands.sort(key=lambda one: (one.batch or "", one.band))
    return Told(as_of, closed_before, (of["all"] or [_group(None, _Found())])[0], of["batch"], of["group"], bands)


def _group(name: str | None, one: _Found) -> Group:
    dues, renewed, without_lead, without_mean, without_rate = one.dues
    relations = {key: relation(sums, key[1]) for key, sums in one.sums.items()}
    return Group(name, dues, renewed, {Window.LEAD: without_lead, Window.MEAN: without_mean}, without_rate, relations)


def coming(user: User, as_of: date) -> list[Coming]:
    """All paying accounts first, then the dues of each of the next six months, with their activity; one query.

    Activity is of month D-3, or of the last whole month where that one has not ended yet: there is still time to change it.
    """
    book, params = visible_book(user)
    first = as_of + timedelta(days=1)
    span: dict[str, Any] = {"whole": last_whole_month(as_of), "first": first, "after": add_months(first, COMING_MONTHS)}
    with connection.cursor() as cursor:
        cursor.execute(COMING.format(book=book), {**params, **span})
        return [Coming(*row) for row in cursor.fetchall()]


def last_whole_month(as_of: date) -> date:
    """First day of the last month that has ended by the close of the day."""
    return add_months(as_of + timedelta(days=1), -1)

"""The usage sheet for the renewal talk: its figures, and the sheets that were shared, frozen as they were. docs/methods/usage-sheet.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, JSONObject, NullIf

from accounts.edits import UNDO_FOR
from accounts.models import Contact, Seat, Ticket
from churn.deciding import tick, untick
from churn.models import CaseCheck, RenewalCase, UsageSheet
from churn.types import CheckKind
from csm_portal.lib.periods import add_months, days_in
from csm_portal.lib.versions import version_on
from health.definitions import NorthStar
from health.models import AccountState, Outcome
from health.value.scenario_reads import ScenarioLine, scenario_lines
from health.value.seat_quality import seats_unnamed
from health.versions import north_star_versions

if TYPE_CHECKING:
    from accounts.models import Account, User

MONTHS = 12
TICKETS_SHOWN = 4
LANGUAGES = ("en", "zh-hans")
# A shared sheet as lists tell it.
SHEET_ROW = JSONObject(
    pk="pk", language="language", as_of="as_of", shared_at="shared_at", author=Coalesce(NullIf("author__name", Value("")), "author__email")
)
# Whose language the sheet is written in unless somebody chooses: who decides, then who carries it inside.
ROLES = ("sponsor", "champion", "billing")
# Seats of a month: distinct ones with a key action. A month in which actions named no seat says nothing about seats.
USE = """
WITH days AS (
    SELECT date_trunc('month', d.day)::date AS month, d.day, d.key_actions, d.active, d.activated, d.purchased, d.version
    FROM health_publishedslice p JOIN health_accountday d ON d.day = p.starts_on AND d.run_id = p.run_id
    WHERE p.grain = 'day' AND d.account_id = %(account)s AND p.starts_on >= %(first)s AND p.starts_on < %(after)s
), named AS (
    SELECT date_trunc('month', s.day)::date AS month, count(DISTINCT s.seat_id) AS seats
    FROM seat_day s
    WHERE s.account_id = %(account)s AND s.day >= %(first)s AND s.day < %(after)s AND s.seat_id <> 0 AND s.key_actions > 0
    GROUP BY 1
)
SELECT d.month, count(*) FILTER (WHERE d.active), sum(d.key_actions), coalesce(n.seats, 0),
       (array_agg(d.activated ORDER BY d.day DESC))[1], (array_agg(d.purchased ORDER BY d.day DESC))[1],
       (array_agg(d.version ORDER BY d.day DESC))[1]
FROM days d LEFT JOIN named n ON n.month = d.month
GROUP BY d.month, n.seats ORDER BY d.month
"""


@dataclass(frozen=True, slots=True)
class MonthOfUse:
    """One whole month. `seats` are distinct seats with a key action; `activated`, `purchased` and `version` stand as on its last day.

    `version` is that of the activity definition.
    None is unknown: no day of the month is published, the actions named no seat, no seats are loaded, the contracts name no number.
    """

    first: date
    active_days: int | None = None
    key_actions: Decimal | None = None
    seats: int | None = None
    activated: int | None = None
    purchased: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Star:
    """Where the account stands on the north star: the definition, what is reached, and when the threshold was crossed."""

    rules: NorthStar
    reached: Decimal
    crossed_on: date | None

    @property
    def missing(self) -> Decimal:
        """What is left to the threshold; 0 once it is reached."""
        return max(Decimal(0), self.rules.threshold - self.reached)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything of one account that a sheet may show, as of a day. Nothing of it is a score or a judgement.

    `seats_active` are distinct seats with a key action in the 28 days to `as_of`. `scenarios` are those of the last whole month, with the
    number of the last three in which each was met. Tickets are the open ones, escalated and oldest first; `more_tickets` others are open.
    """

    case: RenewalCase
    account: Account
    as_of: date
    version: int | None
    purchased: int | None
    activated: int | None
    seats_active: int | None
    months: list[MonthOfUse]
    scenarios: list[ScenarioLine]
    met_of_three: Mapping[str, tuple[int, int]]
    outcomes: list[dict[str, Any]]
    star: Star | None
    tickets: list[dict[str, Any]]
    more_tickets: int


def find_case(user: User, pk: int) -> RenewalCase | None:
    """The case with all that its sheet reads of one account, in one query; None where it is not there or not theirs.

    Adds `outcome_rows`, `ticket_rows`, `has_seats`, `customer_language` (empty: unknown) and `sheet_rows`, the sheets shared of this due.
    """
    account = OuterRef("account_id")
    outcomes = Outcome.objects.filter(account=account, withdrawn_on__isnull=True).order_by(F("due_on").asc(nulls_last=True), "id")
    tickets = Ticket.objects.filter(account=account, closed_at__isnull=True).order_by("-escalated", "opened_at", "id")
    roles = Case(*[When(role=role, then=Value(place)) for place, role in enumerate(ROLES)], default=Value(9), output_field=IntegerField())
    spoken = Contact.objects.filter(account=account, left_on__isnull=True).exclude(language="").order_by(roles, "id")
    shared = shared_sheets(user).filter(account=account, product=OuterRef("product"), ends_on=OuterRef("ends_on"))
    rows: QuerySet[RenewalCase] = RenewalCase.objects.visible_to(user).select_related("account", "account__owner", "account__state")
    found = rows.filter(pk=pk).annotate(
        outcome_rows=ArraySubquery(
            outcomes.values(
                row=JSONObject(statement="statement", target="target", due_on="due_on", status="status", achieved_on="achieved_on")
            )
        ),
        ticket_rows=ArraySubquery(tickets.values(row=JSONObject(subject="subject", kind="kind", opened_at="opened_at"))),
        has_seats=Exists(Seat.objects.filter(Q(account=account) | Q(account__counts_for=account))),
        customer_language=Subquery(spoken.values("language")[:1]),
        sheet_rows=ArraySubquery(shared.values(row=SHEET_ROW)),
    )
    return found.first()


def figures(case: RenewalCase) -> Figures | None:
    """The figures of a case that `find_case` gave; None before the account's first night. At most three queries."""
    row: Any = case
    account = case.account
    state: AccountState | None = getattr(account, "state", None)
    if state is None:
        return None
    last = add_months(date.fromordinal(state.as_of.toordinal() + 1), -1)
    lines = scenario_lines(account, add_months(last, -2), add_months(last, 1))
    return Figures(
        case=case,
        account=account,
        as_of=state.as_of,
        version=state.activity_version,
        purchased=state.seats_purchased or None,
        activated=state.seats_activated if row.has_seats else None,
        seats_active=state.seats_active if row.has_seats and not seats_unnamed(state) else None,
        months=months_of_use(account, add_months(last, 1 - MONTHS), add_months(last, 1), has_seats=row.has_seats),
        scenarios=[line for line in lines if line.month == last],
        met_of_three=_met(lines),
        outcomes=row.outcome_rows,
        star=_star(state),
        tickets=row.ticket_rows[:TICKETS_SHOWN],
        more_tickets=max(0, len(row.ticket_rows) - TICKETS_SHOWN),
    )


def months_of_use(account: Account, first: date, after: date, *, has_seats: bool) -> list[MonthOfUse]:
    """The account's use in every month that begins in `[first, after)`; one query."""
    with connection.cursor() as cursor:
        cursor.execute(USE, {"account": account.pk, "first": first, "after": after})
        found = {row[0]: row for row in cursor.fetchall()}
    months = []
    for month in (day for day in days_in(first, after) if day.day == 1):
        if month not in found:
            months.append(MonthOfUse(month))
            continue
        _month, active_days, key_actions, seats, activated, purchased, version = found[month]
        nameless = not seats and key_actions > 0
        months.append(
            MonthOfUse(
                month,
                active_days,
                key_actions,
                None if nameless or not has_seats else seats,
                activated if has_seats else None,
                purchased or None,
                version,
            )
        )
    return months


def _met(lines: list[ScenarioLine]) -> dict[str, tuple[int, int]]:
    """Scenario -> months in which it was met, of those months in which that is known."""
    found: dict[str, tuple[int, int]] = {}
    for line in lines:
        if (as_agreed := met(line)) is not None:
            n, known = found.get(line.name, (0, 0))
            found[line.name] = (n + as_agreed, known + 1)
    return found


def nameless(line: ScenarioLine) -> bool:
    """Whether the actions of the month named no seat, so that nothing is known of its share of seats."""
    return line.days > 0 and not line.seats


def met(line: ScenarioLine) -> bool | None:
    """Whether the month was as agreed; None also where it hangs on a share of seats that nobody knows."""
    return None if nameless(line) and line.expected_share is not None and not line.gap_days else line.met


def _star(state: AccountState) -> Star | None:
    if state.north_star is None:
        return None
    defined = version_on(north_star_versions(), state.as_of)
    return None if defined is None else Star(defined.rules, state.north_star, state.north_star_crossed_on)


def shared_sheets(user: User) -> QuerySet[UsageSheet]:
    """Sheets that were shared and not taken back, of the accounts the user sees; the latest first."""
    rows: QuerySet[UsageSheet] = UsageSheet.objects.visible_to(user)
    return rows.filter(withdrawn_at__isnull=True).order_by("-shared_at", "-pk")


@transaction.atomic
def share(user: User, case: RenewalCase, language: str, body: dict[str, Any], *, as_of: date, at: datetime) -> UsageSheet:
    """Freeze the sheet of a case that the user sees, and tick that usage was shared.

    The very sheet that the same person shared last is the same sheet. Raises RenewalCase.DoesNotExist for what is not theirs.
    """
    tick(user, case, CheckKind.USAGE_SHARED, at)  # holds the account, so that two hands don't share one sheet twice
    due = {"account_id": case.account_id, "product": case.product, "ends_on": case.ends_on}
    latest = UsageSheet.objects.filter(**due, withdrawn_at__isnull=True).order_by("-shared_at", "-pk").first()
    if latest and (latest.author_id, latest.language, latest.body) == (user.pk, language, body):
        return latest
    return UsageSheet.objects.create(**due, language=language, as_of=as_of, body=body, author=user, shared_at=at)


@transaction.atomic
def take_back(user: User, pk: int, at: datetime) -> UsageSheet | None:
    """Take back the user's own sheet of the last day; None: there is no such sheet.

    The step "usage shared" is open again if sharing a sheet had ticked it and no other sheet of the due stands.
    """
    own = UsageSheet.objects.select_for_update(of=("self",)).select_related("account")
    sheet = own.filter(pk=pk, author=user, withdrawn_at__isnull=True, shared_at__gt=at - UNDO_FOR).first()
    if sheet is None or not user.is_active:
        return None
    sheet.withdrawn_at = at
    sheet.save(update_fields=["withdrawn_at"])
    due = {"account_id": sheet.account_id, "product": sheet.product, "ends_on": sheet.ends_on}
    of_due = UsageSheet.objects.filter(**due)
    if not of_due.filter(withdrawn_at__isnull=True).exists():
        ticked = CaseCheck.objects.filter(**due, kind=CheckKind.USAGE_SHARED, withdrawn_at__isnull=True, author=user).first()
        if ticked is not None and of_due.filter(author=user, shared_at=ticked.checked_at).exists():
            untick(user, ticked.pk, at)
    return sheet

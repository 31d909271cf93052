"""A small published book, nights upon it, and all that they leave: for the law that a small night shows what a full one would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts import dirty
from accounts.models import Account, Contract, Interaction, Invoice, Seat, Ticket, User
from churn.models import CaseOutcome
from csm_portal.nightly import foresee
from csm_portal.nightly.build import Result, build
from health.models import Milestone, Outcome, OutcomeVersion, Override, Rating
from tests import factories as make
from tests.health import graded as rows

START = date(2026, 1, 5)
AS_OF = date(2026, 2, 20)
TODAY = AS_OF + timedelta(days=1)
NOW = datetime(2026, 2, 21, 2, tzinfo=UTC)
# So many that three touched ones, and whoever belongs to them, are few.
ACCOUNTS = 16
WEIGHTS = {"activity": 2, "outcome": 1, "adoption": 1, "support": 1, "invoices": 1, "onboarding": 1, "ratings": 1}

# What readers see and what follows from it, but for ids of runs and clocks.
_BY_DAY = "s.grain = '{grain}' AND s.starts_on = t.day"
_BY_START = "s.grain = t.grain AND s.starts_on = t.starts_on"
KEPT = {
    "health_accountday": _BY_DAY.format(grain="day"),
    "health_healthscore": _BY_DAY.format(grain="health"),
    "health_accountperiod": _BY_START,
    "health_scenarioperiod": _BY_START,
    "health_accountstate": "",
    "health_outcomeproof": "",
    "churn_renewalcase": "",
    "churn_likelihood": "",
    "churn_dropalarm": "",
    "churn_actionitem": "",
    "churn_rulematch": "",
}
_PASSING = ("run_id", "id", "opened_at", "model_id", "marked_at")


def night(*, full: bool = False) -> Result:
    """The night of the day with all that follows it."""
    result = build(AS_OF, full=full, say=_quiet, clock=lambda: NOW)
    foresee.run_here(TODAY, _quiet, lambda: NOW)
    return result


def left() -> dict[str, list[str]]:
    """Rows of every table that a night writes, as text, but for what no two nights share."""
    found = {}
    with connection.cursor() as cursor:
        for table, on in KEPT.items():
            joined = f"JOIN health_publishedslice s ON {on} AND s.run_id = t.run_id" if on else ""
            query = f"SELECT (to_jsonb(t) - %s::text[])::text FROM {table} t {joined}"  # noqa: S608 - names from above
            cursor.execute(query, [list(_PASSING)])
            found[table] = sorted(row for (row,) in cursor.fetchall())
    return found


def book() -> list[Account]:
    """Accounts that work more and less, one of them a store of the first; the first night is published and foreseen."""
    make.define_activity(scenarios=[{"name": "daily", "actions": ["work"], "expected_days_per_month": 5}])
    make.define_calendar("DE")
    make.define_north_star(action="work", measure="count", threshold=20)
    rows.define_health(weights=WEIGHTS)
    rows.define_questions(core="ratings")
    csm = make.UserFactory.make()
    accounts = [make.AccountFactory.make(tier="A" if place % 2 else "B") for place in range(ACCOUNTS)]
    store = accounts[-1]
    Account.objects.filter(pk=store.pk).update(counts_for=accounts[0])
    store.refresh_from_db()
    for place, account in enumerate(accounts[:-1]):
        make.own(account, csm)
        ends = AS_OF + timedelta(days=20 * place) if place % 3 else None
        make.ContractFactory.make(account=account, starts_on=START, ends_on=ends, seats=4, mrr=Decimal(100 + place))
        seats = [make.SeatFactory.make(account=account, activated_on=START) for _ in range(3)]
        for offset in range(0, (AS_OF - START).days + 1, 1 + place % 5):
            make.event(account, START + timedelta(days=offset), seat=seats[offset % 3], times=1 + (offset + place) % 4)
        rows.outcome(account, "on_track", action="work", target="30", since=START)
        rows.ticket(account, AS_OF - timedelta(days=3 + place), how_to_kind(place))
        Rating.objects.create(
            account=account, question="core", score=1 + place % 5, rated_on=AS_OF - timedelta(days=9), rated_by=csm, recorded_at=NOW
        )
    Contract.objects.filter(account=accounts[3]).update(ends_on=AS_OF - timedelta(days=10))
    night()
    return accounts


def how_to_kind(place: int) -> date | None:
    """Some tickets are closed."""
    return AS_OF - timedelta(days=1) if place % 2 else None


def _quiet(_line: str) -> None:
    """Nobody listens."""


def _by() -> User:
    found: User = User.objects.order_by("pk")[0]
    return found


def _late_event(one: Account) -> None:
    make.event(one, AS_OF, seat=Seat.objects.filter(account=one).first(), times=7)


def _late_event_of_another_day(one: Account) -> None:
    make.event(one, AS_OF - timedelta(days=12), seat=Seat.objects.filter(account=one).first(), times=9)


def _ticket(one: Account) -> None:
    rows.ticket(one, AS_OF - timedelta(days=1), escalated=True)


def _ticket_gone(one: Account) -> None:
    Ticket.objects.filter(account=one).delete()


def _rating(one: Account) -> None:
    Rating.objects.create(account=one, question="core", score=5, rated_on=AS_OF, rated_by=_by(), recorded_at=NOW)


def _contract_gone(one: Account) -> None:
    Contract.objects.filter(account=one).delete()
    dirty.mark_days([one.pk], None, None)


def _contract_longer(one: Account) -> None:
    Contract.objects.filter(account=one).update(ends_on=AS_OF + timedelta(days=400), mrr=900)


def _invoice(one: Account) -> None:
    Invoice.objects.create(
        **rows.loaded(
            account=one, issued_on=START, due_on=START + timedelta(days=9), amount=100, currency="USD", status="failed", failed_attempts=2
        )
    )


def _contact(one: Account) -> None:
    Interaction.objects.create(**rows.loaded(account=one, kind="call", happened_at=rows.noon(AS_OF)))


def _override(one: Account) -> None:
    Override.objects.create(
        account=one, band="red", starts_on=AS_OF, ends_on=AS_OF + timedelta(days=9), reason="word", author=_by(), recorded_at=NOW
    )


def _milestone(one: Account) -> None:
    Milestone.objects.create(account=one, name="first use", due_on=AS_OF - timedelta(days=20), recorded_at=NOW)


def _outcome_missed(one: Account) -> None:
    Outcome.objects.filter(account=one).update(status="missed", due_on=AS_OF)
    OutcomeVersion.objects.filter(outcome__account=one).update(status="missed", due_on=AS_OF)


def _seat_gone(one: Account) -> None:
    Seat.objects.filter(account=one).update(deactivated_on=AS_OF)
    dirty.mark_days([one.pk], AS_OF, None)


def _attributes(one: Account) -> None:
    Account.objects.filter(pk=one.pk).update(tier="C", timezone="Asia/Tokyo")


def _out_of_the_brand(one: Account) -> None:
    brand = one.counts_for_id or one.pk
    Account.objects.filter(counts_for=brand).update(counts_for=None)
    dirty.mark_event_days([brand])


def _case_lost(one: Account) -> None:
    contract = Contract.objects.filter(account=one, ends_on__isnull=False).first()
    if contract and contract.ends_on:
        due = {"product": contract.product, "ends_on": contract.ends_on, "currency": "USD"}
        CaseOutcome.objects.create(account=one, **due, state="lost", decided_on=AS_OF, author=_by(), entered_at=NOW)


TOUCHES: tuple[Callable[[Account], Any], ...] = (
    _late_event,
    _late_event_of_another_day,
    _ticket,
    _ticket_gone,
    _rating,
    _contract_gone,
    _contract_longer,
    _invoice,
    _contact,
    _override,
    _milestone,
    _outcome_missed,
    _seat_gone,
    _attributes,
    _out_of_the_brand,
    _case_lost,
)

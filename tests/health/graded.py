"""Rows that scores and states are computed from, written directly: graded days, definitions, facts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from accounts.models import Account, Invoice, RenewalDefinition, SurveyResponse, Ticket
from health.definitions import check_health, check_questions
from health.models import AccountDay, HealthModel, HealthScore, Outcome, PublishedSlice, QuestionSet, Rating, Run
from health.types import Grain
from tests import factories as make

RECORDED = make.RECORDED
AS_OF = date(2026, 6, 30)


def define_health(effective_from: date = date(2000, 1, 1), **section: Any) -> HealthModel:
    """Publish the next `[health]`; activity alone counts unless said otherwise."""
    section.setdefault("weights", {"activity": 1})
    section.setdefault("min_coverage", "0")
    version = HealthModel.objects.count() + 1
    return HealthModel.objects.create(
        version=version, effective_from=effective_from, body=check_health(section), digest=str(version), published_at=RECORDED
    )


def define_questions(**parts: str) -> QuestionSet:
    """Publish the next question set: `core="ratings"`, valid for 90 days."""
    anchors = {"en": ["1", "2", "3", "4", "5"]}
    questions = [{"key": key, "text": {"en": key}, "anchors": anchors, "part": part} for key, part in parts.items()]
    version = QuestionSet.objects.count() + 1
    body = check_questions({"questions": questions})
    return QuestionSet.objects.create(
        version=version, effective_from=date(2000, 1, 1), body=body, digest=str(version), published_at=RECORDED
    )


def define_grace(days: int) -> RenewalDefinition:
    """Publish the next `[renewals]`."""
    version = RenewalDefinition.objects.count() + 1
    body = {"renewal_grace_days": days, "bridge_gap_days": 0}
    return RenewalDefinition.objects.create(
        version=version, effective_from=date(2000, 1, 1), body=body, digest=str(version), published_at=RECORDED
    )


def graded_day(account: Account, run: Run, day: date = AS_OF, level: int = 3, **fields: Any) -> AccountDay:
    """A working, paying day of 10 seats, 8 of 10 purchased ones activated."""
    values = {
        "key_actions": 5,
        "active_seats": 4,
        "seats": 8,
        "activated": 8,
        "purchased": 10,
        "paying": True,
        "working": True,
        "version": 1,
    }
    values |= {"active": level >= 1, **fields}
    return AccountDay.objects.create(account=account, run=run, day=day, level=level, **values)


def graded_days(account: Account, run: Run, levels: str, last: date = AS_OF, **fields: Any) -> None:
    """Days up to `last`, one letter each: Z L M H, U unknown."""
    for back, letter in enumerate(reversed(levels)):
        graded_day(account, run, last - timedelta(days=back), "ZLMHU".index(letter) if letter != "U" else -1, **fields)


def show(run: Run, grain: Grain, *days: date) -> None:
    """Point readers at the run for these days."""
    for day in days:
        PublishedSlice.objects.update_or_create(grain=grain, starts_on=day, defaults={"run": run})


def noon(day: date) -> datetime:
    """Noon UTC."""
    return datetime.combine(day, time(12), tzinfo=UTC)


def loaded(**fields: Any) -> dict[str, Any]:
    """Source and external id of a loaded row."""
    return {"source": make.SourceFactory.make(), "external_id": f"x{next(_numbers)}", "recorded_at": RECORDED, **fields}


def ticket(account: Account, opened: date, closed: date | None = None, **fields: Any) -> Ticket:
    """A support case."""
    return Ticket.objects.create(**loaded(account=account, opened_at=noon(opened), closed_at=noon(closed) if closed else None, **fields))


def invoice(account: Account, issued: date, due: date | None, paid: date | None = None, **fields: Any) -> Invoice:
    """A bill of 100."""
    fields.setdefault("status", "paid" if paid else "open")
    return Invoice.objects.create(
        **loaded(account=account, issued_on=issued, due_on=due, paid_on=paid, amount=100, currency="USD", **fields)
    )


def answer(account: Account, day: date, score: int, scale: int = 10, kind: str = "nps", **fields: Any) -> SurveyResponse:
    """A survey answer."""
    return SurveyResponse.objects.create(**loaded(account=account, responded_at=noon(day), score=score, scale=scale, kind=kind, **fields))


def rating(account: Account, day: date, score: int, question: str = "core") -> Rating:
    """A CSM's answer."""
    by = make.UserFactory.make()
    return Rating.objects.create(account=account, question=question, score=score, rated_on=day, rated_by=by, recorded_at=RECORDED)


def outcome(account: Account, status: str, *, recorded: date = AS_OF - timedelta(days=60), **fields: Any) -> Outcome:
    """A desired outcome."""
    return Outcome.objects.create(
        **loaded(account=account, statement="more orders", status=status, **fields) | {"recorded_at": noon(recorded)}
    )


def score_on(account: Account, day: date = AS_OF) -> Any:
    """The account's score of the day, a HealthScore; untyped, so that its decimals may be compared with whole numbers."""
    return HealthScore.objects.get(account=account, day=day)


_numbers = iter(range(1, 1_000_000))

"""Paying accounts and their ratings, for tests of what is to be rated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import Account, User
from health.definitions import check_questions
from health.models import AccountState, QuestionSet, Rating, Review, Run
from tests.factories import AccountFactory
from tests.health.graded import loaded
from tests.rest import published_run, state

TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
CAME = TODAY - timedelta(days=400)


def ask(*keys: str, version: int = 1, since: date = date(2020, 1, 1), valid_days: int = 90) -> QuestionSet:
    """Publish a set of questions."""
    anchors = {"en": ["1", "2", "3", "4", "5"]}
    questions = [{"key": key, "text": {"en": f"About {key}?"}, "anchors": anchors, "valid_days": valid_days} for key in keys]
    body = check_questions({"questions": questions})
    return QuestionSet.objects.create(version=version, effective_from=since, body=body, digest=str(version), published_at=NOW)


def run() -> Run:
    """The published night of the book."""
    return Run.objects.first() or published_run(TODAY - timedelta(days=1))


def paying(owner: User | None = None, **fields: Any) -> Account:
    """A paying account that came long ago; `mrr` is of its state."""
    mrr = fields.pop("mrr", 100)
    account = AccountFactory.make(owner=owner, **{"onboarded_on": CAME, **fields})
    state(account, run(), mrr=mrr, mrr_reporting=mrr)
    return account


def answered(account: Account, by: User, days_ago: int, score: int = 3, *questions: str) -> None:
    """Answers of that day."""
    day = TODAY - timedelta(days=days_ago)
    for key in questions or ("core", "boss"):
        Rating.objects.create(account=account, question=key, score=score, rated_on=day, rated_by=by, recorded_at=NOW)
    AccountState.objects.filter(account=account).update(rated_on=day)


def review(account: Account, planned: date, kind: str = "qbr", held: date | None = None) -> Review:
    """A planned review."""
    return Review.objects.create(**loaded(account=account, kind=kind, planned_on=planned, held_on=held))

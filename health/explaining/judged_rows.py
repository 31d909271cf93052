"""What stands behind the human facets: every answer to the anchored questions, and which of them still holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from health.explaining.reading import Reading, Row
from health.judging.rating_questions import question_as_asked
from health.model_types import QuestionVersion

COLUMNS = ("question", "score", "rated_on", "by", "reason", "store", "expires_on", "state", "counts")
# Answers given up to the day, in order of arrival.
RATINGS = Reading(
    """
    SELECT r.question, r.score, r.rated_on, u.email AS by, r.reason, m.store, r.recorded_at, r.id, m.seen
    FROM member m JOIN health_rating r ON r.account_id = m.id JOIN accounts_user u ON u.id = r.rated_by_id
    WHERE r.rated_on <= %(day)s::date
    """,
    "rated_on, recorded_at, id",
    ("question", "score", "rated_on", "by", "reason", "store", "seen"),
)


def judged(answers: Sequence[Row], day: date, versions: Sequence[QuestionVersion], *, part: str) -> list[Row]:
    """The answers of one part as they stand on the day, valid ones first. `state`: `valid`, `expired`, or `replaced` by a later answer.

    Part and days of validity are those of the question set of the day of the answer. `answers` come in order of arrival.
    """
    found = []
    for place, answer in enumerate(answers):
        rated_on = _day(answer["rated_on"])
        question = question_as_asked(answer["question"], rated_on, versions)
        if question.part != part:
            continue
        expires_on = rated_on + timedelta(days=question.valid_days)
        # An answer to the question of another part replaces nothing here.
        later = [other for other in answers[place + 1 :] if other["question"] == answer["question"] and _part(other, versions) == part]
        state = "replaced" if later else "valid" if day < expires_on else "expired"
        found.append({**answer, "rated_on": rated_on, "expires_on": expires_on, "state": state, "counts": state == "valid"})
    order = {"valid": 0, "expired": 1, "replaced": 2}
    return sorted(found, key=lambda row: (order[row["state"]], -row["rated_on"].toordinal(), row["question"]))


def valid_scores(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Score of each question with a valid answer."""
    return {row["question"]: int(row["score"]) for row in rows if row["state"] == "valid"}


def _part(answer: Row, versions: Sequence[QuestionVersion]) -> str:
    return question_as_asked(answer["question"], _day(answer["rated_on"]), versions).part


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)

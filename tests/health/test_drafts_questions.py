"""A question that is dropped is merged with what it was: nobody is asked any more, and its answers count until they expire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from health.definitions import check_questions
from health.judging.ratings import questions_on
from health.models import QuestionSet
from health.score_days import build_scores
from tests import factories as make
from tests.health import graded as rows
from tests.health.graded import AS_OF

pytestmark = pytest.mark.django_db
ANCHORS = {"en": ["1", "2", "3", "4", "5"]}


def follow_with(keys: list[str], since: Any) -> None:
    """Publish the next question set, in force from a day on."""
    body = check_questions({"questions": [{"key": key, "text": {"en": key}, "anchors": ANCHORS} for key in keys]})
    version = QuestionSet.objects.count() + 1
    QuestionSet.objects.create(version=version, effective_from=since, body=body, digest=str(version), published_at=rows.RECORDED)


@pytest.mark.parametrize(("age", "value"), [(89, 75), (90, None)])
def test_answers_to_a_dropped_question_count_until_they_expire(age: int, value: int | None) -> None:
    run, account = make.open_run(AS_OF), make.AccountFactory.make()
    make.ContractFactory.make(account=account)
    rows.graded_days(account, run, "HH")
    rows.define_health(weights={"ratings": 1})
    rows.define_questions(core="ratings", fit="ratings")
    rows.rating(account, AS_OF - timedelta(days=age), 4, "fit")
    follow_with(["core"], AS_OF - timedelta(days=10))
    build_scores(run.pk, [AS_OF], AS_OF)
    assert rows.score_on(account).facets["ratings"]["value"] == value
    assert [question.key for question in questions_on(AS_OF)] == ["core"]

"""Which question an answer answered: as the question set of its day has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from csm_portal.lib.versions import version_on
from health.model_types import Question, QuestionVersion


def question_asked(key: str, day: date, versions: Sequence[QuestionVersion]) -> Question:
    """The question as asked that day, else as any later set has it, else an unlisted one of the ratings part, valid for 90 days."""
    of_day = version_on(versions, day)
    for version in [*([of_day] if of_day else []), *reversed(versions)]:
        for question in version.questions:
            if question.key == key:
                return question
    return Question(key)

"""Which question an answer was given to, and for how long it holds: as the question set of its own day has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from csm_portal.lib.versions import version_on
from health.model_types import Question, QuestionVersion


@dataclass(frozen=True, slots=True)
class Validity:
    """Answers to `question` given in `[first, after)` hold for `valid_days` days; the day of the answer is the first of them."""

    question: str
    first: date
    after: date
    valid_days: int


@dataclass(frozen=True, slots=True)
class Due:
    """A question in force, asked since `since`: before that day nobody could have answered it."""

    question: str
    since: date


def question_as_asked(key: str, day: date, versions: Sequence[QuestionVersion]) -> Question:
    """The question as asked that day, else as any later set has it, else an unlisted one of the ratings part, valid for 90 days."""
    of_day = version_on(versions, day)
    for version in [*([of_day] if of_day else []), *reversed(versions)]:
        for question in version.questions:
            if question.key == key:
                return question
    return Question(key)


def questions_due(versions: Sequence[QuestionVersion], today: date) -> tuple[Due, ...]:
    """The questions in force today with the day since when each has been asked without a break; none where no set is published."""
    now = version_on(versions, today)
    if now is None:
        return ()
    starts = list(_stretches(versions, today))[::-1]
    return tuple(Due(one.key, _asked_since(one.key, starts)) for one in now.questions)


def validities(versions: Sequence[QuestionVersion], today: date) -> Iterator[Validity]:
    """How long an answer to each question in force holds, by the day it was given; the stretches of one question fill all days to today."""
    now = version_on(versions, today)
    if now is None:
        return
    borders = [date.min, *(first for first, _version in _stretches(versions, today)), date.max]
    for question in now.questions:
        for first, after in pairwise(borders):
            if first < after:
                yield Validity(question.key, first, after, question_as_asked(question.key, first, versions).valid_days)


def _stretches(versions: Sequence[QuestionVersion], today: date) -> Iterator[tuple[date, QuestionVersion]]:
    """First day and set of each stretch of days with one set in force, up to today."""
    last = None
    for border in sorted({one.effective_from for one in versions if one.effective_from <= today}):
        found = version_on(versions, border)
        if found is not None and found is not last:
            yield border, found
            last = found


def _asked_since(key: str, latest_first: Sequence[tuple[date, QuestionVersion]]) -> date:
    since = latest_first[0][0]
    for first, version in latest_first:
        if all(question.key != key for question in version.questions):
            break
        since = first
    return since

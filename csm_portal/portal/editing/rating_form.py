"""The rating form: the anchored questions in the reader's language, what was answered before, and what was answered now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from csm_portal.portal import words
from health.judging.ratings import MAX_REASON, SCORES, Answer
from health.model_types import Question
from health.models import Rating

if TYPE_CHECKING:
    from accounts.models import Account
    from csm_portal.portal.editing.chosen import Chosen


@dataclass(frozen=True)
class Point:
    """One score with its text."""

    score: int
    text: str
    chosen: bool
    before: bool


@dataclass(frozen=True)
class Asked:
    """One question as the form shows it. `scores_before`: the distinct earlier answers, which a reason is needed to leave."""

    number: int
    key: str
    text: str
    points: list[Point]
    before: str
    reason_before: str
    scores_before: str
    reason: str
    problem: str


@dataclass(frozen=True)
class RatingForm:
    """What `portal/_rating_form.html` places. `one`: the account where it is a single one."""

    questions: list[Asked]
    n: int
    chosen: Chosen
    one: Account | None
    problem: str = ""
    back: str = ""
    most: int = field(default=MAX_REASON)


@dataclass(frozen=True)
class Filled:
    """What goes into the questions: `before`, the earlier answers by question (one per account that has one), what was sent, and what
    is wrong with it by question. `alone`: the form is about one account.
    """

    before: Mapping[str, Sequence[Rating]]
    data: QueryDict
    problems: Mapping[str, str]
    today: date
    alone: bool


def asked(questions: Sequence[Question], filled: Filled) -> list[Asked]:
    """The questions in order."""
    return [_asked(number, question, filled) for number, question in enumerate(questions, start=1)]


def answers_in(data: QueryDict) -> list[Answer]:
    """What was answered; a score that is no number is 0, which no answer is."""
    found = []
    for name in data:
        if name.startswith("score:") and (text := data[name]):
            question = name.removeprefix("score:")
            score = int(text) if text in {str(score) for score in SCORES} else 0
            found.append(Answer(question, score, " ".join(data.get(f"reason:{question}", "").split())))
    return found


def worded(texts: Mapping[str, object]) -> object:
    """The text in the reader's language, else in English."""
    return texts.get(get_language() or "en") or texts.get("en") or ""


def _asked(number: int, question: Question, filled: Filled) -> Asked:
    anchors = question.anchors.get(get_language() or "en") or question.anchors.get("en") or ("",) * len(SCORES)
    rows = filled.before.get(question.key, ())
    scores = {row.score for row in rows}
    now = filled.data.get(f"score:{question.key}", "")
    points = [Point(score, anchor, now == str(score), score in scores) for score, anchor in zip(SCORES, anchors, strict=True)]
    return Asked(
        number,
        question.key,
        str(worded(question.text)) or question.key,
        points,
        _before(rows, question, filled),
        rows[0].reason if rows and filled.alone else "",
        " ".join(str(score) for score in sorted(scores)),
        filled.data.get(f"reason:{question.key}", "").replace("\0", "")[: MAX_REASON * 2],
        filled.problems.get(question.key, ""),
    )


def _before(rows: Sequence[Rating], question: Question, filled: Filled) -> str:
    """Who answered what and when; of several accounts, how many answered what."""
    if not rows:
        return _("not answered yet")
    if not filled.alone:
        counted = sorted(Counter(row.score for row in rows).items())
        return ", ".join(
            ngettext("%(score)d on %(n)d account", "%(score)d on %(n)d accounts", n) % {"score": score, "n": n} for score, n in counted
        )
    row = rows[0]
    said = _("%(score)d by %(author)s on %(day)s") % {
        "score": row.score,
        "author": row.rated_by.get_full_name(),
        "day": words.day(row.rated_on),
    }
    if row.rated_on + timedelta(days=question.valid_days) <= filled.today:
        return _("%(before)s, expired") % {"before": said}
    return said

"""Answers of colleagues to the anchored questions: checked, saved as one, and taken back as one.

Health takes them up with the next night; the day of the last rating shows at once. Answers of one action share a batch in the log of
changes (`AccountEdit`, field `rating:<question>`), which is what an undo goes by.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.edit_values import NotSaved, Refused, check_characters
from accounts.edits import UNDO_FOR
from accounts.models import Account, AccountEdit, User
from csm_portal.lib.versions import version_on
from health.fresh_states import refresh_touched
from health.model_types import Question
from health.models import Rating
from health.versions import question_versions

FIELD = "rating:"
SCORES = range(1, 6)
MAX_REASON = 1_000
Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A score of 1 … 5 to one question. `reason` may be empty where the score is the same as before, or the first one."""

    question: str
    score: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """One action: how many accounts were rated, and with how many answers in all."""

    id: uuid.UUID
    accounts: int
    answers: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an undo took back: accounts, and the names of those that have a later answer, which keep theirs."""

    taken_back: int
    stayed: tuple[str, ...] = ()


def questions_on(day: date) -> tuple[Question, ...]:
    """The questions in force; none where no set is published."""
    version = version_on(question_versions(), day)
    return version.questions if version else ()


def latest_answers(user: User, accounts: Iterable[int]) -> dict[Key, Rating]:
    """The last answer to each question of each account, with its author, expired ones included; one query."""
    found = Rating.objects.visible_to(user).filter(account__in=list(accounts)).select_related("rated_by")
    rows = found.order_by("account_id", "question", "-rated_on", "-recorded_at", "-id").distinct("account_id", "question")
    return {(row.account_id, row.question): row for row in rows}


def problems_of(answers: Sequence[Answer], questions: Sequence[Question], before: Mapping[Key, Rating]) -> dict[str, str]:
    """What keeps the answers from being saved, by question; what would be right is said with it."""
    known = {question.key for question in questions}
    found: dict[str, str] = {}
    if not answers:
        found[""] = _("Nothing is answered yet; right would be at least one answer.")
    for answer in answers:
        if answer.question not in known:
            found[""] = _("This question is not asked any more; load the form anew.")
        elif answer.score not in SCORES:
            found[answer.question] = _("An answer is a whole number from 1 to 5.")
        elif problem := _reason_problem(answer, {row.score for (_pk, key), row in before.items() if key == answer.question}):
            found[answer.question] = problem
    return found


@transaction.atomic
def rate(user: User, accounts: QuerySet[Account], answers: Sequence[Answer], at: datetime, on: date) -> Saved:
    """Save the answers, dated `on`, for every one of these accounts that the user sees. Raises NotSaved, and then nothing is.

    A second answer of the user to a question on the same day takes the first one's place.
    """
    seen = accounts.filter(pk__in=Account.objects.visible_to(user).values("pk"))
    pks = list(seen.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
    before = latest_answers(user, pks)
    if problems := problems_of(answers, questions_on(on), before):
        raise NotSaved(problems)
    mine = {
        (row.account_id, row.question): row
        for row in Rating.objects.filter(account__in=pks, rated_by=user, rated_on=on, question__in=[one.question for one in answers])
    }
    batch = uuid.uuid4()
    rows, log = [], []
    for pk in pks:
        for answer in answers:
            own = mine.get((pk, answer.question))
            # Confirming an answer of today must not lose what was said with it.
            reason = answer.reason or (own.reason if own and own.score == answer.score else "")
            rows.append(
                Rating(
                    account_id=pk,
                    question=answer.question,
                    score=answer.score,
                    reason=reason,
                    rated_on=on,
                    rated_by=user,
                    recorded_at=at,
                )
            )
            old = {"score": own.score, "reason": own.reason, "recorded_at": own.recorded_at.isoformat()} if own else None
            new = {"score": answer.score, "reason": reason, "rated_on": on.isoformat()}
            log.append(AccountEdit(batch=batch, account_id=pk, field=FIELD + answer.question, old=old, new=new, author=user, edited_at=at))
    Rating.objects.bulk_create(
        rows,
        batch_size=2_000,
        update_conflicts=True,
        unique_fields=["account", "question", "rated_on", "rated_by"],
        update_fields=["score", "reason", "recorded_at"],
    )
    AccountEdit.objects.bulk_create(log, batch_size=2_000)
    refresh_touched(pks, on)
    return Saved(batch, len(pks), len(rows))


@transaction.atomic
def undo(user: User, batch: uuid.UUID, at: datetime, on: date) -> TakenBack | None:
    """Take back the answers of the user's own action of the last day where nothing came after them; None: there is no such action.

    What an answer had replaced on its day is put back. Again: nothing is left to do.
    """
    edits = list(
        AccountEdit.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(batch=batch, author=user, field__startswith=FIELD, edited_at__gt=at - UNDO_FOR)
    )
    if not edits or not user.is_active:
        return None
    waiting = {(edit.account_id, edit.field.removeprefix(FIELD)): edit for edit in edits if edit.undone_at is None}
    found: dict[Key, list[Rating]] = {}
    for row in Rating.objects.filter(account__in={pk for pk, _q in waiting}, question__in={key for _pk, key in waiting}):
        found.setdefault((row.account_id, row.question), []).append(row)
    gone: list[int] = []
    restored: list[Rating] = []
    done: list[AccountEdit] = []
    for key, edit in waiting.items():
        own = next((row for row in found.get(key, []) if row.rated_by_id == user.pk and row.recorded_at == edit.edited_at), None)
        if own is None or any(row.rated_on > own.rated_on or row.recorded_at > own.recorded_at for row in found[key]):
            continue
        done.append(edit)
        if edit.old is None:
            gone.append(own.pk)
        else:
            restored.append(_as_before(own, edit.old))
    Rating.objects.filter(pk__in=gone).delete()
    Rating.objects.bulk_update(restored, ["score", "reason", "recorded_at"], batch_size=500)
    taken = {edit.pk for edit in done}
    AccountEdit.objects.filter(pk__in=taken).update(undone_at=at)
    refresh_touched({edit.account_id for edit in done}, on)
    kept = {edit.account.name: None for edit in waiting.values() if edit.pk not in taken}
    return TakenBack(len({edit.account_id for edit in done}), tuple(kept))


def _as_before(row: Rating, old: Mapping[str, Any]) -> Rating:
    row.score, row.reason, row.recorded_at = old["score"], old["reason"], datetime.fromisoformat(old["recorded_at"])
    return row


def _reason_problem(answer: Answer, before: set[int]) -> str:
    try:
        check_characters(answer.reason)
    except Refused as problem:
        return str(problem)
    if len(answer.reason) > MAX_REASON:
        return ngettext(
            "The reason has %(n)d character; right would be at most %(most)d.",
            "The reason has %(n)d characters; right would be at most %(most)d.",
            len(answer.reason),
        ) % {"n": len(answer.reason), "most": MAX_REASON}
    if before - {answer.score} and not answer.reason:
        was = ", ".join(str(score) for score in sorted(before))
        return _("The answer changes from %(was)s to %(now)d: say why, in a few words.") % {"was": was, "now": answer.score}
    return ""

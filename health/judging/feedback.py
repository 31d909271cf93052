"""What becomes of the feedback given in a review: what it is about, who answers it, and the answer. Checked, saved, taken back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused, tags_of
from accounts.mentions import people_who_see
from accounts.models import Account, User
from accounts.touch import text_of
from health.judging import review_log
from health.models import FeedbackCare, Review

# What product can be told of in one word; a colleague may add words of their own.
THEMES: Final = (
    "missing_feature",
    "hard_to_use",
    "slow",
    "reliability",
    "integration",
    "reporting",
    "mobile",
    "permissions",
    "training",
    "support",
    "price",
    "praise",
)
MOST_THEMES = 8


@dataclass(frozen=True, slots=True)
class Care:
    """What is to become of a feedback. `owner` is an e-mail, empty: nobody yet; `answer` empty: not answered yet."""

    owner: str = ""
    answer: str = ""
    themes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """The feedback's care as it is now, and the log of the action (its batch is None where nothing has changed)."""

    care: FeedbackCare
    batch: uuid.UUID | None


@transaction.atomic
def take_care(user: User, pk: int, told: Care, at: datetime, today: date) -> Kept | None:
    """Say whose the feedback of a review is, what it is about, and what was answered. Raises NotSaved; None: there is no such review.

    The day of an answer is the day on which its words were entered.
    """
    review: Review | None = Review.objects.visible_to(user).filter(pk=pk).select_related("account", "account__owner__team").first()
    if review is None:
        return None
    problems: dict[str, str] = {}
    if not review.feedback:
        problems[""] = _("No feedback is recorded for this review; right would be to record it first.")
    themes, answer, owner = [], "", None
    try:
        themes = themes_of(told.themes)
    except Refused as problem:
        problems["themes"] = str(problem)
    try:
        answer = text_of(told.answer, needed=False)
    except Refused as problem:
        problems["answer"] = str(problem)
    try:
        owner = _owner(review.account, told.owner)
    except Refused as problem:
        problems["owner"] = str(problem)
    if problems:
        raise NotSaved(problems)
    Account.objects.select_for_update(no_key=True).get(pk=review.account_id)
    log = review_log.Log(user, at)
    care = _care(log, review, themes=themes, owner=owner, answer=answer, today=today)
    return Kept(care, log.save())


def keep_themes(log: review_log.Log, review: Review, themes: list[str]) -> None:
    """Write what the feedback is about, and leave its owner and answer as they are."""
    before: Any = FeedbackCare.objects.filter(review=review).select_related("owner").first()
    if before is None and not themes:
        return
    if before is None:
        _care(log, review, themes=themes, owner=None, answer="", today=log.at.date())
    elif before.themes != themes:
        old = review_log.row_of(before)
        before.themes, before.changed_at = themes, log.at
        before.save(update_fields=["themes", "changed_at"])
        log.add(f"{review_log.CARE}{review.pk}", review.account_id, old, review_log.row_of(before))


def themes_of(told: str | Iterable[str]) -> list[str]:
    """Themes, those of the list first and each once. A text holds several, parted as tags are. Raises Refused."""
    written = told if isinstance(told, str) else ";".join(told)
    names = [_known(name) for name in tags_of(written).names]
    if len(names) > MOST_THEMES:
        raise Refused(_("These are %(n)d themes; right would be at most %(most)d.") % {"n": len(names), "most": MOST_THEMES})
    own = [name for name in dict.fromkeys(names) if name not in THEMES]
    return [theme for theme in THEMES if theme in names] + own


def _known(name: str) -> str:
    plain = name.casefold().replace(" ", "_")
    return plain if plain in THEMES else name


def _owner(account: Account, email: str) -> User | None:
    email = email.strip()
    if not email:
        return None
    found = people_who_see(account).filter(email__iexact=email).first() if "\0" not in email else None
    if found is None:
        told = _("“%(email)s” may not see this account; right would be the e-mail of somebody who does.")
        raise Refused(told % {"email": email.replace("\0", "")[:100]})
    return found


def _care(log: review_log.Log, review: Review, *, themes: list[str], owner: User | None, answer: str, today: date) -> FeedbackCare:
    before: Any = FeedbackCare.objects.select_for_update().filter(review=review).first()
    old = review_log.row_of(before)
    care: FeedbackCare = before or FeedbackCare(review=review)
    if before is not None and (before.themes, before.owner_id, before.answer) == (themes, owner.pk if owner else None, answer):
        return care
    if answer != care.answer:
        care.answered_on, care.answered_by = (today, log.user) if answer else (None, None)
    care.themes, care.owner, care.answer, care.changed_at = themes, owner, answer, log.at
    care.save()
    log.add(f"{review_log.CARE}{review.pk}", review.account_id, old, review_log.row_of(care))
    return care

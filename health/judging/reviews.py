"""QBRs and other reviews as people plan, move, hold and cancel them: checked, saved at once, and taken back by their author.

A review that was planned and is held stays one row. What is entered here has the source `portal`; a row of a file that is changed here
keeps in `kept` what the file said, so that loading it again undoes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import MAX_WORD, NotSaved, Refused, line
from accounts.loading.kept_entries import kept_after
from accounts.models import Account, Source, User
from accounts.touch import EARLIEST, SOURCE, text_of
from health.fresh_states import refresh_touched
from health.judging import review_log
from health.judging.feedback import keep_themes, themes_of
from health.models import Review

KINDS = ("qbr", "ebr", "onboarding", "other")
TEXTS = ("landed", "fell_flat", "feedback")
# Beyond this a day is a slip of the finger.
FURTHEST = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Told:
    """One review, as the columns of the file `reviews` say it."""

    kind: str = "qbr"
    planned_on: date | None = None
    held_on: date | None = None
    executive_attended: bool = False
    landed: str = ""
    fell_flat: str = ""
    feedback: str = ""
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """What an action left: the review as it is now (None: cancelled), and the batch to take it back by (None: nothing has changed)."""

    review: Review | None
    batch: uuid.UUID | None


@transaction.atomic
def plan(user: User, account: Account, told: Told, at: datetime, today: date, *, key: uuid.UUID | None = None) -> Entered:
    """Plan a review (kind, day) of an account that the user sees. Raises NotSaved. One of the kind planned for that day stays as it is.

    The same `key` again is the same review.
    """
    if problems := _plan_problems(told, today):
        raise NotSaved(problems)
    _lock(account)
    if (known := _used(user, account, key)) is not None:
        return Entered(known, None)
    open_ones = Review.objects.filter(account=account, kind=told.kind, planned_on=told.planned_on, held_on__isnull=True)
    if (twin := open_ones.first()) is not None:
        return Entered(twin, None)
    log = review_log.Log(user, at)
    made = _create(log, account, Told(told.kind, told.planned_on), str(key or uuid.uuid4()))
    return Entered(made, log.save())


@transaction.atomic
def move(user: User, pk: int, told: Told, at: datetime, today: date) -> Entered | None:
    """Give a planned review another day and kind. Raises NotSaved; None: the user sees no such review, or it was held already."""
    review = _held(user, pk)
    if review is None or review.held_on is not None:
        return None
    if problems := _plan_problems(told, today):
        raise NotSaved(problems)
    log = review_log.Log(user, at)
    _change(log, review, {"kind": told.kind, "planned_on": told.planned_on})
    return Entered(review, log.save())


@transaction.atomic
def record(
    user: User,
    account: Account,
    told: Told,
    at: datetime,
    today: date,
    *,
    themes: Iterable[str] = (),
    pk: int | None = None,
    key: uuid.UUID | None = None,
) -> Entered | None:
    """Record that a review was held: the planned one `pk`, one recorded before, or (without `pk`) one that nobody had planned.

    The next day is planned at once where none of the kind is planned from today on. Raises NotSaved; None: there is no such review.
    """
    problems: dict[str, str] = {}
    about: list[str] = []
    try:
        about = themes_of(themes)
    except Refused as problem:
        problems["themes"] = str(problem)
    clean, more = _checked(told, today)
    problems |= more
    if told.held_on is None:
        problems["held_on"] = _("The date cannot be read; right would be YYYY-MM-DD.")
    if clean.next_on is not None and "next_on" not in problems and clean.next_on > today + FURTHEST:
        problems["next_on"] = _too_far(clean.next_on, today)
    if problems:
        raise NotSaved(problems)
    _lock(account)
    review = _held(user, pk) if pk is not None else None
    if pk is not None and (review is None or review.account_id != account.pk):
        return None
    if review is None and (known := _used(user, account, key)) is not None:
        return Entered(known, None)
    log = review_log.Log(user, at)
    if review is None:
        review = _create(log, account, clean, str(key or uuid.uuid4()))
    else:
        values = asdict(clean)
        _change(log, review, {name: values[name] for name in values if name != "planned_on"})
    keep_themes(log, review, about)
    _plan_next(log, review, today)
    refresh_touched([account.pk], today)
    return Entered(review, log.save())


@transaction.atomic
def cancel(user: User, pk: int, at: datetime) -> Entered | None:
    """Cancel a planned review; None: the user sees no such review, or it was held already.

    One that a file brought stays away while the file repeats the plan (`leave_out_removed`); another day, or that it was held, brings it
    back.
    """
    review = _held(user, pk)
    if review is None or review.held_on is not None:
        return None
    log = review_log.Log(user, at)
    log.add(f"{review_log.REVIEW}{review.pk}", review.account_id, review_log.row_of(review), None)
    review.delete()
    return Entered(None, log.save())


@transaction.atomic
def put(user: User, account: Account, told: Told, at: datetime, today: date, *, external_id: str = "") -> tuple[Review, bool]:
    """Like a row of the file: the review of this id is made or brought to these values. Returns it, and whether it is new. Raises NotSaved.

    Without an id each call makes a review. The same call again changes nothing.
    """
    clean, problems = _checked(told, today)
    try:
        external_id = line(external_id, MAX_WORD)
    except Refused as problem:
        problems["external_id"] = str(problem)
    if clean.planned_on is None and clean.held_on is None:
        problems["planned_on"] = _("A review has a day it is planned for or was held on; right would be one of the two.")
    if problems:
        raise NotSaved(problems)
    _lock(account)
    known = Review.objects.select_for_update().filter(source=_portal(), external_id=external_id).first() if external_id else None
    if known is not None and known.account_id != account.pk:
        raise NotSaved({"external_id": _("This id is taken by another record; right would be one of your own.")})
    log = review_log.Log(user, at)
    review = known
    if review is None:
        review = _create(log, account, clean, external_id or str(uuid.uuid4()))
    else:
        _change(log, review, asdict(clean))
    refresh_touched([account.pk], today)
    log.save()
    return review, known is None


def _checked(told: Told, today: date) -> tuple[Told, dict[str, str]]:
    """The review with clean texts, and a sentence for every field that is wrong."""
    problems: dict[str, str] = {}
    values = asdict(told)
    for name in TEXTS:
        try:
            values[name] = text_of(values[name], needed=False)
        except Refused as problem:
            problems[name] = str(problem)
            values[name] = ""
    if told.kind not in KINDS:
        problems["kind"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(KINDS)}
    for name in ("planned_on", "held_on"):
        if values[name] is not None and values[name] < EARLIEST:
            problems[name] = _("%(day)s is too long ago; right would be %(first)s or later.") % {"day": values[name], "first": EARLIEST}
    if told.held_on is not None and told.held_on > today:
        problems["held_on"] = _("%(day)s lies in the future; right would be today (%(today)s) or earlier.") % {
            "day": told.held_on,
            "today": today,
        }
    if told.planned_on is not None and told.planned_on > today + FURTHEST:
        problems["planned_on"] = _too_far(told.planned_on, today)
    if told.executive_attended and told.held_on is None:
        problems["executive_attended"] = _("Nobody can have attended a review that was not held; right would be the day it was held on.")
    first = told.held_on or told.planned_on
    if told.next_on is not None and first is not None and told.next_on <= first:
        problems["next_on"] = _("The next review comes after this one; right would be a day after %(day)s.") % {"day": first}
    return Told(**values), problems


def _plan_problems(told: Told, today: date) -> dict[str, str]:
    problems, planned_on = {}, told.planned_on
    if told.kind not in KINDS:
        problems["kind"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(KINDS)}
    if planned_on is None:
        problems["planned_on"] = _("The date cannot be read; right would be YYYY-MM-DD.")
    elif planned_on < today:
        text = _("%(day)s is over; right would be today (%(today)s) or later. What was held is recorded, not planned.")
        problems["planned_on"] = text % {"day": planned_on, "today": today}
    elif planned_on > today + FURTHEST:
        problems["planned_on"] = _too_far(planned_on, today)
    return problems


def _too_far(day: date, today: date) -> str:
    return _("%(day)s is too far off; right would be %(last)s or earlier.") % {"day": day, "last": today + FURTHEST}


def _plan_next(log: review_log.Log, review: Review, today: date) -> None:
    """Plan the next review of the kind where none is planned from today on."""
    if review.next_on is None or review.next_on < today:
        return
    coming = Review.objects.filter(account=review.account_id, kind=review.kind, held_on__isnull=True, planned_on__gte=today)
    if not coming.exclude(pk=review.pk).exists():
        _create(log, review.account, Told(review.kind, review.next_on), str(uuid.uuid4()))


def _create(log: review_log.Log, account: Account, told: Told, external_id: str) -> Review:
    made = Review.objects.create(
        source=_portal(), external_id=external_id, account=account, entered_by=log.user, recorded_at=log.at, **asdict(told)
    )
    log.add(f"{review_log.REVIEW}{made.pk}", account.pk, None, review_log.row_of(made))
    return made


def _change(log: review_log.Log, review: Review, values: Mapping[str, Any]) -> None:
    """Bring the review to these values, and remember what a file had said."""
    old = {name: getattr(review, name) for name in values}
    if all(old[name] == value for name, value in values.items()):
        return
    before = review_log.row_of(review)
    for name, value in values.items():
        setattr(review, name, value)
    if review.source_id != _portal().pk:
        review.kept = kept_after(review.kept, old, values)
    review.entered_by, review.recorded_at = log.user, log.at
    review.save()
    log.add(f"{review_log.REVIEW}{review.pk}", review.account_id, before, review_log.row_of(review))


def _used(user: User, account: Account, key: uuid.UUID | None) -> Review | None:
    """The review that a form with this key has made already. Raises NotSaved where it is somebody else's."""
    known = Review.objects.filter(source=_portal(), external_id=str(key)).first() if key else None
    if known is not None and (known.account_id != account.pk or known.entered_by_id != user.pk):
        raise NotSaved({"": _("This form was used already; open it anew.")})
    return known


def _held(user: User, pk: int) -> Review | None:
    """The review held against a second hand; None where the user sees no such one."""
    rows = Review.objects.visible_to(user).filter(pk=pk).select_related("account", "source")
    review: Review | None = rows.select_for_update(of=("self",)).first()
    return review


def _lock(account: Account) -> None:
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def _portal() -> Source:
    return Source.objects.get_or_create(name=SOURCE)[0]

"""One account of a round: its questions, what was answered before, and the system's evidence beside."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.edits import UNDO_FOR
from accounts.models import Account, AccountEdit
from csm_portal.portal import words
from csm_portal.portal.account.head import Head, Standing, head, standing
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.rating_form import Asked as Question
from csm_portal.portal.editing.rating_form import Filled, asked
from csm_portal.portal.health_panel import FacetLine, facet_lines
from csm_portal.portal.judging.queue import Asked, turn_address
from csm_portal.portal.judging.turns import Place
from health.judging import ratings
from health.judging.rating_queue import AHEAD_DAYS
from health.judging.ratings import FIELD, MAX_REASON
from health.models import Rating, Review

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from accounts.models import User


@dataclass(frozen=True)
class Saved:
    """What was saved last, for its undo."""

    batch: uuid.UUID
    external_id: str
    name: str
    answers: int


@dataclass(frozen=True)
class Turn:
    """What the screen places. `review`: the day of the QBR that is near, in words; `saved`: the step before, if it can be undone."""

    account: Account
    account_href: str
    place: Place
    questions: list[Question]
    next_href: str
    previous_href: str
    here: str
    may_confirm: bool
    review: str
    rated_today: int
    head: Head | None
    standing: Standing | None
    facets: list[FacetLine]
    saved: Saved | None = None
    problem: str = ""
    most: int = field(default=MAX_REASON)


@dataclass(frozen=True)
class Sent:
    """What was sent and what is wrong with it."""

    data: QueryDict
    problems: Mapping[str, str]


NOTHING = Sent(QueryDict(), {})


def seen(user: User, today: date) -> QuerySet[Account]:
    """Accounts with what the screen shows, and how many the user rated today; one query."""
    planned = Review.objects.filter(account=OuterRef("pk"), kind__in=("qbr", "ebr"), held_on__isnull=True).order_by()
    near = planned.filter(planned_on__gte=today, planned_on__lte=today + timedelta(days=AHEAD_DAYS))
    rows: QuerySet[Account] = Account.objects.visible_to(user).select_related("state", "owner", "counts_for")
    return rows.annotate(review_on=Subquery(near.values("account").annotate(day=Min("planned_on")).values("day")))


def turn(
    user: User, account: Account, place: Place, wanted: Asked, today: date, *, sent: Sent = NOTHING, saved: Saved | None = None
) -> Turn:
    """The screen of one account; three queries beside the account itself and its place."""
    before: dict[str, Sequence[Rating]] = {question: [row] for (_pk, question), row in ratings.latest_answers(user, [account.pk]).items()}
    questions = ratings.questions_on(today)
    state = getattr(account, "state", None)
    if state is not None:
        state.account = account
    review_on = getattr(account, "review_on", None)
    mine = Rating.objects.filter(rated_by=user, rated_on=today).aggregate(n=Count("account", distinct=True))
    return Turn(
        account=account,
        account_href=account_address(account.external_id),
        place=place,
        questions=asked(questions, Filled(before, sent.data, sent.problems, today, alone=True)),
        next_href=turn_address(place.after.external_id, wanted) if place.after else "",
        previous_href=turn_address(place.before.external_id, wanted) if place.before else "",
        here=turn_address(account.external_id, wanted),
        may_confirm=any(question.key in before for question in questions),
        review=_("QBR on %(day)s, %(until)s") % {"day": words.day(review_on), "until": words.until(review_on, today)} if review_on else "",
        rated_today=int(mine["n"]),
        head=head(state, today) if state is not None else None,
        standing=standing(state) if state is not None else None,
        facets=[one for one in facet_lines(state.facets) if one.weighed and not one.human] if state is not None else [],
        saved=saved,
        problem=sent.problems.get("", ""),
    )


def saved_before(user: User, text: str, now: datetime) -> Saved | None:
    """What the batch of an address saved, if it is the user's and may still be taken back; one query."""
    try:
        batch = uuid.UUID(text)
    except ValueError:
        return None
    mine = AccountEdit.objects.filter(batch=batch, author=user, field__startswith=FIELD, edited_at__gt=now - UNDO_FOR)
    row = (
        mine.filter(Q(undone_at__isnull=True))
        .values("account__external_id", "account__name")
        .annotate(n=Count("pk"))
        .order_by("account__name")
        .first()
    )
    return Saved(batch, row["account__external_id"], row["account__name"], row["n"]) if row else None

"""The learned weights as they are read, and as a draft of the health model. No science is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from churn.likelihood.past import enough_on
from churn.models import LikelihoodModel, RenewalCase
from health.lab import drafts
from health.lab.drafts import FIRST, Edit

if TYPE_CHECKING:
    from accounts.models import User
    from health.models import DefinitionDraft

POINTS = 100
SECTION = "health"
SHORTEST_TERM = 90


def fit_in_force(user: User, as_of: date) -> LikelihoodModel | None:
    """The fit by which the likelihoods of a day were told; None before the first night that fitted one. One query."""
    found: LikelihoodModel | None = LikelihoodModel.objects.visible_to(user).filter(as_of__lte=as_of).order_by("-as_of").first()
    return found


def points(weights: Mapping[str, float]) -> dict[str, int]:
    """Weights of any scale as whole points that sum to 100, by largest remainder; those of 0 points are left out. Empty where none is
    above 0."""
    total = sum(weights.values())
    if total <= 0:
        return {}
    exact = {name: POINTS * weight / total for name, weight in weights.items()}
    whole = {name: int(value) for name, value in exact.items()}
    by_rest = sorted(exact, key=lambda name: (whole[name] - exact[name], name))
    for name in by_rest[: POINTS - sum(whole.values())]:
        whole[name] += 1
    return {name: value for name, value in whole.items() if value}


def proposed(model: LikelihoodModel) -> dict[str, int]:
    """The learned weights as points of a health model; empty where none were learned."""
    learned = model.body.get("learned")
    return points(dict(zip(learned["facets"], learned["learned"], strict=True))) if learned else {}


class NothingLearned(ValueError):
    """There are no learned weights to propose, or no health model to put them into."""


@transaction.atomic
def propose(user: User, model: LikelihoodModel, name: str, at: datetime) -> DefinitionDraft:
    """A draft of the newest health model with the learned weights; all else stays. Raises NothingLearned, NotSaved, and DoesNotExist
    for who may not."""
    weights, newest = proposed(model), drafts.newest_version(SECTION)
    if not weights or newest is None:
        raise NothingLearned
    draft = drafts.create(user, name, at)
    body = {**newest.body, "weights": {facet: str(value) for facet, value in weights.items()}}
    return drafts.save(user, draft.pk, Edit(SECTION, body, FIRST), at).draft


def enough(model: LikelihoodModel, as_of: date, grace: int) -> date | None:
    """When the renewals to come will have closed that learned weights need, if as many are lost as until now; None: not with those
    known today. One query."""
    dues: Any = RenewalCase.objects.filter(ends_on__gt=as_of - timedelta(days=grace)).order_by("ends_on")
    long = [end for start, end in dues.values_list("starts_on", "ends_on") if (end - start).days >= SHORTEST_TERM]
    return enough_on(long, model.n, model.lost, closes_after=grace + 1)

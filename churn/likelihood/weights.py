"""The learned weights as they are read, and as a draft of the health model. No science is imported here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from math import sqrt
from typing import TYPE_CHECKING, Any

from django.db import transaction

from churn.likelihood.past import enough_on
from churn.models import LikelihoodModel, RenewalCase
from csm_portal.lib.estimates import Z_95
from health.lab import drafts
from health.lab.drafts import FIRST, Edit

if TYPE_CHECKING:
    from accounts.models import User
    from health.models import DefinitionDraft

POINTS = 100
SECTION = "health"
SHORTEST_TERM = 90
# Why weights are not proposed: none were learned, they could not be tried on a past quarter, they order renewals no better than a coin, or
# no better than the experts' score does.
NONE_LEARNED, UNTRIED, NO_SIGNAL, NO_GAIN = "none_learned", "untried", "no_signal", "no_gain"


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


def why_not(model: LikelihoodModel) -> str:
    """Why the learned weights are no better health model on what is known; empty: out of time they told more, and may be proposed."""
    if not proposed(model):
        return NONE_LEARNED
    gain, seen = model.body["gain"]["difference"], beats_a_coin(model.body["quarters"], "learned")
    if gain is None or seen is None:
        return UNTRIED
    if not seen:
        return NO_SIGNAL
    return "" if gain > 0 else NO_GAIN


def beats_a_coin(quarters: Sequence[Mapping[str, Any]], side: str) -> bool | None:
    """Whether the mean AUC of a side over past quarters lies further above 0.5 than the chance of a coin (95%); each quarter counts by how
    sure it is. None: nothing to judge by."""
    tried = [(one["n"], one["lost"], one["sides"][side]["auc"]) for one in quarters if side in one["sides"]]
    weighted = [(12 * lost * (n - lost) / (n + 1), auc) for n, lost, auc in tried if auc is not None and 0 < lost < n]
    sure = sum(weight for weight, _auc in weighted)
    if not sure:
        return None
    return bool(sum(weight * (auc - 0.5) for weight, auc in weighted) / sure > Z_95 / sqrt(sure))


class NothingLearned(ValueError):
    """There are no learned weights that told more than the experts' score, or no health model to put them into."""


@transaction.atomic
def propose(user: User, model: LikelihoodModel, name: str, at: datetime) -> DefinitionDraft:
    """A draft of the newest health model with the learned weights; all else stays. Raises NothingLearned, NotSaved, and DoesNotExist
    for who may not."""
    weights, newest = proposed(model), drafts.newest_version(SECTION)
    if why_not(model) or newest is None:
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

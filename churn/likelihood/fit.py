"""Fit what a likelihood of renewal is told by, as of a day: on the renewals that had closed, with the weights in force on it.

docs/methods/likelihood.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from accounts.calendar_rules import RenewalRules, parse_renewals
from accounts.models import RenewalDefinition
from churn.calibration.observations import Observation, foreseeable, read_observations
from churn.likelihood import shrunk
from churn.likelihood.challenger import bent, challenge, leads
from churn.likelihood.past import FEWEST, FEWEST_OF_BAND, LOST_FOR_SCORE, Past, Verdict, counted, verdict
from churn.likelihood.trials import Trial, by_learning, by_score, learn, trial_body, trials
from churn.models import LikelihoodModel, RenewalCase
from churn.types import Basis, ChurnType
from csm_portal.lib.estimates import share
from csm_portal.lib.versions import version_on
from health.definitions import parse_health
from health.lab.separation import NONE, Comparison, compare, comparison_body, share_body
from health.models import HealthModel

# Nothing about the health of an account tells that a card lapses, nor that a need is over.
LEFT_OUT = (ChurnType.INVOLUNTARY, ChurnType.SATISFIED)
# A weekly look at a short term is so much of one renewal: it is judged 180 days later.
OF_A_LOOK = 7 / 180
# Fitted again once so many more renewals have closed (share of those it was fitted on), or a month has begun.
MORE = 0.02


@dataclass(frozen=True, slots=True)
class Taught:
    """Closed renewals with the health known before them, of one `kind` (`due` or `snapshot`), and the experts' weight of every facet that
    occurs; how many were left out because of how they were lost, or because no health was published yet (`unseen`)."""

    past: list[Past]
    kind: str
    weights: dict[str, float]
    version: int | None
    left_out: dict[str, int]
    unseen: int


def refresh(as_of: date) -> LikelihoodModel:
    """The fit that counts on a day: the last one, or a new one where a month began, more renewals closed, or other weights came into
    force. Asked again it changes nothing."""
    latest = LikelihoodModel.objects.filter(as_of__lte=as_of).order_by("-as_of").first()
    if latest is not None and latest.as_of != as_of and not _outdated(latest, as_of):
        return latest
    body, basis, n, lost = fitted(as_of)
    values = {"basis": basis, "n": n, "lost": lost, "body": body}
    model, _made = LikelihoodModel.objects.update_or_create(as_of=as_of, defaults=values)
    return model


def fitted(as_of: date) -> tuple[dict[str, Any], str, int, int]:
    """Body, basis, renewals and lost ones of a fit as of a day."""
    taught = taught_by(as_of)
    past, weights = taught.past, taught.weights
    n, lost = counted(past)
    facets = sorted(weights)
    tried = trials(past, {"score": by_score, "learned": by_learning(weights)}, {"challenger": challenge(facets)})
    both = [one for one in tried if {"score", "learned"} <= set(one.sides)]
    last = (both[-1].sides["score"].log_loss, both[-1].sides["learned"].log_loss) if both else None
    score, learned = _score(past, lost, n), _learned(past, weights, lost, n)
    told = verdict(n, lost, last)
    if score is None and told.basis in {Basis.SCORE, Basis.LEARNED}:
        told = Verdict(Basis.BANDS, "few_lost")
    body = {
        "why": told.why,
        "kind": taught.kind,
        "closed": _closed(as_of),
        "unseen": taught.unseen,
        "left_out": dict(taught.left_out),
        "version": taught.version,
        "base": share_body(share(n - lost, n)),
        "bands": _bands(past),
        "score": score,
        "learned": learned,
        "quarters": [trial_body(one) for one in tried],
        "gain": comparison_body(_gain(both)),
        "challenger": _challenger(tried, facets),
    }
    return body, told.basis, n, lost


def taught_by(as_of: date) -> Taught:
    """What is learned from as of a day."""
    grace = _grace(as_of)
    found, kind = _observed(as_of)
    # Before the first published health there is nothing to learn from; a renewal of then says only how many renew.
    seen = [one for one in found if one.stored]
    version, expert = _experts(as_of)
    past = [_past(one, grace) for one in seen if one.churn_type not in LEFT_OUT]
    facets = sorted({name for one in past for name in one.facets} | set(expert))
    left_out = {name.value: sum(one.churn_type == name for one in seen) for name in LEFT_OUT}
    return Taught(past, kind, {name: expert.get(name, 0.0) for name in facets}, version, left_out, len(found) - len(seen))


def _observed(as_of: date) -> tuple[list[Observation], str]:
    """Dues; where hardly any closed, the weekly looks at short terms."""
    dues = foreseeable(read_observations(as_of, snapshots=False))
    if len(dues) >= FEWEST:
        return dues, "due"
    looks = [one for one in foreseeable(read_observations(as_of)) if one.kind == "snapshot"]
    return (looks, "snapshot") if len(looks) * OF_A_LOOK >= FEWEST else (dues, "due")


def _past(one: Observation, grace: int) -> Past:
    return Past(
        account_id=one.account_id,
        seen_on=one.seen_on,
        ends_on=one.ends_on,
        closed_on=one.ends_on + timedelta(days=grace + 1),
        renewed=bool(one.renewed),
        score=one.score,
        band=one.band or "unknown",
        facets=one.facets,
        count=1.0 if one.kind == "due" else OF_A_LOOK,
    )


def _bands(past: Sequence[Past]) -> dict[str, Any]:
    """Renewed share of each band that enough renewals speak for."""
    made = {}
    for band in sorted({one.band for one in past}):
        n, lost = counted([one for one in past if one.band == band])
        if n >= FEWEST_OF_BAND:
            made[band] = share_body(share(n - lost, n))
    return made


def _score(past: Sequence[Past], lost: int, n: int) -> dict[str, Any] | None:
    if min(lost, n - lost) < LOST_FOR_SCORE:
        return None
    try:
        return shrunk.calibrate([one.score for one in past], [one.renewed for one in past], [one.count for one in past]).body()
    except shrunk.OneOutcome:
        return None


def _learned(past: Sequence[Past], weights: dict[str, float], lost: int, n: int) -> dict[str, Any] | None:
    """The learned weights, from 10 lost on: as a preview at first."""
    if min(lost, n - lost) < LOST_FOR_SCORE:
        return None
    try:
        found = learn(past, weights)
    except shrunk.OneOutcome:
        return None
    return {**found.body(), "share": found.learned_share}


def _gain(tried: Sequence[Trial]) -> Comparison:
    """The learned weights against the calibrated score over all quarters tried, out of time."""
    past = [one for trial in tried for one in trial.past]
    if not past:
        return Comparison(NONE, "too_few", 0)
    sides = {name: [chance for trial in tried for chance in trial.chances[name]] for name in ("score", "learned")}
    return compare(sides["score"], sides["learned"], [one.renewed for one in past])


def _challenger(tried: Sequence[Trial], facets: Sequence[str]) -> dict[str, Any]:
    """How the challenger did, and the facet to look at where it leads."""
    met = [one for one in tried if {"learned", "challenger"} <= set(one.sides)]
    ahead = leads(met)
    past = [one for trial in met for one in trial.past]
    bend = bent(past, [chance for trial in met for chance in trial.chances["learned"]], facets) if past else None
    told = {"facet": bend.facet, "strength": round(bend.strength, 3), "groups": [list(group) for group in bend.groups]} if bend else None
    return {"quarters": len(met), "leads": ahead, "bend": told}


def _experts(as_of: date) -> tuple[int | None, dict[str, float]]:
    """Version and weights of `[health]` in force, those of every account that has no profile of its own."""
    row = version_on(HealthModel.objects.all(), as_of)
    body = {} if row is None else row.body
    rules = parse_health(body).rules[0]
    return (row.version if row else None), {name: float(weight) for name, weight in rules.weights.items() if weight > 0}


def _grace(as_of: date) -> int:
    row = version_on(RenewalDefinition.objects.all(), as_of)
    return (RenewalRules() if row is None else parse_renewals(row.body)).renewal_grace_days


def _closed(as_of: date) -> int:
    """Decided dues whose grace was over: what says that there is more to fit on."""
    closed = RenewalCase.objects.exclude(state="open").filter(ends_on__lt=as_of - timedelta(days=_grace(as_of)))
    return closed.count()


def _outdated(model: LikelihoodModel, as_of: date) -> bool:
    if (model.as_of.year, model.as_of.month) != (as_of.year, as_of.month):
        return True
    before = int(model.body.get("closed", 0))
    if _closed(as_of) - before >= max(1.0, MORE * before):
        return True
    return bool(_experts(as_of)[0] != model.body.get("version"))

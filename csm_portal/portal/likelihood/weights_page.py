"""The page of weights in words: what experts and past renewals say of each facet, what that gained, and how the challenger does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.likelihood.past import FEWEST, FOR_LEARNED, LOST_FOR_SCORE
from churn.likelihood.weights import NO_GAIN, NO_SIGNAL, NONE_LEARNED, UNTRIED, beats_a_coin, proposed, why_not
from churn.types import Basis
from csm_portal.portal import words
from health.facet_names import facet_name

if TYPE_CHECKING:
    from churn.models import LikelihoodModel

SIDES = ("score", "learned", "challenger")


@dataclass(frozen=True, slots=True)
class FacetLine:
    """One facet: its weights as shares of 100, bars 0 … 100 beside each other, and what to say of it."""

    name: str
    expert: str
    learned: str
    expert_bar: float
    learned_bar: float
    points: int
    note: str


@dataclass(frozen=True, slots=True)
class SideCell:
    """One way to tell on one quarter; empty where it could not be fitted. `best`: the least log-loss of the quarter."""

    log_loss: str
    auc: str
    lost: str
    best: bool


@dataclass(frozen=True, slots=True)
class QuarterLine:
    """One past quarter, told only from what had closed before."""

    name: str
    n: int
    lost: int
    trained: str
    cells: list[SideCell]


@dataclass(frozen=True, slots=True)
class WeightsPage:
    """All that the page places. `state` says what counts now and why, `missing` what is missing for more; empty: nothing is.
    `why_not` says why the weights are not proposed."""

    state: str
    counts: bool
    missing: str
    shares: str
    experts_pct: float
    facets: list[FacetLine]
    gain: str
    quarters: list[QuarterLine]
    challenger: str
    left_out: str
    can_propose: bool
    why_not: str


def weights_page(model: LikelihoodModel, enough_on: date | None) -> WeightsPage:
    """The page of one fit; `enough_on`: when there will be enough renewals, None where nobody can say."""
    body = model.body
    learned = body.get("learned")
    return WeightsPage(
        state=_state(model),
        counts=model.basis == Basis.LEARNED,
        missing=_missing(model, enough_on),
        shares=_shares(model, learned) if learned else "",
        experts_pct=100 * (1 - learned["share"]) if learned else 100.0,
        facets=_facets(model, learned) if learned else [],
        gain=_gain(body["gain"]) + _nothing_seen(body["quarters"]) if learned else "",
        quarters=[_quarter(one) for one in reversed(body["quarters"])],
        challenger=_challenger(body["challenger"]),
        left_out=_left_out(body),
        can_propose=not why_not(model),
        why_not=said_why_not(why_not(model)),
    )


def _state(model: LikelihoodModel) -> str:
    told = {
        "learned": _("Each account's likelihood rests on the learned weights below."),
        "worse": _(
            "The last quarter was told better by the experts' score, so each account's likelihood rests on that; learned weights wait."
        ),
        "untested": _(
            "The learned weights could not be tried on a past quarter yet, so each account's likelihood rests on the calibrated score."
        ),
        "learned_few": _("Each account's likelihood rests on the calibrated health score; the learned weights below are a preview."),
        "few_lost": _(
            "Each account's likelihood is the renewed share of its health band: too few were lost, or too few renewed, for more."
        ),
        "few": _("No likelihood is told of any account yet."),
    }
    return told[model.body["why"]]


def _missing(model: LikelihoodModel, enough_on: date | None) -> str:
    if model.basis == Basis.LEARNED or model.body["why"] in {"worse", "untested"}:
        return ""
    n, lost = (FEWEST, 0) if model.basis == Basis.NONE else (0, LOST_FOR_SCORE) if model.basis == Basis.BANDS else FOR_LEARNED
    asked = {"n": words.number(model.n), "lost": words.number(model.lost), "needed": n, "needed_lost": lost}
    if model.basis == Basis.NONE:
        told = _("%(n)s renewals have closed since health is published; %(needed)s are needed to tell of any account.") % asked
    elif model.basis == Basis.BANDS:
        told = _("%(n)s renewals have closed, %(lost)s of them lost; %(needed_lost)s lost and as many renewed are needed to use the score.")
        told %= asked
    else:
        told = _("%(n)s renewals have closed, %(lost)s of them lost; learned weights count from %(needed)s and %(needed_lost)s on.") % asked
    if enough_on is not None:
        told += _gap() + _("With what falls due, and as many lost as until now, learned weights may count from about %(day)s on.") % {
            "day": words.day(enough_on)
        }
    return told


def _shares(model: LikelihoodModel, learned: Mapping[str, Any]) -> str:
    text = ngettext(
        "Weights: %(experts)s your experts, %(learned)s learned from %(n)s renewal",
        "Weights: %(experts)s your experts, %(learned)s learned from %(n)s renewals",
        model.n,
    )
    share = round(learned["share"], 2)
    return text % {"experts": words.percent(1 - share), "learned": words.percent(share), "n": words.number(model.n)}


def _facets(model: LikelihoodModel, learned: Mapping[str, Any]) -> list[FacetLine]:
    total = sum(learned["learned"]) or 1.0
    whole = proposed(model)
    missing = dict(zip(learned["indicators"], learned["unknown"], strict=True))
    rows = sorted(zip(learned["facets"], learned["expert"], learned["learned"], strict=True), key=lambda row: (-row[1], -row[2], row[0]))
    made = []
    for name, expert, weight in rows:
        share = weight / total
        made.append(
            FacetLine(
                name=facet_name(name),
                expert=words.percent(expert),
                learned=words.percent(share),
                expert_bar=round(100 * expert, 1),
                learned_bar=round(100 * share, 1),
                points=whole.get(name, 0),
                note=_note(share, missing.get(name)),
            )
        )
    return made


def _note(share: float, unknown: float | None) -> str:
    told = []
    if share < 0.005:
        told.append(_("adds nothing so far"))
    if unknown is not None and abs(unknown) >= 0.25:
        told.append(_("that it is unknown speaks against renewal") if unknown < 0 else _("that it is unknown speaks for renewal"))
    return "; ".join(told)


def _gain(found: Mapping[str, Any]) -> str:
    if found["difference"] is None:
        return _("No past quarter has enough renewals before it to try both ways on.")
    facts = {
        "difference": words.signed(found["difference"], 3),
        "low": words.signed(found["low"], 3),
        "high": words.signed(found["high"], 3),
        "n": words.number(found["n"]),
    }
    told = _("Out of time, over %(n)s renewals: AUC %(difference)s by learning (95%% interval %(low)s to %(high)s).") % facts
    verdicts = {
        "published": _("The experts' weights are proven better."),
        "draft": _("The learned weights are proven better."),
        "none": _("The difference lies within chance."),
    }
    return f"{told}{_gap()}{verdicts[found['better']]}"


def _nothing_seen(quarters: Sequence[Mapping[str, Any]]) -> str:
    """A sentence where neither side orders renewals better than a coin would, over all quarters tried."""
    if any(beats_a_coin(quarters, side) is not False for side in ("score", "learned")):
        return ""
    return _gap() + _("Neither orders them better than a coin: nothing beyond the base rate is seen.")


def said_why_not(why: str) -> str:
    """Why the learned weights are not proposed, in words; empty where they are."""
    told = {
        "": "",
        NONE_LEARNED: _("There are no learned weights to propose."),
        UNTRIED: _("Not proposed as a draft: they could not be tried on a past quarter yet, so nobody knows whether they tell more."),
        NO_SIGNAL: _("Not proposed as a draft: on past quarters they order renewals no better than a coin, so nothing would be gained."),
        NO_GAIN: _("Not proposed as a draft: on past quarters they order renewals no better than the experts' score."),
    }
    return told[why]


def _quarter(one: Mapping[str, Any]) -> QuarterLine:
    sides = one["sides"]
    best = min((side["log_loss"] for side in sides.values()), default=None)
    trained = _("%(n)s before, %(lost)s lost") % {"n": one["trained_n"], "lost": one["trained_lost"]}
    return QuarterLine(
        name=quarter(one["quarter"]),
        n=one["n"],
        lost=one["lost"],
        trained=trained,
        cells=[_cell(sides.get(name), best) for name in SIDES],
    )


def _gap() -> str:
    """Between two sentences: Chinese ones follow each other without a space."""
    return "" if words.chinese() else " "


def quarter(text: str) -> str:
    """`2026-Q3` in words."""
    year, _sep, number = text.partition("-Q")
    return f"{year}年第{number}季度" if words.chinese() else f"Q{number} {year}"


def _cell(side: Mapping[str, Any] | None, best: float | None) -> SideCell:
    if side is None:
        return SideCell("", "", "", best=False)
    auc = words.UNKNOWN if side["auc"] is None else words.number(side["auc"], 3)
    return SideCell(words.number(side["log_loss"], 3), auc, words.number(side["lost"], 1), best=side["log_loss"] == best)


def _challenger(found: Mapping[str, Any]) -> str:
    if not found["quarters"]:
        return _("Not tried yet: it needs 100 renewals with 20 lost before a quarter. It tells of no account, whatever it finds.")
    if not found["leads"]:
        return _("It does not lead by more than 0.02 AUC on the last two quarters: nothing to do.")
    if found["bend"] is None:
        return _("It leads by more than 0.02 AUC on the last two quarters, but along no single facet: look at how facets work together.")
    name = facet_name(found["bend"]["facet"])
    return _("It leads by more than 0.02 AUC on the last two quarters. Cut the 0 to 100 curve of “%(facet)s” anew.") % {"facet": name}


def _left_out(body: Mapping[str, Any]) -> str:
    gone = body["left_out"]
    told = []
    if body.get("unseen"):
        told.append(_("%(n)s renewals of before the first published health") % {"n": words.number(body["unseen"])})
    if gone.get("involuntary"):
        told.append(_("%(n)s involuntary losses") % {"n": gone["involuntary"]})
    if gone.get("satisfied"):
        told.append(_("%(n)s losses of satisfied accounts") % {"n": gone["satisfied"]})
    return _("Not learned from: %(what)s.") % {"what": ("、" if words.chinese() else ", ").join(told)} if told else ""

"""Goals 3, 4 and 7: calibration beside its noise, how well health separates, k's interval, and whether the score knows too much.

docs/methods/calibration.md, docs/methods/k.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, pstdev

import numpy as np

from churn.as_of import Basis
from churn.calibration.auc import auc
from churn.calibration.observations import Observation, foreseeable, read_observations
from churn.calibration.reads import DUES, LEAK_DAYS, calibration
from churn.calibration.reads import judged as as_judged
from churn.calibration.report import FEWEST_LOST, Report, leak
from churn.evaluating.goal import Finding, judged, unmeasurable
from churn.k import FEWEST, Moments, Relation, relation

# From so many renewals on the error itself is the gate; below, what chance makes of a perfect one.
FOR_ERROR, MOST_ERROR = 1_000, 0.03
FOR_AUC, AUC_TARGET, AUC_LEAST = 300, 0.75, 0.60
MOST_APART, LEAK_GAIN = 2.0, 0.1
# One bad mark: a rating has a quarter of the weight as shipped, and falls from 5 to 1.
PLANTED = 25.0
COVERAGE, DRAWS, SEED = 0.93, 2_000, 7


def calibrated(report: Report) -> list[Finding]:
    """Goal 3."""
    names = ("calibration error", "lost, foreseen against actual")
    wanted_error = f"under {MOST_ERROR:.2f} from {FOR_ERROR:,} renewals on, else under the 95th percentile of chance"
    wanted_lost = f"within {MOST_APART:g} standard errors"
    if report.fault is None or report.beyond is None:
        why = "no renewal has a chance that was fitted on what had closed before it"
        return [unmeasurable(3, names[0], wanted_error, why), unmeasurable(3, names[1], wanted_lost, why)]
    fault = report.fault
    border = MOST_ERROR if fault.n >= FOR_ERROR else fault.chance_95
    told = f"{fault.value:.3f} on {fault.n:,} renewals; chance alone {fault.chance:.3f}, 95th percentile {fault.chance_95:.3f}"
    return [
        judged(3, names[0], wanted_error, told, met=fault.value < border),
        judged(3, names[1], wanted_lost, f"{report.beyond:+.1f} standard errors", met=abs(report.beyond) <= MOST_APART),
    ]


def separated(report: Report) -> list[Finding]:
    """Goal 4."""
    ranks, splits = "health ranks renewals", "bands separate"
    wanted = f"AUC {AUC_TARGET} aimed at, lower end above {AUC_LEAST:.2f}"
    wanted_bands = "green loses at most 0.5 of the base rate, red at least 2 times it; else the page says so"
    if report.scored < FOR_AUC or report.auc is None or report.auc.low is None:
        why = f"{report.scored:,} closed renewals with a score, {report.scored_lost:,} lost; right would be {FOR_AUC} or more"
        first = unmeasurable(4, ranks, wanted, why)
    else:
        told = f"{report.auc.value:.3f} ({report.auc.low:.3f} to {report.auc.high:.3f}) over {report.scored:,} renewals"
        told += "" if report.beyond_base else ": no better than a coin, nothing beyond the base rate is seen"
        first = judged(4, ranks, wanted, told, met=report.auc.low > AUC_LEAST)
    if report.separates is None:
        return [first, unmeasurable(4, splits, wanted_bands, "too few renewals or losses to say")]
    why = "; the page says that health does not separate yet (where bands begin is the health model's)"
    told_bands = _lifts(report) + ("" if report.separates else why)
    return [first, judged(4, splits, wanted_bands, told_bands, met=report.separates)]


def k_covered(book: Relation | None) -> Finding:
    """Goal 7, k: draws of as many renewals as the book has, with its own active share, p1 and p0."""
    name, wanted = "k's interval holds the true k", f"in {COVERAGE:.0%} of draws or more, from {FEWEST} renewals on"
    n = book.n if book else 0
    if book is None or n < FEWEST or not book.active or book.p1.value is None or book.p0.value is None:
        why = f"{n} closed renewals whose activity before is known; right would be {FEWEST} or more, of active accounts and of others"
        return unmeasurable(7, name, wanted, why)
    share = book.active
    true = (share * book.p1.value + (1 - share) * book.p0.value) / share
    dice = np.random.default_rng(SEED)
    actives = dice.binomial(n, share, DRAWS)
    kept = (dice.binomial(actives, book.p1.value), dice.binomial(n - actives, book.p0.value))
    held, told = 0, 0
    for at in range(DRAWS):
        found = relation(_moments(n, int(actives[at]), int(kept[0][at]), int(kept[1][at])))
        if found.low is not None and found.high is not None:
            told += 1
            held += found.low <= true <= found.high
    value = held / told if told else 0.0
    return judged(7, name, wanted, f"in {value:.1%} of {told:,} draws of {n} renewals", met=value >= COVERAGE)


def leaking(basis: Basis, report: Report) -> list[Finding]:
    """Goal 7, the leak: health read 60 days later must rank clearly better, and the warning be on for it and off for the page.

    Where the later reading ranks little better, the finding says how little health moved; a planted leak shows whether the warning works.
    """
    name, wanted = "health read 60 days later", f"AUC more than {LEAK_GAIN:g} higher, and the warning on"
    shifted = calibration(None, basis, shift=LEAK_DAYS)
    later = shifted.report
    first = judged(7, "no leak as published", "the warning is off", "on" if report.leak.warns else "off", met=not report.leak.warns)
    if not report.enough or report.auc is None or later.auc is None:
        return [first, unmeasurable(7, name, wanted, "too few renewals or losses to say")]
    rows = foreseeable(
        read_observations(basis.as_of, features_shift=LEAK_DAYS, earlier=LEAK_DAYS, facts=False, snapshots=shifted.kind != DUES)
    )
    gain = later.auc.value - report.auc.value
    told = f"{report.auc.value:.3f} to {later.auc.value:.3f} ({gain:+.3f}), warning {'on' if later.leak.warns else 'off'}"
    planted = _planted(rows)
    if abs(report.auc.value - 0.5) < 0.05 and abs(later.auc.value - 0.5) < 0.05:
        return [first, unmeasurable(7, name, wanted, f"{told}: there is no signal that could leak"), planted]
    met = gain > LEAK_GAIN and later.leak.warns
    return [first, judged(7, name, wanted, told if met else f"{told}; {_moved(rows)}", met=met), planted]


def _moved(rows: Sequence[Observation]) -> str:
    """Why later health tells little more: how far that of lost and of renewed ones moved in between, beside how far accounts lie apart."""
    both = [(one.score - one.earlier, one.score, bool(one.renewed)) for one in rows if one.score is not None and one.earlier is not None]
    lost, kept = ([change for change, _score, renewed in both if renewed is side] for side in (False, True))
    if not lost or not kept:
        return "no renewals have both readings"
    apart = pstdev([score for _change, score, _renewed in both])
    return (
        f"in these {LEAK_DAYS} days the health of lost ones moved by {mean(lost):+.1f} points, of renewed ones by {mean(kept):+.1f},"
        f" while accounts lie {apart:.1f} apart: what was to come shows little in it by then"
    )


def _planted(rows: Sequence[Observation]) -> Finding:
    """Whether the warning sees a leak in this book: health of the lost ones lowered as one bad mark after the decision would lower it."""
    name, wanted = "a planted leak is seen", f"the warning is on when lost ones get {PLANTED:g} points less"
    known = [one for one in rows if one.score is not None and one.earlier is not None]
    # Both readings are those before the lead; only the planted points are new.
    marked = [replace(one, score=(one.earlier or 0.0) - (0.0 if one.renewed else PLANTED)) for one in known]
    lost = sum(not one.renewed for one in known)
    if min(lost, len(known) - lost) < FEWEST_LOST:
        return unmeasurable(7, name, wanted, "too few renewals or losses with both readings")
    order = auc([one.score or 0.0 for one in marked], [bool(one.renewed) for one in marked])
    found = leak(as_judged(marked, {}, 0), [one.earlier for one in known], order)
    told = f"AUC {found.before or 0:.3f} to {found.value or 0:.3f}, warning {'on' if found.warns else 'off'}"
    return judged(7, name, wanted, told, met=found.warns)


def _lifts(report: Report) -> str:
    """The lift of each band; of a band that misses its border the counts too, with the one it would need."""
    needed = {side.band: f" ({side.lost} of {side.n} lost, {side.border} needed)" for side in report.separation.sides if not side.holds}
    return ", ".join(f"{one.name} {one.lift:.2f} x{needed.get(one.name, '')}" for one in report.bands if one.lift is not None)


def _moments(n: int, active: int, kept_active: int, kept_others: int) -> Moments:
    kept = float(kept_active + kept_others)
    return Moments(
        n=n, w=float(n), wa=float(active), y=kept, ya=float(kept_active), ww=float(n), wwa=float(active), wwaa=float(active),
        wy=kept, wya=float(kept_active), wyaa=float(kept_active), yy=kept, yya=float(kept_active), yyaa=float(kept_active),
    )  # fmt: skip

"""All goals of prediction on the loaded book, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from accounts.models import User
from accounts.types import Role
from churn.as_of import Basis
from churn.calibration.reads import calibration
from churn.evaluating.alarms import alarms
from churn.evaluating.foretelling import calibrated, k_covered, leaking, separated
from churn.evaluating.goal import Finding
from churn.evaluating.learning import learning
from churn.evaluating.rules import combinations, mondays_held
from churn.k_reads import told


def findings(basis: Basis) -> Iterator[Finding]:
    """Each finding as soon as it is there, in order of the goals. Nothing is written."""
    # Sees what an admin sees: everything.
    everybody = User(email="", role=Role.ADMIN, is_active=True)
    report = calibration(None, basis).report
    parts: Sequence[Callable[[], Sequence[Finding]]] = (
        lambda: learning(basis.as_of),
        lambda: calibrated(report),
        lambda: separated(report),
        lambda: combinations(basis),
        lambda: [mondays_held(everybody, basis)],
        lambda: alarms(basis),
        lambda: [k_covered(told(everybody, basis.as_of).relation)],
        lambda: leaking(basis, report),
    )
    for part in parts:
        yield from part()

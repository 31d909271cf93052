"""The two numbers that turn a score into a chance, kept from night to night: they are of the whole house, and change with its renewals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from churn.calibration.observations import LEAD_DAYS
from churn.calibration.reads import house_fits
from csm_portal.web import remembered

if TYPE_CHECKING:
    from churn.as_of import Basis
    from churn.calibration.reads import Fits

# Past the next night in any case; a cache that lost them has them computed anew by the first look.
KEPT_SECONDS = 2 * 24 * 3600


def kept_fits(basis: Basis, lead: int = LEAD_DAYS, same_as: int | None = None) -> Fits:
    """The house's fits for a lead as of the published night: kept by what follows it, computed here where they are not.

    `same_as`: an earlier run of the day that they are the same for, since no renewal has changed.
    """

    def made() -> Fits:
        return house_fits(basis, lead=lead) if same_as is None else kept_fits(replace(basis, run_id=same_as), lead)

    return remembered(f"calibration-fits:{basis.as_of}:{basis.run_id}:{lead}", made, seconds=KEPT_SECONDS)

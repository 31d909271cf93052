"""The columns of the table of people, in order: what each shows, sorts by and writes into a file."""

from __future__ import annotations

from csm_portal.portal.team import columns_results, columns_use
from csm_portal.portal.team.column import Column, Setting


def columns(setting: Setting, weeks: tuple[str, str] | None) -> list[Column]:
    """Every column in order. `weeks` are the running week and the one before, as the rates name them."""
    return [
        columns_use.accounts(setting),
        columns_use.money(setting),
        columns_use.month(setting),
        columns_use.week(setting, weeks),
        columns_use.outcomes(setting),
        columns_use.trend(setting),
        columns_use.levels(setting),
        columns_use.bands(setting),
        columns_use.scores(setting),
        columns_results.renewals(setting),
        columns_results.renewal_rates(setting),
        columns_results.ratings(setting),
        columns_results.reviews(setting),
        columns_results.nps(setting),
        columns_results.load(setting),
        columns_results.targets(setting),
    ]

"""All facets of one chunk of accounts over a stretch of days."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from health.caps import FACT_SOURCES
from health.facets import goals, judgement, payments, service, usage
from health.facets.facet import Facet
from health.facets.facts import Facts
from health.facets.grid import Floats, Grid


def compute_facets(grid: Grid, facts: Facts) -> dict[str, Facet]:
    """Every facet by its key, in the order of the table in docs/methods/facets.md. `facts` may reach further back than the grid."""
    seats = usage.seats_of(grid, facts.days)
    bosses = usage.executive_evidence(grid, facts.executives, facts.executives_active)
    return {
        "activity": usage.activity(grid, facts.days),
        "outcome": goals.outcome(grid, facts.outcomes, facts.days, facts.stars),
        "adoption": usage.adoption(grid, facts.days, facts.has_seats, facts.key_seats),
        "support": service.support(grid, facts.tickets, seats, facts.sources.tickets),
        "invoices": payments.invoices(grid, facts.invoices),
        "surveys": service.surveys(grid, facts.answers),
        "growth": payments.growth(grid, facts.contracts, facts.rates),
        "renewal_history": payments.renewal_history(grid, facts.renewals),
        "onboarding": goals.onboarding(grid, facts.milestones, facts.onboardings),
        "community": usage.community(grid, facts.community, facts.sources.community),
        "self_sufficiency": service.self_sufficiency(grid, facts.tickets, seats, facts.sources.how_to),
        "ratings": judgement.rated(grid, facts.ratings, executive=False),
        "executive": judgement.rated(grid, facts.ratings, executive=True, evidence=bosses),
    }


def cap_values(facets: Mapping[str, Facet], field: str) -> Floats:
    """The figure a cap's field stands for; NaN where its facet does not know it."""
    if field not in FACT_SOURCES:
        return facets[field].value
    key, fact = FACT_SOURCES[field]
    source = facets[key]
    alone = key in {"executive", "outcome"}  # evidence that stands without the facet's value
    return source.evidence[fact] if alone else np.where(np.isnan(source.value), np.nan, source.evidence[fact])

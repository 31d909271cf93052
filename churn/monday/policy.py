"""What the Monday list goes by, as data."""

from __future__ import annotations

from churn.rules.gates import TELL_DAYS

# An account is listed while its next decision lies no further away: what the hold-out proves was seen 90 days before the due day,
# and a term of less than 90 days is followed for as long (docs/methods/monday.md).
HORIZON_DAYS = TELL_DAYS
# Below this term a due is no decision of its own: the account is followed for HORIZON_DAYS instead.
SHORTEST_TERM = 90
# Without rules: the worst share of the scores, as they were stored 90 days before past renewals.
WORST_SHARE = 0.1
# So many decided renewals in the worst share of the newer half, and lost ones among them, are the least that prove anything.
LEAST_RENEWALS, LEAST_LOST = 10, 5
# Where so many were to be lost at the base rate and fewer than the least were, the worst scores tell nothing, rather than too little.
EXPECTED_LOST = 3
# Mondays that the page looks back on.
MONDAYS_SHOWN = 13

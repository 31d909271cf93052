"""From where on something is a reason to act, and how reasons are weighed: borders kept as data. docs/methods/actions.md says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# A burst of tickets: so many in so many days; it is told for a week.
BURST_TICKETS: Final = 5
BURST_DAYS: Final = 3
# A review is due this long before its day, and again this long after the last one was held (domain section 5: quarterly).
REVIEW_AHEAD_DAYS: Final = 14
REVIEW_EVERY_DAYS: Final = 90
# What happened stays news for so long.
NEWS_DAYS: Final = 7
# A drop against the own weekday stays on the list for as long as the alarm itself is silent afterwards.
DROP_DAYS: Final = 14
# The usual level is the median of the open days of four weeks; fewer of them say nothing.
LEVEL_DAYS: Final = 28
MIN_LEVEL_DAYS: Final = 8
# A band that got worse is told where it happened in the last days; it stays until the band is back.
BAND_DAYS: Final = 14
# Seats with a key action in 28 days against the 28 before.
SEAT_DAYS: Final = 28
SEATS_LEAST: Final = 3
SEATS_LOST_SHARE: Final = 0.3
# Before its middle a month says little about a scenario: until then the month before is judged.
SCENARIO_FROM_DAY: Final = 15
SCENARIO_STEP_DAYS: Final = 30
# Points 0 … 100 between what the system and the CSM say.
FORECAST_DAYS: Final = 30
USAGE_FROM_DAYS: Final = 60
PACK_DAYS: Final = 90
PACK_UNTIL_DAYS: Final = 75
SHORTEST_TERM: Final = 90
INVOICE_OVERDUE_DAYS: Final = 7
ANSWER_DAYS: Final = 30
DETRACTOR: Final = 6
FEEDBACK_FROM_DAYS: Final = 7
FEEDBACK_UNTIL_DAYS: Final = 180
LEFT_DAYS: Final = 180
MILESTONE_LATE_DAYS: Final = 7
ONBOARDING_DAYS: Final = 365
FULL_SHARE: Final = 0.9
HIGH_SHARE: Final = 0.8
MIN_HIGH_DAYS: Final = 15
CROSSED_DAYS: Final = 30


# Half of the pressure is left when the decision is so many days away.
HALF_DAYS: Final = 90
# Where nothing is due: as if it were a year away.
NOTHING_DUE_DAYS: Final = 365
# What people decided about a rule counts beside the expert's word as if that were so many closed items.
EXPERT_ITEMS: Final = 10
# A band's past share of lost renewals is drawn to that of all as if by so many renewals.
BAND_RENEWALS: Final = 10
# Chance of loss where there is neither a likelihood nor a closed renewal to go by: an assumption, and named so.
ASSUMED_LOSS: Final[Mapping[str, float]] = {"red": 0.3, "amber": 0.15, "green": 0.05, "unknown": 0.15}

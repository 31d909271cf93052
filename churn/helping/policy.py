"""Limits of the comparison of what was tried with accounts where nothing was, as data. docs/methods/helped.md."""

from __future__ import annotations

from typing import Final

# A step counts towards a due that is at most so many days ahead; the health just before it is read at one of these distances.
LEADS: Final = (30, 60, 90, 120, 150, 180)
REACH_DAYS: Final = LEADS[-1]
# Like with like: points of the score and of the activity facet, and how many times as large the other's MRR may be.
SCORE_POINTS: Final = 10.0
ACTIVITY_POINTS: Final = 25.0
MRR_TIMES: Final = 3.0
# The nearest so many count for one that was treated.
MOST_CONTROLS: Final = 5
# With fewer matched ones a difference is not told.
FEWEST: Final = 20
REPLICATES: Final = 1_000
SEED: Final = 20_061
# Items of a rule are compared with those held back where both have so many.
FEWEST_HELD: Final = 20
# What became of an item is read off the first renewal decided within so many days after it.
DECIDED_DAYS: Final = 180
# A loss is looked back at over so many months.
REPLAY_MONTHS: Final = 6
# Told in time: so many days before the loss something could still be done.
IN_TIME_DAYS: Final = 30

"""Limits of the drop alarms, as data. docs/methods/alarms.md says where each comes from."""

from __future__ import annotations

# An account's usual: the median of so many open days of the same weekday; with fewer than the least nothing is said.
SAME_WEEKDAYS = 8
FEWEST_SAME_WEEKDAYS = 4
# Older days than that are no measure of today, however few there are.
REACH_WEEKS = 16
# The median absolute deviation of a normal spread, as its standard deviation.
MAD_TO_SPREAD = 1.4826

# So many of the last open days must lie under the border, today among them.
OF_DAYS = 5
LOW_DAYS = 3
SILENT_DAYS = 14
# Below that mean a day chance alone makes days of zero: the total of two weeks alone is compared.
DAILY_FROM = 10.0
# Totals are of so many days; weeks that hold fewer open days tell nothing, nor do totals that are usually under the least.
TOTAL_DAYS = 14
FEWEST_OPEN_DAYS = 3
FEWEST_TOTAL = 10.0

# More than this share of the accounts under the border on one day is about us, not about them.
MANY_SHARE = 0.20
MANY_FEWEST = 20
# Days whose notices hang together are told as one.
SPELL_GAP_DAYS = 4

# The budget: false alarms per 50 accounts, one manager's book, and week.
BUDGET = 1.0
BOOK = 50
# Borders tried, from the keenest to the strictest: of a low day, and of a total of two weeks.
DAY_BORDERS = tuple(round(-1.2 - 0.1 * step, 2) for step in range(29))
TOTAL_BORDERS = tuple(round(-2.0 - 0.05 * step, 2) for step in range(81))
# Low days alone may spend so much of the budget: totals find more drops for the same false alarms, days find the deep ones sooner.
SHARE_OF_DAYS = 0.1
# Where too little is known to tune: at the first the method's own measurement gave half the budget; the second is about as strict.
UNTUNED = -1.97
UNTUNED_TOTAL = -3.5
TUNED_WEEKS = 26
# A week is quiet where the weeks after it held at least that share of the weeks before it.
QUIET_SHARE = 0.8
BEFORE_WEEKS, FEWEST_BEFORE = 8, 20
AFTER_WEEKS, FEWEST_AFTER = 4, 10
# Fewer quiet account-weeks (ten of such a book) measure no rate.
FEWEST_WEEKS = 500
# Accounts a tuning looks at, so that a large book takes no longer than a middling one.
TUNED_ACCOUNTS = 2_000

# Days judged each night, so that late data and missed nights are made up for; more on the very first night.
JUDGED_DAYS = 28
FIRST_JUDGED_DAYS = 56
CHUNK = 2_000

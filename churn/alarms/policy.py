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
# Below that mean a day chance alone makes days of zero: whole weeks are compared instead.
DAILY_FROM = 10.0
# Weeks that hold fewer open days tell nothing; nor do accounts that usually do less than that in a week.
FEWEST_OPEN_DAYS = 3
FEWEST_A_WEEK = 5.0

# More than this share of the accounts under the border on one day is about us, not about them.
MANY_SHARE = 0.20
MANY_FEWEST = 20
# Days whose notices hang together are told as one.
SPELL_GAP_DAYS = 4

# The budget: false alarms per 50 accounts, one manager's book, and week.
BUDGET = 1.0
BOOK = 50
# Borders tried, from the keenest to the strictest.
BORDERS = tuple(round(-1.2 - 0.1 * step, 2) for step in range(29))
# Where too little is known to tune: at this one the method's own measurement gave half the budget.
UNTUNED = -1.97
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

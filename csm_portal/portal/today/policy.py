"""What counts as news on the first page: borders in days and counts, kept as data."""

from __future__ import annotations

from decimal import Decimal

# An account's usual level is the median of this many open days; fewer known ones than MIN_OPEN_DAYS say nothing.
OPEN_DAYS = 5
MIN_OPEN_DAYS = 3
MEAN_DROP = Decimal("0.5")
# How far back those open days are looked for: a week of holidays and the weekends around it fit in.
LOOK_BACK_DAYS = 16
# As long as the strip of the current row.
STRIP_DAYS = 28

# Who comes for the first time sees a week; after a longer absence than this the list would be the whole book.
FIRST_VISIT_DAYS = 7
LONGEST_ABSENCE_DAYS = 92

# Shown at once, and kept per kind in the fold.
SHOWN = 10
# Of those at once on a narrow screen, where the renewals would be far down otherwise.
SHOWN_NARROW = 5
FOLDED_PER_KIND = 20

# Windows of a renewal by days to its decision date: key and the first day count that lies in it; below the first is overdue.
WINDOWS = (("overdue", None), ("soon", 0), ("next", 30), ("window", 60))
LAST_WINDOW_DAY = 90

# Marks drawn on the timeline of renewals; the largest amounts are kept, and all are counted.
MARKS = 60
# Decisions named beside the strip, and drawn however small they are.
NEXT = 5

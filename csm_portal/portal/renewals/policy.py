"""What the page of renewals shows at once: borders in days and counts, kept as data."""

from __future__ import annotations

# Decisions further off than this are asked for by name (`when=later`).
AHEAD_DAYS = 180
# Without dates a list of decided renewals goes this far back.
BACK_DAYS = 90
PAGE_ROWS = 50
# Drawn on the timeline: the largest amounts; all are counted.
MOST_MARKS = 400
# The timeline begins this many days before today at most; what is overdue for longer stands at its edge.
BEHIND_DAYS = 90
LONGEST_SEARCH = 200

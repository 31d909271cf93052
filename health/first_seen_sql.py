"""Since when the book is known to be used, as SQL: days graded before the first event ever loaded read as zero although nobody looked."""

from __future__ import annotations

# The first day with any event, published or not; NULL where there is none.
FIRST_USED = "(SELECT d.day FROM health_accountday d WHERE d.events > 0 ORDER BY d.day LIMIT 1)"
# Months that begin before it were never seen as a whole: that nothing happened in them is not known.
MONTHS_SEEN_FROM = f"coalesce({FIRST_USED}, '9999-12-31'::date)"
# Health counts once the four weeks it looks back lie behind the first event; from the first day where nothing was graded before it.
HEALTH_SEEN_FROM = f"""(
    SELECT CASE WHEN graded.day < used.day THEN used.day + 27 ELSE '-infinity'::date END
    FROM (SELECT (SELECT d.day FROM health_accountday d ORDER BY d.day LIMIT 1) AS day) graded
    CROSS JOIN (SELECT {FIRST_USED} AS day) used
)"""  # noqa: S608 - only constants enter

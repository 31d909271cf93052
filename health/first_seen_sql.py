"""Since when the book is known to be used, as SQL: days graded before the first event ever loaded read as zero although nobody looked."""

from __future__ import annotations

# The first day with any event, published or not; NULL where there is none. A long history graded before it has to be passed over to find
# it, so a statement that needs it twice keeps it: `used AS MATERIALIZED (SELECT {FIRST_USED} AS day)`, read as USED.
FIRST_USED = "(SELECT d.day FROM health_accountday d WHERE d.events > 0 ORDER BY d.day LIMIT 1)"
USED = "(SELECT day FROM used)"


def months_seen_from(used: str = FIRST_USED) -> str:
    """The day from which months count: one that began before it was never seen as a whole, and that nothing happened in it is not known."""
    return f"coalesce({used}, '9999-12-31'::date)"


def health_seen_from(used: str = FIRST_USED) -> str:
    """The day from which health counts: its four weeks lie behind the first event. All days where none was graded before that event."""
    return f"""(
    SELECT CASE WHEN graded.day < used.day THEN used.day + 27 ELSE '-infinity'::date END
    FROM (SELECT (SELECT d.day FROM health_accountday d ORDER BY d.day LIMIT 1) AS day) graded
    CROSS JOIN (SELECT {used} AS day) used
)"""  # noqa: S608 - only constants enter

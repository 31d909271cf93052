"""Which days, weeks and months a run builds, for statements that ask whose rows hold: the run's, or those readers see.

That it has rows of a day says so, but not all of it: a run of a few accounts may have none where a contract was taken back.
"""

from __future__ import annotations

# In the counts of a run under way: first days of what it builds, by grain.
KEY = "built"


def built(grain: str, day: str, run: str = "run") -> str:
    """SQL: whether the run (the parameter `run`) builds the slice of the grain that begins on `day`."""
    days = f"(SELECT own_run.counts -> '{KEY}' -> '{grain}' FROM health_run own_run WHERE own_run.id = %({run})s)"  # noqa: S608
    return f"coalesce(jsonb_exists({days}, ({day})::text), false)"

"""Thresholds of this room, as data."""

# Upper bounds (exclusive) of the size cut, by employees. The last band is open.
SIZE_BANDS: tuple[tuple[int, str], ...] = ((50, "1-49"), (250, "50-249"), (1000, "250-999"))
SIZE_TOP = "1000+"
SIZE_UNKNOWN = "unknown"

DEFAULT_PRODUCT = "default"
DEFAULT_SOURCE = "files"
PORTAL_SOURCE = "portal"

# Tries of a job and of an outbox row; after the last one it is left to a person.
JOB_ATTEMPTS = 20
OUTBOX_ATTEMPTS = 8

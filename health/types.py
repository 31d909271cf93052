"""Levels, bands and grains: the words of activity and health."""

from collections.abc import Mapping
from enum import IntEnum, IntFlag, StrEnum


class Level(IntEnum):
    """Activity of one account on one local day. UNKNOWN is a value of its own, never ZERO."""

    UNKNOWN = -1
    ZERO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """Lower-case name, as the API and the files write it."""
        return self.name.lower()


class DayFlag(IntFlag):
    """What else is to be said of a day's level."""

    CONCENTRATED_USE = 1
    LOGIN_SHARE_UNKNOWN = 2
    ACTIVITY_WITHOUT_SEATS = 4
    BELOW_MIN_ACTIVATION = 8
    DEFAULT_CALENDAR = 16

    @property
    def words(self) -> list[str]:
        """Names of the single flags set, lower case, in the order of their bits."""
        return [flag.name.lower() for flag in type(self) if flag in self and flag.name]


class Grain(StrEnum):
    """What a published slice covers."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    HEALTH = "health"


class Band(StrEnum):
    """Traffic light of the health score, on the unrounded score."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    UNKNOWN = "unknown"


# From the worst to the best, then what is not known.
BANDS: tuple[Band, ...] = (Band.RED, Band.AMBER, Band.GREEN, Band.UNKNOWN)
RANK: Mapping[Band, int] = {band: rank for rank, band in enumerate(BANDS)}
UNKNOWN_RANK = RANK[Band.UNKNOWN]
# Decimals of a score that decide its band: far below what a stored score shows, far above what floating point leaves behind.
NOISE_PLACES = 9


class RunState(StrEnum):
    """Life of a nightly run; only `published` is ever read by pages."""

    BUILDING = "building"
    VERIFIED = "verified"
    HELD = "held"
    PUBLISHED = "published"
    FAILED = "failed"


# How a published run is told that lacks accounts it could not compute.
PARTIAL = "partial"

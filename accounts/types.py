"""Words that more than one room uses: roles, kinds and states, as enums."""

from enum import StrEnum


class Role(StrEnum):
    """What a user may see: the own book, the books of a team and its sub-teams, everything."""

    CSM = "csm"
    MANAGER = "manager"
    ADMIN = "admin"


class SeatKind(StrEnum):
    """Bots hold a login but count in nothing."""

    HUMAN = "human"
    BOT = "bot"


class Fit(StrEnum):
    """Whether the product fits the account; a loss is regrettable only where it did."""

    GOOD = "good"
    POOR = "poor"
    UNKNOWN = "unknown"


class WorkWeek(StrEnum):
    """Working days a week; `alternating` (大小周) works every other Saturday."""

    FIVE = "5"
    SIX = "6"
    SEVEN = "7"
    ALTERNATING = "alternating"


class JobState(StrEnum):
    """Life of a job or an import: a row exists before any message is sent."""

    DUE = "due"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class SharedWith(StrEnum):
    """Who else may open a saved view."""

    NOBODY = "nobody"
    TEAM = "team"
    ALL = "all"


class Waiting(StrEnum):
    """What an event that was accepted waits for before it counts."""

    UNKNOWN_ACCOUNT = "unknown_account"
    NO_ACCOUNT = "no_account"
    AMBIGUOUS_ACCOUNT = "ambiguous_account"
    ATTACHING = "attaching"


class Sign(StrEnum):
    """Whose sign of life it is: beat's when it sends, a worker's when a message of beat's has come to it."""

    BEAT = "beat"
    WORKER = "worker"

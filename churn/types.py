"""Words of this room that are stored and cross its border."""

from __future__ import annotations

from enum import StrEnum


class ForecastCategory(StrEnum):
    """How sure the owner is of a renewal."""

    COMMIT = "commit"
    BEST_CASE = "best_case"
    AT_RISK = "at_risk"


class CheckKind(StrEnum):
    """Steps of a renewal that are ticked."""

    PACK_OPENED = "pack_opened"
    USAGE_SHARED = "usage_shared"


class Stage(StrEnum):
    """Where an open renewal stands by days to its decision date."""

    OVERDUE = "overdue"
    DAYS_0_29 = "0-29"
    DAYS_30_59 = "30-59"
    DAYS_60_90 = "60-90"
    DAYS_91_180 = "91-180"
    LATER = "later"


class ChurnType(StrEnum):
    """How an account left."""

    VOLUNTARY = "voluntary"
    SATISFIED = "satisfied"
    INVOLUNTARY = "involuntary"
    UNKNOWN = "unknown"


class CauseSource(StrEnum):
    """Who says why."""

    STATED = "stated"
    INFERRED = "inferred"
    REFUSED = "refused"


class ReminderKind(StrEnum):
    """What a payment reminder is for."""

    BEFORE_EXPIRY = "before_expiry"
    AFTER_FAILURE = "after_failure"


class ReminderState(StrEnum):
    """Where a payment reminder stands; `handed_over`: a person calls or writes by another way than e-mail."""

    QUEUED = "queued"
    SENT = "sent"
    HANDED_OVER = "handed_over"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ItemState(StrEnum):
    """Where an item of the day's list stands; `cleared`: its rule holds no more."""

    OPEN = "open"
    SNOOZED = "snoozed"
    DONE = "done"
    DISMISSED = "dismissed"
    CLEARED = "cleared"


class InterventionKind(StrEnum):
    """What was tried at an account."""

    INTERVIEW = "interview"
    TRAINING = "training"
    AB_TEST = "ab_test"
    EXECUTIVE_TALK = "executive_talk"
    OFFER = "offer"
    PLAY = "play"
    OTHER = "other"


class Basis(StrEnum):
    """What a likelihood of renewal rests on, from the strongest to nothing at all."""

    LEARNED = "learned"
    SCORE = "score"
    BANDS = "bands"
    BASE = "base"
    NONE = "none"


class RuleState(StrEnum):
    """Where a combination stands; only a validated one tells of accounts."""

    VALIDATED = "validated"
    UNPROVEN = "unproven"
    RETIRED = "retired"

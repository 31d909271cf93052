"""Rows of this room, by topic; Django asks for them in one place."""

from accounts.models.absences import Absence
from accounts.models.accounts import Account, Contact, FitRecord, Ownership, QuietPeriod, Seat, Unit
from accounts.models.contracts import Contract, ExchangeRate, Invoice
from accounts.models.definitions import CalendarDefinition, RenewalDefinition
from accounts.models.desk import AccountEdit, Mention, Note, SavedView, Visit
from accounts.models.events import Action, DirtyDay, Event, EventKey, UsageDaily
from accounts.models.intake import (
    InferredEvent,
    IntakeMinute,
    IntakeRule,
    PendingEvent,
    RefusedCall,
    TrackedAlias,
    TrackedLink,
    TrackedTrait,
)
from accounts.models.jobs import Heartbeat, JobRun, Outbox
from accounts.models.people import Team, User
from accounts.models.sources import ImportedRow, ImportFile, ImportRun, RejectedRow, SavedMapping, Source
from accounts.models.touch import Annotation, Interaction, SurveyResponse, Target, Ticket

__all__ = [
    "Absence",
    "Account",
    "AccountEdit",
    "Action",
    "Annotation",
    "CalendarDefinition",
    "Contact",
    "Contract",
    "DirtyDay",
    "Event",
    "EventKey",
    "ExchangeRate",
    "FitRecord",
    "Heartbeat",
    "ImportFile",
    "ImportRun",
    "ImportedRow",
    "InferredEvent",
    "IntakeMinute",
    "IntakeRule",
    "Interaction",
    "Invoice",
    "JobRun",
    "Mention",
    "Note",
    "Outbox",
    "Ownership",
    "PendingEvent",
    "QuietPeriod",
    "RefusedCall",
    "RejectedRow",
    "RenewalDefinition",
    "SavedMapping",
    "SavedView",
    "Seat",
    "Source",
    "SurveyResponse",
    "Target",
    "Team",
    "Ticket",
    "TrackedAlias",
    "TrackedLink",
    "TrackedTrait",
    "Unit",
    "UsageDaily",
    "User",
    "Visit",
]

"""Rows of this room, by topic; Django asks for them in one place."""

from health.models.agreements import ScenarioAgreement
from health.models.days import AccountDay, AccountPeriod, ScenarioPeriod, SeatDay
from health.models.definitions import ActivityDefinition, HealthModel, NorthStarDefinition, QuestionSet, StateDefinition
from health.models.drafts import DefinitionDraft, DraftPreview, DraftRevision, PreviewAccount, RestateChunk, RestatedMonth, RestatedScore
from health.models.judgement import FeedbackCare, Milestone, Outcome, Override, Rating, Review
from health.models.runs import AccountFault, LevelChange, PublishedSlice, Run, RunStep
from health.models.scores import AccountState, HealthScore
from health.models.touched import TouchedAccount
from health.models.value import OutcomeProof, OutcomeVersion, ScenarioStep

__all__ = [
    "AccountDay",
    "AccountFault",
    "AccountPeriod",
    "AccountState",
    "ActivityDefinition",
    "DefinitionDraft",
    "DraftPreview",
    "DraftRevision",
    "FeedbackCare",
    "HealthModel",
    "HealthScore",
    "LevelChange",
    "Milestone",
    "NorthStarDefinition",
    "Outcome",
    "OutcomeProof",
    "OutcomeVersion",
    "Override",
    "PreviewAccount",
    "PublishedSlice",
    "QuestionSet",
    "Rating",
    "RestateChunk",
    "RestatedMonth",
    "RestatedScore",
    "Review",
    "Run",
    "RunStep",
    "ScenarioAgreement",
    "ScenarioPeriod",
    "ScenarioStep",
    "SeatDay",
    "StateDefinition",
    "TouchedAccount",
]

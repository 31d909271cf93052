"""Rows of this room, by topic; Django asks for them in one place."""

from health.models.agreements import ScenarioAgreement
from health.models.days import AccountDay, AccountPeriod, ScenarioPeriod, SeatDay
from health.models.definitions import ActivityDefinition, HealthModel, NorthStarDefinition, QuestionSet
from health.models.judgement import Milestone, Outcome, Override, Rating, Review
from health.models.runs import LevelChange, PublishedSlice, Run, RunStep
from health.models.scores import AccountState, HealthScore

__all__ = [
    "AccountDay",
    "AccountPeriod",
    "AccountState",
    "ActivityDefinition",
    "HealthModel",
    "HealthScore",
    "LevelChange",
    "Milestone",
    "NorthStarDefinition",
    "Outcome",
    "Override",
    "PublishedSlice",
    "QuestionSet",
    "Rating",
    "Review",
    "Run",
    "RunStep",
    "ScenarioAgreement",
    "ScenarioPeriod",
    "SeatDay",
]

"""Rows of this room, by topic; Django asks for them in one place."""

from churn.models.actions import ActionItem, Intervention, ItemStep, Play, PlayRun, Task, TaskComment, TriggerSetting
from churn.models.alarms import AlarmTuning, DropAlarm, SystemNotice
from churn.models.churns import ChurnRecord
from churn.models.decisions import CaseCheck, CaseOutcome, Forecast, RenewalPack, UsageSheet
from churn.models.foresight import (
    AtRisk,
    CampaignCall,
    Likelihood,
    LikelihoodModel,
    MondayReport,
    RiskRule,
    RuleMatch,
    RuleQuarter,
    RuleSearch,
)
from churn.models.interviews import ExitInterview
from churn.models.reminders import PaymentReminder
from churn.models.renewals import RenewalCase

__all__ = [
    "ActionItem",
    "AlarmTuning",
    "AtRisk",
    "CampaignCall",
    "CaseCheck",
    "CaseOutcome",
    "ChurnRecord",
    "DropAlarm",
    "ExitInterview",
    "Forecast",
    "Intervention",
    "ItemStep",
    "Likelihood",
    "LikelihoodModel",
    "MondayReport",
    "PaymentReminder",
    "Play",
    "PlayRun",
    "RenewalCase",
    "RenewalPack",
    "RiskRule",
    "RuleMatch",
    "RuleQuarter",
    "RuleSearch",
    "SystemNotice",
    "Task",
    "TaskComment",
    "TriggerSetting",
    "UsageSheet",
]

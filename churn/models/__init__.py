"""Rows of this room, by topic; Django asks for them in one place."""

from churn.models.churns import ChurnRecord
from churn.models.decisions import CaseCheck, CaseOutcome, Forecast, UsageSheet
from churn.models.interviews import ExitInterview
from churn.models.reminders import PaymentReminder
from churn.models.renewals import RenewalCase

__all__ = [
    "CaseCheck",
    "CaseOutcome",
    "ChurnRecord",
    "ExitInterview",
    "Forecast",
    "PaymentReminder",
    "RenewalCase",
    "UsageSheet",
]

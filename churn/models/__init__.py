"""Rows of this room, by topic; Django asks for them in one place."""

from churn.models.churns import ChurnRecord
from churn.models.renewals import RenewalCase

__all__ = ["ChurnRecord", "RenewalCase"]

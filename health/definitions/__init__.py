"""Definitions as parsed values: what each section of a definition file says, checked and exact. Pure."""

from csm_portal.lib.checked import DefinitionError, Problem
from health.definitions.activity import ActivityRules, ActivityVersion, Scenario, check_activity, is_logins_only, parse_activity
from health.definitions.health import check_health, check_north_star, check_questions, parse_health, parse_north_star, parse_questions
from health.definitions.states import NamedState, StateRules, StateVersion, check_states, parse_states
from health.model_types import HealthRules, HealthVersion, NorthStar, NorthStarVersion, Question, QuestionVersion

__all__ = [
    "ActivityRules",
    "ActivityVersion",
    "DefinitionError",
    "HealthRules",
    "HealthVersion",
    "NamedState",
    "NorthStar",
    "NorthStarVersion",
    "Problem",
    "Question",
    "QuestionVersion",
    "Scenario",
    "StateRules",
    "StateVersion",
    "check_activity",
    "check_health",
    "check_north_star",
    "check_questions",
    "check_states",
    "is_logins_only",
    "parse_activity",
    "parse_health",
    "parse_north_star",
    "parse_questions",
    "parse_states",
]

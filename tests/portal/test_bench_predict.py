"""The bench of foreseeing: the made-up renewals it searches, and how it reads what a night says."""

from __future__ import annotations

from churn.rules.search import search
from csm_portal.portal.bench.predict import PUBLISHED, STEP, conditions_by_renewals

SAID = """  checking
Published as of 2026-08-31: 1 days graded, 10,000 account-days, 10,000 health scores; 0 account-days done again; 41.5 s
  likelihood: 9,120 rows in 2.5 s
  rule matches: 0 rows in 0.4 s
"""


def test_the_search_is_timed_on_forty_conditions_two_of_which_mean_something_together() -> None:
    past, features = conditions_by_renewals(2_000)
    found = search(past, features)
    assert len(found.conditions) == 40
    assert any({"figure_0", "figure_1"} == {one.feature for one in rule.conditions} for rule in found.held)
    assert conditions_by_renewals(50)[0].lost == conditions_by_renewals(50)[0].lost


def test_the_steps_and_the_night_are_read_from_what_the_command_says() -> None:
    assert STEP.findall(SAID) == [("likelihood", "9,120", "2.5"), ("rule matches", "0", "0.4")]
    assert PUBLISHED.findall(SAID) == ["41.5"]

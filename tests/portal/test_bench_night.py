"""The bench of the night: how it reads what a night says."""

from __future__ import annotations

from csm_portal.portal.bench.night import PUBLISHED, steps_of, with_without

SAID = """  seat days 2026-08: 1,200 rows, 0.4 s
  seat days 2026-09: 300 rows, 0.1 s
  weeks 2026-08: 20 rows, 0.2 s
  proofs by score 2026-09-01: 5 rows, 0.0 s
  checking
Published as of 2026-09-01: 1 days graded, 10 account-days, 10 health scores; 0 account-days done again; 41.5 s
  likelihood: 9,120 rows in 2.5 s
"""


def test_the_chunks_of_a_step_are_added_up_in_the_order_they_came() -> None:
    assert steps_of(SAID) == {"seat days": (1500, 0.5), "weeks": (20, 0.2), "proofs by score": (5, 0.0), "likelihood": (9120, 2.5)}
    assert PUBLISHED.findall(SAID) == ["41.5"]


def test_what_follows_a_night_is_held_against_the_night_alone() -> None:
    assert with_without(SAID) == (41.5 + 2.5) / 41.5

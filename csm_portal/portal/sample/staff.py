"""The vendor's own people: teams, managers, one admin, and CSMs who each take the next block of accounts in their team."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from csm_portal.portal.sample import names
from csm_portal.portal.sample.policy import ACCOUNTS_PER_CSM, MANAGED_TEAMS, MARKETS, RATER_BIAS_SPREAD, Market

CSM_STREAM = 2


@dataclass(frozen=True, slots=True)
class Csm:
    """One CSM: `bias` shifts every rating (in points, kind above 0), `lateness` is in days."""

    email: str
    name: str
    team: str
    bias: float
    lateness: float


@dataclass(slots=True)
class Roster:
    """Hands out CSMs. A team's accounts fill one CSM's book, then the next; so a bigger book leaves the first owners as they are."""

    seed: int
    csms: list[Csm] = field(default_factory=list)
    _taken: dict[str, int] = field(default_factory=dict)
    _hired: dict[str, int] = field(default_factory=dict)
    _current: dict[str, Csm] = field(default_factory=dict)

    def take(self, market: Market, accounts: int) -> Csm:
        """The CSM for an account and its outlets, `accounts` in all, which stay in one hand."""
        taken = self._taken.get(market.team, ACCOUNTS_PER_CSM)
        if taken + accounts > ACCOUNTS_PER_CSM:
            taken = 0
            self._hired[market.team] = self._hired.get(market.team, 0) + 1
            self._current[market.team] = self._hire(market, self._hired[market.team])
        self._taken[market.team] = taken + accounts
        return self._current[market.team]

    def _hire(self, market: Market, number: int) -> Csm:
        at = [each.team for each in MARKETS].index(market.team)
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(CSM_STREAM, at, number)))
        label = f"{_slug(market.team)}{number}"
        name = names.person(int(rng.integers(0, 10_000)), chinese=market.country == "CN")
        csm = Csm(f"csm.{label}@example.com", name, market.team, float(rng.normal(0, RATER_BIAS_SPREAD)), float(rng.gamma(2.0, 3.0)))
        self.csms.append(csm)
        return csm

    def users(self) -> list[tuple[str, ...]]:
        """Rows of `users`: email, name, role, team, manager_team."""
        rows = [(csm.email, csm.name, "csm", csm.team, "") for csm in self.csms]
        rows += [(manager_email(team), f"Manager {team}", "manager", team, team) for team in MANAGED_TEAMS]
        return [*rows, ("admin@example.com", "Sample Admin", "admin", "", "")]

    def sign_ins(self) -> list[dict[str, str]]:
        """The first CSM of the biggest team, the manager above, and the admin, as `about.json` lists them."""
        csm = next((each for each in self.csms if each.team == MARKETS[0].team), self.csms[0])
        top = csm.team.split("/", maxsplit=1)[0]
        return [
            {"email": csm.email, "role": "csm", "name": csm.name},
            {"email": manager_email(top), "role": "manager", "name": f"Manager {top}"},
            {"email": "admin@example.com", "role": "admin", "name": "Sample Admin"},
        ]


def manager_email(team: str) -> str:
    return f"manager.{_slug(team)}@example.com"


def _slug(team: str) -> str:
    return "".join(letter for letter in team.rsplit("/", maxsplit=1)[-1].lower() if letter.isalpha())

"""Everything the page adds up, kept for a minute: what a run has published does not change, today's owners and ratings may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import connection

from accounts.models import Team, User
from churn.k import Measure, Window, parts
from churn.k_reads import Group, told
from csm_portal.lib.periods import Period, label
from csm_portal.portal.team import now, past
from csm_portal.portal.team.column import running_week
from csm_portal.portal.team.figures import ByDesk, merged
from csm_portal.portal.team.moves import Moves, moves
from csm_portal.portal.team.tree import people_and_teams
from csm_portal.web import reader, remembered

if TYPE_CHECKING:
    from csm_portal.portal.headlines import Headline

HISTORY_SECONDS = 600
# Whatever a colleague edits by hand during the day shows at once: the newest edit, undo and rating are part of the name.
STAND = """
SELECT r.id, r.as_of, (SELECT max(e.id) FROM accounts_accountedit e),
       (SELECT max(u.undone_at) FROM (SELECT undone_at FROM accounts_accountedit ORDER BY id DESC LIMIT 1000) AS u),
       (SELECT max(g.id) FROM health_rating g)
FROM health_run r WHERE r.state = 'published' ORDER BY r.as_of DESC, r.id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """Which figures are the newest: the published run, its day, and a mark of what was edited since."""

    run_id: int
    as_of: date
    edits: str


@dataclass(frozen=True, slots=True)
class Books:
    """The figures of every desk, with the people and teams they belong to. `versions`: the activity definition behind each month."""

    by_desk: ByDesk
    people: list[User]
    teams: list[Team]
    weeks: tuple[str, str] | None
    headline: Headline | None
    moved: list[Moves]
    versions: dict[date, int]


def stand() -> Stand | None:
    """The newest published figures; None before the first night. One query."""
    with connection.cursor() as cursor:
        cursor.execute(STAND)
        row = cursor.fetchone()
    return Stand(row[0], row[1], "-".join(str(part) for part in row[2:])) if row else None


def books(user: User, at: Stand, period: Period) -> Books:
    """All that the page shows of the visible books, with the renewals of the period: eight queries, or none within a minute."""
    viewer = _viewer(user, at)
    (rates, versions), month, headline, moved = remembered(f"team-past-3:{viewer}", lambda: _past(user, at.as_of), seconds=HISTORY_SECONDS)
    current, people, teams = remembered(f"team-now-3:{viewer}:{at.edits}", lambda: _now(user, at.as_of, [rates, month]))
    due = remembered(f"team-due:{viewer}:{at.edits}:{period.first}:{period.after}", lambda: now.renewals(user, period))
    weeks = running_week(at.as_of, [name for figures in rates.values() for grain, name, _what in figures.past if grain == "week"])
    return Books(merged(current, rates, month, due), people, teams, weeks, headline, moved, versions)


def renewed(user: User, at: Stand) -> Group:
    """The closed renewals that the viewer sees against the activity before them, kept like the history. One query, or none."""
    return remembered(f"team-k-2:{_viewer(user, at)}", lambda: told(user, at.as_of).whole, seconds=HISTORY_SECONDS)


def renewing(found: Group) -> tuple[float, float] | None:
    """p1 and p0 of closed renewals; None where they tell no way to a target."""
    relation = found.relations.get((Window.LEAD, Measure.COUNT))
    return parts(relation) if relation else None


def _viewer(user: User, at: Stand) -> str:
    return f"{reader(user)}:{at.run_id}"


def _past(user: User, as_of: date) -> tuple[tuple[ByDesk, dict[date, int]], ByDesk, Headline | None, list[Moves]]:
    rates, versions = past.rates(user, as_of)
    return (rates, versions), *past.month(user), moves(user, as_of, _last_week(as_of, rates))


def _now(user: User, as_of: date, earlier: list[ByDesk]) -> tuple[ByDesk, list[User], list[Team]]:
    current = now.books(user, as_of)
    return current, *people_and_teams(user, {desk for source in (current, *earlier) for desk in source})


def _last_week(as_of: date, rates: ByDesk) -> date:
    """First day of the week before the running one, whatever day weeks begin on."""
    names = {name for figures in rates.values() for grain, name, _what in figures.past if grain == "week"}
    days = [as_of - timedelta(days=back) for back in range(14)]
    starts = sorted(day for day in days if label("week", day) in names and (label("week", day) == day.isoformat() or day.weekday() == 0))
    return starts[0] if len(starts) > 1 else as_of - timedelta(days=as_of.weekday() + 7)

"""Teams, the people in them and their books as a tree of lines, with subtotals that are the sum of what stands below them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.types import Role
from csm_portal.portal.team.figures import ByDesk, Desk, Figures, total

if TYPE_CHECKING:
    from collections.abc import Collection


class Kind(StrEnum):
    """What a line sums."""

    TOTAL = "total"
    TEAM = "team"
    PERSON = "person"
    NOBODY = "nobody"
    OTHERS = "others"


@dataclass(slots=True)
class Line:
    """One line of the table. `key` names it in the address; `id` is the person's or the team's."""

    kind: Kind
    key: str
    name: str
    figures: Figures = field(default_factory=Figures)
    id: int | None = None
    path: str = ""
    email: str = ""
    away: bool = False
    depth: int = 0
    children: list[Line] = field(default_factory=list)

    def lines(self) -> Iterator[Line]:
        """This line and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.lines()


def people_and_teams(user: User, desks: Collection[Desk]) -> tuple[list[User], list[Team]]:
    """The people and teams that `user` may see, and the owners of visible accounts wherever they sit; two queries."""
    owners = {owner for owner, _team in desks if owner is not None}
    mine = User.objects.visible_to(user).order_by().values("pk")
    people = User.objects.filter(Q(pk__in=mine) | Q(pk__in=owners)).only("name", "email", "role", "is_active", "team_id")
    return list(people), list(Team.objects.visible_to(user).order_by("path"))


def tree(user: User, by_desk: ByDesk, people: Iterable[User], teams: Iterable[Team]) -> Line:
    """The total with teams, people and unowned accounts below it. Whoever has no figures and no CSM's role has no line of their own."""
    nodes = {team.pk: Line(Kind.TEAM, f"t{team.pk}", team.name, id=team.pk, path=team.path) for team in teams}
    top = Line(Kind.TOTAL, "all", _("Total"))
    others = Line(Kind.OTHERS, "others", _("Other teams"))
    loose = Line(Kind.OTHERS, "loose", _("Without a team"))

    def place(team_id: int | None) -> Line:
        return loose if team_id is None else nodes.get(team_id, others)

    of_person: dict[int, list[Figures]] = {}
    for (owner, team_id), figures in by_desk.items():
        if owner is None:
            _unowned(place(team_id), team_id, figures)
        else:
            of_person.setdefault(owner, []).append(figures)
    for person in people:
        figures = total(of_person.pop(person.pk, []))
        if _stands(person, figures):
            figures.csms = int(figures.accounts > 0)
            name = person.get_full_name()
            line = Line(Kind.PERSON, f"p{person.pk}", name, figures, person.pk, email=person.email, away=not person.is_active)
            place(person.team_id).children.append(line)
    _hang(top, nodes, others, loose)
    _sum(top, 0)
    return _told_once(top)


def _unowned(parent: Line, team_id: int | None, figures: Figures) -> None:
    path = parent.path if parent.kind == Kind.TEAM else ""
    parent.children.append(Line(Kind.NOBODY, f"n{team_id or ''}", _("No owner"), figures, team_id, path))


def _stands(person: User, figures: Figures) -> bool:
    csm = person.role == Role.CSM and person.is_active
    return csm or bool(figures.accounts or figures.due or figures.answers or figures.past)


def _hang(top: Line, nodes: dict[int, Line], others: Line, loose: Line) -> None:
    """Each team below the nearest team above it that is seen; without people or accounts it is kept, so that it can be given a target."""
    by_path = {node.path: node for node in nodes.values()}
    for node in nodes.values():
        parts = node.path.split("/")[:-2]
        above = ("/".join(parts[:n]) + "/" for n in range(len(parts), 0, -1))
        parent = next((by_path[path] for path in above if path in by_path), top)
        if parent is top:
            node.name = node.path.rstrip("/")
        parent.children.append(node)
    top.children += [line for line in (others, loose) if line.children]


def _sum(line: Line, depth: int) -> Figures:
    line.depth = depth
    if line.children:
        line.figures = total(_sum(child, depth + 1) for child in line.children)
    return line.figures


def _told_once(top: Line) -> Line:
    """A single team that holds everything is the total itself."""
    if len(top.children) != 1 or top.children[0].kind != Kind.TEAM:
        return top
    only = top.children[0]
    only.kind = Kind.TOTAL
    for line in only.lines():
        line.depth -= 1
    return only


Measure = Callable[[Line], float | str | None]


def in_order(line: Line, measure: Measure, *, descending: bool) -> None:
    """Sort the lines of each team by a measure; the unknown comes last either way, as do accounts without owner and other teams."""
    for child in line.children:
        in_order(child, measure, descending=descending)

    def rank(child: Line) -> tuple[bool, bool, float | str]:
        value = measure(child)
        return (child.kind in (Kind.NOBODY, Kind.OTHERS), value is None, 0 if value is None else value)

    line.children.sort(key=lambda child: child.name.casefold())
    known = [child for child in line.children if measure(child) is not None]
    if any(isinstance(measure(child), str) for child in known):
        line.children.sort(key=lambda child: str(measure(child) or "").casefold(), reverse=descending)
    else:
        line.children.sort(key=lambda child: float(measure(child) or 0), reverse=descending)
    line.children.sort(key=lambda child: rank(child)[:2])


def folded(line: Line, closed: Collection[str]) -> list[Line]:
    """The lines to show, the total last; what is below a closed team is left out."""
    shown: list[Line] = []

    def walk(parent: Line) -> None:
        for child in parent.children:
            shown.append(child)
            if child.key not in closed:
                walk(child)

    walk(line)
    return [*shown, line]


def flat(line: Line) -> Line:
    """The total with people and unowned accounts alone, without their teams."""
    books = [below for below in line.lines() if below.kind in (Kind.PERSON, Kind.NOBODY)]
    for below in books:
        below.depth = 1
    line.children = books
    return line

"""Tasks in words: the list with its tabs, one task with what was said about it, and the form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from accounts.edits import UNDO_FOR
from accounts.mentions import people_who_see
from churn.acting.tasks import MAX_TITLE
from churn.models import Task, TaskComment
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.web import CountOf, Page, paginate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from django.http import QueryDict

    from accounts.models import Account, User

MINE, TEAM, OVERDUE, DONE = "mine", "team", "overdue", "done"
TABS = {
    MINE: gettext_lazy("Mine"),
    TEAM: gettext_lazy("All open ones"),
    OVERDUE: pgettext_lazy("tasks", "Overdue"),
    DONE: pgettext_lazy("tasks", "Done"),
}
# A task has no further field to be found by.
MOST_SEARCH = 100


@dataclass(frozen=True)
class Tab:
    """One tab of the list: its address, words, how many tasks stand behind it (None: not counted)."""

    key: str
    href: str
    label: str
    n: int | None
    chosen: bool


@dataclass(frozen=True)
class Line:
    """One task. `due` is a day, `left` how far off in words; `covered` names whom the reader does it for."""

    pk: int
    title: str
    href: str
    account: str
    account_href: str
    owner: str
    due_on: date | None
    left: str
    late: bool
    is_done: bool
    done: str
    origin: str
    comments: str
    covered: str = ""


@dataclass(frozen=True)
class Said:
    """One comment."""

    pk: int
    text: str
    by: str
    when: str
    may_undo: bool


@dataclass(frozen=True)
class Form:
    """The form of a task: a new one where `task` is None. `people` are e-mail, name, whether chosen."""

    account: Account
    task: Task | None
    title: str
    due_on: str
    today: date
    people: list[tuple[str, str, bool]]
    problems: Mapping[str, str]
    item: str = ""
    back: str = ""
    most: int = MAX_TITLE
    said: Sequence[Said] = field(default_factory=tuple)
    line: Line | None = None
    comment: str = ""


@dataclass(frozen=True)
class Shown:
    """The page: tabs, the lines of the tab, where the list stands."""

    tab: str
    tabs: list[Tab]
    lines: list[Line]
    page: Page
    search: str
    owner: str = ""


def shown(user: User, query: QueryDict, today: date, covered: Mapping[int, Any]) -> Shown:
    """What the page places; two queries."""
    tab = query.get("tab", MINE)
    tab = tab if tab in TABS else MINE
    search = query.get("q", "").replace("\0", "")[:MOST_SEARCH].strip()
    counts = _counts(user, today, covered)
    rows, owner = _listed(user, tab, search, today, covered), query.get("owner", "").replace("\0", "")
    if owner:
        rows = rows.filter(Q(owner__email__iexact=owner) | Q(owner__isnull=True, account__owner__email__iexact=owner))
    found, page = paginate(rows, query.get("page"))
    address, kept = reverse("portal:tasks"), {name: value for name, value in (("q", search), ("owner", owner)) if value}
    tabs = [
        Tab(key, f"{address}?{urlencode({'tab': key, **kept})}", str(label), counts.get(key), key == tab) for key, label in TABS.items()
    ]
    return Shown(tab, tabs, [line(row, today, covered) for row in found], page, search, owner)


def of_account(account: Account, user: User, today: date) -> list[Line]:
    """The open tasks of an account, the next due first. One query; the account comes from `visible_to`."""
    return [line(row, today, {}) for row in _rows(user, today).filter(account=account, done_at__isnull=True)]


def _rows(user: User, today: date) -> QuerySet[Task]:
    rows: QuerySet[Task] = Task.objects.visible_to(user).filter(withdrawn_at__isnull=True)
    talk = CountOf(TaskComment.objects.filter(task=OuterRef("pk"), withdrawn_at__isnull=True).order_by().values("pk"))
    joined = rows.select_related("account__owner", "owner", "done_by", "play_run__play").annotate(n_comments=talk)
    return joined.order_by(F("due_on").asc(nulls_last=True), "pk")


def _listed(user: User, tab: str, search: str, today: date, covered: Collection[int]) -> QuerySet[Task]:
    rows = _rows(user, today)
    if search:
        rows = rows.filter(Q(title__icontains=search) | Q(account__name__icontains=search))
    if tab == DONE:
        return rows.filter(done_at__isnull=False).order_by("-done_at", "-pk")
    rows = rows.filter(done_at__isnull=True)
    if tab == MINE:
        return rows.filter(_mine(user, covered))
    return rows.filter(due_on__lt=today) if tab == OVERDUE else rows


def _mine(user: User, covered: Collection[int]) -> Q:
    """Tasks given to the reader or to those they cover for, and those that nobody was given at accounts these own."""
    people = [user.pk, *covered]
    return Q(owner__in=people) | Q(owner__isnull=True, account__owner__in=people)


def _counts(user: User, today: date, covered: Collection[int]) -> dict[str, int]:
    rows = Task.objects.visible_to(user).filter(withdrawn_at__isnull=True, done_at__isnull=True)
    found: dict[str, int] = rows.aggregate(
        mine=Count("pk", filter=_mine(user, covered)), team=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=today))
    )
    return found


def line(row: Task, today: date, covered: Mapping[int, Any]) -> Line:
    """A task in words."""
    holder = row.owner or row.account.owner
    away = covered.get(holder.pk) if holder is not None else None
    comments = getattr(row, "n_comments", 0)
    return Line(
        pk=row.pk,
        title=row.title,
        href=reverse("portal:task", args=[row.pk]),
        account=row.account.name,
        account_href=account_address(row.account.external_id),
        owner=holder.get_full_name() if holder is not None else _("no owner"),
        due_on=row.due_on,
        left=words.until(row.due_on, today) if row.due_on and not row.done_at else "",
        late=bool(row.due_on and row.due_on < today and not row.done_at),
        is_done=row.done_at is not None,
        done=_done_words(row),
        origin=_origin(row),
        comments=ngettext("%(n)d comment", "%(n)d comments", comments) % {"n": comments} if comments else "",
        covered=covered_words(away),
    )


def covered_words(away: Any) -> str:
    """`for Anna until 12 Nov 2026`; empty where nobody is covered."""
    return _("for %(name)s until %(day)s") % {"name": away.name, "day": words.day(away.until)} if away is not None else ""


def _done_words(row: Task) -> str:
    if row.done_at is None:
        return ""
    return _("%(when)s by %(who)s") % {
        "when": words.moment(row.done_at),
        "who": row.done_by.get_full_name() if row.done_by else words.UNKNOWN,
    }


def _origin(row: Task) -> str:
    if row.play_run is not None:
        play = row.play_run.play
        return play.name_zh if play.name_zh and words.chinese() else str(play.name)
    return ""


def form(  # noqa: PLR0917 - what is placed
    account: Account, data: QueryDict, task: Task | None, today: date, problems: Mapping[str, str], said: Sequence[Said] = ()
) -> Form:
    """The form with what was sent, else with what the task is."""
    owner = data.get("owner", task.owner.email if task is not None and task.owner else "")
    due = task.due_on.isoformat() if task is not None and task.due_on else ""
    people = [(person.email, person.get_full_name()) for person in people_who_see(account).only("email", "name")]
    if task is not None and task.owner is not None and task.owner.email not in {email for email, _name in people}:
        people.append((task.owner.email, task.owner.get_full_name()))
    return Form(
        account=account,
        task=task,
        title=data.get("title", task.title if task is not None else "").replace("\0", "")[: MAX_TITLE * 2],
        due_on=data.get("due_on", due).replace("\0", "")[:40],
        today=today,
        people=[(email, name, email.casefold() == owner.casefold()) for email, name in people],
        problems=problems,
        item=data.get("item", "").replace("\0", "")[:20],
        back=data.get("next", ""),
        said=said,
        line=line(task, today, {}) if task is not None else None,
    )


def said_about(task: Task, user: User, now: datetime) -> list[Said]:
    """The comments of a task, as written. One query."""
    rows: Any = TaskComment.objects.filter(task=task, withdrawn_at__isnull=True).select_related("author").order_by("written_at", "pk")
    return [
        Said(
            row.pk,
            row.text,
            row.author.get_full_name(),
            words.moment(row.written_at),
            row.author_id == user.pk and now - row.written_at < UNDO_FOR,
        )
        for row in rows
    ]

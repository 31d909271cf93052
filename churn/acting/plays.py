"""Plays: templates of tasks. Kept by managers and admins, begun at an account by hand or by rule, withdrawn with what is left to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Min, Q
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused, line
from accounts.edits import UNDO_FOR
from accounts.models import Account, User
from accounts.types import Role
from churn.acting.plays_shipped import SHIPPED
from churn.acting.triggers import TRIGGERS
from churn.models import ActionItem, Play, PlayRun, Task
from churn.types import ChurnType

if TYPE_CHECKING:
    from django.db.models import QuerySet

MAX_NAME = 120
MAX_STEP = 300
MOST_STEPS = 20
MOST_DAYS = 365
# Begun twice by an impatient finger, or by hand and by its rule, it is the same run.
SAME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StepWish:
    """One task of a play, due `days` after it begins (None: not readable)."""

    title: str
    days: int | None
    title_zh: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a play is to be. `name_zh` empty: the name in both languages."""

    name: str
    steps: Sequence[StepWish]
    name_zh: str = ""
    triggers: Sequence[str] = field(default_factory=tuple)
    churn_types: Sequence[str] = field(default_factory=tuple)
    by_rule: bool = False


def may_keep(user: User) -> bool:
    """Whether the person may change plays: they work on everybody's accounts, so managers and admins."""
    return user.is_active and user.role in {Role.MANAGER, Role.ADMIN}


@transaction.atomic
def seed(at: datetime) -> int:
    """Make the plays that ship and are not there; what people have changed stays. Returns how many were made."""
    there = set(Play.objects.filter(key__in=[one.key for one in SHIPPED]).values_list("key", flat=True))
    missing = [one for one in SHIPPED if one.key not in there]
    Play.objects.bulk_create(
        [
            Play(
                key=one.key,
                name=one.name,
                name_zh=one.name_zh,
                triggers=list(one.triggers),
                churn_types=[str(kind) for kind in one.churn_types],
                steps=[step.as_json() for step in one.steps],
                changed_at=at,
            )
            for one in missing
        ],
        ignore_conflicts=True,
    )
    return len(missing)


@transaction.atomic
def keep(user: User, wish: Wish, at: datetime, pk: int | None = None) -> Play | None:
    """Make a play, or give one (`pk`) these contents; None: it is not there, or not theirs to change. Raises NotSaved.

    Runs that have begun keep the tasks they got.
    """
    if not may_keep(user):
        return None
    values = _checked(wish)
    if pk is None:
        twin = Play.objects.filter(changed_by=user, changed_at__gt=at - SAME, key__isnull=True, **values).first()
        made: Play = twin or Play.objects.create(changed_by=user, changed_at=at, **values)
        return made
    play = Play.objects.select_for_update().filter(pk=pk).first()
    if play is None:
        return None
    for name, value in values.items():
        setattr(play, name, value)
    play.changed_by, play.changed_at = user, at
    play.save()
    return play


@transaction.atomic
def switch(user: User, pk: int, at: datetime, *, active: bool | None = None, by_rule: bool | None = None) -> Play | None:
    """Switch a play, or its beginning by rule, on or off; None: it is not there, or not theirs to change. Raises NotSaved."""
    play = Play.objects.select_for_update().filter(pk=pk).first() if may_keep(user) else None
    if play is None:
        return None
    if by_rule and not play.triggers:
        raise NotSaved({"triggers": _("A play begins by itself only with a trigger; choose one first.")})
    play.is_active = play.is_active if active is None else active
    # New items alone begin it: those that stand open since before were somebody's to judge.
    play.by_rule = play.by_rule if by_rule is None else by_rule
    play.changed_by, play.changed_at = user, at
    play.save(update_fields=["is_active", "by_rule", "changed_by", "changed_at"])
    return play


def fitting(user: User, *, rule: str = "", churn_type: str = "") -> list[Play]:
    """Plays that are on, those made for the trigger or the type of loss first. One query."""
    rows = list(Play.objects.visible_to(user).filter(is_active=True).order_by("name", "pk"))
    return sorted(rows, key=lambda play: not ((rule and rule in play.triggers) or (churn_type and churn_type in play.churn_types)))


@transaction.atomic
def begin(user: User, play_id: int, account: Account, at: datetime, today: date, *, item: int | None = None) -> PlayRun | None:
    """Begin a play at an account that the user sees, from an item where one is named; its tasks are the account owner's.

    The same item begins a play once; the same again within a minute is the same run. None: no such play (any more).
    Raises ActionItem.DoesNotExist for an item of another account.
    """
    play = Play.objects.filter(pk=play_id, is_active=True).first()
    if play is None:
        return None
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    source = ActionItem.objects.get(pk=item, account=account) if item is not None else None
    runs = PlayRun.objects.filter(play=play, account=account, withdrawn_at__isnull=True)
    known = runs.filter(item=source) if source is not None else runs.filter(item__isnull=True, begun_by=user, begun_at__gt=at - SAME)
    if (run := known.first()) is not None:
        return run
    try:
        with transaction.atomic():
            run = PlayRun.objects.create(play=play, account=account, item=source, begun_on=today, begun_at=at, begun_by=user)
    except IntegrityError:  # a worker began it by its rule in this moment
        return known.first()
    Task.objects.bulk_create(
        [
            Task(
                account=account,
                item=source,
                play_run=run,
                title=step_title(step),
                due_on=today + timedelta(days=int(step["days"])),
                created_by=user,
                created_at=at,
            )
            for step in play.steps
        ]
    )
    if source is not None:
        ActionItem.objects.filter(pk=source.pk, first_acted_at__isnull=True).update(first_acted_at=at)
    return run


@transaction.atomic
def withdraw(user: User, pk: int, at: datetime) -> PlayRun | None:
    """Stop a run at an account that the user sees: what is not done of it falls away, what is done stays. None: no such run."""
    run = _runs(user).filter(pk=pk, withdrawn_at__isnull=True).first()
    if run is None:
        return None
    run.withdrawn_at = at
    run.save(update_fields=["withdrawn_at"])
    run.tasks.filter(done_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=at)
    return run


@transaction.atomic
def resume(user: User, pk: int, at: datetime) -> PlayRun | None:
    """Undo a withdrawal of the last day with the tasks that fell away by it. None: no such run, or the item has begun it anew."""
    run = _runs(user).filter(pk=pk, withdrawn_at__gt=at - UNDO_FOR).first()
    if run is None or (run.item_id and PlayRun.objects.filter(play=run.play, item=run.item_id, withdrawn_at__isnull=True).exists()):
        return None
    run.tasks.filter(withdrawn_at=run.withdrawn_at).update(withdrawn_at=None)
    run.withdrawn_at = None
    run.save(update_fields=["withdrawn_at"])
    return run


# New items of the plays' triggers; one play once an item, and not while an earlier run of it at the account has something left to do.
BEGIN = """
WITH begun AS (
    INSERT INTO churn_playrun (play_id, account_id, item_id, begun_on, begun_at)
    SELECT DISTINCT ON (p.id, i.account_id) p.id, i.account_id, i.id, %(today)s, %(now)s
    FROM churn_play p
    JOIN churn_actionitem i ON i.rule = ANY(p.triggers) AND i.state = 'open' AND NOT i.held_back AND i.opened_at >= p.changed_at
    WHERE p.is_active AND p.by_rule
      AND NOT EXISTS (SELECT FROM churn_playrun r WHERE r.play_id = p.id AND r.item_id = i.id)
      AND NOT EXISTS (
        SELECT FROM churn_playrun r JOIN churn_task t ON t.play_run_id = r.id
        WHERE r.play_id = p.id AND r.account_id = i.account_id AND r.withdrawn_at IS NULL AND t.done_at IS NULL AND t.withdrawn_at IS NULL)
    ORDER BY p.id, i.account_id, i.opened_at, i.id
    ON CONFLICT DO NOTHING
    RETURNING id, play_id, account_id, item_id
)
INSERT INTO churn_task (account_id, item_id, play_run_id, title, due_on, created_at)
SELECT b.account_id, b.item_id, b.id,
       coalesce(CASE WHEN u.language = 'zh-hans' THEN nullif(s.step ->> 'title_zh', '') END, s.step ->> 'title'),
       %(today)s::date + (s.step ->> 'days')::integer, %(now)s
FROM begun b JOIN churn_play p ON p.id = b.play_id
JOIN accounts_account a ON a.id = b.account_id LEFT JOIN accounts_user u ON u.id = a.owner_id
CROSS JOIN LATERAL jsonb_array_elements(p.steps) WITH ORDINALITY AS s (step, place)
ORDER BY b.id, s.place
"""


@transaction.atomic
def begin_by_rule(today: date, now: datetime) -> int:
    """Begin the plays that are to begin by themselves with the items opened since they were last changed; the tasks made. Again: none.

    Titles are in the language of the account's owner, as far as the play has them.
    """
    seed(now)
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, {"today": today, "now": now})
        return int(cursor.rowcount)


def step_title(step: Mapping[str, Any]) -> str:
    """A step of a play in the reader's language, as far as the play has it."""
    return _in_language(step["title"], step.get("title_zh", ""))


def name_of(play: Play) -> str:
    """The play's name in the reader's language, as far as it has one."""
    return _in_language(play.name, play.name_zh)


def _in_language(english: str, chinese: str) -> str:
    return chinese if chinese and (get_language() or "").startswith("zh") else english


def _runs(user: User) -> QuerySet[PlayRun]:
    rows: QuerySet[PlayRun] = PlayRun.objects.select_for_update(of=("self",)).select_related("account", "play")
    return rows.filter(account__in=Account.objects.visible_to(user).values("pk"))


def _checked(wish: Wish) -> dict[str, Any]:
    """The values of a play. Raises NotSaved."""
    problems: dict[str, str] = {}
    names = {"name": _text(wish.name, MAX_NAME, "name", problems), "name_zh": _text(wish.name_zh, MAX_NAME, "name_zh", problems)}
    if not names["name"] and "name" not in problems:
        problems["name"] = _("Give the play a name.")
    steps = [_step(one, problems) for one in wish.steps if one.title.strip()]
    if not steps and "steps" not in problems:
        problems["steps"] = _("A play needs at least one step.")
    if len(steps) > MOST_STEPS:
        problems["steps"] = ngettext("A play has at most %(n)d step.", "A play has at most %(n)d steps.", MOST_STEPS) % {"n": MOST_STEPS}
    if set(wish.triggers) - set(TRIGGERS):
        problems["triggers"] = _("Choose triggers of the list.")
    if set(wish.churn_types) - set(ChurnType):
        problems["churn_types"] = _("Choose types of loss of the list.")
    if wish.by_rule and not wish.triggers:
        problems["triggers"] = _("A play begins by itself only with a trigger; choose one first.")
    if problems:
        raise NotSaved(problems)
    lists = {"triggers": list(dict.fromkeys(wish.triggers)), "churn_types": list(dict.fromkeys(wish.churn_types))}
    return {**names, **lists, "steps": steps, "by_rule": wish.by_rule}


def _step(step: StepWish, problems: dict[str, str]) -> dict[str, Any]:
    title, chinese = _text(step.title, MAX_STEP, "steps", problems), _text(step.title_zh, MAX_STEP, "steps", problems)
    if step.days is None or not 0 <= step.days <= MOST_DAYS:
        problems["steps"] = _("A step is due 0 to %(most)d days after the play begins.") % {"most": MOST_DAYS}
    return {"title": title, "title_zh": chinese, "days": step.days}


def _text(value: str, most: int, name: str, problems: dict[str, str]) -> str:
    try:
        return line(value, most)
    except Refused as refused:
        problems[name] = str(refused)
        return ""


def progress(user: User, account: Account | None = None, play: int | None = None) -> QuerySet[PlayRun]:
    """Runs of visible accounts that are not withdrawn, the latest first, with `n_tasks`, `n_done` and `next_due` of each."""
    kept = Q(tasks__withdrawn_at__isnull=True)
    rows: QuerySet[PlayRun] = (
        PlayRun.objects.visible_to(user).filter(withdrawn_at__isnull=True).select_related("play", "account", "begun_by")
    )
    if account is not None:
        rows = rows.filter(account=account)
    if play is not None:
        rows = rows.filter(play=play)
    done = Q(tasks__done_at__isnull=False)
    return rows.annotate(
        n_tasks=Count("tasks", filter=kept), n_done=Count("tasks", filter=kept & done), next_due=Min("tasks__due_on", filter=kept & ~done)
    ).order_by("-begun_on", "-pk")

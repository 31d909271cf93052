"""What the filters offer: the values that occur among the accounts the viewer may see, and how many each would leave."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Case, F, Func, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from csm_portal.portal import words
from csm_portal.portal.book.columns import computed
from csm_portal.portal.book.fields import FIELDS, NOBODY, READABLE, YES_NO, Kind
from csm_portal.portal.book.quick import QUICK, Choice
from csm_portal.web import reader, remembered
from health.models import AccountState
from health.types import Level

if TYPE_CHECKING:
    from csm_portal.portal.book.asked import Asked

Options = dict[str, list[Choice]]
# Cannot stand in an e-mail address or a name, so it parts the two in one value.
BETWEEN = "\x1f"
_TEXT = TextField()
_VALUES: dict[str, Any] = {
    "owner": Concat(Cast(F("account__owner__email"), _TEXT), Value(BETWEEN, _TEXT), F("account__owner__name")),
    "team": Coalesce("account__owner__team__path", Case(When(account__owner=None, then=F("account__team__path"))), Value("", _TEXT)),
    "tags": Func(F("account__tags"), function="unnest", output_field=_TEXT),
    # One row without a key where there is none, so that those are counted too.
    "state": Func(
        F("named_states"),
        template="jsonb_path_query(coalesce(nullif(%(expressions)s, '[]'), '[{}]'), '$[*]') ->> 'key'",
        output_field=_TEXT,
    ),
}


def quick_choices(user: User, asked: Asked, day: date, run_id: int | None) -> Options:
    """Choices of every quick filter, counted under all the other filters; one query, remembered for a minute per run and state."""
    return remembered(_name(user, asked, run_id, "quick"), lambda: counted(user, asked, day, QUICK, own=False))


def field_choices(user: User, asked: Asked, day: date, run_id: int | None, key: str) -> list[Choice]:
    """Choices of one field, counted under all filters in force."""
    return remembered(_name(user, asked, run_id, key), lambda: counted(user, asked, day, (key,), own=True))[key]


def labels_of(user: User, asked: Asked, options: Mapping[str, Iterable[Choice]]) -> dict[tuple[str, str], str]:
    """Names of values that only the book knows: an owner's for the address. One query where the filters leave nobody of that name."""
    labels = {("owner", choice.value): choice.label for choice in options.get("owner", ())}
    named = {part.values for group in asked.groups for part in group if part.field is not None and part.field.key == "owner"}
    wanted = {asked.query.get("owner", ""), *(value for values in named for value in values)} - {"", NOBODY}
    missing = [email for email in wanted if ("owner", email) not in labels and "\x00" not in email]
    if missing:
        people = User.objects.visible_to(user).filter(email__in=missing)
        labels |= {("owner", person.email): person.get_full_name() for person in people}
    return labels


def counted(user: User, asked: Asked, day: date, fields: Iterable[str], *, own: bool) -> Options:
    """Values of the fields with the number of accounts, in one scan. `own`: each field's own quick filter holds for its counts too."""
    names = list(fields)
    held = [name for name in QUICK if name in asked.form.asked()]
    apart = [] if own else [name for name in held if name in names]
    states = asked.narrow(AccountState.objects.visible_to(user), day, quick=[name for name in held if name not in apart])
    states = states.alias(**computed([FIELDS[name].path for name in names]))
    inner = (
        states.order_by()
        .annotate(
            **{f"value_{name}": Cast(_VALUES.get(name, F(FIELDS[name].path)), _TEXT) for name in names},
            **{
                f"meets_{name}": Case(When(asked.form.condition(name), then=Value(True)), default=Value(False), output_field=BooleanField())
                for name in apart
            },
        )
        .values_list(*(f"value_{name}" for name in names), *(f"meets_{name}" for name in apart))
    )
    found: dict[str, dict[str, int]] = {name: defaultdict(int) for name in names}
    for place, value, count in _grouped(inner, names, apart):
        found[names[place]][value or ""] += count
    return {name: _choices(name, found[name]) for name in names}


def _grouped(inner: Any, names: list[str], apart: list[str]) -> list[tuple[int, str | None, int]]:
    """(place of the field, value, accounts): one grouping set per field, each under the filters of the others."""
    try:
        query, params = inner.query.sql_with_params()
    except EmptyResultSet:
        return []
    values = [f"v{place}" for place in range(len(names))]
    meets = [f"m{place}" for place in range(len(apart))]
    parts = []
    for place, name in enumerate(names):
        others = " AND ".join(["true", *(mark for mark, other in zip(meets, apart, strict=True) if other != name)])
        parts.append(f"WHEN grouping({values[place]}) = 0 THEN count(*) FILTER (WHERE {others})")
    which = " ".join(f"WHEN grouping({value}) = 0 THEN {place}" for place, value in enumerate(values))
    value = " ".join(f"WHEN grouping({value}) = 0 THEN {value}" for value in values)
    sets = ", ".join(f"({value})" for value in values)
    outer = (
        f"SELECT CASE {which} END, CASE {value} END, CASE {' '.join(parts)} END"  # noqa: S608 - names made above
        f" FROM ({query}) AS book({', '.join([*values, *meets])}) GROUP BY GROUPING SETS ({sets})"
    )
    with connection.cursor() as cursor:
        cursor.execute(outer, params)
        return list(cursor.fetchall())


def _choices(name: str, counts: Mapping[str, int]) -> list[Choice]:
    known = FIELDS[name].choices
    if known is not None:
        stored = {_as_asked(name, value): count for value, count in counts.items()}
        return [Choice(value, str(label), stored.get(value, 0)) for value, label in known.items()]
    if name == "owner":
        made = [_owner(value, count) for value, count in counts.items()]
        return sorted(made, key=lambda choice: (choice.value == NOBODY, choice.label.casefold()))
    if name == "team":
        return _teams(counts)
    label = words.readable if name in READABLE else str
    made = [Choice(value, label(value), count) for value, count in sorted(counts.items(), key=lambda item: item[0].casefold()) if value]
    if FIELDS[name].kind == Kind.CHOICE and counts.get(""):
        made.append(Choice(NOBODY, _("none"), counts[""]))
    return made


def _as_asked(name: str, value: str) -> str:
    """A stored value as the filters name it."""
    if name == "level":
        return Level(int(value)).word
    if name in YES_NO:
        return {"true": "yes", "false": "no"}.get(value, NOBODY)
    return value or NOBODY


def _owner(value: str, count: int) -> Choice:
    email, _between, name = value.partition(BETWEEN)
    return Choice(email, name or email, count) if email else Choice(NOBODY, _("nobody"), count)


def _teams(counts: Mapping[str, int]) -> list[Choice]:
    """Every team with what lies below it."""
    whole: dict[str, int] = defaultdict(int)
    for path, count in counts.items():
        parts = path.split("/")[:-1]
        for depth in range(len(parts)):
            whole["/".join(parts[: depth + 1]) + "/"] += count
    made = [Choice(path, path.rstrip("/"), count) for path, count in sorted(whole.items())]
    return [*made, Choice(NOBODY, _("none"), counts[""])] if counts.get("") else made


def _name(user: User, asked: Asked, run_id: int | None, what: str) -> str:
    digest = hashlib.sha256(asked.state.encode()).hexdigest()[:24]
    return f"choices:{what}:{reader(user)}:{run_id}:{get_language()}:{digest}"

"""The named states of every account, as a step of staging its current row. docs/methods/states.md."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from csm_portal.lib.versions import version_on
from health.scope import EVERYBODY, Scope
from health.value import named_states_sql as sql
from health.versions import activity_versions, states_on

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from health.definitions import StateVersion


def name_states(cursor: CursorWrapper, as_of: date, scope: Scope = EVERYBODY) -> None:
    """Write `named_states` and `states_version` into the staged `next_state`.

    The day's `[states]` holds, or its defaults. An account that does not pay, or whose days are not known well enough, has none. Set-based:
    five statements however many accounts there are.
    """
    version = states_on(as_of)
    values = _values(version, as_of)
    cursor.execute(sql.FORGET)
    cursor.execute(scope.apply(sql.USE), values)
    cursor.execute(scope.apply(sql.GRADED), values)
    cursor.execute(sql.SKIPPED)
    _skip(cursor, as_of)
    cursor.execute(scope.apply(sql.FEATURES), values)
    cursor.execute(sql.NAME, values)
    cursor.execute(sql.REST, values)


def _values(found: StateVersion, as_of: date) -> dict[str, Any]:
    rules = found.rules
    return {
        "as_of": as_of,
        "first": as_of - timedelta(days=rules.window_days - 1),
        "version": found.version,
        "window_days": rules.window_days,
        "busy_days": rules.busy_days,
        "busy_key_days": rules.busy_key_days,
        "quiet_days": rules.quiet_days,
        "report_days": rules.report_days,
        "narrow_features": rules.narrow_features,
        "off_num": rules.off_share.numerator,
        "off_den": rules.off_share.denominator,
        "known_num": rules.min_known_share.numerator,
        "known_den": rules.min_known_share.denominator,
    }


def _skip(cursor: CursorWrapper, as_of: date) -> None:
    """Which actions are logins or passive, per profile of the activity definition in force."""
    activity = version_on(activity_versions(), as_of)
    found = [
        (profile, name)
        for profile, rules in enumerate(activity.rules if activity else ())
        for name in {*rules.login_actions, *rules.passive_actions}
    ]
    if found:
        cursor.execute(sql.SKIP, {"profiles": [profile for profile, _name in found], "names": [name for _profile, name in found]})

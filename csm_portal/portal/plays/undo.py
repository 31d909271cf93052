"""Undo of an edited play: its former contents wait a day in the editor's own session, and go back while nobody has changed it since."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from churn.acting import plays
from churn.acting.plays import StepWish, Wish
from churn.models import Play

if TYPE_CHECKING:
    from accounts.models import User

KEY = "plays-before"
# The latest edits of a session; older ones can no longer be taken back.
KEPT = 5
TIME_TO_UNDO = timedelta(days=1)
Session = MutableMapping[str, Any]


def contents(play: Play) -> dict[str, Any]:
    """What an edit may change, as it can be stored."""
    names = ("name", "name_zh", "triggers", "churn_types", "steps", "by_rule")
    return {name: getattr(play, name) for name in names}


def remember(session: Session, before: Mapping[str, Any], edited: Play) -> str:
    """Keep the contents of before the edit; the answer names them in the undo's address."""
    token = secrets.token_urlsafe(12)
    entry = {"token": token, "play": edited.pk, "edited_at": edited.changed_at.isoformat(), "before": dict(before)}
    session[KEY] = [*session.get(KEY, []), entry][-KEPT:]
    return token


def put_back(user: User, session: Session, play: Play, token: str, at: datetime) -> Play | None:
    """Give the play its former contents; None where it was changed again, a day has passed, or they may not. Raises NotSaved."""
    entry = next((one for one in session.get(KEY, []) if one["token"] == token and one["play"] == play.pk), None)
    if entry is None or play.changed_at.isoformat() != entry["edited_at"] or at - play.changed_at > TIME_TO_UNDO:
        return None
    back = plays.keep(user, _wish(entry["before"]), at, play.pk)
    if back is not None:
        session[KEY] = [one for one in session[KEY] if one["token"] != token]
    return back


def _wish(before: Mapping[str, Any]) -> Wish:
    steps = [StepWish(step["title"], int(step["days"]), step.get("title_zh", "")) for step in before["steps"]]
    return Wish(before["name"], steps, before["name_zh"], before["triggers"], before["churn_types"], before["by_rule"])

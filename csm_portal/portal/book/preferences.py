"""What a person's table remembers: columns, density, and where they left off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User

# Longer states are not remembered: the address still holds them.
LONGEST_STATE = 8000


def remembered_of(user: User, page: str) -> dict[str, Any]:
    """What is kept for one table; empty where nothing is, or where it is not as this release writes it."""
    kept = user.preferences.get(page) if isinstance(user.preferences, dict) else None
    return dict(kept) if isinstance(kept, dict) else {}


def remember(user: User, page: str, **changed: Any) -> None:
    """Keep these values for one table, None to forget one; nothing is written where nothing changes."""
    before = remembered_of(user, page)
    after = {name: value for name, value in {**before, **changed}.items() if value not in (None, "")}
    if after == before or len(str(after.get("last", ""))) > LONGEST_STATE:
        return
    whole = user.preferences if isinstance(user.preferences, dict) else {}
    user.preferences = {**whole, page: after}
    user.save(update_fields=["preferences"])

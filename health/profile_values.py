"""The values of an account's attributes that published profiles choose by."""

from __future__ import annotations

from health.versions import activity_versions, health_versions


def named_in_profiles(word: str) -> set[str]:
    """Values that any version of the activity definition or the health model names for `word` (`tier`, `stage`, …)."""
    whens = [when for version in activity_versions() for when in version.when]
    whens += [when for version in health_versions() for when in version.when]
    return {value for when in whens for value in when.get(word, ())}

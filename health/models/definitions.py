"""What counts: versioned definitions of activity, north star, health, questions and named states."""

from accounts.models.definitions import VersionedDefinition
from accounts.querysets import PublicQuerySet


class ActivityDefinition(VersionedDefinition):
    """`[activity]`: key actions with weights, thresholds, profiles, scenarios."""

    objects = PublicQuerySet["ActivityDefinition"].as_manager()

    class Meta(VersionedDefinition.Meta):
        pass


class NorthStarDefinition(VersionedDefinition):
    """`[north_star]`: one cumulative dimension with a threshold."""

    objects = PublicQuerySet["NorthStarDefinition"].as_manager()

    class Meta(VersionedDefinition.Meta):
        pass


class HealthModel(VersionedDefinition):
    """`[health]`: weights, bands, caps, profiles."""

    objects = PublicQuerySet["HealthModel"].as_manager()

    class Meta(VersionedDefinition.Meta):
        pass


class QuestionSet(VersionedDefinition):
    """`[ratings]`: anchored questions."""

    objects = PublicQuerySet["QuestionSet"].as_manager()

    class Meta(VersionedDefinition.Meta):
        pass


class StateDefinition(VersionedDefinition):
    """`[states]`: from where on an account is busy but not achieving, quiet but fine, narrow but achieving."""

    objects = PublicQuerySet["StateDefinition"].as_manager()

    class Meta(VersionedDefinition.Meta):
        pass

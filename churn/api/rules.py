"""Combinations that went with losses, over REST: what was found, how it was checked, and how many accounts match now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from accounts.api.base import ListView
from accounts.api.pages import FigurePages
from accounts.api.parameters import DETAIL, choice
from churn.as_of import read_basis
from churn.models import RiskRule
from churn.rules.listing import told
from churn.rules.validated import matched_accounts
from churn.types import RuleState

STATE = choice("state", tuple(RuleState))


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with the accounts of the viewer that it matches, as of a day."""

    rule: RiskRule
    accounts: int
    near: int
    as_of: date
    version: int | None
    ids: Mapping[str, Sequence[str]]

    def figure(self, name: str) -> Any:
        """A stored figure; None where it was not counted."""
        return self.rule.figures.get(name)


@extend_schema_field({"type": "number", "nullable": True})
class FigureField(serializers.Field[Any, Any, Any, Any]):
    """A figure of the rule by the field's own name."""

    def get_attribute(self, instance: Row) -> Any:
        """The stored figure."""
        return instance.figure(str(self.field_name))

    def to_representation(self, value: Any) -> Any:
        """As it is stored: rounded already."""
        return value


class RuleConditionSerializer(serializers.Serializer[Any]):
    """A border of one figure."""

    feature = serializers.CharField(help_text="Key of the figure, as the methods page lists them.")
    operator = serializers.ChoiceField((">=", "<=", ">", "<", "="))
    value = serializers.JSONField(help_text="A number, or a word. A share is 0 … 1; a yes-or-no figure is 1 or 0.")


class RuleSerializer(serializers.Serializer[Any]):
    """One combination. Rates and intervals without a prefix are of the older half of the renewals, `holdout_` of the newer."""

    id = serializers.IntegerField(source="rule.pk")
    key = serializers.CharField(source="rule.key", help_text="Its conditions in one fixed spelling.")
    name = serializers.CharField(source="rule.name", help_text="Given by a person; empty: found by a search.")
    conditions = RuleConditionSerializer(source="rule.conditions", many=True)
    state = serializers.CharField(source="rule.state", help_text="`validated`, `unproven` or `retired`; the first alone tells of accounts.")
    author = serializers.CharField(source="rule.author.email", default=None, allow_null=True, help_text="null: found by a search.")
    support = FigureField(help_text="Renewals matched.")
    lost = FigureField(help_text="Of them lost.")
    rate = FigureField(help_text="lost / support.")
    base = FigureField(help_text="Share lost of all renewals of that half.")
    lift = FigureField(help_text="rate / base.")
    expected_rate = FigureField(help_text="What that half lets expect of later renewals: the rate drawn to that of its weaker parts.")
    expected_lift = FigureField(help_text="expected_rate / base.")
    low = FigureField(help_text="95% Wilson interval of the rate.")
    high = FigureField(help_text="Its upper end.")
    holdout_n = FigureField(help_text="Renewals matched when it was checked.")
    holdout_lost = FigureField(help_text="Of them lost.")
    holdout_rate = FigureField(help_text="holdout_lost / holdout_n.")
    holdout_base = FigureField(help_text="Share lost of all renewals of that half.")
    holdout_low = FigureField(help_text="95% Wilson interval of the rate.")
    holdout_high = FigureField(help_text="Its upper end.")
    q_value = FigureField(help_text="p of the check, corrected for all that were checked.")
    found_on = serializers.DateField(source="rule.found_on", help_text="As-of day of the search that found it.")
    searched_on = serializers.DateField(source="rule.searched_on", help_text="As-of day of the search its figures are of.")
    retired_on = serializers.DateField(source="rule.retired_on", allow_null=True)
    retired_why = serializers.CharField(source="rule.retired_why", help_text="`under_base`, `quarters_failed`, or a person's words.")
    accounts = serializers.IntegerField(help_text="Of your accounts whose term ends within 180 days, those that meet all conditions.")
    near_misses = serializers.IntegerField(source="near", help_text="Those that meet two of three.")
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True, help_text="Activity definition in force.")
    ids = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="detail=1: `accounts` and `near_misses`, by external id.",
    )


@extend_schema_view(
    get=extend_schema(summary="Combinations that went with losses", operation_id="churn_rules_list", responses=RuleSerializer(many=True))
)
class Rules(ListView):
    """Combinations, the safest first (by the low end of the rate when checked). Rules are the installation's, accounts are yours."""

    serializer_class = RuleSerializer
    pagination_class = FigurePages
    parameters = (STATE, DETAIL)

    def rows(self) -> Sequence[Any]:
        """Rules that nobody took back."""
        user: Any = self.request.user
        basis = read_basis()
        if basis is None:
            return []
        found, wanted = told(user), self.asked["state"]
        rules = [rule for rule in found.rules if not wanted or rule.state in wanted]
        ids = self._ids(user, rules) if self.asked["detail"] else {}
        rules.sort(key=lambda rule: (-(rule.figures.get("holdout_low") or 0), rule.pk))
        return [
            Row(
                rule=rule,
                accounts=found.now[rule.pk].n if rule.pk in found.now else 0,
                near=found.near[rule.pk].n if rule.pk in found.near else 0,
                as_of=basis.as_of,
                version=basis.activity_version,
                ids=ids.get(rule.pk, {"accounts": [], "near_misses": []}),
            )
            for rule in rules
        ]

    def _ids(self, user: Any, rules: Sequence[RiskRule]) -> dict[int, dict[str, list[str]]]:
        found: dict[int, dict[str, list[str]]] = {rule.pk: {"accounts": [], "near_misses": []} for rule in rules}
        for one in matched_accounts(user, list(found), near=None):
            found[one.rule_id]["near_misses" if one.near else "accounts"].append(one.external_id)
        return found

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows as they are answered: ids only where they were asked for."""
        made = super().shown(rows)
        if not self.asked["detail"]:
            for row in made:
                row.pop("ids", None)
        return made

    def columns(self) -> list[str]:
        """Header of the CSV file."""
        return [name for name in super().columns() if name != "ids" or self.asked["detail"]]

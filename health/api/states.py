"""Named states: accounts that are busy but not achieving, quiet but fine, narrow but achieving, with what says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from accounts.api import parameters
from accounts.api.base import ListView
from accounts.api.pages import FigurePages
from accounts.api.parameters import Parameter, choice
from accounts.models import Account
from health.api.narrow import narrow
from health.definitions import NamedState
from health.models import AccountState

KEYS = tuple(state.value for state in NamedState)


class StateSerializer(serializers.Serializer[Any]):
    """One state of one account, as the last published night named it."""

    account = serializers.CharField(help_text="External id.")
    name = serializers.CharField(help_text="Name of the account.")
    key = serializers.ChoiceField(KEYS)
    evidence = serializers.DictField(help_text="Facts by name: days of the window, what was reached; docs/methods/states.md.")
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True, help_text="Of `[states]`; null: its defaults.")


@extend_schema_view(get=extend_schema(summary="Named states", operation_id="states_list", responses=StateSerializer(many=True)))
class States(ListView):
    """One row per account and state, by external id. Accounts in no state have none."""

    serializer_class = StateSerializer
    pagination_class = FigurePages
    parameters = (
        *parameters.FILTERS,
        Parameter("external_id", _("Only this account; repeat for several."), many=True),
        choice("key", KEYS),
    )

    def rows(self) -> Sequence[Any]:
        """States of the accounts that the user sees; one query."""
        accounts = narrow(Account.objects.visible_to(self.request.user), self.asked)
        found = AccountState.objects.filter(account__in=accounts.order_by().values("pk"), named_states__isnull=False).exclude(
            named_states=[]
        )
        told = found.order_by("account__external_id").values_list(
            "account__external_id", "account__name", "named_states", "as_of", "states_version"
        )
        return [
            {"account": external_id, "name": name, "key": one["key"], "evidence": one["evidence"], "as_of": as_of, "version": version}
            for external_id, name, states, as_of, version in told
            for one in states
            if not self.asked["key"] or one["key"] in self.asked["key"]
        ]

    def file_name(self) -> str:
        """Name of the file."""
        return "states"

"""The list of accounts and one account, with their latest figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api import parameters
from accounts.api.base import ListView, OfAccount
from accounts.api.parameters import FLAG, Parameter, choice, read_flag
from accounts.models import Account
from health.api.money import CURRENCY, Told, told_in
from health.api.narrow import ORDERS, narrow, order_of, read_order
from health.api.serializers import BANDS, LEVELS, AccountSerializer

# Everything a row needs, in the list's one query.
JOINED = ("owner", "owner__team", "co_owner", "team", "parent", "state")
ORDERING = Parameter("ordering", _("One of %(names)s; with a minus in front for descending.") % {"names": ", ".join(ORDERS)}, read_order)


@extend_schema_view(get=extend_schema(summary="Accounts you may see", operation_id="accounts_list", responses=AccountSerializer(many=True)))
class Accounts(ListView):
    """Accounts with owner, MRR, seats, latest level, health and renewal."""

    joined = JOINED
    told: Told | None = None
    serializer_class = AccountSerializer
    parameters = (
        *parameters.FILTERS,
        Parameter("external_id", _("Only this account; repeat for several."), many=True),
        choice("level", tuple(LEVELS)),
        choice("band", tuple(BANDS)),
        Parameter("paying", _("1: paying accounts only, 0: the others."), read_flag, shape=FLAG),
        ORDERING,
        CURRENCY,
    )

    @property
    def order(self) -> Sequence[str]:  # type: ignore[override]
        """As asked for, else by external id."""
        return order_of(self.asked["ordering"])

    def get_serializer_context(self) -> dict[str, Any]:
        """With the currency that amounts are told in."""
        return {**super().get_serializer_context(), "told": self.told}

    def check_parameters(self) -> None:
        """The currency needs a rate."""
        self.told = told_in(self.asked)

    def rows(self) -> QuerySet[Any]:
        """Accounts that meet the filters."""
        return narrow(Account.objects.visible_to(self.request.user), self.asked)

    def file_name(self) -> str:
        """Name of the file."""
        return "accounts"


@extend_schema_view(get=extend_schema(summary="One account", operation_id="accounts_retrieve", responses=AccountSerializer))
class OneAccount(OfAccount):
    """One account, as in the list."""

    serializer_class = AccountSerializer
    parameters = (CURRENCY,)
    select = JOINED

    def check_parameters(self) -> None:
        """The currency needs a rate."""
        self.told = told_in(self.asked)

    def get(self, request: Any, external_id: str) -> HttpResponseBase:
        """Its row."""
        return self.one(AccountSerializer(self.account, context={"told": self.told}))

    def file_name(self) -> str:
        """Name of the file."""
        return "account"

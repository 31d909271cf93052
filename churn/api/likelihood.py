"""How likely accounts renew, over REST: as told on a day, with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from accounts.api.base import ListView
from accounts.api.pages import FigurePages
from accounts.api.parameters import DAY, Parameter, read_day
from churn.as_of import read_basis
from churn.likelihood.current import Named, named
from churn.likelihood.weights import fit_in_force
from churn.types import Basis

AS_OF = Parameter("as_of", gettext_lazy("a day YYYY-MM-DD: as it was told until then; without it the latest"), read_day, shape=DAY)
ACCOUNT = Parameter("account", gettext_lazy("Only the account with this external id."))


@dataclass(frozen=True, slots=True)
class Row:
    """What was told of an account, the day asked for, and the health model of the fit in force on it."""

    named: Named
    as_of: date
    version: int | None


class LikelihoodSerializer(serializers.Serializer[Any]):
    """How likely an account renews. The interval is of the rate of such accounts, no promise about this one."""

    account_external_id = serializers.CharField(source="named.external_id")
    account = serializers.CharField(source="named.name")
    likelihood = serializers.FloatField(source="named.told.value", allow_null=True, help_text="0 … 1; null: not told.")
    low = serializers.FloatField(source="named.told.low", allow_null=True, help_text="95% interval of the rate.")
    high = serializers.FloatField(source="named.told.high", allow_null=True, help_text="Its upper end.")
    basis = serializers.ChoiceField([one.value for one in Basis], source="named.told.basis", help_text="What it rests on.")
    since = serializers.DateField(source="named.told.as_of", help_text="First day it was told; a change of less than 1% is no new one.")
    fitted_on = serializers.DateField(source="named.told.model_as_of", help_text="As-of day of the fit.")
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True, help_text="Health model that the fit in force took the experts' weights of.")


@extend_schema_view(
    get=extend_schema(summary="How likely accounts renew", operation_id="churn_likelihood_list", responses=LikelihoodSerializer(many=True))
)
class Likelihoods(ListView):
    """The likelihood of renewal of each of your accounts, by id. Accounts of which nothing was ever told are missing."""

    serializer_class = LikelihoodSerializer
    pagination_class = FigurePages
    parameters = (AS_OF, ACCOUNT)

    def rows(self) -> Sequence[Any]:
        """As told on the day asked for, never later than the latest published one."""
        user: Any = self.request.user
        basis = read_basis()
        if basis is None:
            return []
        day = min(self.asked["as_of"] or basis.as_of, basis.as_of)
        model = fit_in_force(user, day)
        version = model.body.get("version") if model else None
        return [Row(one, day, version) for one in named(user, day, self.asked["account"] or None)]

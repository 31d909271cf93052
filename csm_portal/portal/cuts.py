"""The values that each cut takes in what a user may see: what `by` shows and what filters may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from accounts.cuts import CUTS
from accounts.models import Account
from health.models import AccountState, ScenarioPeriod

if TYPE_CHECKING:
    from accounts.models import User

_COLUMNS = {
    "csm": F("owner__email"),
    "team": Coalesce(F("owner__team__path"), F("team__path")),
    "plan": Coalesce(NullIf(F("state__plan"), Value("", output_field=TextField())), F("plan")),
    "tier": F("tier"),
    "industry": F("industry"),
    "region": F("region"),
    "size": F("size"),
    "stage": F("lifecycle_stage"),
}


def cut_values(user: User) -> dict[str, list[str]]:
    """Sorted values by cut, for every cut there is; accounts without a value add none. Three queries."""
    columns = Account.objects.visible_to(user).annotate(**{f"cut_{name}": column for name, column in _COLUMNS.items()})
    found = columns.aggregate(
        **{name: ArrayAgg(f"cut_{name}", distinct=True, filter=Q(**{f"cut_{name}__isnull": False}), default=Value([])) for name in _COLUMNS}
    )
    found["product"] = _products(user)
    periods = ScenarioPeriod.objects.visible_to(user).published().expected()
    found["scenario"] = list(periods.order_by().values_list("scenario", flat=True).distinct())
    return {name: sorted({value.rstrip("/") if name == "team" else value for value in found[name] if value}) for name in CUTS}


def _products(user: User) -> list[str]:
    product = Func(F("products"), function="jsonb_array_elements_text", output_field=TextField())
    return list(AccountState.objects.visible_to(user).order_by().annotate(product=product).values_list("product", flat=True).distinct())

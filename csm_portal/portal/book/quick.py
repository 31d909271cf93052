"""The filters of the book, kept in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F, OrderBy, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from health.types import Band, Level

# Column key -> what it sorts by. Every order ends in the account, so pages never overlap.
SORTS: dict[str, Any] = {
    "account": F("account__name"),
    "level": F("level"),
    "active": F("month_days"),
    "health": F("score"),
    "change": F("score_change_30d"),
    "outcome": F("outcome_status"),
    "mrr": F("mrr_reporting"),
    "seats": F("seats_purchased"),
    "renewal": F("renewal_on"),
    "rating": F("rated_on"),
    "contact": F("last_contact_on"),
    "tickets": F("open_tickets"),
    "owner": Coalesce(NullIf("account__owner__name", Value("")), "account__owner__email", output_field=TextField()),
    "plan": F("plan"),
    "tier": F("account__tier"),
    "industry": F("account__industry"),
}
LEVELS = [
    (Level.HIGH.word, pgettext_lazy("activity level", "High")),
    (Level.MEDIUM.word, pgettext_lazy("activity level", "Medium")),
    (Level.LOW.word, pgettext_lazy("activity level", "Low")),
    (Level.ZERO.word, pgettext_lazy("activity level", "Zero")),
    (Level.UNKNOWN.word, pgettext_lazy("activity level", "Unknown")),
]
BANDS = [
    (Band.RED.value, pgettext_lazy("health band", "Red")),
    (Band.AMBER.value, pgettext_lazy("health band", "Amber")),
    (Band.GREEN.value, pgettext_lazy("health band", "Green")),
    (Band.UNKNOWN.value, pgettext_lazy("health band", "Unknown")),
]
# Filters that compare one column with the value asked for: query key -> field of the state row.
EXACT = {"plan": "plan", "tier": "account__tier", "industry": "account__industry", "band": "band"}
NOBODY = "-"


class BookForm(forms.Form):
    """Search, filters and order of the book; a value that makes no sense is passed over."""

    q = forms.CharField(required=False, max_length=200, label=_("Search"), widget=forms.SearchInput)
    owner = forms.CharField(required=False, max_length=254, label=_("Owner"))
    team = forms.CharField(required=False, max_length=500, label=_("Team"))
    plan = forms.CharField(required=False, max_length=200, label=_("Plan"))
    tier = forms.CharField(required=False, max_length=200, label=_("Tier"))
    industry = forms.CharField(required=False, max_length=200, label=_("Industry"))
    level = forms.ChoiceField(required=False, choices=LEVELS, label=_("Activity level"))
    band = forms.ChoiceField(required=False, choices=BANDS, label=_("Health"))
    paying = forms.ChoiceField(required=False, choices=[("yes", _("Paying")), ("no", _("Not paying"))], label=_("Customers"))
    sort = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)

    def offer(self, options: dict[str, list[tuple[str, str]]]) -> None:
        """Turn the text filters into lists of the values that occur in the viewer's book."""
        for name in ("level", "band", "paying"):
            self.fields[name].choices = [("", _("all")), *self.fields[name].choices]  # type: ignore[attr-defined]
        for name, choices in options.items():
            asked = self.data.get(name, "")
            known = {value for value, _label in choices}
            extra = [(asked, asked)] if asked and asked not in known else []
            self.fields[name] = forms.ChoiceField(required=False, label=self.fields[name].label, choices=[("", _("all")), *choices, *extra])
        for field in self.fields.values():
            plain = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if plain else "form-control"

    def asked(self) -> dict[str, str]:
        """The valid filter values that are set, without the order."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value and name != "sort"}

    def narrow(self, states: QuerySet[Any]) -> QuerySet[Any]:
        """The states that meet every filter set."""
        asked = self.asked()
        if text := asked.get("q"):
            states = states.filter(Q(account__name__icontains=text) | Q(account__external_id__icontains=text))
        if owner := asked.get("owner"):
            states = states.filter(account__owner__isnull=True) if owner == NOBODY else states.filter(account__owner__email=owner)
        if team := asked.get("team"):
            path = team.rstrip("/") + "/"
            own = Q(account__owner__isnull=True, account__team__path__startswith=path)
            states = states.filter(Q(account__owner__team__path__startswith=path) | own)
        if level := asked.get("level"):
            states = states.filter(level=Level[level.upper()])
        if paying := asked.get("paying"):
            states = states.filter(paying=paying == "yes")
        return states.filter(**{field: asked[name] for name, field in EXACT.items() if name in asked})

    @property
    def order(self) -> tuple[str, bool]:
        """Column and direction (True: descending); empty column: the default order."""
        self.is_valid()
        asked = self.cleaned_data.get("sort", "")
        key = asked.removeprefix("-")
        return (key, asked.startswith("-")) if key in SORTS else ("", False)

    def in_order(self, states: QuerySet[Any]) -> QuerySet[Any]:
        """In the order asked for; by default the most money at risk first, then the nearest renewal. Unknown comes last."""
        key, descending = self.order
        if not key:
            return states.order_by(
                OrderBy(money_at_risk(), descending=True, nulls_last=True), F("renewal_on").asc(nulls_last=True), "account_id"
            )
        return states.order_by(OrderBy(SORTS[key], descending=descending, nulls_last=True), "account_id")


def money_at_risk() -> Any:
    """MRR (reporting currency) x (100 - score), in hundredths; an unknown score counts as 50, unknown money sorts last."""
    return F("mrr_reporting") * (100 - Coalesce(F("score"), 50))

"""The quick filters beside the search: one value each, by name in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from csm_portal.portal.book.fields import FIELDS, one_of

if TYPE_CHECKING:
    from django.http import QueryDict

# Quick filters in the order they stand; each is the field of its name.
QUICK = ("owner", "team", "plan", "tier", "industry", "level", "band", "paying")


@dataclass(frozen=True)
class Choice:
    """A value on offer and how many accounts it would leave."""

    value: str
    label: str
    count: int | None = None

    @property
    def text(self) -> str:
        """Label with its count."""
        return self.label if self.count is None else f"{self.label} ({self.count:,})"


@dataclass(frozen=True)
class Offered:
    """One quick filter as the page places it."""

    name: str
    label: str
    value: str
    choices: list[Choice]


class BookForm(forms.Form):
    """Search and quick filters of the book; a value that makes no sense is named and left out."""

    q = forms.CharField(required=False, max_length=200, label=_("Search"), widget=forms.SearchInput)
    owner = forms.CharField(required=False, max_length=254, label=_("Owner"))
    team = forms.CharField(required=False, max_length=500, label=_("Team"))
    plan = forms.CharField(required=False, max_length=200, label=_("Plan"))
    tier = forms.CharField(required=False, max_length=200, label=_("Tier"))
    industry = forms.CharField(required=False, max_length=200, label=_("Industry"))
    level = forms.ChoiceField(required=False, choices=list((FIELDS["level"].choices or {}).items()), label=_("Level"))
    band = forms.ChoiceField(required=False, choices=list((FIELDS["band"].choices or {}).items()), label=_("Health"))
    paying = forms.ChoiceField(required=False, choices=list((FIELDS["paying"].choices or {}).items()), label=_("Paying"))

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.is_valid()

    def offered(self, options: dict[str, list[Choice]]) -> list[Offered]:
        """The filters as lists of what occurs in the viewer's book, with counts; a value that does not occur any more stays on offer."""
        made = []
        for name in QUICK:
            choices = options.get(name, [])
            value = str(self.data.get(name, ""))
            extra = [Choice(value, value, 0)] if value and value not in {choice.value for choice in choices} else []
            made.append(Offered(name, str(self.fields[name].label), value, [*choices, *extra]))
        return made

    def asked(self) -> dict[str, str]:
        """The valid values that are set, the search among them."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def problems(self) -> dict[str, str]:
        """Name -> what would be right, for each value that makes no sense."""
        told = {}
        for name in self.errors:
            choices = FIELDS[name].choices if name in FIELDS else None
            known = _t("Known: %(known)s.") % {"known": ", ".join(choices)} if choices else _t("Too long, or not a text.")
            told[name] = known
        return told

    def condition(self, name: str) -> Q:
        """What one quick filter asks of a state row."""
        return one_of(FIELDS[name], (self.asked()[name],))

    def search(self) -> Q:
        """What the search asks: part of the name or of the id."""
        text = self.asked().get("q")
        return Q(account__name__icontains=text) | Q(account__external_id__icontains=text) if text else Q()

"""Which accounts an action is about: named one by one, or all that a list's query leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import Account, User
from csm_portal.portal.book.table import matching


@dataclass(frozen=True)
class Chosen:
    """`accounts` are those that the person sees. `ids` as asked for, empty where `everything` that matches `query` is meant."""

    accounts: QuerySet[Account]
    ids: tuple[str, ...] = ()
    everything: bool = False
    query: str = ""


def chosen_by(user: User, data: QueryDict, day: date) -> Chosen:
    """What a form or an address names: `account` (repeated), or `all=1` with the list's `query`. Ids that cannot be are none."""
    if data.get("all") == "1":
        query = data.get("query", "").removeprefix("?")
        found = matching(user, QueryDict(query), day).order_by()
        return Chosen(Account.objects.filter(pk__in=found.values("account_id")), everything=True, query=query)
    ids = tuple(dict.fromkeys(one for one in data.getlist("account") if one and "\0" not in one))
    return Chosen(Account.objects.visible_to(user).filter(external_id__in=ids), ids)

"""The search behind the jump dialog: accounts, saved views, pages, commands and figures, in two queries."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Account, Contact, User
from csm_portal.portal.addresses import account_address
from csm_portal.portal.book.saved_views import views_of
from csm_portal.portal.help.figures import FIGURES
from csm_portal.portal.jump.commands import commands
from csm_portal.portal.jump.places import address, places
from csm_portal.portal.jump.results import Group, Piece, Result, marked, occurs, words_of

N_ACCOUNTS = 8
N_RECENT = 5
N_VIEWS = 5
N_FIGURES = 4
# Where each kind of match stands in the list.
NAME_STARTS, NAME_HAS, ID_STARTS, ID_HAS, CONTACT = range(5)


def search(user: User, text: str, *, recent: Sequence[str] = (), path: str = "") -> list[Group]:
    """What the person may go to or do, best first in each group; groups without results are left out.

    `recent`: paths of the account pages opened last, shown while nothing is asked. `path`: the page the dialog stands on.
    """
    here_id = account_id_in(path)
    accounts = found_accounts(user, text) if text else recent_accounts(user, [account_id_in(one) for one in recent], here_id)
    here = next((one for one in accounts if one.external_id == here_id), None) if here_id else None
    if here_id and text and here is None and "\0" not in here_id:
        here = Account.objects.visible_to(user).filter(external_id=here_id).first()
    shown = accounts if text else [one for one in accounts if one is not here]
    groups = [
        Group("accounts", _("Accounts") if text else _("Recent accounts"), [account_result(one, text) for one in shown]),
        Group("views", _("Saved views"), views(user, text)),
        Group("pages", pgettext("jump", "Pages"), pages(user, text)),
        Group("commands", _("Commands"), commands(text, here)),
        Group("figures", _("How it is computed"), figures(text)),
    ]
    return [group for group in groups if group.results]


def found_accounts(user: User, text: str) -> list[Account]:
    """Visible accounts by name, then id, then a contact's e-mail where an address is asked for."""
    named = Q()
    for word in words_of(text):
        named &= Q(name__icontains=word)
    ranks = [
        When(name__istartswith=text, then=Value(NAME_STARTS)),
        When(named, then=Value(NAME_HAS)),
        When(external_id__istartswith=text, then=Value(ID_STARTS)),
        When(external_id__icontains=text, then=Value(ID_HAS)),
    ]
    meets = named | Q(external_id__icontains=text)
    if "@" in text:
        # Only here are the contacts read: nobody's name holds the sign.
        meets |= Q(pk__in=Contact.objects.visible_to(user).filter(email__icontains=text).values("account"))
    rank = Case(*ranks, default=Value(CONTACT), output_field=IntegerField())
    return list(_rows(user).filter(meets).alias(rank=rank).order_by("rank", "name", "id")[:N_ACCOUNTS])


def recent_accounts(user: User, recent: Sequence[str], here_id: str) -> list[Account]:
    """The accounts of these ids that the person may see, in this order, and the one whose page is open."""
    # A path may hold what no id can: the server would refuse to look for a null character.
    wanted = [one for one in dict.fromkeys([*recent[:N_RECENT], here_id]) if one and "\0" not in one]
    if not wanted:
        return []
    found = {one.external_id: one for one in _rows(user).filter(external_id__in=wanted)}
    return [found[one] for one in wanted if one in found]


def _rows(user: User) -> QuerySet[Account]:
    return Account.objects.visible_to(user).select_related("owner").only("external_id", "name", "industry", "owner__name", "owner__email")


def account_result(account: Account, text: str) -> Result:
    """The row of an account; its id stands there only where the id is what matched."""
    owner = account.owner.get_full_name() if account.owner else _("nobody")
    own_id = account.external_id if text and not occurs(text, account.name) and occurs(text, account.external_id) else ""
    note: list[Piece] = [(f"{account.industry} · ", False)] if account.industry else []
    note += [(owner, False)]
    if own_id:
        note = [*marked(own_id, text), (" · ", False), *note]
    return Result(
        href=account_address(account.external_id),
        label=marked(account.name, text),
        icon="building",
        note=tuple(note),
    )


def views(user: User, text: str) -> list[Result]:
    """Views of the book whose name matches: one's own and what others share, then those that everybody has."""
    found = [view for view in views_of(user) if occurs(text, str(view.name))]
    own_first = sorted(found, key=lambda view: (not view.key.isdigit(), not view.own))
    book = reverse("portal:accounts")
    return [
        Result(f"{book}?{view.address}", marked(str(view.name), text), "table", ((view.by, False),) if view.by and not view.own else ())
        for view in own_first[:N_VIEWS]
    ]


def figures(text: str) -> list[Result]:
    """Figures whose name matches, with the page that says how each is computed; none while nothing is asked."""
    found = [figure for figure in FIGURES.values() if text and occurs(text, str(figure.name))]
    return [Result(f"{address('portal:help')}{one.page}/#{one.anchor}", marked(str(one.name), text), "help") for one in found[:N_FIGURES]]


def pages(user: User, text: str) -> list[Result]:
    """Pages open to the person whose name, or a word for it, matches."""
    return [Result(one.href, marked(one.label, text), one.icon) for one in places(user) if occurs(text, f"{one.label} {one.also}")]


def account_id_in(path: str) -> str:
    """External id of the account whose page has this path; empty for every other page."""
    parts = urlsplit(path)
    book = reverse("portal:accounts")
    if parts.path == book:
        return parse_qs(parts.query).get("external_id", [""])[0]
    return unquote(parts.path.removeprefix(book).removesuffix("/")) if parts.path.startswith(book) else ""

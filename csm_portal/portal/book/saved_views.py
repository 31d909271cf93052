"""Views of a table: those for everybody, and what people saved and shared under a name. The book's, where no other page is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import SavedView
from accounts.types import SharedWith
from csm_portal.portal.book.asked import Asked, kept
from csm_portal.portal.book.columns import computed
from csm_portal.portal.book.conditions import in_address
from csm_portal.portal.book.fields import EXPRESSIONS, NOBODY, Words
from health.definitions import NamedState
from health.models import AccountState

if TYPE_CHECKING:
    from accounts.models import User

PAGE = "accounts"
MOST_VIEWS, LONGEST_NAME = 200, 80
SALT = "portal.saved_view"
UNDO_SECONDS = 24 * 60 * 60
Keep = Callable[[QueryDict], QueryDict]


def _filters(*groups: str) -> str:
    query = QueryDict(mutable=True)
    query.setlist("f", list(groups))
    return query.urlencode()


@dataclass(frozen=True)
class View:
    """A view as the page lists it. `own`: the viewer saved it and may change it; `count` is None until it is asked for."""

    key: str
    name: Words
    query: str
    own: bool = False
    shared: str = SharedWith.ALL
    by: str = ""
    count: int | None = None

    @property
    def address(self) -> str:
        """Query of a link that opens it."""
        return f"view={self.key}&{self.query}" if self.query else f"view={self.key}"


STANDARD = (
    View("renewing", gettext_lazy("Renewing in 90 days"), _filters(in_address("renewal", "within", ["90"])) + "&sort=renewal"),
    View("falling", gettext_lazy("Red or falling"), _filters(f"{in_address('band', 'is', ['red'])}|{in_address('change', 'max', ['-5'])}")),
    View("busy", gettext_lazy("Busy but not achieving"), _filters(in_address("state", "is", [NamedState.BUSY.value]))),
    View(
        "gap",
        gettext_lazy("Active, outcome behind"),
        _filters(in_address("level", "is", ["medium", "high"]), in_address("outcome", "is", ["behind", "missed"])),
    ),
    View("quiet", gettext_lazy("No contact in 30 days"), _filters(in_address("contact", "older", ["30"])) + "&sort=contact"),
    View("unrated", gettext_lazy("Not rated in 90 days"), _filters(in_address("rated", "older", ["90"])) + "&sort=rating"),
    View("nobody", gettext_lazy("Nobody's accounts"), _filters(in_address("owner", "is", [NOBODY]))),
)


def views_of(user: User, page: str = PAGE, standard: Sequence[View] = STANDARD) -> list[View]:
    """The views for everybody, then the viewer's own, then those shared with them."""
    saved = SavedView.objects.visible_to(user).filter(page=page).select_related("owner").order_by("name", "pk")[:MOST_VIEWS]
    made = [View(str(view.pk), view.name, view.query, view.owner_id == user.pk, view.shared, view.owner.get_full_name()) for view in saved]
    return [*standard, *(view for view in made if view.own), *(view for view in made if not view.own)]


def with_counts(user: User, views: Iterable[View], day: date) -> list[View]:
    """The same views with the number of accounts that each holds now, for this viewer; one query."""
    views = list(views)
    asked = [Asked(QueryDict(view.query)) for view in views]
    states = AccountState.objects.visible_to(user).alias(**computed(list(EXPRESSIONS)))
    counts = states.order_by().aggregate(
        **{f"view_{place}": Count("pk", filter=one.conditions(day)) if one.filtered else Count("pk") for place, one in enumerate(asked)}
    )
    return [
        View(view.key, view.name, view.query, view.own, view.shared, view.by, counts[f"view_{place}"]) for place, view in enumerate(views)
    ]


def open_view(views: Iterable[View], key: str) -> View | None:
    """The view of this key, if the viewer may open it."""
    return next((view for view in views if view.key == key), None)


def own_view(user: User, pk: int, page: str = PAGE) -> SavedView | None:
    """A view that the user may change: the own ones alone, also where others are shared."""
    found: SavedView | None = SavedView.objects.visible_to(user).filter(owner=user, pk=pk, page=page).first()
    return found


def save_view(user: User, name: str, shared: str, query: str, *, page: str = PAGE, keep: Keep = kept) -> SavedView:
    """A new view. Raises ValueError, in words, for a name that is empty, too long or taken, and for an unknown sharing."""
    if SavedView.objects.filter(owner=user, page=page).count() >= MOST_VIEWS:
        raise ValueError(_("You keep %(n)d views already; delete one first.") % {"n": MOST_VIEWS})
    return _stored(SavedView(owner=user, page=page, name=_name(name), shared=_shared(shared), query=clean_query(query, keep)))


def change_view(
    view: SavedView, *, name: str | None = None, shared: str | None = None, query: str | None = None, keep: Keep = kept
) -> SavedView:
    """The view with what is given. Raises ValueError like `save_view`."""
    view.name = view.name if name is None else _name(name)
    view.shared = view.shared if shared is None else _shared(shared)
    view.query = view.query if query is None else clean_query(query, keep)
    return _stored(view)


def delete_view(view: SavedView) -> str:
    """Delete it; what comes back brings it back for a day (`restore_view`)."""
    kept_for_undo = signing.dumps([view.owner_id, view.name, view.shared, view.query], salt=SALT)
    view.delete()
    return kept_for_undo


def restore_view(user: User, token: str, *, page: str = PAGE, keep: Keep = kept) -> SavedView:
    """A view deleted by this user within the last day. Raises ValueError where it is not, or where its name is taken by now."""
    try:
        owner, name, shared, query = signing.loads(token, salt=SALT, max_age=UNDO_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise ValueError(_("This can no longer be undone.")) from None
    if owner != user.pk:
        raise ValueError(_("This can no longer be undone."))
    return save_view(user, name, shared, query, page=page, keep=keep)


def clean_query(text: str, keep: Keep = kept) -> str:
    """The parts of a query that make up a view; `keep` knows them."""
    query = keep(QueryDict(text[:8000]))
    query.pop("view", None)
    return str(query.urlencode())


def _stored(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise ValueError(_("You have a view of that name already.")) from None
    return view


def _name(text: str) -> str:
    name = " ".join(text.replace("\x00", "").split())
    if not name:
        raise ValueError(_("A view needs a name."))
    if len(name) > LONGEST_NAME:
        raise ValueError(_("A view's name has at most %(n)d characters.") % {"n": LONGEST_NAME})
    return name


def _shared(text: Any) -> str:
    if text not in set(SharedWith):
        raise ValueError(_("A view is shared with nobody, team or all."))
    return str(text)

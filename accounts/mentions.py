"""Colleagues named in a note by `@`: who is meant, whether they may see the account, and where their name stands in the text.

A name is written as `@Wang Li`, `@wangli` (without its spaces), `@wang.li` (the e-mail before its sign) or `@wang.li@example.com`. An `@`
inside a word is an e-mail address and names nobody; one before a space is the sign itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.edit_values import Refused
from accounts.models import Absence, Account, User
from accounts.types import Role

SIGN = "@"
MOST = 20
OFFERED = 8
# A sign that begins a name: not inside a word, and something follows it.
BEGINS = re.compile(r"(?<![A-Za-z0-9._%+-])@(?=\S)")
WORD = re.compile(r"[A-Za-z0-9_]")
SHOWN = re.compile(r"\S{1,60}")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a note; `named` where it is the name of a colleague, with its sign."""

    text: str
    named: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A colleague to be named: what the note gets, and who that is."""

    write: str
    name: str
    email: str


def people_who_see(account: Account) -> QuerySet[User]:
    """Active people who may see the account: `visible_to` read from the other side. By name."""
    seen = Q(role=Role.ADMIN) | Q(pk__in=[pk for pk in (account.owner_id, account.co_owner_id) if pk])
    team = account.owner.team if account.owner is not None else account.team
    if team is not None:
        seen |= Q(role=Role.MANAGER, manages__path__in=_above(team.path))
    if account.owner_id is None and account.team_id is not None:
        seen |= Q(team=account.team_id)
    if account.owner_id is not None:
        seen |= Q(pk__in=Absence.objects.filter(user=account.owner_id, in_force=True).values("cover"))
    people: QuerySet[User] = User.objects.filter(seen, is_active=True)
    return people.order_by("name", "email")


def named_in(text: str, account: Account) -> list[User]:
    """The colleagues that a note on the account names, each once, in their order. At most two queries, none without a sign.

    Raises Refused for a name that nobody bears, that several bear, and for somebody who may not see the account.
    """
    if not BEGINS.search(text):
        return []
    handles = _handles(User.objects.filter(is_active=True).only("pk", "email", "name"))
    found: dict[int, User] = {}
    for match in BEGINS.finditer(text):
        handle = _longest(text, match.end(), handles)
        people = handles.get(handle, []) if handle else []
        if not people:
            told = _("Nobody here is called “%(name)s”; right would be a colleague's name, or a space behind the sign @.")
            raise Refused(told % {"name": _shown(text, match.end())})
        if len(people) > 1:
            told = _("“%(name)s” are several: %(emails)s; right would be @ and the e-mail.")
            raise Refused(told % {"name": _shown(text, match.end()), "emails": ", ".join(person.email for person in people)})
        found.setdefault(people[0].pk, people[0])
    if len(found) > MOST:
        raise Refused(_("This note names %(n)d colleagues; right would be at most %(most)d.") % {"n": len(found), "most": MOST})
    seeing = set(people_who_see(account).filter(pk__in=found).values_list("pk", flat=True))
    if blind := [person.get_full_name() for pk, person in found.items() if pk not in seeing]:
        told = _("%(names)s may not see this account, so the note would not reach them; right would be somebody who does.")
        raise Refused(told % {"names": ", ".join(blind)})
    return list(found.values())


def parts(text: str, people: Iterable[tuple[str, str]]) -> list[Part]:
    """The text in pieces, the names of these people (name, e-mail) marked as such. Put together they are the text again."""
    known = {handle for name, email in people for handle in _handles_of(name, email)}
    if not known:
        return [Part(text)] if text else []
    found, done = [], 0
    for match in BEGINS.finditer(text):
        handle = _longest(text, match.end(), known)
        if handle and match.start() >= done:
            end = match.end() + len(handle)
            found += [Part(text[done : match.start()]), Part(text[match.start() : end], named=True)]
            done = end
    return [part for part in [*found, Part(text[done:])] if part.text]


def offers(account: Account, begun: str, viewer: User) -> list[Offer]:
    """Colleagues who may see the account and whose name or e-mail holds what was begun; those it starts come first. One query.

    The name is written where it is one of a kind among them, else the e-mail.
    """
    wanted = begun.replace("\0", "").strip().casefold()
    people = list(people_who_see(account).only("pk", "email", "name"))
    names = [_squeezed(person.get_full_name()) for person in people]
    fitting = [
        (not any(piece.startswith(wanted) for piece in _pieces(person)), person)
        for person in people
        if person.pk != viewer.pk and any(wanted in piece for piece in _pieces(person))
    ]
    return [
        Offer(
            SIGN + (person.get_full_name() if names.count(_squeezed(person.get_full_name())) == 1 else person.email),
            person.get_full_name(),
            person.email,
        )
        for _later, person in sorted(fitting, key=lambda one: one[0])[:OFFERED]
    ]


def _above(path: str) -> list[str]:
    """The team and all above it: `EMEA/DACH/` gives `EMEA/` and `EMEA/DACH/`."""
    names = path.split("/")[:-1]
    return ["/".join(names[: n + 1]) + "/" for n in range(len(names))]


def _pieces(person: User) -> Sequence[str]:
    name = person.get_full_name().casefold()
    return [name, *name.split(), name.replace(" ", ""), person.email.casefold()]


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _handles_of(name: str, email: str) -> set[str]:
    """All that may stand behind the sign for one person, in lower case."""
    email, name = email.casefold(), " ".join(name.split()).casefold()
    return {handle for handle in (email, email.partition(SIGN)[0], name, name.replace(" ", "")) if handle}


def _handles(people: Iterable[User]) -> dict[str, list[User]]:
    found: dict[str, list[User]] = {}
    for person in people:
        for handle in _handles_of(person.name, person.email):
            found.setdefault(handle, []).append(person)
    return found


def _longest(text: str, start: int, handles: Iterable[str]) -> str:
    """The longest handle that stands there as a whole word; empty where none does. A Chinese name needs no space behind it."""
    rest = text[start : start + 200].casefold()
    fitting = [handle for handle in handles if rest.startswith(handle) and not _goes_on(rest, handle)]
    return max(fitting, key=len, default="")


def _goes_on(rest: str, handle: str) -> bool:
    """Whether the word is longer than the handle: `@anna` is not meant by `@annabel`, nor by `@anna.b@example.com`."""
    after = rest[len(handle) : len(handle) + 2]
    if not WORD.match(handle[-1]) or not after:
        return False
    return bool(WORD.match(after[0])) or (after[0] in "@.-+" and len(after) > 1 and bool(WORD.match(after[1])))


def _shown(text: str, start: int) -> str:
    found = SHOWN.match(text, start)
    return SIGN + (found.group() if found else "")

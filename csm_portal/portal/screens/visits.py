"""Where each screen is in this book: names put into its address, links followed as a reader would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from string import Formatter

from django.test import Client

from accounts.models import User
from csm_portal.portal.screens.making import Cast, Made, made
from csm_portal.portal.screens.pages import SCREENS, Screen

LINK = re.compile(r'(?:href|hx-get)="(/[^"]*)"')
BACKEND = "accounts.sign_in_backends.WithTeams"


@dataclass(frozen=True)
class Visits:
    """The address of each screen, in the order of the list, and the names of those that this book has nothing for."""

    addresses: Mapping[Screen, str]
    left_out: tuple[str, ...]


@contextmanager
def visits(cast: Cast, now: datetime) -> Iterator[Visits]:
    """Where the screens are. What had to be made for them goes at the end."""
    with made(cast, now) as things:
        readers = {role: _reader(person) for role, person in cast.people.items()}
        found = {screen: address(screen, things, readers[screen.role] if screen.role else _reader(None)) for screen in SCREENS}
        there = {screen: path for screen, path in found.items() if path}
        yield Visits(there, tuple(screen.name for screen in found if screen not in there))


def address(screen: Screen, things: Made, reader: Client) -> str:
    """The address of one screen with its query; empty where the thing or the link is not there."""
    if not {name for _text, name, _format, _kind in Formatter().parse(screen.path) if name} <= set(things):
        return ""
    path = screen.path.format(**things)
    if not screen.link:
        return path
    page = reader.get(path).content.decode()
    return next((link for found in LINK.findall(page) if re.match(screen.link, link := unescape(found))), "")


def _reader(person: User | None) -> Client:
    """A client signed in as the person; None: nobody."""
    client = Client(headers={"host": "localhost"})
    if person is not None:
        client.force_login(person, backend=BACKEND)
    return client

"""The cast of the access matrix: seven people around one account, and how they knock."""

from __future__ import annotations

from typing import Any

from django.test import Client
from knox.models import AuthToken

from accounts.models import Account, User
from accounts.types import Role
from tests.factories import AccountFactory, ContractFactory, SeatFactory, TeamFactory, UserFactory
from tests.rest import published_run, state
from tests.routes import address

ROLES = ("anonymous", "owner", "other_csm", "co_owner", "manager", "other_manager", "admin")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CANARY = "canary-7f3a"
HERS = "hers"


def cast() -> dict[str, User | None]:
    """The people by role, around the account `hers`: owned in EMEA/DACH, whose manager has EMEA; the others sit in APAC."""
    emea = TeamFactory.make(name="EMEA", path="EMEA/")
    dach = TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=emea)
    apac = TeamFactory.make(name="APAC", path="APAC/")
    people: dict[str, User | None] = {
        "anonymous": None,
        "owner": UserFactory.make(email="owner@example.com", team=dach),
        "other_csm": UserFactory.make(email="other@example.com", team=apac),
        "co_owner": UserFactory.make(email="co@example.com", team=apac),
        "manager": UserFactory.make(email="manager@example.com", role=Role.MANAGER, team=emea, manages=emea),
        "other_manager": UserFactory.make(email="else@example.com", role=Role.MANAGER, team=apac, manages=apac),
        "admin": UserFactory.make(email="admin@example.com", role=Role.ADMIN, is_staff=True, is_superuser=True),
    }
    text = dict.fromkeys(("name", "industry", "region", "plan", "tier", "lifecycle_stage", "domain", "next_step"), CANARY)
    hers = AccountFactory.make(external_id=HERS, owner=people["owner"], co_owner=people["co_owner"], team=dach, tags=[CANARY], **text)
    fill(hers)
    return people


def fill(account: Account) -> None:
    """Rows below the account, each with the canary in its texts."""
    state(account, published_run(), plan=CANARY, products=[CANARY])
    SeatFactory.make(account=account, external_id=CANARY, name=CANARY, email=f"{CANARY}@example.com")
    ContractFactory.make(account=account, external_id=CANARY, plan=CANARY, product=CANARY)


class Visitor:
    """One person (or nobody) with a session for pages and a token for the API."""

    def __init__(self, person: User | None) -> None:
        # One client throughout: each new one would load the middleware, and with it the list of static files, again.
        self.client = Client(raise_request_exception=False)
        self.token = ""
        if person is not None:
            self.client.force_login(person, backend="accounts.sign_in_backends.WithTeams")
            self.token = AuthToken.objects.create(user=person)[1]
        self.session = {name: morsel.value for name, morsel in self.client.cookies.items()}

    def ask(self, method: str, route: str, external_id: str = HERS, query: str = "") -> Any:
        """The answer to a request; what goes wrong inside is a 500."""
        self.client.cookies.clear()
        if route.startswith("/api/"):
            headers: Any = {"HTTP_AUTHORIZATION": f"Bearer {self.token}"} if self.token else {}
            return self.client.generic(method, address(route, external_id), QUERY_STRING=query, **headers)
        self.client.cookies.load(self.session)
        return self.client.generic(method, address(route, external_id), QUERY_STRING=query)

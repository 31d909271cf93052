"""Notes and interactions: once, dated rightly, taken back by their author."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.edit_values import Refused
from accounts.models import Account, Contact, Interaction, Note, User
from accounts.touch import add_interaction, add_note, remove_interaction, remove_note
from tests.factories import AccountFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 20, 9, tzinfo=UTC)
DAY = date(2026, 3, 20)


@pytest.fixture
def anna() -> User:
    return UserFactory.make()


@pytest.fixture
def account(anna: User) -> Account:
    return AccountFactory.make(owner=anna, timezone="Asia/Shanghai")


def talk(user: User, account: Account, kind: str = "call", on: date | None = DAY, contact: int | None = None, **more: Any) -> Interaction:
    wanted: dict[str, Any] = {"note": "", "today": DAY, "at": AT, "home": "UTC", **more}
    return add_interaction(user, account, kind, on, contact, wanted.pop("note"), **wanted)


def test_a_note_keeps_its_lines_and_is_sent_only_once(anna: User, account: Account) -> None:
    note = add_note(anna, account, " first\r\nsecond ", AT)
    assert (note.text, note.author, note.written_at) == ("first\nsecond", anna, AT)
    assert add_note(anna, account, "first\nsecond", AT + timedelta(seconds=30)) == note
    assert add_note(anna, account, "first\nsecond", AT + timedelta(minutes=2)) != note


@pytest.mark.parametrize(("text", "says"), [(" \n ", "empty"), ("x" * 10_000, "at most 5000"), ("a\0b", "U\\+0000")])
def test_a_bad_note_says_what_would_be_right(anna: User, account: Account, text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        add_note(anna, account, text, AT)
    assert not Note.objects.exists()


def test_a_note_is_taken_back_by_its_author_within_a_day(anna: User, account: Account) -> None:
    note = add_note(anna, account, "hello", AT)
    assert remove_note(UserFactory.make(), note.pk, AT) is None
    assert remove_note(anna, note.pk, AT + timedelta(days=1)) is None
    assert remove_note(anna, note.pk, AT) == account
    assert remove_note(anna, note.pk, AT) is None


def test_what_happened_today_happened_now_and_earlier_at_noon_of_the_account(anna: User, account: Account) -> None:
    made = talk(anna, account, note="went well")
    assert (made.happened_at, made.by, made.source.name, made.note) == (AT, anna, "portal", "went well")
    earlier = talk(anna, account, "visit", DAY - timedelta(days=3))
    assert earlier.happened_at == datetime(2026, 3, 17, 4, tzinfo=UTC)


def test_a_form_sent_twice_is_one_interaction(anna: User, account: Account) -> None:
    key = uuid.uuid4()
    assert talk(anna, account, key=key) == talk(anna, account, key=key)
    with pytest.raises(Refused, match="used already"):
        talk(anna, AccountFactory.make(owner=anna), key=key)
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "dinner"}, "Choose what it was: call, meeting"),
        ({"on": None}, "right would be YYYY-MM-DD"),
        ({"on": DAY + timedelta(days=1)}, "2026-03-21 lies in the future; right would be today \\(2026-03-20\\) or earlier"),
        ({"on": date(1999, 12, 31)}, "too long ago"),
        ({"contact": 0}, "no contact of the account"),
        ({"note": "x" * 10_000}, "at most 5000"),
        ({"note": "a\0b"}, "U\\+0000"),
    ],
)
def test_a_bad_interaction_says_what_would_be_right(anna: User, account: Account, change: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        talk(anna, account, **change)
    assert not Interaction.objects.exists()


def test_a_contact_is_one_of_the_account(anna: User, account: Account) -> None:
    def contact(of: Account) -> Contact:
        return Contact.objects.create(source=SourceFactory.make(), external_id=of.external_id, account=of, name="Zoe", recorded_at=AT)

    zoe = contact(account)
    assert talk(anna, account, contact=zoe.pk).contact == zoe
    with pytest.raises(Refused, match="no contact"):
        talk(anna, account, contact=contact(AccountFactory.make()).pk)


def test_an_interaction_is_taken_back_by_its_author_and_a_loaded_one_never(anna: User, account: Account) -> None:
    made = talk(anna, account)
    assert remove_interaction(UserFactory.make(), made.pk, AT) is None
    assert remove_interaction(anna, made.pk, AT) == account
    assert remove_interaction(anna, made.pk, AT) is None
    loaded = Interaction.objects.create(
        source=SourceFactory.make(), external_id="x", account=account, kind="call", happened_at=AT, by=anna, recorded_at=AT
    )
    assert remove_interaction(anna, loaded.pk, AT) is None

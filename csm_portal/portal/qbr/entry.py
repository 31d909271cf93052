"""The forms about reviews: what they place, and what was sent with them."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.mentions import people_who_see
from accounts.models import Account, User
from accounts.touch import MAX_NOTE
from csm_portal.portal.qbr import words
from health.judging.feedback import THEMES, Care
from health.judging.reviews import FURTHEST, KINDS, Told
from health.models import FeedbackCare, Review

Choice = tuple[str, str, bool]


@dataclass(frozen=True)
class ReviewForm:
    """What `portal/qbr/_plan_form.html` and `_record_form.html` place. `review` None: none is planned."""

    account: Account
    review: Review | None
    data: QueryDict
    key: str
    today: date
    problems: Mapping[str, str] = field(default_factory=dict)
    themes_before: tuple[str, ...] = ()

    @property
    def most(self) -> int:
        """Characters that fit into each text."""
        return MAX_NOTE

    @property
    def last_day(self) -> date:
        """The last day that a review may be planned for."""
        return self.today + FURTHEST

    @property
    def seen(self) -> str:
        """As of when the review is shown: whoever saves over something newer is told."""
        return self.data.get("seen", "") or (self.review.recorded_at.isoformat() if self.review else "")

    @property
    def problem(self) -> str:
        """What is wrong with all of it."""
        return self.problems.get("", "")

    @property
    def kinds(self) -> list[Choice]:
        """Kinds of a review."""
        chosen = self.value("kind") or KINDS[0]
        return [(key, words.kind(key), key == chosen) for key in KINDS]

    @property
    def planned_on(self) -> str:
        """The day planned for as the input holds it."""
        return self.value("planned_on")

    @property
    def held_on(self) -> str:
        """The day held on; until it is named, the day planned for, at the latest today."""
        planned = self.review.planned_on if self.review else None
        return self.value("held_on") or min(planned or self.today, self.today).isoformat()

    @property
    def next_on(self) -> str:
        """The next day."""
        return self.value("next_on")

    @property
    def executive(self) -> bool:
        """Whether an executive was there."""
        if "sent" in self.data:
            return "executive_attended" in self.data
        return bool(self.review and self.review.executive_attended)

    @property
    def landed(self) -> str:
        """What landed."""
        return self.value("landed")

    @property
    def fell_flat(self) -> str:
        """What fell flat."""
        return self.value("fell_flat")

    @property
    def feedback(self) -> str:
        """The feedback."""
        return self.value("feedback")

    @property
    def themes(self) -> list[Choice]:
        """Themes of the list, those chosen marked."""
        return _themes(self._themes)

    @property
    def own_themes(self) -> str:
        """Themes of one's own, in one line."""
        return self.data.get("own_themes", "") if "sent" in self.data else _own(self._themes)

    @property
    def _themes(self) -> tuple[str, ...]:
        return tuple(self.data.getlist("themes")) if "sent" in self.data else self.themes_before

    def value(self, name: str) -> str:
        """What was sent, or what the review has."""
        found: Any = self.data.get(name) if name in self.data else getattr(self.review, name, None)
        text = found.isoformat() if isinstance(found, date) else str(found or "")
        return text.replace("\0", "")[: MAX_NOTE * 2]


@dataclass(frozen=True)
class CareForm:
    """What `portal/qbr/_care_form.html` places."""

    review: Review
    care: FeedbackCare | None
    people: list[User]
    data: QueryDict
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Characters that fit into the answer."""
        return MAX_NOTE

    @property
    def seen(self) -> str:
        """As of when the care is shown: whoever saves over something newer is told."""
        return self.data.get("seen", "") or (self.care.changed_at.isoformat() if self.care else "")

    @property
    def problem(self) -> str:
        """What is wrong with all of it."""
        return self.problems.get("", "")

    @property
    def owners(self) -> list[Choice]:
        """Colleagues who see the account; nobody is a choice too."""
        chosen = self.data.get("owner") if "sent" in self.data else self.care.owner.email if self.care and self.care.owner else ""
        known = [(person.email, person.get_full_name(), person.email == chosen) for person in self.people]
        gone = [(chosen, chosen, True)] if chosen and all(email != chosen for email, _name, _on in known) else []
        return [("", _("nobody yet"), not chosen), *known, *gone]

    @property
    def answer(self) -> str:
        """The answer so far."""
        found = self.data.get("answer") if "sent" in self.data else self.care.answer if self.care else ""
        return (found or "").replace("\0", "")[: MAX_NOTE * 2]

    @property
    def themes(self) -> list[Choice]:
        """Themes of the list, those chosen marked."""
        return _themes(self._themes)

    @property
    def own_themes(self) -> str:
        """Themes of one's own, in one line."""
        return self.data.get("own_themes", "") if "sent" in self.data else _own(self._themes)

    @property
    def _themes(self) -> tuple[str, ...]:
        return tuple(self.data.getlist("themes")) if "sent" in self.data else tuple(self.care.themes if self.care else ())


def care_form(review: Review, data: QueryDict, problems: Mapping[str, str] | None = None) -> CareForm:
    """The form for the feedback of a review; one query for the colleagues."""
    care = getattr(review, "care", None)
    people = list(people_who_see(review.account).only("pk", "email", "name"))
    return CareForm(review, care, people, data, problems or {})


def changed_meanwhile(data: QueryDict, shown_at: datetime | None, author: User | None, user: User) -> dict[str, str]:
    """What to say where somebody else has saved since the form was opened; what was written stays in the form."""
    if "seen" not in data or author is None or author == user or data["seen"] == (shown_at.isoformat() if shown_at else ""):
        return {}
    told = _("%(name)s has saved this meanwhile. What you wrote is still here; open the form anew to see theirs.")
    return {"": told % {"name": author.get_full_name()}}


def told_in(data: QueryDict) -> Told:
    """The review that was sent."""
    return Told(
        kind=data.get("kind", ""),
        planned_on=day_in(data.get("planned_on", "")),
        held_on=day_in(data.get("held_on", "")),
        executive_attended="executive_attended" in data,
        landed=data.get("landed", ""),
        fell_flat=data.get("fell_flat", ""),
        feedback=data.get("feedback", ""),
        next_on=day_in(data.get("next_on", "")),
    )


def unread_days(data: QueryDict) -> dict[str, str]:
    """Days that were written and cannot be read, by field."""
    return {
        name: _("The date cannot be read; right would be YYYY-MM-DD.")
        for name in ("planned_on", "held_on", "next_on")
        if (text := data.get(name, "")) and day_in(text) is None
    }


def themes_in(data: QueryDict) -> tuple[str, ...]:
    """Themes chosen and written."""
    return tuple(part for part in (*data.getlist("themes"), data.get("own_themes", "")) if part)


def care_in(data: QueryDict) -> Care:
    """Owner, answer and themes that were sent."""
    return Care(data.get("owner", ""), data.get("answer", ""), themes_in(data))


def day_in(text: str) -> date | None:
    """A day as an input of type date sends it; None where it cannot be read."""
    with contextlib.suppress(ValueError):
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the account's calendar
    return None


def key_in(text: str) -> uuid.UUID | None:
    """The key of a form, by which it counts once; None where it is none."""
    with contextlib.suppress(ValueError):
        return uuid.UUID(text)
    return None


def _themes(chosen: tuple[str, ...]) -> list[Choice]:
    return [(key, words.theme(key), key in chosen) for key in THEMES]


def _own(chosen: tuple[str, ...]) -> str:
    return ", ".join(key for key in chosen if key not in THEMES)

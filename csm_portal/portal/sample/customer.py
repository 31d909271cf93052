"""One account with all that was drawn for it; the other modules turn it into rows."""

from __future__ import annotations

from dataclasses import dataclass

from csm_portal.portal.sample import policy
from csm_portal.portal.sample.contacts import Contact
from csm_portal.portal.sample.latent import Latent
from csm_portal.portal.sample.plan import Slot
from csm_portal.portal.sample.seats import Seat
from csm_portal.portal.sample.terms import Journey
from csm_portal.portal.sample.window import Window


@dataclass(frozen=True, slots=True)
class Customer:
    """`journey` is the brand's for an outlet without a contract of its own."""

    slot: Slot
    latent: Latent
    journey: Journey
    seats: list[Seat]
    contacts: list[Contact]
    quiet: list[tuple[int, int, str]]
    window: Window

    @property
    def people(self) -> list[Seat]:
        """Human seats of the customer's own."""
        return [seat for seat in self.seats if not seat.bot and not seat.email.endswith(policy.VENDOR_DOMAIN)]

    def paid_from(self) -> int | None:
        """First paid day, None for who never paid."""
        paid = [term.starts_on for term in self.journey.terms if term.mrr_cents > 0]
        return min(paid) if paid else None

    def paying_days(self) -> list[tuple[int, int]]:
        """Stretches `[from, to)` of paid core terms inside the window, a renewal without a gap joined."""
        spans: list[tuple[int, int]] = []
        for term in self.journey.core:
            start, end = max(term.starts_on, self.window.first), min(term.ends_on or self.window.last + 1, self.window.last + 1)
            if term.mrr_cents == 0 or end <= start:
                continue
            if spans and start - spans[-1][1] <= 30:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans

    def stage(self) -> str:
        """Lifecycle stage on the book's last day: trial, onboarding, live or lost."""
        start, last = self.paid_from(), self.window.last
        if start is None or start > last:
            return "trial"
        gone = self.journey.lost_for_good()
        if gone is not None and gone <= last:
            return "lost"
        return "onboarding" if last - start < 90 else "live"

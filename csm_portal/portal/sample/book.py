"""Writes the whole book into a folder: account by account, always in the same order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from csm_portal.portal.sample import (
    agreements,
    churns,
    contacts,
    invoices,
    ledger,
    outcomes,
    policy,
    ratings,
    seats,
    tickets,
    touch,
    usage,
    vendor,
)
from csm_portal.portal.sample.columns import FILES, PACKED
from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.definition import definition_from
from csm_portal.portal.sample.files import BookFiles
from csm_portal.portal.sample.latent import Latent, latent
from csm_portal.portal.sample.plan import Slot, families, stream
from csm_portal.portal.sample.rhythm import quiet_spans
from csm_portal.portal.sample.staff import Roster
from csm_portal.portal.sample.terms import Journey, journey
from csm_portal.portal.sample.window import Window, iso

NOTE: Final = (
    "Invented sample book: every company, person, figure and event in it was made up by a random generator. No real customer is meant."
)
OTHER_FILES: Final = ("definition.toml", "about.json", "README.txt")


class BookRefusedError(ValueError):
    """The folder or the wish cannot be served; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to write. `as_of` is the last day of the book."""

    accounts: int = policy.DEFAULT_ACCOUNTS
    months: int = policy.DEFAULT_MONTHS
    seed: int = policy.DEFAULT_SEED
    as_of: date = policy.DEFAULT_AS_OF

    def check(self) -> None:
        if not 1 <= self.accounts <= policy.MAX_ACCOUNTS:
            raise BookRefusedError(f"--accounts {self.accounts}: between 1 and {policy.MAX_ACCOUNTS}")
        if not policy.MIN_MONTHS <= self.months <= policy.MAX_MONTHS:
            raise BookRefusedError(f"--months {self.months}: between {policy.MIN_MONTHS} and {policy.MAX_MONTHS}")
        if self.seed < 0:
            raise BookRefusedError(f"--seed {self.seed}: a whole number from 0")


def write_book(folder: Path, wish: Wish, progress: Callable[[int, int], None] | None = None) -> dict[str, int]:
    """Write every file of the book and return the rows per file. Files of an earlier book in the folder are replaced, others are left."""
    wish.check()
    _own_folder(folder)
    window = Window.ending(wish.as_of, wish.months)
    roster = Roster(wish.seed)
    with BookFiles(folder) as files:
        done = 0
        for head, children in families(wish.accounts, wish.seed, window, roster):
            brand = _write_customer(files, head, None, wish.seed, window)
            for child in children:
                _write_customer(files, child, brand, wish.seed, window)
            done += 1 + len(children)
            if progress is not None:
                progress(done, wish.accounts)
        files.add("users", roster.users())
        files.add("targets", vendor.target_rows(roster, window))
        files.add("exchange_rates", vendor.exchange_rate_rows(wish.seed, window))
        files.add("annotations", vendor.annotation_rows(window))
        counts = {name: files.counts[name] for name in FILES}
    (folder / "definition.toml").write_text(definition_from(iso(window.first)), encoding="utf-8")
    (folder / "about.json").write_text(_about(wish, window, roster), encoding="utf-8")
    (folder / "README.txt").write_text(_readme(wish, window, counts), encoding="utf-8")
    return counts


def _own_folder(folder: Path) -> None:
    """A new or empty folder, or one that holds an earlier book: other people's data files must not be overwritten."""
    if folder.exists() and not folder.is_dir():
        raise BookRefusedError(f"{folder} is a file; name a folder")
    about = folder / "about.json"
    ours = about.is_file() and '"invented": true' in about.read_text(encoding="utf-8", errors="replace")
    names = [f"{name}.csv.gz" if name in PACKED else f"{name}.csv" for name in FILES]
    taken = [] if ours else [name for name in (*names, *OTHER_FILES) if (folder / name).exists()]
    if taken:
        raise BookRefusedError(f"{folder} already holds {', '.join(taken[:3])}, not written by this command; name another folder")
    folder.mkdir(parents=True, exist_ok=True)


def _write_customer(files: BookFiles, slot: Slot, brand: Customer | None, seed: int, window: Window) -> Customer:
    customer = draw(slot, brand, seed, window)
    external_id = slot.external_id
    steps = outcomes.milestone_rows(customer, stream(seed, slot.index, "outcomes"))
    details = stream(seed, slot.index, "details")
    files.add("accounts", [ledger.account_row(customer, outcomes.went_live_on(steps), details)])
    files.add("contracts", ledger.contract_rows(customer, details) if slot.pays_itself else [])
    files.add("seats", seats.seat_rows(slot, customer.seats))
    files.add("contacts", contacts.contact_rows(slot, customer.contacts))
    files.add("quiet_periods", [(external_id, iso(start), iso(end), reason) for start, end, reason in customer.quiet])
    files.add("milestones", steps)
    files.add(
        "scenario_agreements", agreements.agreement_rows(customer, stream(seed, slot.index, "agreements")) if slot.pays_itself else []
    )
    files.add("outcomes", outcomes.outcome_rows(customer, stream(seed, slot.index, "reviews")))
    files.add("ratings", ratings.rating_rows(customer, stream(seed, slot.index, "ratings")))
    calls, marks = tickets.ticket_rows(customer, stream(seed, slot.index, "tickets"))
    files.add("tickets", calls)
    files.add("surveys", [*ratings.nps_rows(customer, stream(seed, slot.index, "surveys")), *marks])
    bills = invoices.invoice_rows(customer, stream(seed, slot.index, "invoices"))
    files.add("invoices", [*bills, *invoices.last_failure_rows(customer, len(bills))] if slot.pays_itself else [])
    touches = stream(seed, slot.index, "churn")
    files.add("interactions", touch.interaction_rows(customer, touches))
    files.add("reviews", touch.review_rows(customer, touches))
    files.add("churns", churns.churn_rows(customer, touches) if slot.pays_itself else [])
    _write_usage(files, customer, seed)
    return customer


def draw(slot: Slot, brand: Customer | None, seed: int, window: Window) -> Customer:
    """Draw one account. An outlet shares its brand's value, and its contracts when it has none."""
    index = slot.index
    value: Latent = brand.latent if brand is not None else latent(slot, window, stream(seed, index, "latent"))
    terms_rng, seats_rng = stream(seed, index, "terms"), stream(seed, index, "seats")
    path: Journey = journey(slot, value, window, terms_rng) if slot.pays_itself or brand is None else brand.journey
    quiet = brand.quiet if brand is not None else quiet_spans(slot.industry, slot.market.country, window, stream(seed, index, "details"))
    people = seats.seats(slot, value, path, window, seats_rng)
    bare = Customer(slot, value, path, people, [], quiet, window)
    return Customer(slot, value, path, people, contacts.contacts(slot, bare.people, value.champion_left_on, seats_rng), quiet, window)


def _write_usage(files: BookFiles, customer: Customer, seed: int) -> None:
    slot, window = customer.slot, customer.window
    rng = stream(seed, slot.index, "usage")
    if not customer.seats:
        return
    rhythm = usage.habit(customer, rng)
    events = usage.usage(slot, customer.seats, rhythm, window, rng)
    if slot.from_warehouse:
        files.add("usage_daily", usage.daily_rows(slot, events, window))
    else:
        files.add_lines("events", usage.event_lines(customer, events))


def _about(wish: Wish, window: Window, roster: Roster) -> str:
    about = {
        "invented": True,
        "note": NOTE,
        "as_of": wish.as_of.isoformat(),
        "from": iso(window.first),
        "to": iso(window.last),
        "accounts": wish.accounts,
        "months": wish.months,
        "seed": wish.seed,
        "reporting_currency": vendor.REPORTING_CURRENCY,
        "sign_ins": roster.sign_ins(),
    }
    return json.dumps(about, indent=2, ensure_ascii=False) + "\n"


def _readme(wish: Wish, window: Window, counts: dict[str, int]) -> str:
    lines = [
        NOTE, "",
        f"{wish.accounts} accounts, {iso(window.first)} to {iso(window.last)} (both inside), seed {wish.seed};",
        "the same wish gives the same bytes.",
        f"Exchange rates are in {vendor.REPORTING_CURRENCY}. Accounts after the first {policy.FULL_MIX_ACCOUNTS} are mostly small ones,",
        "so that the biggest book stays below ten million events.",
        "", "Load:     python3 manage.py load FOLDER",
        "Define:   python3 manage.py define FOLDER/definition.toml",
        f"Compute:  python3 manage.py nightly --from {iso(window.first)} --to {iso(window.last)}",
        "", "Rows per file:",
    ]  # fmt: skip
    return "\n".join([*lines, *(f"  {name:<20}{count:>10}" for name, count in counts.items()), ""])

"""What to know before a QBR and what to write down after it: the account's figures as they stand, what was said last, what to ask.

Every figure is the newest published one; `frozen` keeps the page as it stands. docs/methods/qbr.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Seat, SurveyResponse, Ticket
from churn.packs import PACK_ROW, frozen_packs
from churn.sheets import months_of_use
from csm_portal.lib.periods import add_months
from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.portal.account.head import Standing, When, standing
from csm_portal.portal.account.usage import Scenario
from csm_portal.portal.account.usage import scenario as scenario_in_words
from csm_portal.portal.account.wants import Wants, wants
from csm_portal.portal.qbr.addresses import care_address, move_address, record_address
from csm_portal.portal.qbr.asks import Ask, asks
from csm_portal.portal.qbr.words import executive, kind, theme
from csm_portal.portal.sheets.body import trend
from csm_portal.portal.sheets.page import Chart, chart
from csm_portal.web import zone
from health.models import Review
from health.value.scenario_reads import account_scenarios

if TYPE_CHECKING:
    from accounts.models import User
    from health.models import AccountState

MONTHS = 12
TICKETS_SHOWN, ANSWERS_SHOWN, PACKS_SHOWN = 6, 5, 6
SURVEY_DAYS = 180
REVIEW_DAYS = 90
OLD_TICKET_DAYS = 7


@dataclass(frozen=True)
class ReviewLine:
    """One review of the account, planned or held; `late`: its day is over."""

    pk: int
    kind: str
    planned_on: date | None
    held_on: date | None
    when: str
    late: bool
    executive: bool
    executive_word: str
    landed: str
    fell_flat: str
    feedback: str
    themes: list[str]
    carer: str
    answer: str
    answered_on: date | None
    entered_by: str
    from_file: bool
    record_href: str
    move_href: str
    care_href: str


@dataclass(frozen=True)
class TicketLine:
    """One open ticket."""

    what: str
    detail: str
    opened_on: date
    note: str
    late: bool


@dataclass(frozen=True)
class AnswerLine:
    """One survey answer; `tone` red for a detractor, green for a promoter."""

    text: str
    said: str
    on: date
    when: str
    tone: str


@dataclass(frozen=True)
class Pack:
    """The page. `covered`: a QBR with executives was held in the last 90 days; None without paying contracts."""

    standing: Standing | None
    band: str
    band_word: str
    renewal: When | None
    decision: When | None
    mrr: str
    owner: str
    covered: bool | None
    coming: list[ReviewLine]
    missed: list[ReviewLine]
    last: ReviewLine | None
    before: list[ReviewLine]
    open_feedback: list[ReviewLine]
    wants: Wants
    month: str
    scenarios: list[Scenario]
    trend: dict[str, Any] | None
    chart: Chart | None
    tickets: list[TicketLine]
    more_tickets: int
    answers: list[AnswerLine]
    asks: list[Ask] = field(default_factory=list)


def find_account(user: User, external_id: str) -> Account | None:
    """The account with its state, what its reviews, tickets and answers say, and its frozen packs, in one query; None: not theirs."""
    mine = OuterRef("pk")
    tickets = Ticket.objects.filter(account=mine, closed_at__isnull=True).order_by("-escalated", "opened_at", "id")
    ticket = JSONObject(subject="subject", kind="kind", opened_at="opened_at", escalated="escalated")
    answers = SurveyResponse.objects.filter(account=mine).order_by("-responded_at", "-id")
    rows: QuerySet[Account] = Account.objects.visible_to(user).select_related("owner__team", "team", "state")
    return rows.filter(external_id=external_id).annotate(
        review_rows=ArraySubquery(_review_rows(mine)),
        ticket_rows=ArraySubquery(tickets.values(row=ticket)),
        answer_rows=ArraySubquery(
            answers.values(row=JSONObject(kind="kind", score="score", scale="scale", comment="comment", at="responded_at"))[:ANSWERS_SHOWN]
        ),
        has_seats=Exists(Seat.objects.filter(Q(account=mine) | Q(account__counts_for=mine))),
        pack_rows=ArraySubquery(frozen_packs(user).filter(account=mine).values(row=PACK_ROW)[:PACKS_SHOWN]),
    ).first()  # fmt: skip


def pack(account: Account, user: User, today: date) -> Pack:
    """The page of an account that `find_account` gave. At most four queries."""
    row: Any = account
    state: AccountState | None = getattr(account, "state", None)
    reviews = [_review(one, account, today) for one in row.review_rows]
    held = [one for one in reviews if one.held_on is not None]
    tickets = [_ticket(one, account, today) for one in row.ticket_rows]
    lines = account_scenarios(account, state.as_of.replace(day=1)) if state else []
    wanted = wants(account, state, user, today)
    told = _trend(account, state, has_seats=row.has_seats) if state else None
    found = Pack(
        standing=standing(state) if state else None,
        band=state.band if state else "",
        band_word=words.band(state.band) if state else "",
        renewal=_coming(state.renewal_on if state else None, today),
        decision=_coming(state.decision_on if state else None, today),
        mrr=words.money(state.mrr, state.currency) if state and state.mrr is not None else words.UNKNOWN,
        owner=account.owner.get_full_name() if account.owner else _("no owner"),
        covered=_covered(row.review_rows, state, today),
        coming=sorted((one for one in reviews if not one.held_on and not one.late), key=lambda one: one.planned_on or today),
        missed=_missed(reviews, today),
        last=held[0] if held else None,
        before=held[1:],
        open_feedback=[one for one in reviews if one.feedback and not one.answer],
        wants=wanted,
        month=words.month(state.as_of) if state else "",
        scenarios=[scenario_in_words(line) for line in lines],
        trend=told,
        chart=chart(told) if told else None,
        tickets=tickets[:TICKETS_SHOWN],
        more_tickets=max(0, len(tickets) - TICKETS_SHOWN),
        answers=[_answer(one, account, today) for one in row.answer_rows if (today - _local(one["at"], account)).days < SURVEY_DAYS],
    )
    return replace(found, asks=asks(found, state, lines))


def _review_rows(mine: OuterRef) -> Any:
    def name(path: str) -> Any:
        return Coalesce(NullIf(f"{path}__name", Value("")), f"{path}__email")

    own = {column: column for column in ("pk", "kind", "planned_on", "held_on", "executive_attended", "landed", "fell_flat", "feedback")}
    care = {"themes": "care__themes", "answer": "care__answer", "answered_on": "care__answered_on"}
    people = {"carer": name("care__owner"), "entered_by": name("entered_by")}
    # Those to come first, then the latest held.
    rows = Review.objects.filter(account=mine).order_by(F("held_on").desc(nulls_first=True), F("planned_on").desc(), "-id")
    return rows.values(row=JSONObject(**own, **care, **people))


def _review(row: dict[str, Any], account: Account, today: date) -> ReviewLine:
    planned, held = _day(row["planned_on"]), _day(row["held_on"])
    when = words.ago(held, today) if held else words.until(planned, today) if planned else ""
    return ReviewLine(
        pk=row["pk"],
        kind=kind(row["kind"]),
        planned_on=planned,
        held_on=held,
        when=when,
        late=held is None and planned is not None and planned < today,
        executive=row["executive_attended"],
        executive_word=executive(row["executive_attended"]),
        landed=row["landed"],
        fell_flat=row["fell_flat"],
        feedback=row["feedback"],
        themes=[theme(key) for key in row["themes"] or []],
        carer=row["carer"] or "",
        answer=row["answer"] or "",
        answered_on=_day(row["answered_on"]),
        entered_by=row["entered_by"] or "",
        from_file=not row["entered_by"],
        record_href=record_address(account.external_id, row["pk"]),
        move_href=move_address(row["pk"]),
        care_href=care_address(row["pk"]),
    )


def _missed(reviews: list[ReviewLine], today: date) -> list[ReviewLine]:
    """The latest planned review whose day is over with nothing held or planned since; older ones are history."""
    held = max((one.held_on for one in reviews if one.held_on), default=date.min)
    if any(one.planned_on and one.planned_on >= today for one in reviews if not one.held_on):
        return []
    late = [one for one in reviews if one.late and one.planned_on and one.planned_on > held]
    return sorted(late, key=lambda one: one.planned_on or today)[-1:]


def _covered(rows: list[dict[str, Any]], state: AccountState | None, today: date) -> bool | None:
    if state is None or not state.paying:
        return None
    first = today - timedelta(days=REVIEW_DAYS - 1)
    days = [_day(row["held_on"]) for row in rows if row["kind"] == "qbr" and row["executive_attended"]]
    return any(day is not None and first <= day <= today for day in days)


def _trend(account: Account, state: AccountState, *, has_seats: bool) -> dict[str, Any]:
    """Seats in use against those bought, the last 12 whole months."""
    last = add_months(state.as_of + timedelta(days=1), -1).replace(day=1)
    return trend(months_of_use(account, add_months(last, 1 - MONTHS), add_months(last, 1), has_seats=has_seats))


def _coming(on: date | None, today: date) -> When | None:
    return When(on, words.day(on), words.until(on, today), late=on < today) if on else None


def _ticket(row: dict[str, Any], account: Account, today: date) -> TicketLine:
    opened = _local(row["opened_at"], account)
    days = max(0, (today - opened).days)
    return TicketLine(
        what=row["subject"] or kinds.ticket(row["kind"]),
        detail=_("escalated") if row["escalated"] else "",
        opened_on=opened,
        note=ngettext("open for %(days)d day", "open for %(days)d days", days) % {"days": days},
        late=days > OLD_TICKET_DAYS or row["escalated"],
    )


def _answer(row: dict[str, Any], account: Account, today: date) -> AnswerLine:
    on = _local(row["at"], account)
    score, scale = float(row["score"]), float(row["scale"])
    nps = row["kind"] == "nps"
    tone = "red" if score / scale <= 0.6 else "green" if score / scale >= (0.9 if nps else 0.8) else ""
    return AnswerLine(row["comment"], f"{row['kind'].upper()} {score:g}/{scale:g}", on, words.ago(on, today), tone)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _local(instant: str, account: Account) -> date:
    """Day of the account's calendar."""
    return datetime.fromisoformat(instant).astimezone(zone(account.timezone)).date()

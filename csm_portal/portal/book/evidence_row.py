"""What stands behind one row of the book: facets with their facts, pace, the latest of each record, scenario gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Interaction, Invoice, Ticket
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.book.rows import month_of, week_of
from csm_portal.portal.evidence import cap_in_words
from csm_portal.portal.health_panel import facet_lines
from health.value.scenario_reads import ScenarioLine, Step, account_scenarios

if TYPE_CHECKING:
    from accounts.models import Account, User
    from health.models import AccountState


NOTE_SHOWN = 140


@dataclass(frozen=True)
class Latest:
    """The newest record of a kind: what it is called, what it says, when."""

    label: str
    text: str
    note: str = ""
    late: bool = False


def evidence_row(account: Account, state: AccountState, user: User, day: date) -> dict[str, Any]:
    """Ready for `portal/_book_evidence.html`. Four queries besides those that found the state."""
    return {
        "account": account,
        "href": account_address(account.external_id),
        "facets": facet_lines(state.facets),
        "caps": [cap_in_words(cap) for cap in state.caps],
        "periods": [week_of(state), month_of(state)],
        "latest": [_ticket(account, user), _invoice(account, user, day), _contact(account, user, day)],
        "gaps": _gaps(account, state.as_of),
        "next_step": account.next_step,
        "as_of": state.as_of,
        "activity_version": state.activity_version,
        "health_version": state.health_version,
    }


def _gaps(account: Account, as_of: date) -> list[Latest]:
    """Scenarios of the running month whose use lies behind what is expected of it."""
    told = {Step.EXPLORE: _("explore: ask why it is not used"), Step.PUSH: _("push: they have begun, help them on")}
    lines = account_scenarios(account, as_of.replace(day=1))
    return [Latest(line.name, _use(line), told[line.step]) for line in lines if line.step is not None]


def _use(line: ScenarioLine) -> str:
    """Days and share of seats against what is expected of the month."""
    days = str(line.days) if line.expected_days is None else f"{line.days} / {line.expected_days}"
    share = words.percent(line.share)
    if line.expected_share is not None:
        share = f"{share} / {words.percent(line.expected_share)}"
    return _("%(days)s days, %(share)s of the seats this month") % {"days": days, "share": share}


def _local(moment: Any) -> date:
    return timezone.localtime(moment).date()


def _ticket(account: Account, user: User) -> Latest:
    found = Ticket.objects.visible_to(user).filter(account=account).order_by("-opened_at", "-pk").first()
    if found is None:
        return Latest(_("Last ticket"), _("none on file"))
    state = _("open") if found.closed_at is None else _("closed")
    text = f"{found.subject or found.external_id} · {state}" + (f" · {_('escalated')}" if found.escalated else "")
    return Latest(_("Last ticket"), text, words.day(_local(found.opened_at)), found.closed_at is None and found.escalated)


def _invoice(account: Account, user: User, day: date) -> Latest:
    found = Invoice.objects.visible_to(user).filter(account=account).order_by("-issued_on", "-pk").first()
    if found is None:
        return Latest(_("Last invoice"), _("none on file"))
    late = found.paid_on is None and found.status != "void" and found.due_on is not None and found.due_on < day
    open_word = words_of_invoice(found.status, late=late)
    state = _("paid on %(day)s") % {"day": words.day(found.paid_on)} if found.paid_on else open_word
    return Latest(_("Last invoice"), f"{words.money(found.amount, found.currency)} · {state}", words.day(found.issued_on), late)


def _contact(account: Account, user: User, day: date) -> Latest:
    found = Interaction.objects.visible_to(user).filter(account=account).order_by("-happened_at", "-pk").first()
    if found is None:
        return Latest(_("Last contact"), _("none on file"))
    on = _local(found.happened_at)
    return Latest(_("Last contact"), words_of_interaction(found.kind, found.note), f"{words.day(on)} · {words.ago(on, day)}")


def words_of_invoice(status: str, *, late: bool) -> str:
    """How an unpaid invoice stands."""
    named = {"failed": _("payment failed"), "disputed": _("disputed"), "void": _("void")}
    return named.get(status) or (_("overdue") if late else _("not paid yet"))


def words_of_interaction(kind: str, note: str) -> str:
    """What kind of contact, and the start of its note."""
    named = {
        "call": _("Call"),
        "meeting": _("Meeting"),
        "email": _("E-mail"),
        "visit": _("Visit"),
        "training": _("Training"),
        "interview": _("Interview"),
    }
    short = note if len(note) <= NOTE_SHOWN else note[: NOTE_SHOWN - 1] + "…"
    return f"{named.get(kind, kind)}: {short}" if short else named.get(kind, kind)

"""The evidence of an item in one sentence: what was seen, with its figures, as a CSM says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from csm_portal.portal import words
from csm_portal.portal.account import kinds
from health.types import Level

Facts = Mapping[str, Any]
MORE_SCENARIOS = ngettext_lazy("and %(n)d more scenario", "and %(n)d more scenarios", "n")
MORE_INVOICES = ngettext_lazy("and %(n)d more invoice", "and %(n)d more invoices", "n")
MORE = ngettext_lazy("and %(n)d more", "and %(n)d more", "n")
MORE_PERSONS = ngettext_lazy("and %(n)d more person", "and %(n)d more people", "n")
MORE_MILESTONES = ngettext_lazy("and %(n)d more milestone", "and %(n)d more milestones", "n")
# Characters of what a customer wrote that fit into a line.
QUOTED = 90


def evidence(rule: str, facts: Facts, today: date) -> str:
    """The sentence; empty for a rule that is not known any more. What a fact does not say is left out, never guessed."""
    tell = TELLERS.get(rule)
    return tell(facts, today) if tell is not None else ""


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else None


def _named(value: Any) -> str:
    return words.day(_day(value))


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _quote(text: Any) -> str:
    text = " ".join(str(text or "").split())
    return f"“{Truncator(text).chars(QUOTED)}”" if text else ""


def _more(n: Any, others: Promise) -> str:
    """How many there are beside the one that is told; empty for none."""
    rest = int(n or 1) - 1
    return str(others % {"n": rest}) if rest > 0 else ""


def _renewal(facts: Facts, today: date) -> str:
    decision, ends = _day(facts.get("decision_on")), _day(facts.get("ends_on"))
    text = words.decision(decision, today) if decision else ""
    product = facts.get("product") or ""
    ended = _("term ends %(day)s") % {"day": words.day(ends)} if ends else ""
    return _joined("" if product == "default" else words.readable(product), text, ended)


def _overdue(facts: Facts, today: date) -> str:
    decision = _day(facts.get("decision_on"))
    text = _("due %(day)s, no outcome entered") % {"day": words.day(decision)}
    product = facts.get("product") or ""
    return _joined("" if product == "default" else words.readable(product), text)


def _combination(facts: Facts, _today: date) -> str:
    text = _("%(rate)s of such accounts left, all: %(base)s") % {
        "rate": words.percent(facts.get("rate")),
        "base": words.percent(facts.get("base")),
    }
    based = ngettext("%(n)d renewal in the hold-out", "%(n)d renewals in the hold-out", int(facts.get("n") or 0)) % {
        "n": int(facts.get("n") or 0)
    }
    return _joined(facts.get("name") or "", text, based if facts.get("n") else "")


def _drop(facts: Facts, _today: date) -> str:
    days = [one for one in facts.get("days") or [] if one.get("usual")]
    value, usual = sum(float(one["value"]) for one in days), sum(float(one["usual"]) for one in days)
    if not days or not usual:
        return _("far under its usual")
    share = words.percent(value / usual)
    if facts.get("unit") in {"week", "two_weeks"}:
        text = (
            _("%(share)s of its usual weeks (%(value)s key actions, usually %(usual)s)")
            if facts["unit"] == "week"
            else _("%(share)s of its usual two weeks (%(value)s key actions, usually %(usual)s)")
        )
        return text % {
            "share": share,
            "value": words.number(value),
            "usual": words.number(usual),
        }
    return _("%(share)s of the same weekdays' usual since %(day)s (%(value)s key actions, usually %(usual)s)") % {
        "share": share,
        "day": words.short_day(_day(days[0].get("day"))),
        "value": words.number(value),
        "usual": words.number(usual),
    }


def _level(facts: Facts, _today: date) -> str:
    told = {side: words.level(Level(int(facts[key])).word) for side, key in (("before", "from"), ("now", "to"))}
    days = int(facts.get("usual_days") or 0)
    usual = ngettext("median of %(n)d open day", "median of %(n)d open days", days) % {"n": days}
    return _joined(_("%(before)s as usual, %(now)s on %(day)s") % {**told, "day": words.short_day(_day(facts.get("day")))}, usual)


def _seats(facts: Facts, _today: date) -> str:
    return _("%(now)s seats with a key action in 28 days, %(before)s four weeks ago (−%(share)s)") % {
        "now": words.number(facts["now"]),
        "before": words.number(facts["before"]),
        "share": words.percent(facts["share"]),
    }


def _scenario(facts: Facts, _today: date) -> str:
    expected = facts.get("expected_days")
    what = words.readable(facts.get("scenario") or "")
    month = words.month(_day(facts.get("month")))
    done = _("%(days)s of %(expected)s days agreed in %(month)s") % {
        "days": words.number(facts.get("days")),
        "expected": words.number(expected),
        "month": month,
    }
    enough = expected is not None and float(facts.get("days") or 0) >= float(expected)
    if expected is None or (enough and facts.get("expected_share") is not None):
        done = _("%(share)s of the seats, %(expected)s are agreed in %(month)s") % {
            "share": words.percent(facts.get("share")),
            "expected": words.percent(facts.get("expected_share")),
            "month": month,
        }
    return _joined(what, done, _more(facts.get("scenarios"), MORE_SCENARIOS))


def _band(facts: Facts, _today: date) -> str:
    text = _("%(before)s to %(now)s") % {"before": words.band(facts["from"]), "now": words.band(facts["to"])}
    return _joined(text, _("since %(day)s") % {"day": _named(facts.get("day"))})


def _disagreement(facts: Facts, _today: date) -> str:
    return _("system %(machine)s, CSM %(human)s") % {"machine": words.score(facts["machine"]), "human": words.score(facts["human"])}


def _rating(facts: Facts, _today: date) -> str:
    rated, planned = facts.get("rated_on"), facts.get("planned_on")
    if not rated:
        return _("never rated")
    last = _("last rated %(day)s") % {"day": _named(rated)}
    if facts.get("expired"):
        return _joined(_("answers have expired"), last)
    if planned:
        return _joined(_("to be renewed before the QBR on %(day)s") % {"day": _named(planned)}, last)
    never = int(facts.get("never") or 0)
    return _joined(ngettext("%(n)d question not answered yet", "%(n)d questions not answered yet", never) % {"n": never}, last)


def _invoice(facts: Facts, _today: date) -> str:
    amount = words.money(Decimal(str(facts["amount"])), facts["currency"])
    days = int(facts.get("overdue_days") or 0)
    if facts.get("failed"):
        tries = max(1, int(facts.get("attempts") or 0))
        text = ngettext("payment of %(amount)s failed", "payment of %(amount)s failed %(n)d times", tries) % {"amount": amount, "n": tries}
    else:
        text = ngettext("%(amount)s overdue for %(n)d day", "%(amount)s overdue for %(n)d days", days) % {"amount": amount, "n": days}
    return _joined(text, _more(facts.get("bills"), MORE_INVOICES))


def _card(facts: Facts, today: date) -> str:
    day = _day(facts.get("expires_on"))
    return _("payment method expires %(day)s, %(left)s") % {"day": words.day(day), "left": words.until(day, today) if day else ""}


def _tickets(facts: Facts, _today: date) -> str:
    return _joined(_("%(n)d tickets in 3 days") % {"n": int(facts["tickets"])}, words.short_day(_day(facts.get("day"))))


def _answer(facts: Facts, _today: date) -> str:
    what = {"nps": "NPS", "csat": "CSAT"}.get(facts.get("kind") or "", _("ticket"))
    score = f"{what} {words.number(facts['score'])}/{words.number(facts['scale'])}"
    return _joined(
        _("%(score)s on %(day)s") % {"score": score, "day": words.short_day(_day(facts.get("day")))}, _quote(facts.get("comment"))
    )


def _feedback(facts: Facts, _today: date) -> str:
    held = _("QBR of %(day)s") % {"day": _named(facts.get("held_on"))}
    return _joined(held, _quote(facts.get("feedback")), _more(facts.get("reviews"), MORE))


def _champion(facts: Facts, _today: date) -> str:
    text = _("%(name)s (%(role)s) left %(day)s") % {
        "name": facts.get("name") or words.UNKNOWN,
        "role": kinds.role(facts.get("role") or ""),
        "day": _named(facts.get("left_on")),
    }
    return _joined(text, _more(facts.get("people"), MORE_PERSONS))


def _boss(facts: Facts, _today: date) -> str:
    n = int(facts.get("executives") or 0)
    text = ngettext(
        "no key action of the executive's seat in %(days)d days", "no key action of %(n)d executives' seats in %(days)d days", n
    )
    return text % {"n": n, "days": int(facts.get("days") or 28)}


def _contact(facts: Facts, today: date) -> str:
    last = _day(facts.get("last_on"))
    every = int(facts.get("cadence") or 0)
    usual = ngettext("to hear of us every %(n)d day", "to hear of us every %(n)d days", every) % {"n": every}
    tier = words.readable(facts.get("tier") or "")
    spoken = _("last contact %(ago)s") % {"ago": words.ago(last, today)} if last else _("no contact on file")
    return _joined(spoken, f"{tier}: {usual}" if tier else usual)


def _review(facts: Facts, today: date) -> str:
    planned, held = _day(facts.get("planned_on")), _day(facts.get("held_on"))
    last = _("last held %(day)s") % {"day": words.day(held)} if held else ""
    if planned is None:
        return _joined(last, _("none is planned"))
    if planned < today:
        return _joined(_("planned %(day)s, not held") % {"day": words.day(planned)}, last)
    return _joined(_("planned %(day)s") % {"day": words.day(planned)}, last)


def _outcome(facts: Facts, _today: date) -> str:
    due = _("due %(day)s") % {"day": _named(facts.get("due_on"))}
    return _joined(_quote(facts.get("statement")), due, _more(facts.get("outcomes"), MORE))


def _onboarding(facts: Facts, today: date) -> str:
    due = _day(facts.get("due_on"))
    late = words.until(due, today) if due else ""
    text = _joined(facts.get("milestone") or "", late)
    return _joined(text, _more(facts.get("milestones"), MORE_MILESTONES))


def _full(facts: Facts, _today: date) -> str:
    return _("%(used)s of %(purchased)s seats in use (%(share)s)") % {
        "used": words.number(facts["used"]),
        "purchased": words.number(facts["purchased"]),
        "share": words.percent(facts["share"]),
    }


def _high(facts: Facts, _today: date) -> str:
    return _("%(high)s of %(days)s open days at High") % {"high": words.number(facts["high"]), "days": words.number(facts["days"])}


def _star(facts: Facts, _today: date) -> str:
    return _("crossed on %(day)s") % {"day": _named(facts.get("crossed_on"))}


TELLERS: Mapping[str, Callable[[Facts, date], str]] = {
    "renewal_overdue": _overdue,
    "renewal_forecast": _renewal,
    "renewal_usage": _renewal,
    "renewal_pack": _renewal,
    "combination": _combination,
    "usage_drop": _drop,
    "level_fell": _level,
    "seats_lost": _seats,
    "scenario_gap": _scenario,
    "band_worse": _band,
    "disagreement": _disagreement,
    "rating_due": _rating,
    "invoice_late": _invoice,
    "card_expiring": _card,
    "ticket_burst": _tickets,
    "bad_answer": _answer,
    "feedback_unanswered": _feedback,
    "champion_left": _champion,
    "boss_silent": _boss,
    "no_contact": _contact,
    "review_due": _review,
    "outcome_overdue": _outcome,
    "onboarding_stalled": _onboarding,
    "seats_full": _full,
    "sustained_high": _high,
    "star_crossed": _star,
}

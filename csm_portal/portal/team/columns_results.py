"""Columns of what came of it: renewals, ratings, reviews, NPS, load, targets."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from churn.k import Way, way
from csm_portal.lib.periods import label
from csm_portal.portal import words
from csm_portal.portal.stats import name_of
from csm_portal.portal.team import drill
from csm_portal.portal.team.cells import Cell, Part
from csm_portal.portal.team.column import (
    Column,
    Setting,
    Value,
    reading,
    short,
)
from csm_portal.portal.team.tree import Kind, Line

CASES = (("any", "due"), ("renewed", "renewed"), ("lost", "lost"), ("open", "open"))
SHORT_KEYS = ("renewal_rate_count", "renewal_rate_amount", "monthly_active_rate", "nps")


def case_names() -> dict[str, str]:
    """Names of what may have become of a due."""
    return {
        "due": pgettext("renewals", "due"),
        "renewed": pgettext("renewals", "renewed"),
        "lost": pgettext("renewals", "lost"),
        "open": pgettext("renewals", "open"),
    }


def renewals(to: Setting) -> Column:
    """Dues of the period by count and amount."""

    def counted(line: Line) -> list[list[Part]]:
        """Dues; where an account has several of them, the accounts below, which are what the list can show."""
        dues, accounts = [], []
        for state, name in CASES:
            n, n_accounts, says = getattr(line.figures, name), getattr(line.figures, f"{name}_accounts"), case_names()[name]
            address = to.drill(line, drill.due(state, to.period))
            dues.append(Part(words.number(n), address if n == n_accounts else "", f"case-{name}", says))
            accounts.append(Part(f"({words.number(n_accounts)})", address, "sub", _("%(state)s, accounts") % {"state": says}))
        return [dues] if all(due.href for due in dues) else [dues, accounts]

    def cell(line: Line) -> Cell:
        figures = line.figures
        amounts = [Part(short(getattr(figures, f"{name}_amount")), css="sub", says=says) for name, says in case_names().items()]
        dues, *accounts = counted(line)
        lines = [dues, amounts, *accounts]
        if figures.cases_without_rate:
            text = ngettext("%(n)d left out: no exchange rate", "%(n)d left out: no exchange rate", figures.cases_without_rate)
            lines.append([Part(text % {"n": figures.cases_without_rate}, css="sub wide")])
        return Cell(lines, "cases")

    amount = _("%(state)s, amount %(currency)s")
    return Column(
        "renewals",
        _("Renewals"),
        _("due · renewed · lost · open"),
        cell,
        lambda line: float(line.figures.due_amount),
        [
            *((says, reading(name)) for name, says in case_names().items()),
            *((amount % {"state": says, "currency": to.currency}, reading(f"{name}_amount")) for name, says in case_names().items()),
        ],
        help="renewal_case",
    )


def renewal_rates(to: Setting) -> Column:
    """Renewal rates of the period."""

    def cell(line: Line) -> Cell:
        figures = line.figures
        count = Part(words.percent(figures.renewal_rate), css="strong", says=_("renewed / decided, by count"))
        amount = Part(words.percent(figures.renewal_rate_amount), css="sub", says=_("by net amount, expansion included"))
        return Cell([[count], [amount]], "num")

    return Column(
        "renewal_rate",
        _("Renewal rate"),
        _("count, net amount"),
        cell,
        lambda line: line.figures.renewal_rate,
        [
            (_("Renewal rate by count"), lambda line: line.figures.renewal_rate),
            (_("Renewal rate by net amount"), lambda line: line.figures.renewal_rate_amount),
        ],
        ascending_first=True,
        help="renewal_rate_count",
    )


def ratings(to: Setting) -> Column:
    """Paying accounts whose ratings are all valid, and their age."""

    def cell(line: Line) -> Cell:
        figures = line.figures
        rated = Part(words.number(figures.rated), to.drill(line, drill.is_("all_rated", "yes"), paying="yes"), says=_("every rating valid"))
        age = _("median age %(days)s d") % {"days": words.number(figures.median_age)} if figures.ages else _("never rated")
        first = [Part(words.percent(figures.rated_share), css="strong"), rated, Part("/"), Part(words.number(figures.paying))]
        return Cell([first, [Part(age, css="sub")]], "num")

    return Column(
        "rated",
        _("Ratings valid"),
        _("of paying accounts"),
        cell,
        lambda line: line.figures.rated_share,
        [
            (_("Ratings valid"), reading("rated")),
            (_("Rating coverage"), lambda line: line.figures.rated_share),
            (_("Median days since rating"), lambda line: line.figures.median_age),
        ],
        ascending_first=True,
        help="ratings",
    )


def qbrs_of(line: Line) -> str:
    """The QBR page of the line's accounts; empty where it knows no such set."""
    if line.kind == Kind.OTHERS:
        return ""
    owner = {Kind.PERSON: line.email, Kind.NOBODY: drill.NOBODY}.get(line.kind, "")
    query = {name: value for name, value in (("csm", owner), ("team", "" if line.kind == Kind.PERSON else line.path)) if value}
    return f"{reverse('portal:qbr')}?{urlencode(query)}" if query else reverse("portal:qbr")


def reviews(to: Setting) -> Column:
    """Paying accounts with an executive at a QBR in the last 90 days."""

    def cell(line: Line) -> Cell:
        figures = line.figures
        held = Part(
            words.number(figures.reviewed),
            to.drill(line, drill.is_("qbr", "yes"), paying="yes"),
            says=_("executive-attended QBR in 90 days"),
        )
        share = Part(words.percent(figures.reviewed_share), qbrs_of(line), "strong", _("the QBRs behind it"))
        return Cell([[share], [held, Part("/"), Part(words.number(figures.paying))]], "num")

    return Column(
        "qbr",
        _("QBR"),
        _("90 days"),
        cell,
        lambda line: line.figures.reviewed_share,
        [(_("QBR in 90 days"), reading("reviewed")), (_("QBR coverage"), lambda line: line.figures.reviewed_share)],
        ascending_first=True,
        help="qbr",
    )


def nps(to: Setting) -> Column:
    """NPS with the number of answers."""

    def cell(line: Line) -> Cell:
        figures = line.figures
        value = words.UNKNOWN if figures.nps is None else words.signed(figures.nps, 0).replace("±", "")
        n = ngettext("%(n)d answer", "%(n)d answers", figures.answers) % {"n": figures.answers}
        return Cell([[Part(value, css="strong")], [Part(n, css="sub")]], "num")

    return Column(
        "nps",
        _("NPS"),
        to.month_name,
        cell,
        lambda line: line.figures.nps,
        [(_("NPS"), lambda line: line.figures.nps), (_("NPS answers"), reading("answers"))],
        help="nps",
    )


def load(to: Setting) -> Column:
    """Accounts, money and open tickets a person carries."""

    def cell(line: Line) -> Cell:
        figures = line.figures
        lines = []
        if figures.csms > 1:
            each = {"accounts": words.number(figures.accounts_per_csm, 1), "mrr": short(Decimal(str(figures.mrr_per_csm or 0)))}
            lines.append([Part(_("%(accounts)s accounts · %(mrr)s MRR") % each, css="sub", says=_("per person with a book"))])
        tickets = Part(ngettext("%(n)d ticket", "%(n)d tickets", figures.tickets) % {"n": figures.tickets}, css="strong")
        where = Part(words.number(figures.ticket_accounts), to.drill(line, "tickets:above:0"), says=_("accounts with an open ticket"))
        lines.append([tickets, Part(pgettext("tickets in accounts", "in")), where])
        return Cell(lines, "num")

    return Column(
        "load",
        _("Load"),
        _("per CSM; open tickets"),
        cell,
        lambda line: line.figures.tickets,
        [
            (_("Accounts per CSM"), lambda line: line.figures.accounts_per_csm),
            (_("MRR per CSM"), lambda line: line.figures.mrr_per_csm),
            (_("Open tickets"), reading("tickets")),
        ],
        help="load",
    )


def targets(to: Setting) -> Column:
    """How far the targets of the month are reached."""

    def cell(line: Line) -> Cell:
        goals, values = to.targets.get(line.key, {}), line.figures.month_values
        told = [_attained(key, values[key], goals[key]) for key in values if key in goals]
        return Cell([told[:2], told[2:], *to_activate(to, line)] if told else [[Part(_("none set"), css="sub")]], "goals")

    def met(line: Line) -> float | None:
        goals, values = to.targets.get(line.key, {}), line.figures.month_values
        known = [float(value >= goals[key]) for key, value in values.items() if key in goals and value is not None]
        return sum(known) / len(known) if known else None

    return Column(
        "targets",
        _("Targets"),
        to.month_name,
        cell,
        met,
        [
            *((_("Target: %(name)s") % {"name": name_of(key)}, _goal(to, key)) for key in SHORT_KEYS),
            (_("Accounts to activate for the target of renewals"), lambda line: found.more if (found := way_of(to, line)) else None),
        ],
        ascending_first=True,
        help="target",
    )


def way_of(to: Setting, line: Line) -> Way | None:
    """From the line's active accounts of the last whole month to its target for the renewal rate by count; None where nothing is told."""
    goal = to.targets.get(line.key, {}).get("renewal_rate_count")
    month, past = label("month", to.whole_month), line.figures.past
    known = past["month", month, "paying"] - past["month", month, "unknown"]
    if goal is None or to.renewing is None or not known:
        return None
    return way(known, past["month", month, "active"], *to.renewing, float(goal))


def to_activate(to: Setting, line: Line) -> list[list[Part]]:
    """One line below the targets: how many accounts more have to be active; nothing where the target is reached or none is told."""
    found = way_of(to, line)
    if found is None or found.more == 0:
        return []
    facts = {
        "goal": words.percent(found.target),
        "active": words.number(found.active),
        "n": words.number(found.n),
        "month": words.month(to.whole_month),
        "expected": words.percent(found.expected, 1),
        "best": words.percent(found.best, 1),
    }
    if found.more is None:
        says = _("renewal rate of %(goal)s: even with all active about %(best)s would renew") % facts
        return [[Part(_("all active: %(best)s") % facts, reverse("portal:trust-k"), css="sub", says=says)]]
    text = ngettext("activate %(n)s more", "activate %(n)s more", found.more) % {"n": words.number(found.more)}
    says = _("to reach a renewal rate of %(goal)s: %(active)s of %(n)s were active in %(month)s, so %(expected)s would renew") % facts
    return [[Part(text, reverse("portal:trust-k"), css="sub", says=says)]]


def short_names() -> dict[str, str]:
    """The headlines in a word each."""
    return {"renewal_rate_count": _("Count"), "renewal_rate_amount": _("Amount"), "monthly_active_rate": _("Active"), "nps": _("NPS")}


def _attained(key: str, value: float | None, goal: Decimal) -> Part:
    nps = key == "nps"
    goal_text = words.number(goal) if nps else words.percent(goal)
    says = _("%(name)s: target %(goal)s") % {"name": name_of(key), "goal": goal_text}
    name = short_names()[key]
    if value is None:
        return Part(f"{name} {words.UNKNOWN}", css="goal", says=says)
    says += ", " + _("now %(value)s") % {"value": words.number(value, 0) if nps else words.percent(value, 1)}
    met = value >= goal
    # A share of a score that may be negative says nothing; the distance does.
    part = words.signed(Decimal(str(value)) - goal, 0) if nps else words.percent(value / float(goal)) if goal else words.UNKNOWN
    return Part(f"{name} {part}", css="goal goal-met" if met else "goal goal-missed", says=says + (" ✓" if met else ""))


def _goal(to: Setting, key: str) -> Callable[[Line], Value]:
    return lambda line: to.targets.get(line.key, {}).get(key)

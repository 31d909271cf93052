"""The finder of a north star as the page places it: how far the search is, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import JobRun
from accounts.types import JobState, Role
from churn.north_star_finder import FOUND, JOB, TOO_FEW, Finding, Proposal, read_finding
from csm_portal.portal import words
from csm_portal.portal.first_run import work
from csm_portal.portal.value.star import measure

if TYPE_CHECKING:
    from accounts.models import User

OPEN = (JobState.DUE, JobState.RUNNING)


@dataclass(frozen=True)
class ProposalLine:
    """One proposal in words."""

    name: str
    threshold: str
    above: str
    below: str
    difference: str
    interval: str
    q: str
    toml: str


@dataclass(frozen=True)
class Finder:
    """What `portal/value/_finder.html` places. `open`: a search waits or runs; `text` says how far it is, or what came of it."""

    open: bool
    no_worker: bool
    error: str
    text: str
    grounds: str
    lines: list[ProposalLine]
    searched: bool


def finder(user: User, now: datetime) -> Finder | None:
    """The search as it stands; None for who may not start one. One query."""
    if user.role != Role.ADMIN:
        return None
    row = JobRun.objects.visible_to(user).filter(job=JOB).first()
    if row is None:
        return Finder(open=False, no_worker=False, error="", text="", grounds="", lines=[], searched=False)
    if row.state in OPEN:
        step = row.message if row.message and not row.message.startswith("{") else ""
        told = _("Searching: %(step)s") % {"step": _step(step)} if step else _("The search waits for a worker.")
        return Finder(True, work.nobody_took(row, now), row.error, told, "", [], searched=False)
    if row.state != JobState.SUCCEEDED:
        return Finder(False, False, row.error, _("The search failed."), "", [], searched=False)
    found = read_finding(row.message)
    return Finder(False, False, "", _verdict(found), _grounds(found), [_line(one) for one in found.proposals], searched=True)


def _step(key: str) -> str:
    return {
        "closed renewals": _("closed renewals"),
        "what was done before them": _("what was done before them"),
        "thresholds": _("thresholds"),
    }.get(key, key)


def _verdict(found: Finding) -> str:
    if found.verdict == TOO_FEW:
        told = _("Too few closed renewals to search: %(dues)s, %(lost)s of them lost; at least 100 and 20 are needed.")
        return told % {"dues": words.number(found.dues), "lost": words.number(found.lost)}
    if found.verdict == FOUND:
        n = len(found.proposals)
        return ngettext("%(n)d proposal held in the later renewals.", "%(n)d proposals held in the later renewals.", n) % {"n": n}
    return _("None: no action with a threshold separated the later renewals beyond chance. Not every product has a north star.")


def _grounds(found: Finding) -> str:
    if found.verdict == TOO_FEW:
        return ""
    told = _(
        "%(dues)s closed renewals, %(lost)s lost; thresholds chosen in the %(train)s to %(day)s, tested in the %(test)s after it;"
        " %(tried)s measures with %(cuts)s thresholds tried, as of %(as_of)s."
    )
    return told % {
        "dues": words.number(found.dues),
        "lost": words.number(found.lost),
        "train": words.number(found.training[1]),
        "test": words.number(found.later[1]),
        "day": words.day(date.fromisoformat(found.split_on)),
        "tried": words.number(found.tried),
        "cuts": words.number(found.thresholds),
        "as_of": words.iso_day(found.as_of),
    }


def _line(one: Proposal) -> ProposalLine:
    return ProposalLine(
        name=f"{words.readable(one.action)} · {measure(one.measure)}",
        threshold=words.number(float(one.threshold)),
        above=_side(one.later_above),
        below=_side(one.later_below),
        difference=_("%(points)s points") % {"points": words.signed(100 * one.difference, 0)},
        interval=f"{words.signed(100 * one.low, 0)} … {words.signed(100 * one.high, 0)}",
        q=f"{one.q:.3f}",
        toml=f'[north_star]\naction = "{one.action}"\nmeasure = "{one.measure}"\nthreshold = {one.threshold}',
    )


def _side(side: list[int]) -> str:
    renewed, n = side
    return _("%(rate)s (%(n)d of %(of)d)") % {"rate": words.percent(renewed / n), "n": renewed, "of": n}

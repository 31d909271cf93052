"""The loss replay in words: the list of losses with what was shown before them, and the months before one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from churn.helping.replay import VERDICTS, Replay, Replayed, Standing, Told
from csm_portal.portal import words
from csm_portal.portal.acting.names import rule_name
from csm_portal.portal.addresses import account_address
from csm_portal.portal.alarms.words import drop
from csm_portal.portal.editing.kinds import KIND_WORDS
from csm_portal.portal.helping.words import kind as tried
from csm_portal.portal.reasons import words as why
from csm_portal.portal.renewals.said import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from churn.acting.precision import RulePrecision

VERDICT_WORDS: Mapping[str, Promise] = {
    "acted": gettext_lazy("told in time, acted on"),
    "not_acted": gettext_lazy("told in time, nobody acted"),
    "late": gettext_lazy("told late"),
    "never": gettext_lazy("never told: missed"),
    "unkept": gettext_lazy("before items were kept"),
}
TONES: Mapping[str, str] = {"acted": "green", "not_acted": "amber", "late": "amber", "never": "red", "unkept": ""}
BANDS = ("red", "amber", "green", "unknown")
RESULTS: Mapping[str, Promise] = {
    "reached": gettext_lazy("on the Monday list, reached"),
    "not_reached": gettext_lazy("on the Monday list, not reached"),
    "not_needed": gettext_lazy("on the Monday list, a call was not needed"),
}


@dataclass(frozen=True, slots=True)
class LossLine:
    """One loss of the list."""

    name: str
    href: str
    replay_href: str
    owner: str
    lost_on: date
    amount: str
    kind: str
    band: str
    band_word: str
    score: str
    likelihood: str
    shown: str
    done: str
    verdict: str
    tone: str


@dataclass(frozen=True, slots=True)
class Pick:
    """A verdict to narrow the list to, with how many losses it has."""

    key: str
    name: str
    n: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """The list with its findings in words."""

    known: str
    shown: str
    picks: list[Pick]
    lines: list[LossLine]


@dataclass(frozen=True, slots=True)
class MonthLine:
    """How an account stood on a day before its loss."""

    day: date
    before: str
    band: str
    band_word: str
    score: str
    likelihood: str
    active: str
    forecast: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """One thing told or done before a loss."""

    day: date
    before: str
    text: str
    who: str
    tone: str


def replay_page(found: Replay, chosen: str, currency: str) -> ReplayPage:
    """The losses in words; `chosen` is the verdict asked for, empty for all."""
    total = sum(found.verdicts.values())
    picks = [Pick(key, str(VERDICT_WORDS[key]), found.verdicts[key], key == chosen) for key in VERDICTS if found.verdicts.get(key)]
    return ReplayPage(
        known=_known(found, total),
        shown=_shown(found, total),
        picks=[Pick("", pgettext("losses", "all"), total, not chosen), *picks] if len(picks) > 1 or chosen else [],
        lines=[_line(loss, currency) for loss in found.rows],
    )


@dataclass(frozen=True, slots=True)
class RuleLine:
    """How one rule did over the closed renewals since the day's list began."""

    name: str
    told: str
    lost: str
    interval: str
    lead: str
    false_alarms: str
    missed: str


def rule_lines(rules: Sequence[RulePrecision]) -> tuple[str, list[RuleLine]]:
    """The ground in one sentence (empty: no renewal has closed since), and a line per rule of risk with anything to say."""
    base = rules[0].base if rules else None
    if base is None or not base.n:
        return "", []
    text = ngettext(
        "%(n)s renewal has closed since %(day)s, %(lost)s of them lost (%(rate)s).",
        "%(n)s renewals have closed since %(day)s, %(lost)s of them lost (%(rate)s).",
        base.n,
    )
    ground = text % {
        "n": words.number(base.n),
        "day": words.day(rules[0].since),
        "lost": words.number(base.hits),
        "rate": words.percent(base.value),
    }
    return ground, [_rule(one) for one in rules if not one.trigger.good and (one.judged.n or one.false_alarms)]


def _rule(one: RulePrecision) -> RuleLine:
    told = one.judged
    lead = "" if one.lead_days is None else ngettext("%(n)s day", "%(n)s days", round(one.lead_days)) % {"n": words.number(one.lead_days)}
    return RuleLine(
        name=rule_name(one.trigger.key),
        told=words.number(told.n),
        lost=words.percent(told.value),
        interval="" if told.low is None or told.high is None else f"{words.percent(told.low)} – {words.percent(told.high)}",
        lead=lead or words.UNKNOWN,
        false_alarms=words.number(one.false_alarms),
        missed=words.number(one.missed),
    )


def replay_address(external_id: str, lost_on: date) -> str:
    """Where one loss is looked back at."""
    return f"{reverse('portal:trust-replay-account')}?{urlencode({'account': external_id, 'on': lost_on.isoformat()})}"


def months(found: list[Standing], lost_on: date) -> list[MonthLine]:
    """The months before a loss, the latest first."""
    return [_month(one, lost_on) for one in reversed(found)]


def events(found: list[Told], lost_on: date) -> list[EventLine]:
    """What was told and done before a loss, the latest first."""
    return [
        EventLine(one.day, _before(one.day, lost_on), _event(one), one.who or "", _event_tone(one)) for one in reversed(found)
    ]  # fmt: skip


def _known(found: Replay, total: int) -> str:
    if not total:
        return ""
    told = [(band, found.bands.get(band, 0)) for band in BANDS if found.bands.get(band)]
    parts = [pgettext("band with number", "%(band)s %(n)s") % {"band": words.band(band), "n": n} for band, n in told]
    if none := found.bands.get(""):
        parts.append(_("no health then %(n)s") % {"n": none})
    text = ngettext("%(n)s loss; health 90 days before: %(bands)s.", "%(n)s losses; health 90 days before: %(bands)s.", total)
    return text % {"n": words.number(total), "bands": ", ".join(parts)}


def _shown(found: Replay, total: int) -> str:
    unkept = found.verdicts.get("unkept", 0)
    judged = total - unkept
    if not judged:
        if found.since is None:
            return _("What was shown is kept from the first night with a day's list on; none of these losses came after it.")
        return _("What was shown is kept since %(day)s; these losses came too early to say.") % {"day": words.day(found.since)}
    text = _("Of %(n)s since then: %(acted)s told in time and acted on, %(not_acted)s not acted on, %(late)s late, %(never)s missed.")
    return text % {"n": words.number(judged), **{key: words.number(found.verdicts.get(key, 0)) for key in VERDICTS}}


def _line(loss: Replayed, currency: str) -> LossLine:
    return LossLine(
        name=loss.name,
        href=account_address(loss.external_id),
        replay_href=replay_address(loss.external_id, loss.lost_on),
        owner=loss.owner or _("no owner"),
        lost_on=loss.lost_on,
        amount=words.money(loss.amount, currency),
        kind=why.kind(loss.type),
        band=loss.band or "",
        band_word=words.band(loss.band) if loss.band else words.UNKNOWN,
        score=words.score(loss.score),
        likelihood=words.percent(loss.likelihood),
        shown=_shown_before(loss),
        done=_done_before(loss),
        verdict=str(VERDICT_WORDS[loss.verdict]),
        tone=TONES[loss.verdict],
    )


def _shown_before(loss: Replayed) -> str:
    parts = []
    if loss.items:
        parts.append(ngettext("%(n)s item", "%(n)s items", loss.items) % {"n": loss.items})
    if loss.mondays:
        parts.append(ngettext("on %(n)s Monday list", "on %(n)s Monday lists", loss.mondays) % {"n": loss.mondays})
    if loss.drops:
        parts.append(ngettext("%(n)s drop alarm", "%(n)s drop alarms", loss.drops) % {"n": loss.drops})
    if loss.held:
        parts.append(ngettext("%(n)s held back", "%(n)s held back", loss.held) % {"n": loss.held})
    if loss.shown_on:
        parts.append(_("first %(before)s") % {"before": _before(loss.shown_on, loss.lost_on)})
    return ", ".join(parts) or words.UNKNOWN


def _done_before(loss: Replayed) -> str:
    parts = []
    if loss.acted_on:
        parts.append(_("acted %(before)s") % {"before": _before(loss.acted_on, loss.lost_on)})
    if loss.steps:
        parts.append(ngettext("%(n)s intervention", "%(n)s interventions", loss.steps) % {"n": loss.steps})
    return ", ".join(parts) or words.UNKNOWN


def _before(day: date, lost_on: date) -> str:
    days = (lost_on - day).days
    return ngettext("%(n)s day before", "%(n)s days before", days) % {"n": days}


def _month(one: Standing, lost_on: date) -> MonthLine:
    likelihood = words.percent(one.likelihood)
    if one.low is not None and one.high is not None:
        likelihood += f" ({words.number(one.low * 100)}–{words.number(one.high * 100)})"
    forecast = ""
    if one.category:
        forecast = f"{CATEGORIES.get(one.category, one.category)} {words.percent(one.probability)}"
    return MonthLine(
        day=one.day,
        before=_before(one.day, lost_on),
        band=one.band or "",
        band_word=words.band(one.band) if one.band else words.UNKNOWN,
        score=words.score(one.score),
        likelihood=likelihood,
        active={None: words.UNKNOWN, True: _("active month"), False: _("inactive month")}[one.active],
        forecast=forecast or words.UNKNOWN,
    )


def _event(one: Told) -> str:
    if one.kind in {"item", "held"}:
        return _item(one)
    if one.kind == "drop":
        return drop(one.facts)
    if one.kind == "monday":
        return str(RESULTS.get(one.facts.get("result") or "", gettext_lazy("on the Monday list, nobody called")))
    if one.kind == "touch":
        return _("Contact: %(kind)s") % {"kind": KIND_WORDS.get(one.what, one.what)}
    if one.kind == "play":
        return _("Play begun: %(name)s") % {"name": one.what}
    note = one.facts.get("note")
    text = _("Tried: %(kind)s") % {"kind": tried(one.what)}
    return f"{text}. {note}" if note else text


def _item(one: Told) -> str:
    rule = rule_name(one.what)
    if one.kind == "held":
        return _("%(rule)s: held back, not shown") % {"rule": rule}
    acted: Any = one.facts.get("acted")
    text = _("%(rule)s: shown, acted on %(day)s") if acted else _("%(rule)s: shown, nobody acted")
    return text % {"rule": rule, "day": words.iso_day(acted)}


def _event_tone(one: Told) -> str:
    if one.kind == "item":
        return "green" if one.facts.get("acted") else "amber"
    return {"drop": "red", "monday": "amber", "step": "green", "play": "green"}.get(one.kind, "")

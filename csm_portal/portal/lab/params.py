"""Plain keys of a section, each one input: how it is labelled, explained, read and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csm_portal.portal import words
from csm_portal.portal.lab.form import Input, Kind, Typed, listed, names_in, number, shown, whole

Word = str | Promise
LEVELS = tuple((word, words.LEVELS[word]) for word in ("low", "medium", "high"))
WEEKDAYS = (
    ("monday", _("Monday")),
    ("tuesday", _("Tuesday")),
    ("wednesday", _("Wednesday")),
    ("thursday", _("Thursday")),
    ("friday", _("Friday")),
    ("saturday", _("Saturday")),
    ("sunday", _("Sunday")),
)


@dataclass(frozen=True)
class Param:
    """One key. `reads` is `number` (exact, kept as text), `whole`, `names` (a list) or `text`."""

    key: str
    label: Word
    hint: Word = ""
    reads: str = "number"
    unit: Word = ""
    choices: Sequence[tuple[str, Word]] = ()

    @property
    def kind(self) -> Kind:
        """How it is typed."""
        if self.choices:
            return "select"
        return {"number": "number", "whole": "number", "names": "list"}.get(self.reads, "text")  # type: ignore[return-value]

    def read(self, text: str) -> Any:
        """The value typed."""
        if self.reads == "names":
            return names_in(text)
        if self.reads == "whole":
            return whole(text)
        return number(text) if self.reads == "number" else text

    def show(self, value: Any) -> str:
        """A value of a body as the input shows it; None: not set."""
        return listed(value) if isinstance(value, list) else shown(value)

    def input(self, typed: Typed, prefix: str, path: str, blank: str = "") -> Input:
        """The input with what stands in it; `blank`: the word for leaving it as it is above."""
        choices = [(value, str(word)) for value, word in self.choices]
        return Input(
            name=f"{prefix}{self.key}",
            label=str(self.label),
            value=typed.raw(f"{prefix}{self.key}"),
            kind=self.kind,
            path=f"{path}.{self.key}",
            hint=str(self.hint) if not blank else "",
            unit=str(self.unit),
            choices=[("", blank), *choices] if blank and choices else choices,
            placeholder=blank if not choices else "",
        )


BARS = (
    Param(
        "seat_base",
        _("Seats counted (n)"),
        _("Activated seats, or the purchased ones of the running contracts."),
        "text",
        choices=(("activated", _("activated seats")), ("purchased", _("purchased seats"))),
    ),
    Param("share", _("Share of the seats in the bars"), _("A share such as 0.6 or 3/5.")),
    Param("low_multiple", _("Low up to n × share ×"), _("Key actions up to this bar are a Low day.")),
    Param("high_multiple", _("High above n × share ×"), _("Key actions above this bar may be a High day.")),
    Param("login_share", _("Share of seats logged in for High"), _("Fewer: Medium, flagged as concentrated use.")),
    Param("min_activation_rate", _("Least activation rate"), _("Below it a day is at most Low. 0: not used.")),
)
PERIODS = (
    Param("active_from", _("A day is active from level"), "", "text", choices=LEVELS),
    Param("week_days", _("Active days of an active week"), "", "whole", _("of 7")),
    Param("month_days", _("Active days of an active month"), _("Either this, or the share beside it."), "whole"),
    Param("month_workday_share", _("or share of its working days"), _("Such as 3/5. Leave one of the two empty.")),
)
LEFT_OUT = (
    Param("excluded_personas", _("Personas left out"), _("basic, advanced, admin"), "names"),
    Param("excluded_email_domains", _("E-mail domains left out"), _("Own staff and testers, separated by commas."), "names"),
)
NORTH_STAR = (
    Param("action", _("Action that is added up"), "", "text"),
    Param(
        "measure",
        _("What of it"),
        "",
        "text",
        choices=(("count", _("how often")), ("quantity", _("its quantity")), ("value", _("its value, money"))),
    ),
    Param("threshold", _("Threshold"), _("The account has crossed once the sum reaches it.")),
    Param("within_days", _("Deadline after go-live"), _("0: none."), "whole", _("days")),
)
CALENDAR = (
    Param("default_country", _("Country of accounts without one"), _("Two letters, such as CN; empty: weekdays without holidays."), "text"),
    Param("default_timezone", _("Time zone of accounts without one"), _("Such as Asia/Shanghai; empty: the installation's."), "text"),
    Param("week_starts", _("First day of the week"), "", "text", choices=WEEKDAYS),
)
RENEWALS = (
    Param("renewal_grace_days", _("Days a successor may come after the end"), _("Later: lost."), "whole", _("days")),
    Param("bridge_gap_days", _("Gap in the revenue that is bridged"), _("For monthly revenue alone; 0: none."), "whole", _("days")),
)
STATES = (
    Param("window_days", _("Days looked at"), "", "whole", _("days")),
    Param("busy_days", _("Busy: used on at least"), "", "whole", _("days")),
    Param("busy_key_days", _("Busy, not achieving: key actions on at most"), "", "whole", _("days")),
    Param("quiet_days", _("Quiet: active on at most"), "", "whole", _("days")),
    Param("report_days", _("Fine by reports: opened without a login on at least"), "", "whole", _("days")),
    Param("off_share", _("Fine by days off: share of the weekdays"), _("A share such as 0.5.")),
    Param("narrow_features", _("Narrow: different actions, at most"), "", "whole"),
    Param("min_known_share", _("Least share of days with a known level"), _("Below it no state is named.")),
    Param(
        "contact_days",
        _("Days without contact, per tier"),
        _("A tier and its days each; other: the tiers not named. Later, the day's list asks for a contact."),
        "names",
    ),
)
WHEN = (
    Param("stage", _("Stage"), "", "names"),
    Param("tier", _("Tier"), "", "names"),
    Param("plan", _("Plan"), "", "names"),
    Param("product", _("Product"), "", "names"),
    Param("industry", _("Industry"), "", "names"),
    Param("region", _("Region"), "", "names"),
    Param("size", _("Size"), "", "names"),
)
PLAIN: Mapping[str, tuple[Param, ...]] = {
    "north_star": NORTH_STAR,
    "calendar": CALENDAR,
    "renewals": RENEWALS,
    "states": STATES,
}


def fill(params: Sequence[Param], body: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """What the inputs of these keys show of a body."""
    return {f"{prefix}{param.key}": param.show(body.get(param.key)) for param in params}


def read(params: Sequence[Param], typed: Typed, prefix: str = "") -> dict[str, Any]:
    """What was typed into them; an empty input leaves its key out."""
    found = {}
    for param in params:
        text = typed.get(f"{prefix}{param.key}")
        if text:
            found[param.key] = param.read(text)
    return found

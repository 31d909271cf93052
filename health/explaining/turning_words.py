"""What would turn a score green, in words: one phrase per deed, and an honest sentence where no few deeds are enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from health.band_words import band_word

if TYPE_CHECKING:
    from health.explaining.steps import Step
    from health.explaining.turning import Turning

Said = Mapping[str, Any]


def step_words(step: Step) -> str:
    """One deed: `answer 4 on 2 questions`."""
    if step.code == "answers":
        return _answers(step.said, executive=step.facet == "executive")
    return STEPS[step.code](step.said)


def state_words(turning: Turning) -> str:
    """What is to be said beside the options, or instead of them."""
    if turning.state == "green":
        return _("It is green.")
    if turning.state == "override":
        return _("The band is set by hand: no fact changes it until that ends or is withdrawn.")
    if turning.state == "possible":
        return _("Any one of these would turn it green, the fewest deeds first. A rating says what you found: change it only if it is so.")
    if turning.best_score is None:
        return _("Nothing that can be done at hand turns it green: too little is known for a score.")
    words = {"score": turning.best_score, "band": band_word(turning.best_band)}
    if turning.best_band == "green":
        return _("No one or two kinds of deeds turn it green. Everything at hand together would: %(score).1f.") % words
    return _("Nothing that can be done at hand turns it green. Everything together would make it %(score).1f, %(band)s.") % words


def _answers(said: Said, *, executive: bool) -> str:
    n, score = said["n"], {"score": said["score"], "n": said["n"]}
    if executive:
        return ngettext("answer %(score)d on %(n)d executive question", "answer %(score)d on %(n)d executive questions", n) % score
    return ngettext("answer %(score)d on %(n)d question", "answer %(score)d on %(n)d questions", n) % score


def _days(said: Said) -> str:
    level = {
        "low": pgettext("level inside a sentence", "low"),
        "medium": pgettext("level inside a sentence", "medium"),
    }.get(said["level"], "")
    values = {"more": said["more"], "level": level, "days": said["days"], "open": said["open_days"]}
    if said["level"] == "high":
        return (
            ngettext(
                "%(more)d more open day in 28 at high activity (%(days)d of %(open)d)",
                "%(more)d more open days in 28 at high activity (%(days)d of %(open)d)",
                said["more"],
            )
            % values
        )
    return (
        ngettext(
            "%(more)d more open day in 28 at %(level)s activity or above (%(days)d of %(open)d)",
            "%(more)d more open days in 28 at %(level)s activity or above (%(days)d of %(open)d)",
            said["more"],
        )
        % values
    )


def _seats(said: Said) -> str:
    text = ngettext("%(n)d more seat does a key action in 28 days", "%(n)d more seats do a key action in 28 days", said["seats"]) % {
        "n": said["seats"]
    }
    if not said["opened"]:
        return text
    return _("%(what)s, %(opened)d of them newly activated") % {"what": text, "opened": said["opened"]}


def _tickets(said: Said) -> str:
    n, old = said["tickets"], said["old"]
    if n == old:
        return ngettext("close %(n)d ticket open over 7 days", "close %(n)d tickets open over 7 days", n) % {"n": n}
    return ngettext("close %(n)d open ticket", "close %(n)d open tickets", n) % {"n": n}


def _on_track(said: Said) -> str:
    n = said["outcomes"]
    return ngettext("bring %(n)d outcome back on track", "bring %(n)d outcomes back on track", n) % {"n": n}


def _achieved(said: Said) -> str:
    n = said["outcomes"]
    return ngettext("achieve %(n)d outcome", "achieve %(n)d outcomes", n) % {"n": n}


def _milestones(said: Said) -> str:
    n = said["milestones"]
    return ngettext("finish %(n)d milestone that is due", "finish %(n)d milestones that are due", n) % {"n": n}


def _invoices(said: Said) -> str:
    n, days = said["invoices"], said["overdue_days"]
    if n == 1 and days:
        return ngettext("the invoice %(days)d day overdue is paid", "the invoice %(days)d days overdue is paid", days) % {"days": days}
    return ngettext("%(n)d unpaid invoice is settled", "%(n)d unpaid invoices are settled", n) % {"n": n}


STEPS: Mapping[str, Callable[[Said], str]] = {
    "days": _days,
    "seats": _seats,
    "tickets": _tickets,
    "outcomes_on_track": _on_track,
    "outcomes_achieved": _achieved,
    "milestones": _milestones,
    "invoices": _invoices,
}

"""What people do with combinations: write their own, take them back, retire one and bring it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved
from accounts.types import Role
from churn.models import RiskRule, RuleMatch, RuleQuarter
from churn.rules.conditions import LONGEST, BadConditionError, Condition, key_of, read_condition
from churn.rules.counting import counted, figures_of
from churn.rules.disguise import WITHOUT_HISTORY
from churn.rules.life import life
from churn.rules.past import folded, half_of, split
from churn.rules.reading import gather, today_of
from churn.types import RuleState

if TYPE_CHECKING:
    from accounts.models import User

MAX_NAME, MAX_REASON = 80, 400
MAX_OWN = 50


def conditions_in(bodies: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """One to three conditions on different features, as entered. Raises NotSaved, the problem under the number of the condition."""
    conditions: list[Condition] = []
    problems: dict[str, str] = {}
    for place, body in enumerate(bodies):
        try:
            one = read_condition(body)
        except BadConditionError as bad:
            problems[str(place)] = {
                "feature": _("Choose what to look at."),
                "operator": _("This cannot be compared so."),
                "value": _("Give a border: a number, or a word as it stands in the accounts."),
            }[bad.field]
            continue
        if one.feature in WITHOUT_HISTORY:
            problems[str(place)] = _("Only today's value is kept: what became of the account is in it.")
        elif any(one.feature == other.feature for other in conditions):
            problems[str(place)] = _("Each condition looks at another figure.")
        conditions.append(one)
    if not bodies:
        problems[""] = _("Give at least one condition.")
    if len(bodies) > LONGEST:
        problems[""] = _("A combination has at most three conditions.")
    if problems:
        raise NotSaved(problems)
    return tuple(conditions)


@transaction.atomic
def write(user: User, conditions: Sequence[Condition], name: str, as_of: date) -> RiskRule:
    """Keep a combination of one's own, counted at once on past renewals and on today's accounts; it is unproven until a search confirms it.

    One taken back before is kept again. Raises NotSaved where the same conditions are told already, or where one has written too many.
    """
    if len(name) > MAX_NAME:
        raise NotSaved({"name": _("At most %(most)s characters.") % {"most": MAX_NAME}})
    if RiskRule.objects.filter(author=user, withdrawn_at__isnull=True).count() >= MAX_OWN:
        raise NotSaved({"": _("You have %(most)s of your own; take one back first.") % {"most": MAX_OWN}})
    key = key_of(conditions)
    known = RiskRule.objects.select_for_update().filter(key=key).first()
    if known is not None and known.withdrawn_at is None:
        raise NotSaved({"": _("These conditions are on the page already.")})
    rule = known or RiskRule(key=key, found_on=as_of)
    rule.conditions = [one.body() for one in conditions]
    rule.name, rule.author, rule.state, rule.withdrawn_at = name, user, RuleState.UNPROVEN, None
    rule.retired_on, rule.retired_why, rule.retired_by = None, "", None
    _count(rule, conditions, as_of)
    return rule


def _count(rule: RiskRule, conditions: Sequence[Condition], as_of: date) -> None:
    from churn.rules.night import days_of, matches_of  # the night's own way of counting and matching

    features = {one.feature for one in conditions}
    known = folded(gather(as_of, features, later=False).past)
    sides = split(known)
    training, checking = half_of(sides.training), half_of(sides.checking)
    one = counted(training, checking, conditions)
    rule.figures = figures_of(one, one.p, one.check_p, None) | days_of(training, checking)
    rule.searched_on = as_of
    rule.save()
    quarters = life(half_of(known), conditions)
    rule.quarters.all().delete()
    RuleQuarter.objects.bulk_create(
        RuleQuarter(rule=rule, quarter=each.quarter, n=each.matched.n, lost=each.matched.lost, base_n=each.base.n, base_lost=each.base.lost)
        for each in quarters
    )
    rule.matches.all().delete()
    RuleMatch.objects.bulk_create(matches_of([rule], today_of(as_of, features), as_of), batch_size=1_000)


def _owned(user: User, pk: int) -> Any:
    """A rule that the user wrote; an admin may see to any written one."""
    rows = RiskRule.objects.visible_to(user).filter(pk=pk, author__isnull=False)
    return rows if user.role == Role.ADMIN else rows.filter(author=user)


def withdraw(user: User, pk: int, now: datetime) -> RiskRule | None:
    """Take one's own combination from the page; None where it is not theirs or gone already. It can be restored."""
    rule: RiskRule | None = _owned(user, pk).filter(withdrawn_at__isnull=True).first()
    if rule is not None:
        rule.withdrawn_at = now
        rule.save(update_fields=["withdrawn_at"])
    return rule


def restore(user: User, pk: int) -> RiskRule | None:
    """Bring back what was withdrawn; None where it is not theirs or was not withdrawn. Its matches come with the next night."""
    rule: RiskRule | None = _owned(user, pk).filter(withdrawn_at__isnull=False).first()
    if rule is not None:
        rule.withdrawn_at = None
        rule.save(update_fields=["withdrawn_at"])
    return rule


def retire(user: User, pk: int, why: str, today: date) -> RiskRule | None:
    """No longer tell of a combination, with a reason; managers and admins. None where there is no living one of this number.

    Raises NotSaved without a reason: who comes later must see why.
    """
    rule: RiskRule | None = _living(user, pk).exclude(state=RuleState.RETIRED).first()
    if rule is None:
        return None
    why = why.strip()
    if not why or len(why) > MAX_REASON:
        raise NotSaved({"reason": _("Say why, in at most %(most)s characters.") % {"most": MAX_REASON}})
    rule.state, rule.retired_on, rule.retired_why, rule.retired_by = RuleState.RETIRED, today, why, user
    rule.save(update_fields=["state", "retired_on", "retired_why", "retired_by"])
    return rule


def bring_back(user: User, pk: int) -> RiskRule | None:
    """Tell of a retired combination again, as what it was: found ones validated, written ones unproven until the next search.

    Its later quarters count from now on: it is not retired again for those that retired it.
    """
    rule: RiskRule | None = _living(user, pk).filter(state=RuleState.RETIRED).first()
    if rule is None:
        return None
    last = rule.quarters.order_by("-quarter").values_list("quarter", flat=True).first()
    rule.figures = rule.figures | ({"lives_after": last} if last else {})
    rule.state = RuleState.VALIDATED if rule.author_id is None else RuleState.UNPROVEN
    rule.retired_on, rule.retired_why, rule.retired_by = None, "", None
    rule.save(update_fields=["state", "figures", "retired_on", "retired_why", "retired_by"])
    return rule


def _living(user: User, pk: int) -> Any:
    rows = RiskRule.objects.visible_to(user).filter(pk=pk, withdrawn_at__isnull=True)
    return rows if user.role in {Role.MANAGER, Role.ADMIN} else rows.none()

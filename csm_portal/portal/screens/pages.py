"""The pages of the portal that are drawn, measured and checked for accessibility: all three go by this list."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import Resolver404, resolve

from accounts.types import Role


@dataclass(frozen=True)
class Screen:
    """One page, or one state of a page.

    `path` may hold `{account}`, the encoded id of an account worth showing. `role` is who opens it; None: nobody signed in.
    `keys` are pressed and `click` (a selector) is clicked once the page stands; `wait` is then waited for.
    """

    name: str
    path: str
    role: Role | None
    click: str = ""
    keys: tuple[str, ...] = ()
    wait: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it is a page by itself, not the state of one."""
        return not (self.click or self.keys)


SCREENS = (
    Screen("sign-in", "/auth/login/", None),
    Screen("today", "/", Role.CSM),
    Screen("accounts", "/accounts/", Role.MANAGER),
    Screen("account", "/accounts/{account}/", Role.CSM),
    Screen("renewals", "/renewals/", Role.CSM),
    Screen("renewal-rates", "/renewals/rates/", Role.MANAGER),
    Screen("renewal-forecasts", "/renewals/forecasts/", Role.MANAGER),
    Screen("renewal-mismatches", "/renewals/mismatches/", Role.MANAGER),
    Screen("qbr", "/qbr/", Role.MANAGER),
    Screen("qbr-account", "/qbr/{account}/", Role.CSM),
    Screen("qbr-feedback", "/qbr/?tab=feedback", Role.MANAGER),
    Screen("items", "/items/", Role.CSM),
    Screen("tasks", "/tasks/", Role.CSM),
    Screen("plays", "/plays/", Role.MANAGER),
    Screen("team", "/team/", Role.MANAGER),
    Screen("team-actions", "/team/actions/", Role.MANAGER),
    Screen("team-rules", "/team/actions/rules/", Role.MANAGER),
    Screen("targets", "/team/targets/", Role.MANAGER),
    Screen("churn", "/churn/", Role.MANAGER),
    Screen("churn-list", "/churn/accounts/?measure=revenue&line=churn", Role.MANAGER),
    Screen("risk-monday", "/risk/monday/", Role.MANAGER),
    Screen("risk", "/risk/", Role.MANAGER),
    Screen("risk-own", "/risk/own/", Role.CSM),
    Screen("cohorts", "/cohorts/", Role.MANAGER),
    Screen("trust", "/trust/", Role.MANAGER),
    Screen("trust-k", "/trust/k/", Role.MANAGER),
    Screen("trust-raters", "/trust/raters/", Role.MANAGER),
    Screen("trust-renewals", "/trust/renewals/", Role.MANAGER),
    Screen("trust-weights", "/trust/weights/", Role.ADMIN),
    Screen("trust-alarms", "/trust/alarms/", Role.MANAGER),
    Screen("trust-usual", "/trust/alarms/account/?account={account}", Role.CSM),
    Screen("trust-helped", "/trust/helped/", Role.MANAGER),
    Screen("trust-replay", "/trust/replay/", Role.MANAGER),
    Screen("intervention", "/accounts/{account}/", Role.CSM, keys=("v",), wait="#dialog[open]"),
    Screen("value", "/value/", Role.MANAGER),
    Screen("value-scenarios", "/value/scenarios/", Role.MANAGER),
    Screen("value-north-star", "/value/north-star/", Role.MANAGER),
    Screen("value-states", "/value/states/", Role.MANAGER),
    Screen("churn-reasons", "/churn/reasons/", Role.MANAGER),
    Screen("churn-losses", "/churn/reasons/losses/", Role.MANAGER),
    Screen("churn-reminders", "/churn/reminders/", Role.MANAGER),
    Screen("data", "/data/", Role.ADMIN),
    Screen("data-run", "/data/", Role.ADMIN, click="a[href^='/data/runs/']", wait=".ops-facts"),
    Screen("data-jobs", "/data/jobs/", Role.ADMIN),
    Screen("import", "/data/import/", Role.ADMIN),
    Screen("intake", "/data/intake/", Role.ADMIN),
    Screen("intake-refused", "/data/intake/refused/", Role.ADMIN),
    Screen("intake-waiting", "/data/intake/waiting/", Role.ADMIN),
    Screen("intake-actions", "/data/intake/actions/", Role.ADMIN),
    Screen("dictionary", "/data/dictionary/?part=figures", Role.CSM),
    Screen("first-steps", "/start/", Role.ADMIN),
    Screen("first-steps-files", "/start/files/", Role.ADMIN),
    Screen("first-steps-actions", "/start/actions/", Role.ADMIN),
    Screen("first-steps-people", "/start/people/", Role.ADMIN),
    Screen("settings", "/settings/", Role.CSM),
    Screen("absences", "/settings/absences/", Role.CSM),
    Screen("definitions", "/settings/definitions/", Role.ADMIN),
    Screen("definition", "/settings/definitions/activity/", Role.CSM),
    Screen("help", "/help/", Role.CSM),
    Screen("help-page", "/help/health/", Role.CSM),
    Screen("rating", "/ratings/new/?account={account}", Role.CSM),
    Screen("ratings", "/ratings/", Role.CSM),
    Screen("rating-turn", "/ratings/turn/?account={account}", Role.CSM),
    Screen("rating-disagreements", "/ratings/disagreements/", Role.MANAGER),
    Screen("rating-coverage", "/ratings/coverage/", Role.MANAGER),
    Screen("overrides", "/ratings/overrides/", Role.MANAGER),
    Screen("override", "/ratings/overrides/new/?account={account}", Role.CSM),
    Screen("style-guide", "/styleguide/", Role.ADMIN),
    Screen("jump", "/", Role.CSM, keys=("Control+k",), wait="#jump-list a"),
    Screen("keys", "/accounts/", Role.CSM, keys=("?",), wait="#keys[open]"),
    Screen("rate-dialog", "/accounts/{account}/", Role.CSM, keys=("r",), wait="#dialog[open] h2"),
    Screen("note-dialog", "/accounts/{account}/", Role.CSM, keys=("n",), wait="#dialog[open] h2"),
    Screen("task-dialog", "/accounts/{account}/", Role.CSM, keys=("t",), wait="#dialog[open] h2"),
    Screen("outcome-dialog", "/accounts/{account}/", Role.CSM, keys=("w",), wait="#dialog[open] h2"),
    Screen("evidence", "/accounts/", Role.CSM, click="[data-expand]", wait="[data-expand][aria-expanded=true]"),
    Screen("not-found", "/nothing-here/", Role.CSM),
)


def screens() -> list[Screen]:
    """Those whose page exists in this release."""
    return [screen for screen in SCREENS if screen.name == "not-found" or _exists(screen.path)]


def _exists(path: str) -> bool:
    try:
        resolve(path.split("?", maxsplit=1)[0].format(account="one"))
    except Resolver404:
        return False
    return True

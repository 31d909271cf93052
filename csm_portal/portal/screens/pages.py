"""The pages of the portal that are drawn, measured and checked for accessibility: all three go by this list."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.types import Role


@dataclass(frozen=True)
class Screen:
    """One page, or one state of a page.

    `path` may hold `{account}`, the encoded id of an account worth showing, and the names of what `making.py` makes. `role` is who opens
    it; None: nobody signed in. With `link` (a regular expression) it is the page behind the first such link of the page at `path`.
    `keys` are pressed and `click` (a selector) is clicked once the page stands; `wait` is then waited for.
    """

    name: str
    path: str
    role: Role | None
    link: str = ""
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
    Screen("explain", "/explain/?account={account}", Role.CSM),
    Screen("renewals", "/renewals/", Role.CSM),
    Screen("renewal-forecast", "/renewals/{case}/forecast/", Role.CSM),
    Screen("renewal-outcome", "/renewals/{case}/outcome/", Role.CSM),
    Screen("usage-sheet", "/renewals/{case}/sheet/", Role.CSM),
    Screen("shared-sheet", "/renewals/sheets/{sheet}/", Role.CSM),
    Screen("renewal-rates", "/renewals/rates/", Role.MANAGER),
    Screen("renewal-forecasts", "/renewals/forecasts/", Role.MANAGER),
    Screen("renewal-mismatches", "/renewals/mismatches/", Role.MANAGER),
    Screen("qbr", "/qbr/", Role.MANAGER),
    Screen("qbr-account", "/qbr/{account}/", Role.CSM),
    Screen("pack-freeze", "/packs/freeze/?account={account}", Role.CSM),
    Screen("frozen-pack", "/packs/{pack}/", Role.CSM),
    Screen("qbr-feedback", "/qbr/?tab=feedback", Role.MANAGER),
    Screen("review-plan", "/reviews/plan/?account={account}", Role.CSM),
    Screen("review-record", "/reviews/record/?account={account}", Role.CSM),
    Screen("review-move", "/qbr/", Role.MANAGER, link=r"/reviews/\d+/move/"),
    Screen("review-feedback", "/qbr/?tab=feedback", Role.MANAGER, link=r"/reviews/\d+/feedback/"),
    Screen("items", "/items/", Role.CSM),
    Screen("tasks", "/tasks/", Role.CSM),
    Screen("task", "/tasks/{task}/", Role.CSM),
    Screen("task-new", "/tasks/new/?account={account}", Role.CSM),
    Screen("plays", "/plays/", Role.MANAGER),
    Screen("play", "/plays/", Role.MANAGER, link=r"/plays/\d+/"),
    Screen("play-new", "/plays/new/", Role.MANAGER),
    Screen("play-edit", "/plays/{play}/edit/", Role.MANAGER),
    Screen("play-begin", "/plays/begin/?account={account}", Role.CSM),
    Screen("team", "/team/", Role.MANAGER),
    Screen("team-actions", "/team/actions/", Role.MANAGER),
    Screen("team-rules", "/team/actions/rules/", Role.MANAGER),
    Screen("team-rule", "/team/actions/rules/", Role.MANAGER, link=r"/team/actions/rules/\w+/"),
    Screen("targets", "/team/targets/", Role.MANAGER),
    Screen("churn", "/churn/", Role.MANAGER),
    Screen("churn-list", "/churn/accounts/?measure=revenue&line=churn", Role.MANAGER),
    Screen("churn-cuts", "/churn/cuts/", Role.MANAGER),
    Screen("churn-types", "/churn/types/", Role.MANAGER),
    Screen("churn-weeks", "/churn/weeks/", Role.MANAGER),
    Screen("churn-filters", "/churn/filters/", Role.MANAGER),
    Screen("risk-monday", "/risk/monday/", Role.MANAGER),
    Screen("risk-monday-call", "/risk/monday/", Role.MANAGER, link=r"/risk/monday/calls/\?"),
    Screen("risk", "/risk/", Role.MANAGER),
    Screen("risk-rule", "/risk/rules/{rule}/", Role.CSM),
    Screen("risk-accounts", "/risk/accounts/{rule}/", Role.CSM),
    Screen("risk-own", "/risk/own/", Role.CSM),
    Screen("cohorts", "/cohorts/", Role.MANAGER),
    Screen("cohorts-members", "/cohorts/", Role.MANAGER, link=r"/cohorts/members/\?"),
    Screen("cohorts-behaviours", "/cohorts/behaviours/", Role.MANAGER),
    Screen("cohorts-survival", "/cohorts/survival/", Role.MANAGER),
    Screen("cohorts-filters", "/cohorts/filters/", Role.MANAGER),
    Screen("trust", "/trust/", Role.MANAGER),
    Screen("trust-k", "/trust/k/", Role.MANAGER),
    Screen("trust-dues", "/trust/dues/", Role.MANAGER),
    Screen("trust-raters", "/trust/raters/", Role.MANAGER),
    Screen("trust-renewals", "/trust/renewals/", Role.MANAGER),
    Screen("trust-weights", "/trust/weights/", Role.ADMIN),
    Screen("trust-alarms", "/trust/alarms/", Role.MANAGER),
    Screen("trust-usual", "/trust/alarms/account/?account={account}", Role.CSM),
    Screen("trust-helped", "/trust/helped/", Role.MANAGER),
    Screen("trust-replay", "/trust/replay/", Role.MANAGER),
    Screen("trust-replay-account", "/trust/replay/", Role.MANAGER, link=r"/trust/replay/account/\?"),
    Screen("intervention", "/accounts/{account}/", Role.CSM, keys=("v",), wait="#dialog[open]"),
    Screen("value", "/value/", Role.MANAGER),
    Screen("value-scenarios", "/value/scenarios/", Role.MANAGER),
    Screen("value-step", "/value/scenarios/", Role.MANAGER, link=r"/value/steps/\?"),
    Screen("value-agreement", "/value/scenarios/", Role.MANAGER, link=r"/value/agreements/\?"),
    Screen("value-north-star", "/value/north-star/", Role.MANAGER),
    Screen("value-states", "/value/states/", Role.MANAGER),
    Screen("churn-reasons", "/churn/reasons/", Role.MANAGER),
    Screen("churn-losses", "/churn/reasons/losses/", Role.MANAGER),
    Screen("churn-reason", "/churn/reasons/", Role.MANAGER, link=r"/churn/reasons/entry/\?"),
    Screen("churn-talk", "/churn/reasons/losses/", Role.MANAGER, link=r"/churn/talks/entry/\?"),
    Screen("churn-reasons-filters", "/churn/reasons/filters/", Role.MANAGER),
    Screen("churn-reminders", "/churn/reminders/", Role.MANAGER),
    Screen("reminder-preview", "/churn/reminders/", Role.MANAGER, link=r"/churn/reminders/preview/\?"),
    Screen("reminder-stop", "/reminders/stop/{stop}/", None),
    Screen("data", "/data/", Role.ADMIN),
    Screen("data-run", "/data/", Role.ADMIN, link=r"/data/runs/\d+/"),
    Screen("data-jobs", "/data/jobs/", Role.ADMIN),
    Screen("import", "/data/import/", Role.ADMIN),
    Screen("import-match", "/data/import/{matching}/", Role.ADMIN),
    Screen("import-checked", "/data/import/{checked}/", Role.ADMIN),
    Screen("import-run", "/data/import/", Role.ADMIN, link=r"/data/import/runs/\d+/"),
    Screen("intake", "/data/intake/", Role.ADMIN),
    Screen("intake-refused", "/data/intake/refused/", Role.ADMIN),
    Screen("intake-waiting", "/data/intake/waiting/", Role.ADMIN),
    Screen("intake-actions", "/data/intake/actions/", Role.ADMIN),
    Screen("dictionary", "/data/dictionary/?part=figures", Role.CSM),
    Screen("first-steps", "/start/", Role.ADMIN),
    Screen("first-steps-files", "/start/files/", Role.ADMIN),
    Screen("first-steps-checked", "/start/files/{checked}/", Role.ADMIN),
    Screen("first-steps-actions", "/start/actions/", Role.ADMIN),
    Screen("first-steps-people", "/start/people/", Role.ADMIN),
    Screen("settings", "/settings/", Role.CSM),
    Screen("absences", "/settings/absences/", Role.CSM),
    Screen("definitions", "/settings/definitions/", Role.ADMIN),
    Screen("definition", "/settings/definitions/activity/", Role.CSM),
    Screen("draft", "/settings/definitions/drafts/{draft}/", Role.ADMIN),
    Screen("draft-form", "/settings/definitions/drafts/{draft}/activity/", Role.ADMIN),
    Screen("draft-text", "/settings/definitions/drafts/{draft}/activity/?as=text", Role.ADMIN),
    Screen("draft-preview", "/settings/definitions/drafts/{draft}/preview/", Role.ADMIN),
    Screen("help", "/help/", Role.CSM),
    Screen("help-page", "/help/health/", Role.CSM),
    Screen("rating", "/ratings/new/?account={account}", Role.CSM),
    Screen("ratings", "/ratings/", Role.CSM),
    Screen("rating-turn", "/ratings/turn/?account={account}", Role.CSM),
    Screen("rating-disagreements", "/ratings/disagreements/", Role.MANAGER),
    Screen("rating-coverage", "/ratings/coverage/", Role.MANAGER),
    Screen("overrides", "/ratings/overrides/", Role.MANAGER),
    Screen("override", "/ratings/overrides/new/?account={account}", Role.CSM),
    Screen("outcome", "/outcomes/entry/?account={account}", Role.CSM),
    Screen("quiet-period", "/quiet/entry/?account={account}", Role.CSM),
    Screen("intervention-entry", "/interventions/entry/?account={account}", Role.CSM),
    Screen("note", "/touch/form/?what=note&account={account}", Role.CSM),
    Screen("edit", "/edits/form/?field=owner&account={account}", Role.ADMIN),
    Screen("style-guide", "/styleguide/", Role.ADMIN),
    Screen("jump-page", "/jump/?q=a", Role.CSM),
    Screen("jump", "/", Role.CSM, keys=("Control+k",), wait="#jump-list a"),
    Screen("keys", "/accounts/", Role.CSM, keys=("?",), wait="#keys[open]"),
    Screen("rate-dialog", "/accounts/{account}/", Role.CSM, keys=("r",), wait="#dialog[open] h2"),
    Screen("note-dialog", "/accounts/{account}/", Role.CSM, keys=("n",), wait="#dialog[open] h2"),
    Screen("task-dialog", "/accounts/{account}/", Role.CSM, keys=("t",), wait="#dialog[open] h2"),
    Screen("outcome-dialog", "/accounts/{account}/", Role.CSM, keys=("w",), wait="#dialog[open] h2"),
    Screen("evidence", "/accounts/", Role.CSM, click="[data-expand]", wait="[data-expand][aria-expanded=true]"),
    Screen("not-found", "/nothing-here/", Role.CSM),
)

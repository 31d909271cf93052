"""Every figure about renewals, losses, cohorts and trust."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from csm_portal.portal.help.figure import Figure

RENEWALS = (
    Figure(
        "renewal_forecast",
        _("Weighted forecast"),
        _("Sum of probability x amount over the open dues with a forecast, against what falls due of these; the others are told apart."),
        "renewals",
    ),
    Figure(
        "forecast_against_actual",
        _("Forecast against actual"),
        _("Of decided dues: the last forecast entered by the decision day against what was renewed. A later first forecast is late."),
        "renewals",
    ),
)
CHURN = (
    Figure(
        "logo_attrition",
        _("Logo attrition"),
        _("Of the accounts that paid at the start, the share that no longer pay at the end. Who joined in between is never counted."),
        "attrition",
        "logo",
    ),
    Figure(
        "seat_attrition",
        _("Seat attrition"),
        _("Of the seats with a key action in the period before, the share without one in this period."),
        "attrition",
        "seat",
    ),
    Figure(
        "revenue_attrition",
        _("Revenue attrition"),
        _("Of the MRR at the start, the share lost by churn and contraction: 1 - GRR. Growth does not make up for it."),
        "attrition",
        "revenue",
    ),
    Figure(
        "mrr_bridge",
        _("MRR bridge"),
        _("MRR at the start and what became of it, account by account. Start and movements less the end must be zero, to the cent."),
        "mrr",
        "movements",
    ),
    Figure(
        "fx",
        _("Exchange rates"),
        _("What new exchange rates change between this end and the next start. Never a movement."),
        "mrr",
        "currencies",
    ),
    Figure(
        "grr", _("GRR"), _("Gross revenue retention: of the MRR at the start, the share still there; growth is left out."), "mrr", "grr"
    ),
    Figure("nrr", _("NRR"), _("Net revenue retention: MRR at the end of those who paid at the start / MRR at the start."), "mrr", "nrr"),
    Figure("gross_churn", _("Gross churn"), _("(Churn + contraction) / MRR at the start."), "mrr", "gross-churn"),
    Figure(
        "net_churn",
        _("Net churn"),
        _("(Churn + contraction - expansion - reactivation) / MRR at the start. Below 0: more was won than lost."),
        "mrr",
        "net-churn",
    ),
    Figure("quick_ratio", _("Quick ratio"), _("(New + expansion + reactivation) / (contraction + churn)."), "mrr", "quick-ratio"),
    Figure(
        "annual_churn",
        _("Gross churn of a year like this"),
        _("1 - (1 - gross churn of the month)^12: what a year of such months would lose."),
        "mrr",
        "rates",
    ),
    Figure(
        "attrition_trend",
        _("Worsening beyond noise"),
        _("A warning comes only where the last period lies outside what those before let expect, or the rise is too steady for chance."),
        "attrition-trend",
        "when-it-warns",
    ),
    Figure(
        "seats_then_logos",
        _("Seat attrition and the logo attrition that follows"),
        _("Seat attrition of a period beside logo attrition so many periods later; rank correlation over finished periods."),
        "attrition-trend",
        "seats-first-customers-later",
    ),
    Figure(
        "recoverable",
        _("Recoverable revenue"),
        _("MRR that would still be there had the group lost no larger a share than all others."),
        "attrition-trend",
        "recoverable-revenue",
    ),
    Figure(
        "best_retention",
        _("Best by retention"),
        _("Groups by the lower end of the 95% interval of the customers kept, so that small groups do not win by luck."),
        "attrition-trend",
        "best-by-retention",
    ),
    Figure(
        "churn_type",
        _("Churn type"),
        _("Voluntary: chose to leave. Satisfied: content, a one-off need. Involuntary: the payment lapsed. Without a record nobody knows."),
        "attrition-trend",
        "losses-by-type",
    ),
)
REASONS = (
    Figure(
        "churn_losses",
        _("Losses"),
        _("Accounts whose MRR fell to 0 in the span, by their contracts. Back within the grace: a late renewal, no loss."),
        "reasons",
        "losses",
    ),
    Figure(
        "silent_churn",
        _("Silent churn"),
        _("Share of losses of which nobody knows the cause: without a record, or the customer refused to say. With its 95% interval."),
        "reasons",
        "silent-churn",
    ),
    Figure(
        "regrettable",
        _("Regrettable"),
        _("Share of losses of accounts that the product fitted, as the record says, else by the fit known 90 days before the loss."),
        "reasons",
        "regrettable",
    ),
    Figure(
        "win_back",
        _("Won back"),
        _("Share of losses that paid again within 180 days, of those whose 180 days are over. With its 95% interval."),
        "reasons",
        "win-back",
    ),
    Figure(
        "suggested_type",
        _("Suggested type"),
        _("What the facts around the loss speak for: payments, outcome, answers, return. People decide."),
        "reasons",
        "suggested-type",
    ),
    Figure(
        "churn_cause",
        _("Causes"),
        _("Losses by the cause on record and who says so: the customer, or we conclude it. Nobody is made to invent one."),
        "reasons",
        "causes",
    ),
    Figure(
        "exit_themes",
        _("Themes of exit interviews"),
        _("How many interviews of the span touched a theme; one may touch several."),
        "reasons",
        "exit-interviews",
    ),
    Figure(
        "payment_reminders",
        _("Payment reminders"),
        _("Payment methods that expire within 30 days, and invoices that failed. Each is read, approved and sent once at most."),
        "reasons",
        "payment-reminders",
    ),
)
COHORTS = (
    Figure(
        "cohort_triangle",
        _("Cohort triangle"),
        _(
            "Of those who began in a week or month, the share still there in each later one. Accounts pay at its close, seats had a key "
            "action in it; revenue is net and may exceed 100%."
        ),
        "cohorts",
        "triangle",
    ),
    Figure(
        "behaviour_groups",
        _("Behaviour groups"),
        _(
            "Seats by how often they did an action in their first 30 days: top quarter, middle half, bottom quarter, never. Lost: no key "
            "action in days 91 to 120."
        ),
        "cohorts",
        "behaviour-groups",
    ),
    Figure(
        "survival",
        _("Survival curve"),
        _(
            "Share of accounts that still pay so long after their first paying day (Kaplan and Meier), with the 95% band; hidden under "
            "20 accounts."
        ),
        "cohorts",
        "survival",
    ),
)
TRUST = (
    Figure(
        "k",
        pgettext_lazy("renewal rate = k x active rate", "k"),
        _("Renewal rate / share that was active three months before, of closed renewals. It changes with that share; p1 and p0 need not."),
        "k",
        "k-p1-and-p0",
    ),
    Figure(
        "p1_p0",
        _("p1 and p0"),
        _("Renewal rate of those that were active, and of the others. k = p1 + p0 (1 - A) / A, with A the active share."),
        "k",
        "k-p1-and-p0",
    ),
    Figure(
        "way_to_target",
        _("What a target takes"),
        _("How many accounts more have to be active for the expected renewal rate to reach the target; each adds p1 - p0."),
        "k",
        "backwards",
    ),
    Figure(
        "likelihood",
        _("Renewal likelihood"),
        _(
            "Of accounts like this one, the share that renews, with the 95% interval of that share: no promise about this account. It "
            "comes from closed renewals and the health known 90 days before them; the score itself is no percentage."
        ),
        "likelihood",
        "one-account",
    ),
    Figure(
        "learned_weights",
        _("Learned weights"),
        _(
            "What each facet of health counts by past renewals, held near the experts' weights: the more renewals have closed, the more "
            "they say. None may speak against renewal as it rises."
        ),
        "likelihood",
        "weights",
    ),
    Figure(
        "band_renewals",
        _("Health against renewals"),
        _("Health band as it was published 90 days before the due, and how many of those dues were renewed, with the 95% interval."),
        "k",
        "health-against-renewals",
    ),
)

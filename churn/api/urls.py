"""Addresses of this room under `/api/v1/`."""

from django.urls import URLPattern, URLResolver, path

from churn.api import actions, at_risk, calibration, churns, cohorts, interventions, likelihood, money, renewals, rules, tasks

urlpatterns: list[URLPattern | URLResolver] = [
    path("tasks/", tasks.Tasks.as_view(), name="api-tasks"),
    path("tasks/<int:task>/", tasks.OneTask.as_view(), name="api-task"),
    path("actions/", actions.Actions.as_view(), name="api-actions"),
    path("churns/", churns.Churns.as_view(), name="api-churns"),
    path("churn/at-risk/", at_risk.AtRiskList.as_view(), name="api-at-risk"),
    path("churn/at-risk/mondays/", at_risk.Mondays.as_view(), name="api-at-risk-mondays"),
    path("churn/calibration/", calibration.CalibrationView.as_view(), name="api-churn-calibration"),
    path("churn/cohorts/", cohorts.Cohorts.as_view(), name="api-churn-cohorts"),
    path("churn/likelihood/", likelihood.Likelihoods.as_view(), name="api-churn-likelihood"),
    path("churn/mrr/", money.Mrr.as_view(), name="api-churn-mrr"),
    path("churn/attrition/", money.AttritionRates.as_view(), name="api-churn-attrition"),
    path("churn/rules/", rules.Rules.as_view(), name="api-churn-rules"),
    path("interventions/", interventions.Interventions.as_view(), name="api-interventions"),
    path("renewals/", renewals.Renewals.as_view(), name="api-renewals"),
    path("renewals/rates/", renewals.RenewalRates.as_view(), name="api-renewal-rates"),
    path("renewals/forecasts/", renewals.ForecastAccuracy.as_view(), name="api-renewal-forecasts"),
    path("renewals/<int:case>/forecast/", renewals.EnterForecast.as_view(), name="api-renewal-forecast"),
    path("renewals/<int:case>/outcome/", renewals.EnterOutcome.as_view(), name="api-renewal-outcome"),
    path("renewals/<int:case>/checks/", renewals.TickStep.as_view(), name="api-renewal-checks"),
]

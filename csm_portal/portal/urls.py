"""Addresses of the pages."""

from django.urls import path

from csm_portal.portal.views import account, book, data, help, jump, preferences, team

app_name = "portal"
urlpatterns = [
    path("", book.today_page, name="today"),
    path("accounts/", book.accounts_page, name="accounts"),
    path("accounts/<path:external_id>/", account.account_page, name="account"),
    path("data/", data.data_page, name="data"),
    path("team/", team.team_page, name="team"),
    path("jump/", jump.jump, name="jump"),
    path("help/", help.help_index, name="help"),
    path("help/<slug:page>/", help.help_page, name="help_page"),
    path("settings/", preferences.settings_page, name="settings"),
    path("language/", preferences.language, name="language"),
]

"""Addresses of the pages."""

from django.urls import path

from csm_portal.portal.views import account, book, data, help, jump, preferences, styleguide, team, today

app_name = "portal"
urlpatterns = [
    path("", today.today_page, name="today"),
    path("accounts/", book.accounts_page, name="accounts"),
    path("accounts/<path:external_id>/", account.account_page, name="account"),
    path("book/add/", book.add_filter, name="book-add"),
    path("book/columns/", book.choose_columns, name="book-columns"),
    path("book/count/", book.count_filter, name="book-count"),
    path("book/export/", book.export_book, name="book-export"),
    path("book/row/", book.row_evidence, name="book-row"),
    path("book/views/", book.views, name="book-views"),
    path("book/views/<int:pk>/", book.change_view, name="book-view"),
    path("book/views/restore/", book.restore_view, name="book-view-restore"),
    path("data/", data.data_page, name="data"),
    path("team/", team.team_page, name="team"),
    path("team/export/", team.export_team, name="team-export"),
    path("team/targets/", team.targets_page, name="team-targets"),
    path("team/targets/<uuid:batch>/undo/", team.undo_targets, name="team-targets-undo"),
    path("jump/", jump.jump, name="jump"),
    path("help/", help.help_index, name="help"),
    path("help/<slug:page>/", help.help_page, name="help_page"),
    path("settings/", preferences.settings_page, name="settings"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("language/", preferences.language, name="language"),
]

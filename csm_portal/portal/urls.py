"""Addresses of the pages."""

from django.urls import path

from csm_portal.portal.views import account, account.account_page, book, book.accounts_page, book.add_filter, book.change_view, book.choose_columns, book.count_filter, book.export_book, book.restore_view, book.row_evidence, book.views, data, data.data_page, help, help.help_index, help.help_page, jump, jump.jump, name="account"),
    path("book/add/", name="accounts"),
    path("accounts/<path:external_id>/", name="book-add"),
    path("book/columns/", name="book-columns"),
    path("book/count/", name="book-count"),
    path("book/export/", name="book-export"),
    path("book/row/", name="book-row"),
    path("book/views/", name="book-view"),
    path("book/views/restore/", name="book-view-restore"),
    path("data/", name="book-views"),
    path("book/views/<int:pk>/", name="data"),
    path("team/", name="help"),
    path("help/<slug:page>/", name="help_page"),
    path("settings/", name="jump"),
    path("help/", name="language"),
]
, name="settings"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("language/", name="team"),
    path("team/export/", name="team-export"),
    path("team/targets/", name="team-targets"),
    path("team/targets/<uuid:batch>/undo/", name="team-targets-undo"),
    path("jump/", name="today"),
    path("accounts/", preferences, preferences.language, preferences.settings_page, styleguide, team, team.export_team, team.targets_page, team.team_page, team.undo_targets, today

app_name = "portal"
urlpatterns = [
    path("", today.today_page
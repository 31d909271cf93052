"""Addresses of the pages."""

from django.urls import path

from csm_portal.portal.views import account, book, data, edits, jump, preferences, ratings, sheets, start, styleguide, team, today, touch
from csm_portal.portal.views import help as methods

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
    path("help/", methods.help_index, name="help"),
    path("help/<slug:page>/", methods.help_page, name="help_page"),
    path("edits/", edits.change, name="edit"),
    path("edits/form/", edits.edit_form, name="edit_form"),
    path("edits/<uuid:batch>/undo/", edits.undo, name="edit_undo"),
    path("ratings/new/", ratings.rate, name="rating"),
    path("touch/form/", touch.touch_form, name="touch_form"),
    path("touch/notes/", touch.add_note, name="note"),
    path("touch/notes/<int:pk>/undo/", touch.undo_note, name="note_undo"),
    path("touch/interactions/", touch.add_interaction, name="interaction"),
    path("touch/interactions/<int:pk>/undo/", touch.undo_interaction, name="interaction_undo"),
    path("start/", start.start_page, name="start"),
    path("start/files/", start.files_page, name="start-files"),
    path("start/files/<slug:key>/", start.upload_page, name="start-upload"),
    path("start/jobs/<int:pk>/", start.job_part, name="start-job"),
    path("start/jobs/<int:pk>/here/", start.run_here, name="start-job-here"),
    path("start/actions/", start.actions_page, name="start-actions"),
    path("start/history/", start.build_history, name="start-history"),
    path("start/people/", start.people_page, name="start-people"),
    path("start/people/<int:pk>/link/", start.new_link, name="start-link"),
    path("renewals/<int:pk>/sheet/", sheets.usage_sheet, name="usage-sheet"),
    path("renewals/sheets/<int:pk>/", sheets.shared_sheet, name="shared-sheet"),
    path("renewals/sheets/<int:pk>/undo/", sheets.undo_sheet, name="shared-sheet-undo"),
    path("settings/", preferences.settings_page, name="settings"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("language/", preferences.language, name="language"),
]

"""Losses that an import made or changed can be undone with it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_imports_and_rules"), ("churn", "0003_acting_and_foresight")]

    operations = [migrations.RunSQL("SELECT watch_imported_rows('churn_churnrecord')", "SELECT unwatch_imported_rows('churn_churnrecord')")]

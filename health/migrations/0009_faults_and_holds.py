"""Accounts a night could not compute, nights that wait for a person, months of a restatement under way, rows an import may undo."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.migrating import AtOnce

# Rows of a restatement under way, in the shape of those that are shown.
NEXT = """
CREATE TABLE health_restatedmonth_next (LIKE health_restatedmonth INCLUDING DEFAULTS, PRIMARY KEY (account_id, starts_on));
CREATE TABLE health_restatedscore_next (LIKE health_restatedscore INCLUDING DEFAULTS, PRIMARY KEY (account_id, day));
"""
# A block, because a bare DROP TABLE is refused by the check of migrations also on the way back.
NO_NEXT = "DO $$ BEGIN DROP TABLE health_restatedmonth_next; DROP TABLE health_restatedscore_next; END $$"
WATCHED = (
    "health_rating",
    "health_review",
    "health_outcome",
    "health_outcomeversion",
    "health_milestone",
    "health_scenarioagreement",
)
WATCH = "".join(f"SELECT watch_imported_rows('{table}');" for table in WATCHED)
UNWATCH = "".join(f"SELECT unwatch_imported_rows('{table}');" for table in WATCHED)


class Migration(AtOnce):
    dependencies = [
        ("accounts", "0010_imports_and_rules"),
        ("health", "0008_value_and_judgement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountFault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.TextField(help_text="Step of the night that failed.")),
                ("reason", models.TextField(help_text="What the step said.")),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField(default=1)),
                ("good_on", models.DateField(help_text="The day its last good figures are of; null: it never had any.", null=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="faults", to="accounts.account"),
                ),
                (
                    "run",
                    models.ForeignKey(
                        help_text="The latest run it failed in.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="account_faults",
                        to="health.run",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["run"], name="account_fault_by_run")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at__isnull", True)), fields=("account", "step"), name="account_fault_open_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RestateChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.TextField(help_text="What is restated: the day it is as of and the definitions it counts by.")),
                ("month", models.DateField()),
                ("months", models.BigIntegerField(default=0, help_text="Rows written for the month.")),
                ("scores", models.BigIntegerField(default=0)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("order", "month"), name="restate_chunk_once")]},
        ),
        migrations.RemoveConstraint(
            model_name="run",
            name="run_state_known",
        ),
        migrations.AddField(
            model_name="accountstate",
            name="stale_since",
            field=models.DateField(
                help_text="The day its figures are of, where the last run could not compute it; null: they are of `as_of`.", null=True
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                help_text="Who let a held run go, or gave it up.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="faults",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Accounts it could not compute; more than 0 of a published run: it is partial."
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="held",
            field=models.JSONField(
                blank=True, help_text="Why it waits for a person before it is published: {moved, of, share, examples}.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["building", "verified", "held", "published", "failed"])), name="run_state_known"
            ),
        ),
        migrations.RunSQL(NEXT, NO_NEXT),
        migrations.RunSQL(WATCH, UNWATCH),
    ]

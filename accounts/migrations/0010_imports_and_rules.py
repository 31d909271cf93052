"""What an undo of an import goes back by, rules at the door of the intake, and signs of life."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.migrating import AtOnce

# Statement-level triggers whose condition is false outside a recorded import: nothing is written then. Hashes of passwords stay where they are.
FUNCTIONS = """
CREATE FUNCTION keep_imported_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    run bigint := current_setting('portal.import_run')::bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO accounts_importedrow (run_id, "table", before, after)
        SELECT run, TG_TABLE_NAME, NULL, to_jsonb(n) - 'password' FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO accounts_importedrow (run_id, "table", before, after)
        SELECT run, TG_TABLE_NAME, to_jsonb(o) - 'password', NULL FROM old_rows o;
    ELSE
        INSERT INTO accounts_importedrow (run_id, "table", before, after)
        SELECT run, TG_TABLE_NAME, to_jsonb(o) - 'password', to_jsonb(n) - 'password' FROM old_rows o JOIN new_rows n USING (id);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION watch_imported_rows(watched text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    asked text := $q$WHEN (coalesce(current_setting('portal.import_run', true), '') <> '') EXECUTE FUNCTION keep_imported_rows()$q$;
BEGIN
    EXECUTE format('CREATE TRIGGER import_inserts AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT %s', watched, asked);
    EXECUTE format(
        'CREATE TRIGGER import_updates AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT %s',
        watched, asked
    );
    EXECUTE format('CREATE TRIGGER import_deletes AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT %s', watched, asked);
END
$$;

CREATE FUNCTION unwatch_imported_rows(watched text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER import_inserts ON %I', watched);
    EXECUTE format('DROP TRIGGER import_updates ON %I', watched);
    EXECUTE format('DROP TRIGGER import_deletes ON %I', watched);
END
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION unwatch_imported_rows(text);
DROP FUNCTION watch_imported_rows(text);
DROP FUNCTION keep_imported_rows();
"""
WATCHED = (
    "accounts_action",
    "accounts_user",
    "accounts_team",
    "accounts_exchangerate",
    "accounts_annotation",
    "accounts_account",
    "accounts_ownership",
    "accounts_fitrecord",
    "accounts_unit",
    "accounts_target",
    "accounts_contract",
    "accounts_quietperiod",
    "accounts_seat",
    "accounts_usagedaily",
    "accounts_contact",
    "accounts_invoice",
    "accounts_surveyresponse",
    "accounts_ticket",
    "accounts_interaction",
)
WATCH = "".join(f"SELECT watch_imported_rows('{table}');" for table in WATCHED)
UNWATCH = "".join(f"SELECT unwatch_imported_rows('{table}');" for table in WATCHED)


class Migration(AtOnce):
    dependencies = [
        ("accounts", "0009_intake"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.TextField(help_text="`beat`, `worker`.", primary_key=True, serialize=False)),
                ("sent_at", models.DateTimeField(help_text="When the sign was sent on its way.")),
                ("seen_at", models.DateTimeField(help_text="When it arrived.")),
            ],
        ),
        migrations.AddField(
            model_name="importrun",
            name="by",
            field=models.ForeignKey(
                blank=True,
                help_text="Null: the command.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="recorded",
            field=models.BooleanField(
                db_default=False, default=False, help_text="What it changed is kept as `ImportedRow`, so it can be undone."
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="undo_report",
            field=models.JSONField(
                blank=True, help_text="Per table: rows taken back, and rows left because they changed since.", null=True
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="undone_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="importrun",
            name="undone_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.CreateModel(
            name="ImportedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.TextField()),
                ("before", models.JSONField(help_text="Null: the import made it.", null=True)),
                ("after", models.JSONField(help_text="Null: the import removed it.", null=True)),
                ("run", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="accounts.importrun")),
            ],
        ),
        migrations.CreateModel(
            name="IntakeRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.TextField(help_text="`rename_event`, `move_field`, `set_field` or `ignore_event`.")),
                ("name", models.TextField(blank=True, help_text="Event (or kind of call) it is for; empty: all.")),
                ("field", models.TextField(blank=True, help_text="Dotted path in the call that is written.")),
                ("value", models.TextField(blank=True, help_text="New name, dotted path it is taken from, or the fixed value.")),
                ("made_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="intake_rules", to="accounts.source"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["rename_event", "move_field", "set_field", "ignore_event"])),
                        name="intake_rule_kind_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("source", "kind", "name", "field"),
                        name="intake_rule_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField(unique=True)),
                ("text", models.TextField(help_text="TOML of a mapping.")),
                (
                    "columns",
                    models.JSONField(
                        default=list, help_text="Names of the columns of the file it was made with: files of this shape offer it."
                    ),
                ),
                ("updated_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="saved_mapping_has_name")],
            },
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(WATCH, UNWATCH),
    ]

"""Refused calls are counted by one number, and the events of an import are found without reading all others."""

from django.db import migrations, models

from accounts.migrating import AtOnce

# A few bytes for each quarter of a megabyte of events: what one load wrote lies together.
EVENTS = "CREATE INDEX event_by_import ON event USING brin (loaded_by_id) WITH (pages_per_range = 32)"


class Migration(AtOnce):
    dependencies = [("accounts", "0011_intake_at_once")]

    operations = [
        migrations.AddField(
            model_name="refusedcall",
            name="alike",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    "source",
                    "code",
                    "field",
                    "name",
                    "flagged",
                    arg_joiner=" || chr(31) || ",
                    template="hashtextextended(%(expressions)s, 0)",
                ),
                help_text="The same for calls refused for one thing under one name: a digest of source, code, field, name and flag.",
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.RemoveIndex(model_name="refusedcall", name="refused_call_open"),
        migrations.AddIndex(
            model_name="refusedcall",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)),
                fields=["alike"],
                include=["id", "received_at", "source", "flagged"],
                name="refused_call_open_alike",
            ),
        ),
        migrations.RunSQL(EVENTS, "DROP INDEX event_by_import"),
    ]

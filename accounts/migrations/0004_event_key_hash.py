"""The digest of an event as the server's own 64-bit hash, and ids handed out by the thousand: both are paid once per event."""

from django.db import migrations, models

FORWARD = """
-- What was digested the old way cannot be digested anew (a bare date is not kept as written): NULL counts as the same body.
ALTER TABLE event_key ALTER digest DROP NOT NULL, ALTER digest TYPE bigint USING NULL;
ALTER SEQUENCE event_id_seq CACHE 1000;
"""
BACKWARD = """
ALTER SEQUENCE event_id_seq CACHE 1;
ALTER TABLE event_key ALTER digest TYPE uuid USING '00000000-0000-0000-0000-000000000000', ALTER digest SET NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_survey_index")]
    operations = [
        migrations.RunSQL(
            FORWARD,
            BACKWARD,
            state_operations=[
                migrations.AlterField(
                    "EventKey",
                    "digest",
                    models.BigIntegerField(
                        null=True,
                        help_text="Hash of the body: tells a repeat from a conflict, guards nothing. Null: not known, any body repeats it.",
                    ),
                )
            ],
        ),
    ]

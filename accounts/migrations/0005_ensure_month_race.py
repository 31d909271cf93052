"""Two connections that ask for the same month at once: the second one's memory of the catalog may be older than the lock it got."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION ensure_month(parent text, month date) RETURNS boolean
LANGUAGE plpgsql AS $$
-- Makes the partition of the month's days when it is missing; true when it did. Two writers at once: the second waits, then finds it.
DECLARE
    first date := date_trunc('month', month)::date;
    name text := parent || to_char(first, '_YYYY_MM');
BEGIN
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ensure_month ' || parent));
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent, first, (first + interval '1 month')::date);
    RETURN true;
EXCEPTION WHEN duplicate_table THEN
    RETURN false;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_event_key_hash")]
    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]

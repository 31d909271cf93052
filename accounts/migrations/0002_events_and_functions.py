"""Tables Django cannot declare (partitioned by month) and the few functions that SQL and Python share."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION round_half_even(x numeric, places integer) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    -- numeric's round() goes away from zero on a tie; money goes to the even cent.
    SELECT CASE
        WHEN abs(x * 10::numeric ^ places - trunc(x * 10::numeric ^ places)) = 0.5
        THEN (2 * round(x * 10::numeric ^ places / 2)) / 10::numeric ^ places
        ELSE round(x, places)
    END
$$;

CREATE FUNCTION contract_months(starts_on date, ends_on date) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
-- Whole months plus days / days of that month (domain 6). Counted from the start, so 31 January + 1 month is the end of February.
DECLARE
    whole integer := (extract(year FROM ends_on) - extract(year FROM starts_on)) * 12 + extract(month FROM ends_on) - extract(month FROM starts_on);
    reached date;
    following date;
BEGIN
    IF (starts_on + make_interval(months => whole))::date > ends_on THEN
        whole := whole - 1;
    END IF;
    reached := (starts_on + make_interval(months => whole))::date;
    following := (starts_on + make_interval(months => whole + 1))::date;
    RETURN whole + (ends_on - reached)::numeric / (following - reached);
END
$$;

CREATE FUNCTION ensure_month(parent text, month date) RETURNS boolean
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
-- What this statement knows of the catalog may be older than the lock it got.
EXCEPTION WHEN duplicate_table THEN
    RETURN false;
END
$$;
"""

EVENT = """
CREATE TABLE event_key (
    source_id bigint NOT NULL,
    message_id text NOT NULL CHECK (message_id <> ''),
    digest bigint NOT NULL,
    PRIMARY KEY (source_id, message_id)
);
-- Handed out by the thousand: fetching each id alone would be paid once per event.
CREATE SEQUENCE event_id_seq CACHE 1000;
CREATE TABLE event (
    id bigint NOT NULL DEFAULT nextval('event_id_seq'),
    source_id bigint NOT NULL,
    message_id text NOT NULL,
    account_id bigint NOT NULL,
    seat_id bigint,
    action_id bigint NOT NULL,
    product text NOT NULL DEFAULT 'default',
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    day date NOT NULL,
    quantity numeric(18, 6) NOT NULL DEFAULT 1 CHECK (quantity >= 0),
    value numeric(18, 4),
    properties jsonb,
    loaded_by_id bigint
) PARTITION BY RANGE (day);
ALTER SEQUENCE event_id_seq OWNED BY event.id;
-- The rollup's dirty pairs, and the events behind a day on the account page.
CREATE INDEX event_by_account_day ON event (account_id, day);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION ensure_month; DROP FUNCTION contract_months; DROP FUNCTION round_half_even"),
        migrations.RunSQL(EVENT, "DROP TABLE event; DROP TABLE event_key"),
    ]

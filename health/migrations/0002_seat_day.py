"""The partitioned table of seat days."""

from django.db import migrations

SEAT_DAY = """
CREATE TABLE seat_day (
    account_id bigint NOT NULL,
    day date NOT NULL,
    seat_id bigint NOT NULL,
    events integer NOT NULL CHECK (events > 0),
    key_actions numeric(24, 6) NOT NULL CHECK (key_actions >= 0),
    logged_in boolean NOT NULL,
    distinct_seats integer,
    scenarios bigint NOT NULL DEFAULT 0,
    north_star numeric(24, 6) NOT NULL DEFAULT 0,
    version integer NOT NULL,
    PRIMARY KEY (account_id, day, seat_id)
) PARTITION BY RANGE (day);
"""


class Migration(migrations.Migration):
    dependencies = [("health", "0001_initial"), ("accounts", "0002_events_and_functions")]
    operations = [migrations.RunSQL(SEAT_DAY, "DROP TABLE seat_day")]

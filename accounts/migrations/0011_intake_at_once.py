"""A batch is stored by one call of a function that keeps its plans; what is placed by its person is remembered, to be placed anew."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.migrating import AtOnce

# A batch of one source: its ids, then its events, each at its place or waiting. Texts are columns of values parted by U+001F; a column
# without any text stands for its default in every row. `said_…` are ids of calls that are no events. Returned: ids that were stored
# before, with the digests of what is stored under them; nothing else is kept of those calls.
#
# Each event goes to the account it names, else to the only one in which its person has a seat; it waits where that is unknown, where a
# seat is to be made or its first day to be moved, or where an earlier id of a known person acts, all of which `attach` does with care.
STORE = """
CREATE FUNCTION intake_store(
    source bigint, zone text, received timestamptz, said_ids text, said_digests text, message_ids text, digests text, names text[],
    actions text, accounts text, people text, others text, products text, instants text, quantities text, amounts text, details text
) RETURNS TABLE (message_id text, digest bigint)
LANGUAGE plpgsql
-- Planned once for a connection, whatever was in the tables then: look-ups by index, a row at a time.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    cut CONSTANT text := E'\\x1f';
    ids text[] := string_to_array(message_ids, cut);
    every text[] := ids || string_to_array(said_ids, cut);
    marks bigint[] := (string_to_array(digests, cut) || string_to_array(said_digests, cut))::bigint[];
    known bigint[] := ARRAY(
        SELECT c.id FROM unnest(names) WITH ORDINALITY AS n (name, place) JOIN accounts_action c ON c.name = n.name ORDER BY n.place
    );
    home text := coalesce(
        (SELECT nullif(body ->> 'default_timezone', '') FROM accounts_calendardefinition ORDER BY version DESC LIMIT 1), zone
    );
    fresh text[];
BEGIN
    IF cardinality(known) <> cardinality(names) THEN
        RAISE EXCEPTION 'An action of the batch is not there; send the same again.' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    -- Before the statements that rely on marks which stand: a night that claims them waits for this transaction.
    PERFORM pg_advisory_xact_lock_shared(hashtext('csm_portal markers'));
    BEGIN
        -- Mostly all are new. In the order of the key, as every writer does: no two of them wait for each other in a ring.
        INSERT INTO event_key (source_id, message_id, digest)
        SELECT source, s.id, s.mark FROM unnest(every, marks) AS s (id, mark) ORDER BY s.id COLLATE "C";
    EXCEPTION WHEN unique_violation THEN
        WITH new AS (
            INSERT INTO event_key AS k (source_id, message_id, digest)
            SELECT source, s.id, s.mark FROM unnest(every, marks) AS s (id, mark) ORDER BY s.id COLLATE "C"
            ON CONFLICT DO NOTHING RETURNING k.message_id
        )
        SELECT coalesce(array_agg(n.message_id), '{}') INTO fresh FROM new n;
        RETURN QUERY
        SELECT k.message_id, k.digest FROM event_key k
        WHERE k.source_id = source AND k.message_id = ANY(every) AND k.message_id <> ALL(fresh);
    END;
    IF ids = '{}' OR fresh = '{}' THEN
        RETURN;
    END IF;
    WITH said AS (
        SELECT c.message_id, c.action, coalesce(c.account, '') AS account, coalesce(c.person, '') AS person,
               coalesce(c.other, '') AS other, coalesce(c.product, 'default') AS product, c.at, coalesce(c.quantity, 1) AS quantity,
               c.value, c.properties
        FROM (
            SELECT unnest(ids) AS message_id, unnest(string_to_array(actions, cut))::integer AS action,
                   unnest(string_to_array(accounts, cut)) AS account, unnest(string_to_array(people, cut)) AS person,
                   unnest(string_to_array(others, cut)) AS other, unnest(string_to_array(products, cut)) AS product,
                   unnest(string_to_array(instants, cut))::timestamptz AS at,
                   unnest(string_to_array(quantities, cut))::numeric AS quantity,
                   unnest(string_to_array(amounts, cut, ''))::numeric AS value,
                   unnest(string_to_array(details, cut, ''))::jsonb AS properties
        ) c
    ), placed AS MATERIALIZED (
        SELECT s.*, a.id AS account_id, coalesce(a.counts_for_id, a.id) AS payer_id, t.id AS seat_id, d.day,
               a.id IS NOT NULL AND CASE
                   WHEN s.person <> '' THEN coalesce(t.first_event_on <= d.day, false)
                   ELSE s.other = '' OR NOT EXISTS (
                       SELECT FROM accounts_trackedalias l WHERE l.source_id = source AND l.other_id = s.other)
               END AS ready
        FROM said s
        LEFT JOIN LATERAL (
            SELECT c.id, c.counts_for_id, c.timezone FROM accounts_account c
            WHERE c.external_id = CASE WHEN s.account <> '' THEN s.account WHEN s.person <> '' THEN (
                SELECT min(h.external_id) FROM accounts_seat n JOIN accounts_account h ON h.id = n.account_id
                WHERE n.external_id = s.person HAVING count(*) = 1
            ) END
            LIMIT 1
        ) a ON true
        LEFT JOIN LATERAL (SELECT (s.at AT TIME ZONE coalesce(nullif(a.timezone, ''), home))::date AS day OFFSET 0) d ON true
        LEFT JOIN LATERAL (
            SELECT n.id, n.first_event_on FROM accounts_seat n WHERE n.account_id = a.id AND n.external_id = nullif(s.person, '') LIMIT 1
        ) t ON true
        WHERE fresh IS NULL OR s.message_id = ANY(fresh)
    ), waiting AS (
        INSERT INTO accounts_pendingevent (source_id, message_id, account_external_id, user_id, other_id, action, product, occurred_at,
                                           received_at, quantity, value, properties, reason)
        SELECT source, p.message_id, p.account, p.person, p.other, names[p.action], p.product, p.at, received, p.quantity, p.value,
               p.properties, CASE WHEN p.account_id IS NOT NULL THEN 'attaching' WHEN p.account <> '' THEN 'unknown_account'
                             ELSE 'no_account' END
        FROM placed p WHERE NOT p.ready
    ), inferred AS (
        INSERT INTO accounts_inferredevent (source_id, message_id, account_id, occurred_at, account_external_id, person, other_id)
        SELECT source, p.message_id, p.account_id, p.at, p.account, p.person, CASE WHEN p.person = '' THEN p.other ELSE '' END
        FROM placed p WHERE p.ready AND (p.account = '' OR (p.person = '' AND p.other <> ''))
    ), marked AS (
        -- A mark that stands is left alone: written again and again it would make each batch wait for the other.
        INSERT INTO accounts_dirtyday AS m (account_id, day, events, claimed_by, marked_at)
        SELECT DISTINCT q.payer_id, q.day, true, NULL::bigint, now() FROM placed q
        WHERE q.ready AND NOT EXISTS (
            SELECT FROM accounts_dirtyday d WHERE d.account_id = q.payer_id AND d.day = q.day AND d.events AND d.claimed_by IS NULL
        )
        ORDER BY 1, 2
        ON CONFLICT (account_id, day) DO UPDATE
        SET claimed_by = NULL, marked_at = excluded.marked_at, events = m.events OR excluded.events
    )
    INSERT INTO event (
        source_id, message_id, account_id, seat_id, action_id, product, occurred_at, recorded_at, day, quantity, value, properties)
    SELECT source, p.message_id, p.account_id, p.seat_id, known[p.action], p.product, p.at, received, p.day, p.quantity, p.value,
           p.properties
    FROM placed p WHERE p.ready;
END
$$
"""
NO_STORE = "DROP FUNCTION intake_store"
# Who was said to belong to an account has a seat there, also where only a group call said so.
SEATS = """
INSERT INTO accounts_trackedtrait (source_id, account_external_id, user_id, field, value, said_at, message_id, applied)
SELECT source_id, account_external_id, user_id, 'external_id', '', first_at, '', false FROM accounts_trackedlink
ON CONFLICT DO NOTHING
"""


class Migration(AtOnce):
    dependencies = [("accounts", "0010_imports_and_rules")]

    operations = [
        migrations.CreateModel(
            name="InferredEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.TextField()),
                ("occurred_at", models.DateTimeField()),
                ("account_external_id", models.TextField(blank=True, help_text="Empty: the call named none.")),
                ("person", models.TextField(blank=True, help_text="For whose seat it counts; empty: for none.")),
                (
                    "other_id",
                    models.TextField(blank=True, help_text="Id from before the person was known; empty: the call named the person."),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.source"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("account_external_id", "")), fields=["person"], name="inferred_event_by_person"),
                    models.Index(
                        condition=models.Q(("other_id", ""), _negated=True), fields=["source", "other_id"], name="inferred_event_by_other"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="trackedalias",
            name="settled",
            field=models.BooleanField(db_default=False, default=False, help_text="Every event of the earlier id counts for the person."),
        ),
        migrations.AddIndex(
            model_name="trackedalias",
            index=models.Index(condition=models.Q(("settled", False)), fields=["source", "other_id"], name="tracked_alias_to_settle"),
        ),
        migrations.AddIndex(
            model_name="trackedtrait",
            index=models.Index(fields=["user_id", "account_external_id"], name="tracked_trait_by_name"),
        ),
        migrations.RunSQL(SEATS, migrations.RunSQL.noop),
        migrations.RunSQL(STORE, NO_STORE),
    ]

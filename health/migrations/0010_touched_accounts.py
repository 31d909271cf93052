"""Which accounts changed since a night looked at them, written by triggers; what a later run compares itself with."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.migrating import AtOnce

# One row per account and statement, whatever the statement changed. Nothing is looked up and nothing is updated, so writers never wait.
FUNCTIONS = """
CREATE FUNCTION touch_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO health_touchedaccount (account_id) SELECT DISTINCT account_id FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO health_touchedaccount (account_id) SELECT DISTINCT account_id FROM old_rows;
    ELSE
        INSERT INTO health_touchedaccount (account_id) SELECT account_id FROM old_rows UNION SELECT account_id FROM new_rows;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION touch_own_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
-- The account itself, and the one it counts for: before and after.
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO health_touchedaccount (account_id)
        SELECT id FROM new_rows UNION SELECT counts_for_id FROM new_rows WHERE counts_for_id IS NOT NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO health_touchedaccount (account_id)
        SELECT id FROM old_rows UNION SELECT counts_for_id FROM old_rows WHERE counts_for_id IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION touch_accounts_of_checks() RETURNS trigger LANGUAGE plpgsql AS $$
-- Packs are opened by the night itself, and no figure reads that.
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO health_touchedaccount (account_id) SELECT DISTINCT account_id FROM new_rows WHERE kind <> 'pack_opened';
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO health_touchedaccount (account_id) SELECT DISTINCT account_id FROM old_rows WHERE kind <> 'pack_opened';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION touch_accounts_of_outcomes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO health_touchedaccount (account_id)
        SELECT DISTINCT o.account_id FROM new_rows n JOIN health_outcome o ON o.id = n.outcome_id;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO health_touchedaccount (account_id)
        SELECT DISTINCT o.account_id FROM old_rows n JOIN health_outcome o ON o.id = n.outcome_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION touch_accounts_of_reviews() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO health_touchedaccount (account_id)
        SELECT DISTINCT r.account_id FROM new_rows n JOIN health_review r ON r.id = n.review_id;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO health_touchedaccount (account_id)
        SELECT DISTINCT r.account_id FROM old_rows n JOIN health_review r ON r.id = n.review_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION watch_touched(watched text, teller text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER touch_inserts AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %I()',
        watched, teller
    );
    EXECUTE format(
        'CREATE TRIGGER touch_updates AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT'
        ' EXECUTE FUNCTION %I()', watched, teller
    );
    EXECUTE format(
        'CREATE TRIGGER touch_deletes AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION %I()',
        watched, teller
    );
END
$$;
CREATE FUNCTION unwatch_touched(watched text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER touch_inserts ON %I', watched);
    EXECUTE format('DROP TRIGGER touch_updates ON %I', watched);
    EXECUTE format('DROP TRIGGER touch_deletes ON %I', watched);
END
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION unwatch_touched(text);
DROP FUNCTION watch_touched(text, text);
DROP FUNCTION touch_accounts_of_reviews();
DROP FUNCTION touch_accounts_of_outcomes();
DROP FUNCTION touch_accounts_of_checks();
DROP FUNCTION touch_own_accounts();
DROP FUNCTION touch_accounts();
"""
# Tables of rows of one account that a night reads, beside events and daily counts, whose days are marked.
WATCHED = {
    "accounts_account": "touch_own_accounts",
    "accounts_contact": "touch_accounts",
    "accounts_contract": "touch_accounts",
    "accounts_fitrecord": "touch_accounts",
    "accounts_interaction": "touch_accounts",
    "accounts_invoice": "touch_accounts",
    "accounts_ownership": "touch_accounts",
    "accounts_quietperiod": "touch_accounts",
    "accounts_seat": "touch_accounts",
    "accounts_surveyresponse": "touch_accounts",
    "accounts_ticket": "touch_accounts",
    "health_feedbackcare": "touch_accounts_of_reviews",
    "health_milestone": "touch_accounts",
    "health_outcome": "touch_accounts",
    "health_outcomeversion": "touch_accounts_of_outcomes",
    "health_override": "touch_accounts",
    "health_rating": "touch_accounts",
    "health_review": "touch_accounts",
    "health_scenarioagreement": "touch_accounts",
    "health_scenariostep": "touch_accounts",
    "churn_casecheck": "touch_accounts_of_checks",
    "churn_caseoutcome": "touch_accounts",
    "churn_forecast": "touch_accounts",
}
WATCH = "".join(f"SELECT watch_touched('{table}', '{teller}');" for table, teller in WATCHED.items())
UNWATCH = "".join(f"SELECT unwatch_touched('{table}');" for table in WATCHED)


class Migration(AtOnce):
    dependencies = [
        ("accounts", "0010_imports_and_rules"),
        ("churn", "0004_imports"),
        ("health", "0009_faults_and_holds"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="basis",
            field=models.JSONField(
                db_default={},
                default=dict,
                help_text="What a later run compares: {inputs: digest of what holds for all accounts, full: id of the last run that was"
                " about all of them, ...}. Empty: it is no measure for another.",
            ),
        ),
        migrations.CreateModel(
            name="TouchedAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("claimed_by", models.BigIntegerField(help_text="Id of the Run that saw the change; null: none yet.", null=True)),
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
            ],
            options={
                "indexes": [
                    models.Index(fields=["claimed_by"], name="touched_by_claim"),
                    models.Index(condition=models.Q(("claimed_by__isnull", False)), fields=["account"], name="touched_claimed_account"),
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(WATCH, UNWATCH),
    ]

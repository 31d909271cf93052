"""Migrations that draw the models once make the same tables as Django's way, operation by operation."""

from __future__ import annotations

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from accounts.migrating import AtOnce

pytestmark = pytest.mark.django_db

CATALOG = """
    SELECT 'column', c.relname, a.attnum::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname LIKE 'nowhere%' AND c.relkind = 'r' AND a.attnum > 0
    UNION ALL SELECT 'index', tablename, '', indexname, indexdef, false FROM pg_indexes WHERE tablename LIKE 'nowhere%'
    UNION ALL SELECT 'rule', conrelid::regclass::text, '', conname, pg_get_constraintdef(oid), false
    FROM pg_constraint WHERE conrelid::regclass::text LIKE 'nowhere%'
    UNION ALL SELECT 'row', 'nowhere_house', '', '', n, false FROM nowhere_seen
    ORDER BY 1, 2, 3, 4
"""


def operations() -> list[migrations.operations.base.Operation]:
    """A new table that refers to a later one, additions to both and to an older one, and a statement between them."""
    number = ("id", models.BigAutoField(primary_key=True))
    return [
        migrations.CreateModel("Guest", [number, ("name", models.TextField())]),
        migrations.CreateModel("House", [number, ("rooms", models.IntegerField(default=1))]),
        migrations.AddField("guest", "house", models.ForeignKey("nowhere.House", models.CASCADE, related_name="guests")),
        migrations.AddIndex("guest", models.Index(fields=["name"], name="guest_by_name")),
        migrations.AddConstraint("house", models.CheckConstraint(condition=models.Q(rooms__gte=0), name="house_has_rooms")),
        migrations.RunSQL(
            "CREATE TABLE nowhere_seen AS SELECT count(*)::text AS n FROM pg_attribute WHERE attrelid = 'nowhere_house'::regclass",
            "DROP TABLE nowhere_seen",
        ),
        migrations.AddField("house", "street", models.TextField(default="", db_index=True)),
        migrations.AddConstraint("guest", models.UniqueConstraint(fields=["house", "name"], name="guest_once")),
        migrations.AddField("house", "keeper", models.ForeignKey("nowhere.Guest", models.SET_NULL, null=True)),
        migrations.AlterField("house", "rooms", models.BigIntegerField(default=1)),
        migrations.CreateModel("Garden", [number, ("house", models.OneToOneField("nowhere.House", models.CASCADE))]),
    ]


def catalog() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(CATALOG)
        return list(cursor.fetchall())


def applied(kind: type[migrations.Migration]) -> tuple[list[tuple[object, ...]], ProjectState]:
    """What is there after it, and the state it leaves; afterwards it is taken back."""
    migration = kind("0001", "nowhere")
    vars(migration).update(operations=operations())
    with connection.schema_editor() as editor:
        state = migration.apply(ProjectState(), editor)
    made = catalog()
    with connection.schema_editor() as editor:
        migration.unapply(ProjectState(), editor)
    return made, state


def test_tables_columns_rules_and_indexes_are_those_of_django_s_way() -> None:
    usual, state = applied(migrations.Migration)
    at_once, other = applied(AtOnce)
    assert len(usual) > 20
    assert at_once == usual
    assert other.models == state.models
    assert set(other.apps.get_model("nowhere", "House")._meta.fields_map) == set(state.apps.get_model("nowhere", "House")._meta.fields_map)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'nowhere%'")
        assert cursor.fetchone() == (0,)


def test_what_a_migration_would_do_can_be_shown_without_doing_it() -> None:
    migration = AtOnce("0001", "nowhere")
    vars(migration).update(operations=operations())
    with connection.schema_editor(collect_sql=True) as editor:
        migration.apply(ProjectState(), editor, collect_sql=True)
    text = "\n".join(editor.collected_sql)
    assert text.count("CREATE TABLE") == 4
    assert text.index('CREATE TABLE "nowhere_house"') < text.index("CREATE TABLE nowhere_seen") < text.index('ADD COLUMN "street"')
    assert "Create model Guest; Create model House; Add field house to guest" in text

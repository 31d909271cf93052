"""Choices of the form and the mapping they make."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from accounts.loading.mapping import parse_mapping
from accounts.loading.peek import Head
from accounts.loading.registry import targets
from csm_portal.portal.imports.saved import read, renamed
from csm_portal.portal.imports.shaping import Choice, as_toml, posted, told_in

TARGET = targets()["contracts"]
# What a line of column names can hold.
TITLES = st.text(st.characters(exclude_characters="\0\n\r", exclude_categories=["Cs"]), min_size=1, max_size=30)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
FIELDS = [column.name for column in TARGET.columns]


@given(
    st.dictionaries(TITLES, st.sampled_from(FIELDS), max_size=6).map(
        lambda found: {t: f for f, t in {f: t for t, f in found.items()}.items()}
    ),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3),
    st.sampled_from(["", "ymd", "dmy", "mdy"]),
)
def test_what_is_chosen_comes_back_from_the_mapping_it_makes(columns: dict[str, str], constants: dict[str, str], order: str) -> None:
    fixed = {name: value for name, value in constants.items() if name not in columns.values()}
    choice = Choice("My file (1).csv", "contracts", columns, fixed, order)
    mapping = parse_mapping(as_toml([choice]), {"contracts": set(FIELDS)})
    assert told_in(mapping, choice.file) == choice


def test_a_mapping_that_says_more_than_a_form_can_is_left_to_text() -> None:
    more = '[[target]]\ninto = "contracts"\nfile = "a.csv"\ncolumns = { external_id = "id" }\n'
    assert told_in(read(more), "a.csv") == Choice("a.csv", "contracts", {"id": "external_id"})
    assert told_in(read(more + 'where = { trial = "no" }\n'), "a.csv") is None
    assert told_in(read(more + more), "a.csv") is None
    assert told_in(read(more.replace('"id"', '"id", account_external_id = "id"')), "a.csv") is None


def test_a_form_gives_each_field_one_column_and_known_fields_alone() -> None:
    head = Head(["a", "b", "c"], [["1", "2", "3"]])
    data = {
        "into-0": "contracts", "was-0": "contracts", "column-0-0": "mrr", "column-0-1": "mrr", "column-0-2": "nonsense",
        "fixed-0-currency": " EUR ", "fixed-0-mrr": "7", "order-0": "yyy",
    }  # fmt: skip
    assert posted("x.csv", 0, head, targets(), data) == Choice("x.csv", "contracts", {"a": "mrr"}, {"currency": "EUR"}, "")


def test_another_table_is_guessed_anew() -> None:
    head = Head(["id", "name"], [["1", "One"]])
    data = {"into-0": "accounts", "was-0": "contracts", "column-0-0": "mrr"}
    assert posted("x.csv", 0, head, targets(), data).columns == {"id": "external_id", "name": "name"}
    assert posted("x.csv", 0, head, targets(), {"into-0": "no table"}) == Choice("x.csv")


def test_what_a_table_needs_and_nothing_fills_is_told() -> None:
    assert Choice("x.csv", "contracts", {"id": "external_id"}, {"starts_on": "2026-01-01"}).lacking(TARGET) == ["account_external_id"]


def test_a_file_that_its_name_explains_needs_no_mapping() -> None:
    accounts = targets()["accounts"]
    header = ["external_id", "name", "more"]
    own = {"external_id": "external_id", "name": "name"}
    assert Choice("accounts.csv", "accounts", own).by_name(header, accounts)
    assert not Choice("accounts.csv", "accounts", {**own, "more": "plan"}).by_name(header, accounts)
    assert not Choice("kunden.csv", "accounts", own).by_name(header, accounts)


def test_a_saved_mapping_is_written_for_files_of_other_names() -> None:
    text = '[[target]]\ninto = "contracts"\nfile = \'old.csv\'\nlookup.plan = { from = "a", file = "ids.csv", key = "k", take = "t" }\n'
    found = read(renamed(text, {"old.csv": "new 2026.csv"}))
    assert found.files == {"new 2026.csv", "ids.csv"}

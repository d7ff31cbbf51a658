"""KoboToolbox and ODK: groups before names, several answers as texts and as columns, what R makes of it."""

from __future__ import annotations

import pytest
from real_help import check_real, needs_data
from tool_help import cells_of, column_of, csv_of, table_of

OWN = ["_id", "_uuid", "_submission_time", "__version__"]
ROW = ["190", "aa-bb", "2025-01-31T10:00:00", "v1"]


def test_groups_are_no_part_of_a_name() -> None:
    table, problems = table_of(csv_of([["start", "home/rent/hs1", "hs2", *OWN], ["x", "1", "2", *ROW]]))
    assert (table.format.tool, problems) == ("kobo", [])
    assert "hs1" in column_of(table, "home/rent/hs1").codes
    assert column_of(table, "hs2").codes == ()


@pytest.mark.parametrize("mark", [":", ".", "-", "|", "__"])
def test_whoever_exports_chooses_what_stands_between_groups(mark: str) -> None:
    heading = [*(name.replace("/", mark) for name in ("home/rent/hs1", "home/water", "home/water/tap", "role")), *OWN]
    table, problems = table_of(csv_of([heading, ["1", "tap", "1", "x", *ROW]]))
    assert (table.format.tool, problems) == ("kobo", [])
    assert "hs1" in column_of(table, heading[0]).codes
    assert "water/tap" in column_of(table, heading[2]).codes


def test_labels_as_headings_have_their_groups_taken_off() -> None:
    table, _ = table_of(csv_of([["Wonen/Bent u tevreden?", *OWN], ["Ja", *ROW]]))
    assert "Bent u tevreden?" in column_of(table, "Wonen/Bent u tevreden?").wordings


def test_several_answers_as_text_and_columns() -> None:
    heading = ["home/water", "home/water/tap", "home/water/well", *OWN]
    table, problems = table_of(csv_of([heading, ["tap well", "1", "1", *ROW], ["tap", "1", "0", *ROW]]))
    assert problems == []
    assert "water/tap" in column_of(table, "home/water/tap").codes
    assert "tap" not in column_of(table, "home/water/tap").codes
    # the export has a column for each option, so none is made
    assert all(column.made_from is None for column in table.columns)


def test_several_answers_as_text_alone_have_a_column_for_each_option() -> None:
    rows = [[text, *ROW] for text in ("tap well", "tap", "", "well")]
    table, _ = table_of(csv_of([["water", *OWN], *rows]), known=frozenset({"water/river"}))
    assert cells_of(table, "water/tap") == ["true", "true", None, "false"]
    # an option that nobody chose, but that a crosswalk speaks of
    assert cells_of(table, "water/river") == ["false", "false", None, "false"]


def test_several_answers_as_columns_alone() -> None:
    table, _ = table_of(csv_of([["home/water/tap", "home/water/well", *OWN], ["TRUE", "FALSE", *ROW]]))
    assert "water/tap" in column_of(table, "home/water/tap").codes


def test_a_remark_of_two_words_is_not_two_options() -> None:
    table, _ = table_of(csv_of([["remark", *OWN], ["heel fijn", *ROW], ["te duur", *ROW]]))
    assert all(column.made_from is None for column in table.columns)


def test_what_r_makes_of_names() -> None:
    heading = [
        "X.U.FEFF.start",
        "home.hs1",
        "water",
        "water.tap",
        "X_id",
        "X_uuid",
        "X_submission_time",
        "X__version__",
    ]
    table, problems = table_of(csv_of([heading, ["x", "1", "tap well", "TRUE", *ROW]]))
    assert (table.format.tool, problems) == ("kobo", [])
    assert column_of(table, "X.U.FEFF.start").codes == ("start",)
    assert "hs1" in column_of(table, "home.hs1").codes
    assert "water/tap" in column_of(table, "water.tap").codes


def test_odk_central() -> None:
    heading = ["SubmissionDate", "home-hs1", "meta-instanceID", "KEY", "SubmitterID"]
    table, _ = table_of(csv_of([heading, ["2025-01-31", "1", "uuid:1", "uuid:1", "3"]]))
    assert table.format.tool == "kobo"
    assert "hs1" in column_of(table, "home-hs1").codes


@needs_data
def test_the_real_export_is_read_by_name_option_and_crosswalk() -> None:
    checked = check_real("kobo_raw.csv", "kobo-water")
    assert checked.table is not None
    assert checked.table.format.tool == "kobo"
    # what the questionnaire did not ask for is refused or known, and nothing else is wrong
    assert all(p.refuses_column or p.code == "free_text" or p.code.startswith("personal") for p in checked.problems)
    frame = checked.ingested_by_person
    assert frame is not None
    assert len(frame) == 632
    assert set(frame["water_piped"]) == {"true", "false"}
    assert frame["satisfaction_piped"].dropna().between(1, 5).all()
    reasons = {reason for name in frame.filter(like="__reason") for reason in frame[name].dropna()}
    assert reasons == {"empty", "dont_know", "refused"}
    assert (frame["water_well"] == "false").all()

"""LimeSurvey: headings by code, by words or both; incomplete rows; short answers."""

from __future__ import annotations

import pytest
from real_help import check_real, needs_data
from tool_help import cells_of, column_of, csv_of, table_of

OWN = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
ROW = ["7", "2025-01-31 10:00:00", "4", "nl", "123"]


def test_headings_of_codes() -> None:
    heading = [*OWN, "hs[rent]", "hs[SQ002]", "tenure", "tenure[other]", "tenure[comment]", "free[a][1]"]
    table, problems = table_of(csv_of([heading, [*ROW, "A1", "2", "A2", "", "", "Y"]]))
    assert (table.format.tool, table.format.heading_rows, problems) == ("limesurvey", 1, [])
    assert column_of(table, "hs[rent]").codes == ("hs_rent", "rent")
    # numbers that LimeSurvey gives by itself name nothing without the question
    assert column_of(table, "hs[SQ002]").codes == ("hs_SQ002",)
    assert column_of(table, "tenure").codes == ()
    assert column_of(table, "tenure[other]").codes == ("tenure_other",)
    assert column_of(table, "free[a][1]").codes == ("free_a_1", "free")


def test_headings_of_codes_and_words() -> None:
    own = ["id. Response ID", "submitdate. Date submitted", "lastpage. Last page", "startlanguage. Start language"]
    heading = [*own, "hs[rent]. Hoe tevreden bent u? [De huur [per maand]]", "years. Hoe lang woont u hier?"]
    table, problems = table_of(csv_of([heading, ["1", "2025-01-31", "4", "nl", "3", "2"]]))
    assert (table.format.tool, problems) == ("limesurvey", [])
    rent = column_of(table, heading[4])
    assert rent.codes == ("hs[rent]", "hs_rent", "rent", "hs")
    assert rent.label == "Hoe tevreden bent u? [De huur [per maand]]"
    assert "De huur [per maand]" in rent.wordings
    assert "years" in column_of(table, heading[5]).codes


@pytest.mark.parametrize(
    "own",
    [["Response ID", "Date submitted", "Last page", "Start language"],
     ["Antwoord ID", "Datum ingestuurd", "Laatste pagina", "Starttaal"]],
)  # fmt: skip
def test_headings_of_words_alone(own: list[str]) -> None:
    heading = [*own, "Hoe tevreden bent u? [De huur]"]
    table, problems = table_of(csv_of([heading, ["1", "2025-01-31", "4", "nl", "3"], ["2", "", "2", "nl", "4"]]))
    assert table.format.tool == "limesurvey"
    assert [(p.code, p.rows) for p in problems] == [("rows_unfinished", (3,))]
    assert "De huur" in column_of(table, heading[4]).wordings


def test_rows_without_a_day_of_submission_are_unfinished_and_blank_rows_are_blank() -> None:
    unfinished = ["8", "", "2", "nl", "5"]
    table, problems = table_of(csv_of([[*OWN, "hs1"], [*ROW, "1"], [""] * 6, [*unfinished, "2"], [*ROW, "3"]]))
    assert [(p.code, p.rows) for p in problems] == [("rows_blank", (3,)), ("rows_unfinished", (4,))]
    assert cells_of(table, "hs1") == ["1", "3"]


def test_yes_and_no_have_codes_of_limesurveys_own() -> None:
    table, _ = table_of(csv_of([[*OWN, "q1", "q2"], [*ROW, "Y", "A1"], [*ROW, "N", "N/A"]]))
    assert dict(column_of(table, "q1").value_labels) == {"Y": "Yes", "N": "No"}
    assert dict(column_of(table, "q2").value_labels) == {}
    assert "n/a" in column_of(table, "q2").not_shown


def test_headings_that_r_has_written_again() -> None:
    heading = ["", *OWN, "hs.rent.", "hs.noise.", "years"]
    table, problems = table_of(csv_of([heading, ["1", *ROW, "3", "4", "2"], ["2", *ROW, "3", "4", "2"]]))
    assert (table.format.tool, problems) == ("limesurvey", [])
    assert "hs[rent]" in column_of(table, "hs.rent.").codes
    assert table.columns[0].name == "id"


def test_a_column_without_a_heading_that_holds_something_else_is_told() -> None:
    _, problems = table_of(csv_of([["", *OWN, "hs1"], ["x", *ROW, "3"], ["x", *ROW, "3"]]))
    assert [p.code for p in problems] == ["heading_empty"]


def test_two_subquestions_with_one_code_are_told_apart_by_their_question() -> None:
    heading = [*OWN, "inside[trust]", "outside[trust]"]
    table, _ = table_of(csv_of([heading, [*ROW, "1", "2"]]))
    assert column_of(table, "inside[trust]").codes == ("inside_trust", "inside")


@needs_data
def test_the_real_export_is_read_without_a_crosswalk_for_a_single_answer() -> None:
    checked = check_real("limesurvey_rse_2017_nl.csv", "limesurvey-rse")
    assert checked.table is not None
    assert checked.table.format.tool == "limesurvey"
    assert {p.code for p in checked.problems} <= {"free_text"}
    frame = checked.ingested_by_person
    assert frame is not None
    assert len(frame) == 77
    # "1 (None at all)" and "10 (All my time)" stand among bare numbers
    assert (frame["time1can"].min(), frame["time1can"].max()) == (1.0, 10.0)
    assert frame["time1can"].notna().all()
    assert frame["satisgen1__reason"].dropna().unique().tolist() == ["empty"]
    assert frame["rse3"].max() == 5.0

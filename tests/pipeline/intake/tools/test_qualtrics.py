"""Qualtrics: two or three rows of headings, previews and unfinished rows, labels that read as their codes."""

from __future__ import annotations

import pytest
from real_help import check_real, needs_data
from tool_help import cells_of, column_of, csv_of, table_of, xlsx_of

from pipeline.intake.problems import UnreadableError

CODES = ["StartDate", "EndDate", "Status", "Progress", "Finished", "ResponseId", "hs1", "hs2"]
TEXTS = ["Start Date", "End Date", "Response Type", "Progress", "Finished", "Response ID",
         "Hoe tevreden\nbent u? - Huur", "Welke voorzieningen?"]  # fmt: skip
IMPORTED = ("startDate", "endDate", "status", "progress", "finished", "_recordId", "QID1_1", "QID2")
IDS = [f'{{"ImportId":"{name}"}}' for name in IMPORTED]
DAY = "2025-01-31 10:00:00"


def answer(status: object, finished: object, hs1: object = "3", hs2: object = "") -> list[object]:
    return [DAY, DAY, status, "100", finished, "R_1a", hs1, hs2]


def test_three_rows_name_the_columns() -> None:
    table, problems = table_of(csv_of([CODES, TEXTS, IDS, answer("IP Address", "True")]))
    assert (table.format.tool, table.format.heading_rows, problems) == ("qualtrics", 3, [])
    assert [c.name for c in table.columns] == CODES
    hs1 = column_of(table, "hs1")
    assert hs1.label == "Hoe tevreden bent u? - Huur"
    assert "Huur" in hs1.wordings
    assert table.cells_by_row.index.tolist() == [4]
    assert cells_of(table, "hs1") == ["3"]


@pytest.mark.parametrize("rows", [[CODES, TEXTS], [CODES, IDS], [CODES]])
def test_rows_of_headings_that_somebody_took_out_are_not_missed(rows: list[list[str]]) -> None:
    table, problems = table_of(csv_of([*rows, answer("0", "1"), answer("0", "1", "5")]))
    assert (table.format.tool, table.format.heading_rows, problems) == ("qualtrics", len(rows), [])
    assert cells_of(table, "hs1") == ["3", "5"]


def test_a_workbook_has_two_rows_of_headings() -> None:
    table, problems = table_of(xlsx_of([CODES, TEXTS, answer("IP Address", True, 3), answer(1, False, 4)]))
    assert (table.format.tool, table.format.heading_rows) == ("qualtrics", 2)
    assert [(p.code, p.rows) for p in problems] == [("rows_preview", (4,))]


def test_older_exports_number_their_own_columns() -> None:
    codes = ["V1", "V2", "V3", "V4", "V5", "V6", "Q1"]
    texts = ["ResponseID", "ResponseSet", "IPAddress", "StartDate", "EndDate", "Finished", "Hoe tevreden bent u?"]
    rows = [["R_1", "Default", "", DAY, DAY, done, "2"] for done in ("1", "0")]
    table, problems = table_of(csv_of([codes, texts, *rows]))
    assert (table.format.tool, table.format.heading_rows) == ("qualtrics", 2)
    assert [(p.code, p.rows) for p in problems] == [("rows_unfinished", (4,))]
    assert column_of(table, "Q1").label == "Hoe tevreden bent u?"


@pytest.mark.parametrize("status", ["Survey Preview", "1", "Survey Test", "2", "9", "17", "Survey Preview Spam"])
def test_previews_are_no_answers(status: str) -> None:
    rows = [answer("IP Address", "True"), answer(status, "True"), answer(status, "False")]
    table, problems = table_of(csv_of([CODES, TEXTS, IDS, *rows]))
    # the last row is no answer for two reasons and counts once
    assert [(p.code, p.count, p.rows) for p in problems] == [("rows_preview", 2, (5, 6))]
    assert table.cells_by_row.index.tolist() == [4]


@pytest.mark.parametrize("status", ["IP Address", "0", "4", "Imported", "8", "Spam", "16", "Offline"])
def test_answers_are_kept_also_when_several_came_from_one_network(status: str) -> None:
    table, problems = table_of(csv_of([CODES, TEXTS, IDS, answer(status, "1")]))
    assert (len(table.cells_by_row), problems) == (1, [])


def test_a_file_of_previews_alone_has_no_answers() -> None:
    with pytest.raises(UnreadableError) as stop:
        table_of(csv_of([CODES, TEXTS, IDS, answer("1", "1"), answer("0", "False")]))
    assert [p.code for p in stop.value.problems] == ["rows_preview", "rows_unfinished", "no_rows"]


def test_several_answers_in_a_cell_have_a_column_for_each_option() -> None:
    rows = [answer("0", "1", hs2=text) for text in ("tuin,lift", "lift", "", "tuin")]
    table, _ = table_of(csv_of([CODES, TEXTS, IDS, *rows]))
    assert cells_of(table, "hs2/tuin") == ["true", "false", None, "true"]
    assert column_of(table, "hs2/lift").made_from == column_of(table, "hs2").position


@needs_data
def test_the_file_of_labels_is_the_file_of_codes() -> None:
    files = [check_real(f"qualtrics_legitimacy_{form}_masked.csv", "qualtrics-legitimacy", f"crosswalk_{form}.csv")
             for form in ("codes", "text")]  # fmt: skip
    codes, text = (checked.ingested_by_person for checked in files)
    assert codes is not None
    assert text is not None
    # ids are made from the bytes of each file
    assert codes.drop(columns="respondent").equals(text.drop(columns="respondent"))
    assert len(codes) == 134
    for checked in files:
        assert {p.code for p in checked.problems if p.severity == "warning"} >= {"rows_unfinished"}
        assert not any(p.code in ("unreadable", "out_of_range", "labels_contradict") for p in checked.problems)


@needs_data
def test_a_misspelt_label_is_proposed_and_not_taken_for_the_answer() -> None:
    file = "qualtrics_legitimacy_text_masked.csv"
    checked = check_real(file, "qualtrics-legitimacy", "crosswalk_text_as_spelt.csv")
    variants = [p for p in checked.problems if p.code == "spelling_variant"]
    assert [p.variable for p in variants] == [f"legitimacy_{i}_{j}" for i in (1, 2) for j in (1, 2, 3, 4)]
    assert checked.ingested_by_person is not None
    assert (checked.ingested_by_person["legitimacy_2_1__reason"] == "unreadable").sum() == variants[4].count == 26
    assert not checked.acceptable


@needs_data
def test_numbers_that_are_code_and_label_are_refused_without_a_crosswalk() -> None:
    # "1" is the code of 0 points, and the label of code 2
    checked = check_real("qualtrics_legitimacy_text_masked.csv", "qualtrics-legitimacy", "crosswalk_codes.csv")
    assert {p.variable for p in checked.problems if p.code in ("code_or_label", "spelling_variant", "out_of_range")}

"""The row of headings: below a title, merged, there twice."""

from __future__ import annotations

import pytest
from intake_help import GOOD, HEADING, checked, codes
from tool_help import csv_of, table_of, xlsx_of

from pipeline.intake.messages import explain

TITLE = ["Bewonersonderzoek 2025", "", "", "", "", "", ""]


@pytest.mark.parametrize("write", [csv_of, xlsx_of])
def test_headings_below_a_title_are_found_and_told(write: object) -> None:
    assert callable(write)
    table, problems = table_of(write([TITLE, [""] * 7, HEADING, GOOD, GOOD]))
    assert [c.name for c in table.columns] == HEADING
    assert table.cells_by_row.index.tolist() == [4, 5]
    assert [(p.code, p.rows, p.details["found"]) for p in problems] == [("title_above", (1,), 3)]
    assert "rij 3" in explain(problems[0], "nl")["what"]


def test_headings_that_the_questionnaire_knows_are_found_below_anything() -> None:
    outcome = checked(
        csv_of([["Onderzoek", "golf", "3", "", "", "", ""], ["", "", "", "", "", "", ""], HEADING, GOOD, GOOD])
    )
    assert codes(outcome) == ["title_above"]
    assert outcome.ingested_by_person is not None
    assert outcome.ingested_by_person["a1"].tolist() == [1.0, 1.0]


def test_a_row_of_words_below_headings_of_ones_own_is_no_heading() -> None:
    # answers that happen to be names of projects are not names of columns
    table, problems = table_of(csv_of([["x", "y", "z"], ["ash", "elm", "oak"], ["ash", "elm", "oak"]]))
    assert ([c.name for c in table.columns], problems) == (["x", "y", "z"], [])


def test_a_first_row_of_one_answer_is_not_a_title() -> None:
    # the rows below hold numbers, so none of them names columns
    table, problems = table_of(csv_of([["naam", "", ""], ["1", "2", "3"], ["4", "5", "6"]]))
    assert table.format.heading_rows == 1
    assert [p.code for p in problems] == ["heading_empty", "heading_empty"]


def test_a_row_that_repeats_a_text_does_not_name_columns() -> None:
    _, problems = table_of(csv_of([["Titel", "", ""], ["ja", "ja", "nee"], ["ja", "nee", "nee"]]))
    assert "title_above" not in [p.code for p in problems]


def test_merged_headings_are_refused_with_their_cell() -> None:
    heading = [*HEADING[:2], "antwoorden", "", *HEADING[4:]]
    outcome = checked(xlsx_of([heading, GOOD], merged=["C1:D1"]), "antwoorden.xlsx")
    problem = next(p for p in outcome.problems if p.code == "heading_merged")
    assert (problem.columns, problem.rows, problem.structural) == ((("C", "antwoorden"),), (1,), True)
    assert explain(problem, "nl")["expected"] == "één cel met één naam boven elke kolom"


def test_merged_answers_are_refused_with_their_cells() -> None:
    outcome = checked(xlsx_of([HEADING, GOOD, GOOD, GOOD], merged=["B2:B4", "A3:A4"]), "antwoorden.xlsx")
    problem = next(p for p in outcome.problems if p.code == "cells_merged")
    assert (problem.columns, problem.rows, problem.count) == ((("A", "number"), ("B", "house")), (2, 3), 2)
    assert problem.structural


def test_a_merged_title_is_no_matter() -> None:
    _, problems = table_of(xlsx_of([TITLE, HEADING, GOOD, GOOD], merged=["A1:G1"]))
    assert [p.code for p in problems] == ["title_above"]


def test_merged_names_of_groups_above_the_headings_are_refused_with_their_cells() -> None:
    groups = ["wie", "", "wat", "", "", "", ""]
    outcome = checked(xlsx_of([groups, HEADING, GOOD], merged=["A1:B1", "C1:G1"]), "antwoorden.xlsx")
    problem = next(p for p in outcome.problems if p.code == "heading_merged")
    assert (problem.columns, problem.rows, problem.count) == ((("A", ""), ("C", "")), (1,), 2)


def test_headings_that_come_again_are_refused_with_their_rows() -> None:
    outcome = checked(csv_of([HEADING, GOOD, HEADING, GOOD]))
    problem = next(p for p in outcome.problems if p.code == "heading_repeated")
    assert (problem.columns, problem.rows, problem.structural) == ((("A", "number"),), (3,), True)


def test_an_answer_that_is_the_name_of_its_column_is_no_heading() -> None:
    assert codes(checked(csv_of([HEADING, GOOD, [*GOOD[:5], "gender", "2"]]))) == ["unreadable"]

"""Cells that a spreadsheet would change come back as they were, and lines nobody looked at are not taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from declare_help import problems_of
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.declare.crosswalk import COLUMNS, crosswalk_lines
from pipeline.declare.crosswalk_cells import from_cell, to_cell
from pipeline.spreadsheets import neutral

HEADER = ",".join(COLUMNS)
FILE = "surveys/crosswalks/tiny-2020.csv"


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=40))
@example("=1+1")
@example("''=1")
@example("'s avonds")
@example("'1-2")
@example("' @x")
def test_what_was_written_is_read_back(text: str) -> None:
    assert from_cell(to_cell(text)) == text
    assert neutral(to_cell(text)) == to_cell(text), "no formula"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+x", "@SUM(A1)", "1-2", "18-24", "3/4", "1.5", "1,5", "007", "2e3", "mrt-21", "5 mei", "TRUE", "Waar"],
)
def test_what_a_spreadsheet_would_change_gets_an_apostrophe(text: str) -> None:
    assert to_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "5", "-1", "ja", "'s avonds", "55+", "mee eens", "hs1", "meetrapport"])
def test_everything_else_stays(text: str) -> None:
    assert to_cell(text) == from_cell(text) == text


def test_thousands_of_apostrophes_do_no_harm() -> None:
    text = "'" * 5000 + "=1"
    assert from_cell(to_cell(text)) == text


def test_the_columns_of_a_proposal_are_read_and_left_out() -> None:
    text = "\ufeff" + ";".join((*COLUMNS, "certainty", "why", "", "")) + "\r\n"
    text += "V1;;;;sat1;;;;controleer;omdat;;\r\n'=V2;;;;tie1;;;;zeker;\r\n;;;;;;;;;;;\r\n"
    first, second = crosswalk_lines(text, Path("x.csv"))
    assert (first.unchecked, second.unchecked) == (True, False)
    assert second.row.var_name_orig == "=V2"


@pytest.mark.parametrize("word", ["check", "Controleer", " check! "])
def test_lines_nobody_looked_at_are_one_problem_that_counts_them(tiny_folder: Path, word: str) -> None:
    lines = [f"Vraag 1,,,,sat1,,,,{word},omdat", "Opmerkingen,,,,,,,,,", f"Vraag 2,,,,tie1,,,,{word},"]
    (tiny_folder / FILE).write_text("\n".join([f"{HEADER},certainty,why", *lines]), encoding="utf-8")
    (problem,) = problems_of(tiny_folder)
    assert (problem.code, problem.line, problem.details["count"]) == ("crosswalk_unchecked", 2, 2)
    assert "2 voorgestelde regels" in problem.in_language("nl")


def test_any_other_column_is_still_refused(tiny_folder: Path) -> None:
    (tiny_folder / FILE).write_text(f"{HEADER},certainty,opmerking\n", encoding="utf-8")
    assert [problem.code for problem in problems_of(tiny_folder)] == ["crosswalk_columns"]

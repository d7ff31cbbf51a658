"""The marked copy: the sender's own table, marked where something is the matter, that can be corrected and sent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from intake_help import GOOD, HEADING, codes, csv_bytes, expectation
from intake_help import checked as check
from ods_help import table_as_ods
from openpyxl import Workbook, load_workbook
from python_calamine import CalamineWorkbook
from real_help import FILES, check_real, needs_data, real_expectation

from pipeline.intake.answer import marked
from pipeline.intake.answer.marked import marked_copy
from pipeline.intake.check import Checked

EXPECTED = expectation()


def changed(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADING, GOOD, strict=True)]


def copy_of(data: bytes, name: str = "answers.csv", language: Any = "nl") -> tuple[Checked, Any]:
    outcome = check(data, name, EXPECTED)
    data_of_copy = marked_copy(outcome, EXPECTED, language)
    assert data_of_copy is not None
    return outcome, load_workbook(io.BytesIO(data_of_copy))


def xlsx_of(rows: list[list[Any]], *, above: int = 0, title: str = "Export") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for i, row in enumerate(rows, start=1 + above):
        for j, value in enumerate(row, start=2):
            sheet.cell(i, j, value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_cells_concerned_are_filled_and_say_why() -> None:
    _, book = copy_of(csv_bytes(GOOD, changed(a1="8"), changed(gender="vrouww")))
    sheet = book["Antwoorden"]
    assert sheet.freeze_panes == "A2"
    assert sheet["C3"].fill.fgColor.rgb == "00F6C9C6"
    assert "kan niet bij deze vraag" in sheet["C3"].comment.text
    assert "1 (mee oneens)" in sheet["C3"].comment.text
    assert "Bedoelt u misschien: woman (vrouw)?" in sheet["F4"].comment.text
    assert {c.coordinate for row in sheet for c in row if c.comment} == {"C3", "F4"}


def test_the_list_comes_first_with_a_link_to_each_place() -> None:
    _, book = copy_of(csv_bytes(GOOD, changed(a1="8", a2="9")), language="en")
    first = book.worksheets[0]
    assert book.sheetnames == ["To change", "Answers"]
    assert first["A1"].value == "Not yet: 1 thing to change"
    assert "holds residents' answers" in first["A2"].value
    links = [c.hyperlink.location for row in first for c in row if c.hyperlink]
    assert links == ["'Answers'!C3", "'Answers'!D3"]


def test_rows_and_columns_stand_where_the_sender_has_them() -> None:
    data = xlsx_of([HEADING, [1, "ash", 8, 2, 7.5, "woman", 2]], above=3)
    outcome, book = copy_of(data, "answers.xlsx")
    assert outcome.problems[0].columns == (("D", "a1"),)
    assert outcome.problems[0].rows == (5,)
    sheet = book["Export"]
    assert [c.value for c in sheet[4]] == [None, *HEADING]
    assert [c.value for c in sheet[5]] == [None, 1, "ash", 8, 2, 7.5, "woman", 2]
    assert sheet["D5"].comment
    assert sheet.freeze_panes == "A5"


def test_texts_stay_texts_and_numbers_numbers() -> None:
    wild = ["=1+1", "+31 6", "@x", "-a", "#N/A", "007", "1,50", "1e5", "12345678901234567890"]
    heading = [*HEADING, *[f"x{i}" for i in range(len(wild))]]
    _, book = copy_of(csv_bytes([*GOOD, *[f'"{cell}"' for cell in wild]], heading=heading))
    cells = [c.value for c in book["Antwoorden"][2]][len(HEADING) :]
    assert cells == ["'=1+1", "'+31 6", "'@x", "'-a", "'#N/A", "007", "1,50", "1e5", "12345678901234567890"]
    assert all(c.data_type in "sn" for row in book["Antwoorden"] for c in row)
    assert [c.value for c in book["Antwoorden"][2]][:5] == [1, "ash", 1, 2, 7.5]


def test_a_column_that_must_go_is_marked_from_its_heading_down() -> None:
    _, book = copy_of(csv_bytes([*GOOD, "jan@voorbeeld.nl"], heading=[*HEADING, "contact"]))
    sheet = book["Antwoorden"]
    assert sheet["H1"].comment
    assert sheet["H2"].fill.fgColor.rgb == "00F6C9C6"


def test_with_very_many_cells_all_are_filled_and_some_have_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked, "MOST_COMMENTS", 5)
    rows = [*[changed(a1="8")] * 20, changed(gender="?")]
    _, book = copy_of(csv_bytes(*rows))
    sheet = book["Antwoorden"]
    with_comment = [c.coordinate for row in sheet for c in row if c.comment]
    assert len(with_comment) == 5
    assert "F22" in with_comment  # what concerns few cells is told first
    assert sum(c.fill.fgColor.rgb == "00F6C9C6" for row in sheet for c in row) == 21
    assert any("16 ervan geen opmerking" in str(c.value) for row in book.worksheets[0] for c in row)


def test_the_same_answer_is_the_same_bytes() -> None:
    outcome = check(csv_bytes(changed(a1="8")), expected=EXPECTED)
    assert marked_copy(outcome, EXPECTED, "nl") == marked_copy(outcome, EXPECTED, "nl")


def test_what_is_no_table_has_no_copy() -> None:
    assert marked_copy(check(b"\0\1\2" * 400, expected=EXPECTED), EXPECTED, "nl") is None
    assert marked_copy(Checked(()), EXPECTED, "nl") is None


def test_another_reader_reads_it_too() -> None:
    outcome = check(csv_bytes(changed(a1="8")), expected=EXPECTED)
    book = CalamineWorkbook.from_filelike(io.BytesIO(marked_copy(outcome, EXPECTED, "nl") or b""))
    assert book.sheet_names == ["Aan te passen", "Antwoorden"]
    assert book.get_sheet_by_name("Antwoorden").to_python()[0] == HEADING


def test_an_spss_case_stands_one_row_lower_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    people = pd.DataFrame([[1, "ash", 8, 2, 7.5, "woman", 2], [2, "ash", 1, 2, 7.5, "woman", 2]], columns=HEADING)
    pyreadstat.write_sav(people, str(path))
    outcome, book = copy_of(path.read_bytes(), "a.sav")
    assert outcome.problems[0].rows == (1,)
    sheet = book["Antwoorden"]
    assert [c.value for c in sheet[1]] == HEADING
    assert sheet["C2"].value == 8
    assert sheet["C2"].comment
    first = [str(c.value) for row in book.worksheets[0] for c in row]
    assert any("case 1 staat in rij 2" in text for text in first)
    assert [c.hyperlink.location for row in book.worksheets[0] for c in row if c.hyperlink] == ["'Antwoorden'!C2"]


def test_from_opendocument() -> None:
    data = table_as_ods([HEADING, [1.0, "ash", 8.0, 2.0, 7.5, "woman", 2.0]])
    _, book = copy_of(data, "a.ods")
    assert [c.value for c in book["Antwoorden"][2]] == [1, "ash", 8, 2, 7.5, "woman", 2]
    assert book["Antwoorden"]["C2"].comment


@needs_data
def test_a_real_export_with_three_heading_rows_keeps_its_row_numbers() -> None:
    file, study, crosswalk = FILES["qualtrics_codes"]
    outcome, expected = check_real(file, study, crosswalk), real_expectation(study, crosswalk)
    book = load_workbook(io.BytesIO(marked_copy(outcome, expected, "nl") or b""))
    sheet = book["Antwoorden"]
    assert sheet["D1"].value == "IPAddress"
    assert sheet["D1"].comment
    assert str(sheet["A3"].value).startswith("{")  # the third heading row
    refused = [problem for problem in outcome.problems if problem.code == "personal_ip"]
    assert all(sheet[f"D{row}"].fill.fgColor.rgb == "00F6C9C6" for row in refused[0].rows)


def test_the_corrected_copy_can_be_checked_again() -> None:
    _, book = copy_of(csv_bytes(GOOD, changed(a1="8"), changed(gender="vrouww")))
    sheet = book["Antwoorden"]
    sheet["C3"], sheet["F4"] = 3, "vrouw"
    stream = io.BytesIO()
    book.save(stream)
    # no sheet is named: that with the answers is found by its headings
    again = check(stream.getvalue(), "kopie.xlsx", EXPECTED)
    assert codes(again) == []
    assert again.table is not None
    assert len(again.table.cells_by_row) == 3

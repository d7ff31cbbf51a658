"""Workbooks: cells where the spreadsheet shows them, and workbooks that are not what they seem."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from intake_help import GOOD, HEADING, codes, expectation
from intake_help import checked as check
from openpyxl import Workbook
from openpyxl.styles import Font

from pipeline.intake.arrange import arrange
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import read_source
from pipeline.intake.reading.read_workbook import read_workbook
from pipeline.intake.reading.zip_guard import check_zip
from pipeline.intake.source import Received, SourceTable
from pipeline.intake.table import Bounds

BOUNDS = Bounds(max_bytes=1_000_000, max_rows=1_000, max_columns=50)


def workbook(fill: Callable[[Workbook], None]) -> bytes:
    book = Workbook()
    fill(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def of_cells(cells: dict[str, Any]) -> bytes:
    def fill(book: Workbook) -> None:
        for place, value in cells.items():
            book.active[place] = value

    return workbook(fill)


def table(data: bytes, sheet: str | None = None) -> SourceTable:
    return arrange(read_workbook(Received("f.xlsx", data), BOUNDS, sheet=sheet)[0])[0]


def problem_of(data: bytes, sheet: str | None = None, name: str = "f.xlsx") -> str:
    with pytest.raises(UnreadableError) as stop:
        read_source(Received(name, data), BOUNDS, sheet=sheet)
    assert len(stop.value.problems) == 1
    return stop.value.problems[0].code


def with_sheet_xml(data: bytes, xml: bytes) -> bytes:
    """``data`` with another content of its first sheet."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, xml if "worksheets" in member.filename else old.read(member))
    return stream.getvalue()


def test_cells_are_where_the_spreadsheet_shows_them() -> None:
    found = table(of_cells({"B3": "a", "C3": "b", "B4": 1, "B6": 2.5, "C6": "x"}))
    assert [(c.letter, c.name) for c in found.columns] == [("B", "a"), ("C", "b")]
    assert list(found.cells_by_row.index) == [4, 6]
    assert found.cells_by_row[0].tolist() == [1.0, 2.5]
    assert found.cells_by_row[1].astype(object).tolist()[1] == "x"
    assert found.format.sheet == "Sheet"


def test_numbers_texts_dates_and_truth_values_become_text_or_numbers() -> None:
    found = table(of_cells({
        "A1": "a", "A2": 3, "A3": "3", "A4": True, "A5": date(2025, 1, 31), "A6": datetime(2025, 1, 31, 14, 5),
        "A7": " ", "A8": "end",
    }))  # fmt: skip
    assert found.cells_by_row[0].astype(object).tolist() == [
        3.0, "3", "true", "2025-01-31", "2025-01-31 14:05:00", "end",
    ]  # fmt: skip


def test_the_sheet_is_the_named_one_or_the_only_one_with_cells() -> None:
    def two(book: Workbook) -> None:
        book.active["A1"], book.active["A2"] = "a", 1
        other = book.create_sheet("Antwoorden")
        other["A1"], other["A2"] = "b", 2
        book.create_sheet("leeg")
        hidden = book.create_sheet("lijsten")
        hidden["A1"], hidden.sheet_state = "c", "hidden"

    data = workbook(two)
    assert problem_of(data) == "sheet_unclear"
    assert table(data, "Antwoorden").columns[0].name == "b"
    assert problem_of(data, "Blad9") == "sheet_missing"

    def one(book: Workbook) -> None:
        two(book)
        del book["Antwoorden"]

    assert table(workbook(one)).columns[0].name == "a"


def test_headings_missing_or_twice_are_told_with_their_letter() -> None:
    heading = [*HEADING, "", "A1"]
    cells = {f"{chr(65 + i)}1": name for i, name in enumerate(heading) if name}
    cells |= {f"{chr(65 + i)}2": value for i, value in enumerate([*GOOD, "7", "1"])}
    outcome = check(of_cells(cells), "f.xlsx", expectation(responses="responses.xlsx"))
    assert codes(outcome) == ["column_duplicated", "heading_empty"]
    assert outcome.problems[0].columns == (("C", "a1"), ("I", "A1"))
    assert outcome.problems[1].columns == (("H", ""),)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"hello,world\n1,2\n", "f.xlsx", "workbook_unreadable"),
        (b"PK\3\4 and nothing else", "f.xlsx", "workbook_unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "f.xls", "format_unsupported"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "f.xlsx",
            "workbook_protected",
        ),
        (b"%PDF-1.7 ...", "f.csv", "format_unsupported"),
        (b"<html><table>", "f.csv", "format_unsupported"),
    ],
)
def test_what_is_no_workbook_is_one_problem(data: bytes, name: str, code: str) -> None:
    assert problem_of(data, name=name) == code


def test_a_workbook_is_known_by_its_bytes_whatever_it_is_called() -> None:
    data = of_cells({"A1": "a", "A2": 1})
    assert read_source(Received("answers.csv", data), BOUNDS)[0].format.kind == "xlsx"


def test_another_zip_file_and_half_a_workbook_are_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    assert problem_of(stream.getvalue()) == "format_unsupported"
    whole = of_cells({"A1": "a", "A2": 1})
    assert problem_of(whole[: len(whole) // 2]) == "workbook_unreadable"
    assert problem_of(with_sheet_xml(whole, b"<worksheet><sheetData><row r=")) == "workbook_unreadable"


def test_an_empty_workbook_and_a_heading_alone() -> None:
    assert problem_of(workbook(lambda _: None)) == "file_empty"
    assert problem_of(of_cells({"A1": "a", "B1": "b"})) == "no_rows"


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = with_sheet_xml(of_cells({"A1": "a", "A2": 1}), b"<worksheet>" + b" " * 20_000_000 + b"</worksheet>")
    assert len(bomb) < BOUNDS.max_bytes
    assert problem_of(bomb) == "workbook_too_large"


def test_a_zip_file_that_lies_about_its_sizes_is_measured_itself() -> None:
    data = bytearray(with_sheet_xml(of_cells({"A1": "a", "A2": 1}), b"<worksheet>" + b" " * 20_000_000))
    # the size after unpacking, in the central directory: 24 bytes after its signature
    place = 0
    while (place := data.find(b"PK\1\2", place)) >= 0:
        data[place + 24 : place + 28] = (100).to_bytes(4, "little")
        place += 4
    with pytest.raises(UnreadableError) as stop:
        check_zip(bytes(data), most_bytes=5_000_000, most_cells=1_000_000)
    assert stop.value.problems[0].code == "workbook_too_large"


@pytest.mark.parametrize(
    "cell",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1048576'><c s='1' r='XFD1048576'><v>1</v></c></row>",
        b'<x:row r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
        b'<row><c r="XFD1048576"><v>1</v></c></row>',
        b'<row r="3"><c r="XFD1048576"><v>1</v></c></row>',
        b'<row r="3"><c r="XFD9999"><v>1</v></c></row>',
        b'<row r="3"><c r="XFD3"><v>1</v></c><c r="A99999"><v>1</v></c></row>',
        b'<row r="3"><c r="XFD3"><v>1</v></c></row><c r="A99999"><v>1</v></c>',
    ],
)
def test_one_stray_cell_far_away_does_not_claim_the_whole_rectangle(cell: bytes) -> None:
    xml = b'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>' + cell + b"</sheetData></worksheet>"
    assert problem_of(with_sheet_xml(of_cells({"A1": "a"}), xml)) == "too_many_cells"


@pytest.mark.parametrize("column", [26, 27, 52, 60, 676, 702, 703, 16384])
def test_a_cell_beyond_the_last_of_its_row_is_seen(column: int) -> None:
    from pipeline.intake.reading.sheet_extent import _further_than
    from pipeline.intake.source import column_letter

    pattern = _further_than(column)
    near = [column_letter(i) for i in range(26, column)]
    far = [column_letter(i) for i in range(column, min(column + 800, 16_384))]
    assert not [name for name in near if pattern.search(f' r="{name}7"'.encode())]
    assert all(pattern.search(f' r="{name}7"'.encode()) for name in far)


def test_formatted_empty_cells_far_away_do_not_count() -> None:
    def fill(book: Workbook) -> None:
        book.active["A1"], book.active["A2"] = "a", 1
        book.active["XFD1048576"].font = Font(bold=True)

    assert len(table(workbook(fill)).cells_by_row) == 1


def test_a_second_sheet_that_seems_to_hold_answers_is_told() -> None:
    def fill(book: Workbook) -> None:
        for name, heading in (("Deel 1", HEADING), ("Deel 2", HEADING[:5]), ("Codes", [HEADING[0], "x"])):
            sheet = book.create_sheet(name)
            sheet.append(heading)
            sheet.append(["1"] * len(heading))
        del book["Sheet"]

    _, problems = read_source(Received("f.xlsx", workbook(fill)), BOUNDS, known=frozenset(HEADING))
    assert [(p.code, p.sheet, p.details["sheets"]) for p in problems] == [("sheets_not_read", "Deel 1", "Deel 2")]


def test_a_sheet_in_utf_16_cannot_hide_its_cells() -> None:
    xml = '<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert problem_of(with_sheet_xml(of_cells({"A1": "a"}), xml.encode("utf-16"))) == "workbook_unreadable"

"""The marked copy: the sender's table in a workbook, with the cells that are concerned filled and a comment in each.

It is the only form of the answer that holds answers of residents, and says so; it stays with the sender. Rows and
columns stand where the sender's program shows them. The first sheet is the list of things to change, with a link to
each place.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError

from pipeline.intake.answer.marked_list import write_list
from pipeline.intake.answer.marks import (
    Comments,
    Marks,
    Place,
    columns_in_copy,
    heading_row_in_copy,
    marks_of,
    row_in_copy,
)
from pipeline.intake.check import Checked
from pipeline.intake.expectation import Expectation
from pipeline.intake.in_memory import keep_sheets_in_memory
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import bounds_of, read_grid
from pipeline.intake.source import Cell, FileFormat, Grid
from pipeline.intake.text import number_in
from pipeline.intake.words import Language, catalogue
from pipeline.spreadsheets import neutral

MOST_COMMENTS = 3000
"""How many cells get a comment: with more a spreadsheet becomes slow. All cells concerned are filled."""
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""What a sheet can hold."""
_LONGEST_TEXT = 32_767
_LONGEST_TITLE = 31
_NO_DATE = datetime(1980, 1, 1)
"""The first moment a ZIP file can name: the same answer is always the same bytes."""
_FILLS = {
    "error": PatternFill("solid", fgColor="F6C9C6"),
    "warning": PatternFill("solid", fgColor="FBE7B2"),
}
_HEADING = Font(bold=True)
_AUTHOR = "magical-housing"
_COLUMN_WIDTH = 14
_COMMENT_WIDTH, _COMMENT_LETTERS = 340, 48
"""Of a comment's box: pixels, and letters on a line."""
_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
_WRITTEN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:[.,]\d{1,10})?")


def marked_copy(
    checked: Checked, expected: Expectation, language: Language, *, declared: Sequence[str] = ()
) -> bytes | None:
    """The marked copy as the bytes of an XLSX file; ``None`` when the file cannot be read as a table at all.

    ``expected``: what the file was checked against. ``declared``: sentences about the declaration, for the list.
    """
    if checked.received is None:
        return None
    sheet = checked.table.format.sheet if checked.table else expected.sheet
    try:
        grid, _ = read_grid(checked.received, bounds_of(expected.params), sheet=sheet or None)
    except UnreadableError:
        return None
    if grid.cells_by_row.index.max() >= MOST_ROWS or max(columns_in_copy(grid)) > MOST_COLUMNS:
        return None
    marks = marks_of(checked.problems, grid)
    titles = _titles(grid, language)
    keep_sheets_in_memory()
    workbook = Workbook(write_only=True)
    workbook.properties.creator = _AUTHOR
    workbook.properties.created = _NO_DATE
    commented = _commented(marks, grid)
    write_list(
        workbook, titles, checked, language, found=checked.table.format if checked.table else grid.format,
        of_wave=expected.wave is not None, letters=_letters(grid), heading_row=heading_row_in_copy(grid),
        declared=declared, n_without_comment=max(0, len(commented) - MOST_COMMENTS),
    )  # fmt: skip
    table = _Table(grid, marks, Comments(checked, expected, grid.format, language), set(commented[:MOST_COMMENTS]))
    table.write(workbook, titles[1])
    stream = io.BytesIO()
    workbook.save(stream)
    return _without_times(stream.getvalue())


def _titles(grid: Grid, language: Language) -> tuple[str, str]:
    """The names of the two sheets; that with answers is called as in the sender's file."""
    texts = catalogue()["answer"][language]
    given = re.sub(r"[\[\]:*?/\\]", " ", neutral(grid.format.sheet)).strip("' ")[:_LONGEST_TITLE]
    title = given or texts["sheet_of_answers"]
    own = texts["sheet_of_list"]
    return (own if own.casefold() != title.casefold() else f"{own} 2"), title


def _letters(grid: Grid) -> dict[str, str]:
    """The copy's letter of each column, by the sender's letter, or by its name where it has none."""
    places = zip(grid.columns, columns_in_copy(grid), strict=True)
    return {column.letter or column.name: get_column_letter(at) for column, at in places}


def _commented(marks: Marks, grid: Grid) -> list[Place]:
    """The cells that deserve a comment: every marked cell, and the first one of a marked row.

    Headings come first, then what concerns few cells: a column full of the same is understood from some of them.
    """
    heading = heading_row_in_copy(grid)
    first = min(columns_in_copy(grid))
    few = {place: min(len(problem.rows) for problem in problems) for place, problems in marks.by_place.items()}
    for row, problems in marks.by_row.items():
        few.setdefault((row, first), min(len(problem.rows) for problem in problems))
    return sorted(few, key=lambda place: (place[0] != heading, few[place], place))


@dataclass(frozen=True)
class _Table:
    """The sheet with the sender's table. ``commented``: the cells that get a comment."""

    grid: Grid
    marks: Marks
    comments: Comments
    commented: set[Place]

    def write(self, workbook: Workbook, title: str) -> None:
        """Add the sheet, headings frozen; every row stands where the sender has it."""
        sheet = workbook.create_sheet(title)
        heading = heading_row_in_copy(self.grid)
        sheet.freeze_panes = f"A{heading + 1}"
        places = columns_in_copy(self.grid)
        for column in places:
            sheet.column_dimensions[get_column_letter(column)].width = _COLUMN_WIDTH
        at = 0
        for row, cells in _rows(self.grid, places):
            for _ in range(row - at - 1):
                sheet.append([])
            at = row
            whole = row == heading or row in self.marks.by_row
            for column in places:
                if whole or (row, column) in self.marks.by_place:
                    cells[column - 1] = self._marked(sheet, (row, column), cells[column - 1])
            sheet.append(cells)

    def _marked(self, sheet: Any, place: Place, value: Any) -> SheetCell:
        """A cell that is a heading, is filled, or has a comment."""
        cell = WriteOnlyCell(sheet, value)
        if place[0] == heading_row_in_copy(self.grid):
            cell.font = _HEADING
        severity = self.marks.severity(*place)
        if severity:
            cell.fill = _FILLS[severity]
        if place in self.commented:
            problems = self.marks.by_place.get(place) or self.marks.by_row[place[0]]
            text = _clean(self.comments.of(problems, value))
            n_lines = sum(1 + len(line) // _COMMENT_LETTERS for line in text.split("\n"))
            cell.comment = Comment(text, _AUTHOR, height=20 + 16 * n_lines, width=_COMMENT_WIDTH)
        return cell


def _rows(grid: Grid, places: Sequence[int]) -> Iterator[tuple[int, list[Any]]]:
    """Each row's number in the copy, and its cells from column A on: the headings, then every row below them."""
    width = max(places)

    def spread(cells: Sequence[Any]) -> list[Any]:
        row: list[Any] = [None] * width
        for at, cell in zip(places, cells, strict=True):
            row[at - 1] = cell
        return row

    yield heading_row_in_copy(grid), spread([_text(column.name) for column in grid.columns])
    columns = [_values(grid.cells_by_row[column.position], grid.format) for column in grid.columns]
    for row, cells in zip(grid.cells_by_row.index, zip(*columns, strict=True), strict=True):
        yield row_in_copy(int(row), grid.format), spread(cells)


def _values(cells: Any, found: FileFormat) -> list[Any]:
    """A column's cells as they are written: numbers as numbers, texts as texts that no spreadsheet takes for more."""
    values = [_value(cell, found) for cell in cells.cat.categories]
    values.append(None)  # an empty cell has code -1
    return [values[code] for code in cells.cat.codes.to_numpy()]


def _value(cell: Cell, found: FileFormat) -> str | float | None:
    """Numbers of a text file become numbers where writing them again would give the same text: no code loses its
    zeros."""
    if isinstance(cell, str):
        if found.kind == "csv" and _WRITTEN_NUMBER.fullmatch(cell):
            number = number_in(cell, found.decimal)
            if number is not None and repr(number).removesuffix(".0").replace(".", found.decimal) == cell:
                return int(number) if number == int(number) else number
        return _text(cell)
    number = float(cell)
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def _text(text: str) -> str:
    safe = _clean(neutral(text))[:_LONGEST_TEXT]
    # openpyxl takes these for the errors they name
    return f"'{safe}" if safe in _ERRORS else safe


def _clean(text: str) -> str:
    """``text`` without what XML cannot hold."""
    try:
        return SheetCell.check_string(None, text) or ""
    except IllegalCharacterError:
        return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)


def _without_times(data: bytes) -> bytes:
    """The same workbook without the moment it was written."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name, _NO_DATE.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()

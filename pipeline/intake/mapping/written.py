"""A proposed crosswalk as the table that a person edits: CSV as spreadsheets open it, or a workbook with drop-downs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from pipeline.declare import Instrument, in_language
from pipeline.declare.crosswalk import CERTAINTY, COLUMNS, WHY
from pipeline.declare.crosswalk_cells import to_cell
from pipeline.declare.names import NOT_ASKED
from pipeline.intake.mapping.lines import Certainty, ProposedLine
from pipeline.intake.words import Language, catalogue
from pipeline.spreadsheets import neutral

HEADER = (*COLUMNS, CERTAINTY, WHY)
_WIDTHS = (32, 32, 12, 26, 18, 12, 18, 16, 16, 70)
_COLOURS: dict[Certainty, str] = {"sure": "E2F0D9", "likely": "FFF2CC", "check": "F8CBAD"}
_ROWS_TO_FILL = 200
"""Drop-downs go on for so many rows below the last line."""


def cells_of(line: ProposedLine, language: Language) -> list[str]:
    """The cells of a line, in the order of ``HEADER``."""
    certainty = catalogue()["mapping"][language]["certainty"][line.certainty]
    why = line.said(language)
    return [*(to_cell(cell) for cell in line.row.model_dump().values()), certainty, to_cell(why[:1].upper() + why[1:])]


def crosswalk_csv(lines: Sequence[ProposedLine], language: Language) -> bytes:
    """The lines as CSV that a Dutch Excel opens by double-clicking: semicolons, UTF-8 with a byte-order mark, CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(cells_of(line, language) for line in lines)
    return text.getvalue().encode("utf-8-sig")


def crosswalk_workbook(lines: Sequence[ProposedLine], instrument: Instrument, language: Language) -> bytes:
    """The lines as a workbook: colours by certainty, drop-downs of variables and of what ``certainty`` may say, a sheet
    with the variables and one that explains."""
    from openpyxl import Workbook
    from openpyxl.styles import Font, PatternFill

    texts = catalogue()["mapping"][language]
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = texts["sheet_title"]
    _write(sheet, [list(HEADER), *(cells_of(line, language) for line in lines)])
    for n, line in enumerate(lines, start=2):
        sheet.cell(n, len(COLUMNS) + 1).fill = PatternFill("solid", fgColor=_COLOURS[line.certainty])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDEFGHIJ", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:J{len(lines) + 1}"
    variables = workbook.create_sheet(texts["sheet_variables"])
    _write(variables, [[field.name, in_language(field.title, language)] for field in instrument.fields])
    _drop_downs(sheet, variables.title, instrument, len(lines), list(texts["certainty"].values()))
    _write(workbook.create_sheet(texts["sheet_help"]), [[text] for text in texts["help"]])
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def _write(sheet: Any, rows: Sequence[Sequence[str]]) -> None:
    """Write texts as texts: never a formula, whatever they begin with."""
    for i, row in enumerate(rows, start=1):
        for j, text in enumerate(row, start=1):
            cell = sheet.cell(i, j)
            cell.value, cell.data_type = neutral(text), "s"
            cell.number_format = "@"


def _drop_downs(sheet: Any, variables: str, instrument: Instrument, n_lines: int, certainties: Sequence[str]) -> None:
    """Choices for the variable, the reason and the certainty of each line."""
    from openpyxl.worksheet.datavalidation import DataValidation

    reasons = [NOT_ASKED, *(missing.reason for missing in instrument.missing_values)]
    last = n_lines + 1 + _ROWS_TO_FILL
    for letter, source in (
        ("E", f"'{variables}'!$A$1:$A${len(instrument.fields)}"),
        ("H", f'"{",".join(dict.fromkeys(reasons))}"'),
        ("I", f'"{",".join(certainties)}"'),
    ):
        choices = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=True)
        sheet.add_data_validation(choices)
        choices.add(f"{letter}2:{letter}{last}")

"""Workbooks and documents whose bytes depend on their content alone, and cells that hold text and nothing else."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.spreadsheets import neutral

MOMENT = datetime(2000, 1, 1)
"""The date that files carry which cannot do without one."""
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")

HEADING_FILL = PatternFill("solid", fgColor="1F3A4D")
LETTER = "Calibri"
HEADING_FONT = Font(name=LETTER, bold=True, color="FFFFFF")
FILL_IN = PatternFill("solid", fgColor="FFF6D6")
"""Cells that somebody has to fill in."""
WRAPPED = Alignment(wrap_text=True, vertical="top")


def put(sheet: Worksheet, row: int, column: int, value: Any) -> Cell:
    """Write ``value``: a text as a text that no spreadsheet takes for a formula, a number as a number."""
    cell: Cell = sheet.cell(row, column)
    cell.value = neutral(value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def put_heading(sheet: Worksheet, row: int, texts: list[str]) -> None:
    """Write a row of headings."""
    for column, text in enumerate(texts, start=1):
        cell = put(sheet, row, column, text)
        cell.font, cell.fill, cell.alignment = HEADING_FONT, HEADING_FILL, Alignment(vertical="center", wrap_text=True)


def lettering(size: float = 11, *, bold: bool = False, quiet: bool = False) -> Font:
    """The letter of a cell; ``quiet`` is grey and in italics."""
    return Font(name=LETTER, size=size, bold=bold, italic=quiet, color="767676" if quiet else None)


def print_wide(sheet: Worksheet) -> None:
    """Print on its side, as wide as the page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0


def workbook_bytes(workbook: Workbook, *, title: str) -> bytes:
    """``workbook`` as a file; the same content always gives the same bytes."""
    workbook.properties.title, workbook.properties.creator = title, ""
    workbook.properties.created = MOMENT
    for sheet in workbook.worksheets:
        print_wide(sheet)
    written = io.BytesIO()
    workbook.save(written)
    return without_clock(written.getvalue())


def without_clock(data: bytes) -> bytes:
    """A ZIP file as it was, without the time at which it was written."""
    fixed = io.BytesIO()
    modified = MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + modified + rb"\g<2>", content)
            target.writestr(zipfile.ZipInfo(name, MOMENT.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()

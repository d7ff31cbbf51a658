"""XLSX workbooks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipeline.intake.foreign import reading
from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.source import Cell, FileFormat, Grid, Received, SourceColumn, column_letter
from pipeline.intake.table import Bounds
from pipeline.intake.text import as_text
from pipeline.intake.zip_guard import check_workbook

_CHUNK = 10_000
_UNPACKED_TIMES = 5
"""How many times ``max_bytes`` a workbook may measure once unpacked."""


def read_xlsx(received: Received, bounds: Bounds, *, sheet: str | None = None) -> tuple[Grid, list[Problem]]:
    """The cells on ``sheet``, or on the only sheet that has cells.

    The heading is the first row with a cell; rows and columns are those the spreadsheet shows. Raises
    ``UnreadableError``.
    """
    extent = check_workbook(received.data, most_bytes=_UNPACKED_TIMES * bounds.max_bytes, most_cells=bounds.most_cells)
    bounds.check_cells(extent.rows, extent.columns)
    with reading("workbook_unreadable"):
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(received.data))
        found = _sheet(workbook, sheet)
        rows = enumerate(found.iter_rows(), start=1)
        first_column = found.start[1] if found.start else 0
        heading_row, heading = _heading(rows)
        bounds.check_columns(sum(1 for name in heading if name))
        columns = tuple(SourceColumn(i, column_letter(first_column + i), name) for i, name in enumerate(heading))
        cells = _cells(rows, heading_row + 1, len(heading))
    return Grid(received, FileFormat("xlsx", sheet=found.name), heading_row, columns, cells), []


def _sheet(workbook: CalamineWorkbook, wanted: str | None) -> CalamineSheet:
    """The sheet that is meant; raises ``UnreadableError`` when there is none or more than one."""
    visible = [
        s.name for s in workbook.sheets_metadata
        if s.typ == SheetTypeEnum.WorkSheet and s.visible == SheetVisibleEnum.Visible
    ]  # fmt: skip
    if wanted is not None:
        if wanted not in workbook.sheet_names:
            raise UnreadableError(Problem("sheet_missing", sheet=wanted, details={"sheets": ", ".join(visible)}))
        return workbook.get_sheet_by_name(wanted)
    filled = [sheet for sheet in map(workbook.get_sheet_by_name, visible) if sheet.start is not None]
    if not filled:
        raise UnreadableError(Problem("file_empty"))
    if len(filled) > 1:
        names = ", ".join(sheet.name for sheet in filled)
        raise UnreadableError(Problem("sheet_unclear", count=len(filled), details={"sheets": names}))
    return filled[0]


def _heading(rows: Iterator[tuple[int, list[Any]]]) -> tuple[int, list[str]]:
    for number, row in rows:
        if any(cell != "" for cell in row):
            return number, [as_text(cell) if (cell := _cell(value)) is not None else "" for value in row]
    raise UnreadableError(Problem("file_empty"))


class _Codes(dict[Any, int]):
    """Numbers every different cell in the order they are met."""

    def __missing__(self, cell: Any) -> int:
        code = len(self)
        self[cell] = code
        return code


def _cells(rows: Iterator[tuple[int, list[Any]]], first: int, width: int) -> pd.DataFrame:
    """The cells below the heading."""
    # an empty cell is "" here; it gets code 0, which becomes -1
    seen = [_Codes({"": 0}) for _ in range(width)]
    codes: list[list[np.ndarray[Any, Any]]] = [[] for _ in range(width)]
    n_rows = 0
    while chunk := [row for _, row in islice(rows, _CHUNK)]:
        n_rows += len(chunk)
        for i, values in enumerate(zip(*chunk, strict=True)):
            plain = set(map(type, values)) <= {float, str}
            cells = values if plain else tuple("" if (cell := _cell(v)) is None else cell for v in values)
            codes[i].append(np.fromiter(map(seen[i].__getitem__, cells), dtype=np.int32, count=len(chunk)))
    if not n_rows:
        raise UnreadableError(Problem("no_rows"))
    columns = {i: _categorical(seen[i], np.concatenate(codes[i])) for i in range(width)}
    return pd.DataFrame(columns, index=pd.RangeIndex(first, first + n_rows))


def _categorical(seen: _Codes, codes: np.ndarray[Any, Any]) -> pd.Categorical:
    categories: pd.Index[Any] = pd.Index(list(seen)[1:], dtype="object")
    return pd.Categorical.from_codes(codes - 1, categories=categories)


def _cell(value: Any) -> Cell | None:
    """A cell as text or number; ``None`` when it is blank. Dates and times become ISO text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    text = str(value)
    return text if text.strip() else None

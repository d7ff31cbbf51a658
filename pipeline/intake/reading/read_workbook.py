"""Workbooks: XLSX (and XLSM), XLS and ODS."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.intake.problems import Problem, UnreadableError, place
from pipeline.intake.reading.apart import run_apart
from pipeline.intake.reading.foreign import reading
from pipeline.intake.reading.workbook_cells import Unfit, unfit_in_ods, unfit_in_xls, unfit_in_xlsx
from pipeline.intake.reading.zip_guard import check_zip
from pipeline.intake.source import FileFormat, Grid, Kind, Received, SourceColumn, column_letter
from pipeline.intake.table import LONGEST_HEADING, Bounds
from pipeline.intake.text import as_text, fold

_WORKER = Path(__file__).with_name("workbook_worker.py")
_UNPACKED_TIMES = 5
"""How many times ``max_bytes`` a workbook may measure once unpacked."""
_ANSWERS_TOO = 0.5
"""A sheet that knows this share of the headings of the one that is read may hold answers as well."""


def read_workbook(
    received: Received,
    bounds: Bounds,
    *,
    is_xls: bool = False,
    sheet: str | None = None,
    known: Collection[str] = frozenset(),
) -> tuple[Grid, list[Problem]]:
    """The cells on ``sheet``; without one on the only visible sheet that has cells, or on the one whose headings are
    ``known`` most often.

    The heading is the first row with a cell; rows and columns are those the spreadsheet shows. Formulas have the value
    that was stored with them. Cells that hold an error, and formulas that were never worked out, are empty and a
    problem. Raises ``UnreadableError``.
    """
    most_bytes = _UNPACKED_TIMES * bounds.max_bytes
    with reading("workbook_unreadable"):
        looked = None if is_xls else check_zip(received.data, most_bytes=most_bytes, most_cells=bounds.most_cells)
    if looked is not None:
        bounds.check_cells(looked.extent.rows, looked.extent.columns)
    about, codes, left = _read_apart(received.data, bounds, sheet, known)
    with reading("workbook_unreadable"):
        grid = _grid(received, looked.kind if looked else "xls", about, codes)
        name = grid.format.sheet
        if looked is None:
            unfit = unfit_in_xls(received.data)
        elif looked.kind == "ods":
            unfit = unfit_in_ods(looked.ods_sheets[name])
        else:
            unfit = unfit_in_xlsx(received.data, name, most_bytes=most_bytes)
        grid, problems = _told(grid, unfit, about)
    return grid, [*problems, *left]


def _read_apart(
    data: bytes, bounds: Bounds, sheet: str | None, known: Collection[str]
) -> tuple[dict[str, Any], bytes, list[Problem]]:
    """What ``workbook_worker`` says of the sheet that is meant, and a warning when another may hold answers as well;
    raises ``UnreadableError`` when there is no telling which is meant, or when it has too many cells."""

    def ask(name: str | None) -> tuple[dict[str, Any], bytes]:
        request = {"sheet": name, "most_columns": bounds.max_columns, "most_cells": bounds.most_cells}
        return run_apart(_WORKER, request, data, unreadable="workbook_unreadable", too_large="workbook_too_large")

    left: list[Problem] = []
    about, codes = ask(sheet)
    if "choose" in about:
        name, others = _chosen(about["choose"], known)
        if others:
            left.append(
                Problem("sheets_not_read", sheet=name, count=len(others), details={"sheets": ", ".join(others)})
            )
        about, codes = ask(name)
    named = sum(1 for cell in about["heading"] if cell is not None)
    bounds.check_columns(named)
    bounds.check_cells(about["rows"], len(about["heading"]))
    if any(isinstance(cell, str) and len(cell) > LONGEST_HEADING for cell in about["heading"]):
        raise UnreadableError(Problem("heading_too_long", sheet=about["sheet"], details={"limit": LONGEST_HEADING}))
    if not about["rows"] or about["columns"] is None:
        raise UnreadableError(Problem("no_rows"))
    return about, codes, left


def _chosen(sheets: list[tuple[str, list[list[str]]]], known: Collection[str]) -> tuple[str, list[str]]:
    """The sheet with the row that has most ``known`` headings, and those that have half as many; raises
    ``UnreadableError`` when no sheet has more than any other."""

    def n_known(rows: list[list[str]]) -> int:
        return max((sum(_is_known(cell, known) for cell in row) for row in rows), default=0)

    found = sorted(((n_known(rows), name) for name, rows in sheets), reverse=True)
    if found[0][0] == found[1][0]:
        names = ", ".join(name for name, _ in sheets)
        raise UnreadableError(Problem("sheet_unclear", count=len(sheets), details={"sheets": names}))
    (most, chosen), *rest = found
    return chosen, sorted(name for n, name in rest if n >= max(2.0, _ANSWERS_TOO * most))


def _is_known(cell: str, known: Collection[str]) -> bool:
    """Whether a heading, or a part of it (``hs1`` of ``group/hs1`` and ``housing[hs1]``), is one of ``known``."""
    return fold(cell) in known or any(fold(part) in known for part in re.split(r"[/\[\].:]", cell[:1000]) if part)


def _grid(received: Received, kind: Kind, about: dict[str, Any], codes: bytes) -> Grid:
    first, width, n_rows = about["first_column"], len(about["heading"]), about["rows"]
    table = np.frombuffer(codes, dtype=np.int32).reshape(width, n_rows)
    cells = {i: _categorical(about["columns"][i], table[i]) for i in range(width)}
    heading_row = about["heading_row"]
    frame = pd.DataFrame(cells, index=pd.RangeIndex(heading_row + 1, heading_row + 1 + n_rows))
    names = ["" if cell is None else as_text(cell) for cell in about["heading"]]
    columns = tuple(SourceColumn(i, column_letter(first + i), name) for i, name in enumerate(names))
    return Grid(received, FileFormat(kind, sheet=about["sheet"]), heading_row, columns, frame)


def _categorical(cells: list[str | float], codes: np.ndarray[Any, Any]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(cells, dtype="object"))


def _told(grid: Grid, unfit: Unfit, about: dict[str, Any]) -> tuple[Grid, list[Problem]]:
    """``grid`` with its merged cells and without the cells that hold no answer, and problems that say where."""
    first = about["first_column"]
    ranges = (*about["merged"], *unfit.merged)
    merged = tuple((row + 1, column - first, last_row + 1, last - first) for row, column, last_row, last in ranges)
    errors, not_worked_out = _by_column(grid, unfit.errors, first), _by_column(grid, unfit.not_worked_out, first)
    frame = grid.cells_by_row.copy(deep=False)
    for position, rows in errors.items():
        if grid.format.kind == "ods":  # there an error may have a value beside it
            frame[position] = frame[position].where(~frame.index.isin(rows))
    problems = [
        Problem(code, (place(grid.columns[position]),), tuple(rows), len(rows), sheet=grid.format.sheet)
        for code, found in (("cells_with_errors", errors), ("formulas_without_value", not_worked_out))
        for position, rows in sorted(found.items())
    ]
    return replace(grid, cells_by_row=frame, merged=merged), problems


def _by_column(grid: Grid, cells: Collection[tuple[int, int]], first_column: int) -> dict[int, list[int]]:
    """The rows of those of ``cells`` that lie below the headings, by position of their column."""
    found: dict[int, list[int]] = {}
    for row, column in sorted(cells):
        position = column - first_column
        if row + 1 > grid.heading_row and 0 <= position < len(grid.columns):
            found.setdefault(position, []).append(row + 1)
    if grid.format.kind != "xls":
        return found
    # an XLS is searched as a whole: where the sheet that was read has a value, the error is another sheet's
    empty = {p: set(grid.cells_by_row.index[grid.cells_by_row[p].isna()]) for p in found}
    return {p: kept for p, rows in found.items() if (kept := [row for row in rows if row in empty[p]])}

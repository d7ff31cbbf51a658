"""Exports as survey tools write them, read up to the table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook

from pipeline.intake.problems import Problem
from pipeline.intake.reading.read import read_source
from pipeline.intake.source import Received, SourceColumn, SourceTable
from pipeline.intake.table import Bounds

BOUNDS = Bounds(max_bytes=1_000_000, max_rows=1_000, max_columns=100)
Rows = Sequence[Sequence[object]]


def csv_of(rows: Rows, *, delimiter: str = ",") -> bytes:
    """``rows`` as delimited text."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode()


def xlsx_of(rows: Rows, *, merged: Sequence[str] = ()) -> bytes:
    """``rows`` as the only sheet of a workbook, with ``merged`` ranges."""
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append([None if cell == "" else cell for cell in row])
    for cells in merged:
        book.active.merge_cells(cells)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def table_of(data: bytes, known: frozenset[str] = frozenset()) -> tuple[SourceTable, list[Problem]]:
    """The table in a file, and what is wrong with its shape. The file's name says nothing."""
    return read_source(Received("bestand", data), BOUNDS, known=known)


def column_of(table: SourceTable, name: str) -> SourceColumn:
    """The column under a heading."""
    return next(column for column in table.columns if column.name == name)


def cells_of(table: SourceTable, name: str) -> list[object]:
    """The cells under a heading; ``None`` where there is none."""
    cells = table.cells_by_row[column_of(table, name).position].astype(object)
    return [None if cell != cell else cell for cell in cells]

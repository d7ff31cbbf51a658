"""SPSS files (.sav, .zsav)."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from pipeline.intake.foreign import reading
from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.source import Cell, FileFormat, Received, SourceColumn, SourceTable
from pipeline.intake.table import Bounds, check_headings, texts_by_column, without_blank_rows
from pipeline.intake.text import decimal_mark

_EPOCH = datetime(1582, 10, 14)
"""SPSS counts seconds from the first day of the Gregorian calendar."""
_DATES = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "DATETIME", "YMDHMS")


def read_sav(received: Received, bounds: Bounds) -> tuple[SourceTable, list[Problem]]:
    """The table in an SPSS file. Rows are case numbers, columns are named as the variables.

    User-missing codes stay as they are, and each column says which they are; so do value labels. Raises
    ``UnreadableError``.
    """
    with reading("spss_unreadable"):
        _, about = pyreadstat.read_sav(io.BytesIO(received.data), metadataonly=True)
        bounds.check_columns(len(about.column_names))
        bounds.check_cells(max(about.number_rows or 0, 0), len(about.column_names))
        most = bounds.rows_looked_at(len(about.column_names))
        frame, about = pyreadstat.read_sav(
            io.BytesIO(received.data), user_missing=True, disable_datetime_conversion=True, row_limit=most + 1
        )
        bounds.check_cells(len(frame), len(about.column_names))
        columns = tuple(_column(i, name, about) for i, name in enumerate(about.column_names))
        formats = [_format(about.original_variable_types.get(column.name) or "") for column in columns]
        cells = pd.DataFrame(
            {c.position: _categorical(frame.iloc[:, c.position], formats[c.position]) for c in columns},
            index=pd.RangeIndex(1, len(frame) + 1),
        )
    if not columns:
        raise UnreadableError(Problem("file_empty"))
    kept, blank = without_blank_rows(cells)
    columns, kept, shape = check_headings(columns, kept)
    found = FileFormat(
        "sav", encoding=about.file_encoding or "", decimal=decimal_mark(texts_by_column(kept), otherwise=".")
    )
    return SourceTable(received, found, columns, kept), [*blank, *shape]


def _column(position: int, name: str, about: Any) -> SourceColumn:
    labels = about.variable_value_labels.get(name, {})
    ranges = about.missing_ranges.get(name, [])
    return SourceColumn(
        position, "", name,
        label=about.column_names_to_labels.get(name) or "",
        value_labels={_same_kind(value): str(label) for value, label in labels.items()},
        missing_ranges=tuple((_same_kind(r["lo"]), _same_kind(r["hi"])) for r in ranges),
    )  # fmt: skip


def _same_kind(value: Any) -> Cell:
    return value if isinstance(value, str) else float(value)


def _format(spss: str) -> str:
    """The name of an SPSS format without its width (``DATE11`` is ``DATE``)."""
    return spss.rstrip("0123456789.").upper()


def _categorical(values: pd.Series[Any], spss_format: str) -> pd.Categorical:
    """One variable's cells as categories; system-missing and blank text are missing."""
    codes, found = pd.factorize(values, use_na_sentinel=True)
    cells: list[Cell | None] = [_cell(value, spss_format) for value in found]
    different = {cell: place for place, cell in enumerate(dict.fromkeys(c for c in cells if c is not None))}
    place = np.array([*(-1 if cell is None else different[cell] for cell in cells), -1], dtype=np.int32)
    categories: pd.Index[Any] = pd.Index(list(different), dtype="object")
    return pd.Categorical.from_codes(place[codes], categories=categories)


def _cell(value: Any, spss_format: str) -> Cell | None:
    if isinstance(value, str):
        return value.rstrip() if value.strip() else None
    number = float(value)
    if not np.isfinite(number):
        return None
    if spss_format not in _DATES:
        return number
    try:
        moment = _EPOCH + timedelta(seconds=number)
    except OverflowError:
        return number
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(sep=" ")

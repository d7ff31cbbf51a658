"""SPSS files (.sav, .zsav)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.apart import run_apart
from pipeline.intake.reading.foreign import reading
from pipeline.intake.source import Cell, FileFormat, Grid, Received, SourceColumn
from pipeline.intake.table import Bounds

_EPOCH = datetime(1582, 10, 14)
"""SPSS counts seconds from the first day of the Gregorian calendar."""
_DATES = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "DATETIME", "YMDHMS")
_WORKER = Path(__file__).with_name("sav_worker.py")


def read_sav(received: Received, bounds: Bounds) -> tuple[Grid, list[Problem]]:
    """The cells of an SPSS file. Rows are case numbers, columns are named as the variables.

    User-missing codes stay as they are, and each column says which they are; so do value labels. Raises
    ``UnreadableError``.
    """
    about, frame = _read_apart(received.data, bounds)
    columns = tuple(_column(i, column) for i, column in enumerate(about["columns"]))
    bounds.check_columns(len(columns))
    bounds.check_cells(about["rows"], len(columns))
    if not columns or frame is None:
        raise UnreadableError(Problem("file_empty"))
    formats = [column["format"].rstrip("0123456789.").upper() for column in about["columns"]]
    cells = pd.DataFrame(
        {c.position: _categorical(frame.column(c.position), formats[c.position]) for c in columns},
        index=pd.RangeIndex(1, frame.num_rows + 1),
    )
    return Grid(received, FileFormat("sav", encoding=about["encoding"]), 0, columns, cells), []


def _read_apart(data: bytes, bounds: Bounds) -> tuple[dict[str, Any], pa.Table | None]:
    """What the file says about itself, and its cells unless there are too many (``sav_worker``).

    Raises ``UnreadableError`` when the reader says no, crashes, or takes too much time or memory.
    """
    request = {"most_columns": bounds.max_columns, "most_cells": bounds.most_cells}
    about, rest = run_apart(_WORKER, request, data, unreadable="spss_unreadable", too_large="file_takes_too_much")
    with reading("spss_unreadable"):
        return about, pa.ipc.open_stream(rest).read_all() if rest else None


def _column(position: int, about: dict[str, Any]) -> SourceColumn:
    return SourceColumn(
        position, "", about["name"], label=about["label"],
        value_labels={_same_kind(value): label for value, label in about["value_labels"]},
        missing_ranges=tuple((_same_kind(low), _same_kind(high)) for low, high in about["missing_ranges"]),
    )  # fmt: skip


def _same_kind(value: Any) -> Cell:
    return value if isinstance(value, str) else float(value)


def _categorical(values: pa.ChunkedArray, spss_format: str) -> pd.Categorical:
    """One variable's cells as categories; system-missing and blank text are missing."""
    encoded = values.combine_chunks().dictionary_encode()
    cells: list[Cell | None] = [_cell(value, spss_format) for value in encoded.dictionary.to_pylist()]
    different = {cell: place for place, cell in enumerate(dict.fromkeys(c for c in cells if c is not None))}
    place = np.array([*(-1 if cell is None else different[cell] for cell in cells), -1], dtype=np.int32)
    codes = encoded.indices.fill_null(len(cells)).to_numpy()
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

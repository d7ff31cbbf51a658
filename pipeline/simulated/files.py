"""Writing a source file whose bytes depend on its content alone: no clock, no version, no order of a dictionary."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.artefacts import beside
from pipeline.simulated.form import FileFormat, SourceColumn

MOMENT = datetime(2000, 1, 1)
"""The date that files carry which cannot do without one."""
SAV_DATE_AT, SAV_DATE = 92, b"01 Jan 0000:00:00"
"""Place and fixed content of creation date and time in an SPSS system file (PSPP manual, File Header Record)."""


def write_source(path: Path, cells: pd.DataFrame, columns: Sequence[SourceColumn], file_format: FileFormat) -> None:
    """Write ``cells`` (one row a questionnaire; ``None`` is blank) to ``path`` in the declared format.

    ``columns`` describe those of ``cells`` that hold the instrument's variables; further ones are written as they are.
    """
    with beside(path) as temporary:
        if file_format.kind == "csv":
            temporary.write_bytes(_csv(cells, file_format))
        elif file_format.kind == "xlsx":
            temporary.write_bytes(_xlsx(cells, file_format))
        else:
            _write_sav(temporary, cells, columns)


def _csv(cells: pd.DataFrame, file_format: FileFormat) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=file_format.delimiter, lineterminator="\r\n")
    writer.writerow(cells.columns)
    for row in cells.itertuples(index=False):
        writer.writerow(
            [str(cell).replace(".", file_format.decimal) if isinstance(cell, float) else cell for cell in row]
        )
    return text.getvalue().encode(file_format.encoding)


def _xlsx(cells: pd.DataFrame, file_format: FileFormat) -> bytes:
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    workbook = Workbook()
    workbook.properties.created = workbook.properties.modified = MOMENT
    sheet = workbook.worksheets[0]
    sheet.title = file_format.sheet
    sheet.append(list(cells.columns))
    for row in cells.itertuples(index=False):
        sheet.append(list(row))
    written, fixed = io.BytesIO(), io.BytesIO()
    ExcelWriter(workbook, zipfile.ZipFile(written, "w")).save()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, MOMENT.timetuple()[:6])
            target.writestr(member, source.read(name), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _write_sav(path: Path, cells: pd.DataFrame, columns: Sequence[SourceColumn]) -> None:
    import pyreadstat

    frame = pd.DataFrame({name: _typed(cells[name]) for name in cells.columns})
    numeric = [column for column in columns if frame[column.name].dtype == float]
    labels: dict[str, dict[int | float, str]] = {
        column.name: dict(column.labels) for column in numeric if column.labels
    }
    user_missing: dict[str, list[Any]] = {
        column.name: sorted(code for code in column.reasons.values() if isinstance(code, int | float))
        for column in numeric
    }
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels={column.name: column.title for column in columns},
        variable_value_labels=labels,
        missing_ranges={name: codes for name, codes in user_missing.items() if codes},
    )
    content = path.read_bytes()
    end = SAV_DATE_AT + len(SAV_DATE)
    path.write_bytes(content[:SAV_DATE_AT] + SAV_DATE + content[end:])


def _typed(cells: pd.Series) -> pd.Series:
    """A column as SPSS keeps it: numbers where every cell is one, else text."""
    filled = cells.dropna()
    if all(isinstance(cell, int | float) for cell in filled):
        return cells.astype(float)
    return cells.map(lambda cell: "" if cell is None else str(cell)).astype(object)

"""A crosswalk as somebody sends it back, workbook or CSV, to the text that ``declare/crosswalk.py`` reads."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pipeline.declare.crosswalk import COLUMNS
from pipeline.intake.messages import RefusedError
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import read_grid
from pipeline.intake.source import Received
from pipeline.intake.table import Bounds
from pipeline.intake.text import as_text, fold

_WORKBOOKS = (b"PK\3\4", b"\xd0\xcf\x11\xe0")
BOUNDS = Bounds(max_bytes=20_000_000, max_rows=50_000, max_columns=100)
"""How large a crosswalk may be."""


def crosswalk_bytes(data: bytes, name: Path) -> bytes:
    """``data`` as CSV; anything but a workbook as it is.

    Raises ``RefusedError`` for a workbook that cannot be read or has no sheet with a crosswalk's columns. Rows keep
    their numbers, so that what is said of a line is said of the workbook's row.
    """
    if not data.startswith(_WORKBOOKS):
        return data
    refused = RefusedError("crosswalk_no_table", path=name.name, expected=", ".join(COLUMNS))
    try:
        grid, _ = read_grid(Received(name.name, data), BOUNDS, known=frozenset(map(fold, COLUMNS)))
    except UnreadableError:
        raise refused from None
    names = [column.name.strip() for column in grid.columns]
    if not set(COLUMNS) <= set(names):
        raise refused
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    written = grid.heading_row
    for number, row in zip(grid.cells_by_row.index, grid.cells_by_row.itertuples(index=False), strict=True):
        for _ in range(int(number) - written - 1):
            writer.writerow([""] * len(names))
        writer.writerow(["" if cell != cell else _one_line(cell) for cell in row])
        written = int(number)
    return text.getvalue().encode()


def _one_line(cell: str | float) -> str:
    return " ".join(as_text(cell).split())

"""Which row names the columns: found below a title, refused where cells are merged or it comes again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.intake.problems import Problem, place
from pipeline.intake.source import Grid, SourceColumn, column_letter
from pipeline.intake.text import as_text

_LOOKED_AT = 15
"""How many rows may stand above the headings."""


def below_a_title(grid: Grid) -> tuple[Grid, list[Problem]]:
    """``grid`` with the row of headings that stands below a title, and a warning that says which row it is.

    A title is a first row with a single cell where there are several columns. The headings are then the first row of
    nothing but different texts that fills most columns, with no number in it; where there is none the grid stays as it
    is, and what is in it is told as of any file.
    """
    filled = [column for column in grid.columns if column.name.strip()]
    if len(filled) > 1 or len(grid.columns) < 3:
        return grid, []
    for i in range(min(_LOOKED_AT, len(grid.cells_by_row) - 1)):
        cells = [grid.cells_by_row[column.position].iloc[i] for column in grid.columns]
        present = [cell for cell in cells if isinstance(cell, str) or cell == cell]
        if len(present) <= 1:
            continue
        texts = [cell.strip() for cell in present if isinstance(cell, str)]
        if len(texts) < len(present) or len(set(texts)) < len(texts) or 2 * len(texts) < len(grid.columns):
            return grid, []
        if any(text.replace(",", ".").replace(".", "", 1).lstrip("-").isdigit() for text in texts):
            return grid, []
        return _from_row(grid, i, cells)
    return grid, []


def _from_row(grid: Grid, i: int, cells: list[object]) -> tuple[Grid, list[Problem]]:
    """``grid`` with its ``i``-th row of cells as the headings."""
    names = [as_text(cell) if isinstance(cell, str | float) and cell == cell else "" for cell in cells]
    columns = tuple(replace(column, name=name) for column, name in zip(grid.columns, names, strict=True))
    row = int(grid.cells_by_row.index[i])
    below = without_unused(grid.cells_by_row.iloc[i + 1 :])
    found = replace(grid, heading_row=row, columns=columns, cells_by_row=below)
    details = {"found": row}
    return found, [Problem("title_above", rows=(grid.heading_row,), count=1, sheet=grid.format.sheet, details=details)]


def without_unused(cells_by_row: pd.DataFrame) -> pd.DataFrame:
    """``cells_by_row`` without the cells of rows that were left out."""
    kept: pd.DataFrame = cells_by_row.apply(lambda column: column.cat.remove_unused_categories())
    return kept


def merged_headings(grid: Grid, columns: Iterable[SourceColumn], n_rows: int) -> list[Problem]:
    """One problem that names every merged range in the ``n_rows`` rows of headings, by its first cell."""
    last = grid.heading_row + n_rows - 1
    named = {column.position: column for column in columns}
    ranges = [r for r in grid.merged if r[0] <= last and r[2] >= grid.heading_row and (r[0], r[1]) != (r[2], r[3])]
    if not ranges:
        return []
    places = tuple(
        place(named[r[1]]) if r[1] in named else (column_letter(r[1]), "") for r in sorted(ranges, key=lambda r: r[1])
    )
    rows = tuple(sorted({r[0] for r in ranges}))
    return [Problem("heading_merged", columns=places, rows=rows, count=len(ranges), sheet=grid.format.sheet)]


def repeated_headings(grid: Grid, cells_by_row: pd.DataFrame) -> list[Problem]:
    """A problem that names the rows in which the headings stand once more, as when exports were pasted together."""
    named = [column for column in grid.columns if column.name.strip()]
    n_alike = np.zeros(len(cells_by_row), dtype=int)
    for column in named:
        cells = cells_by_row[column.position]
        found = [code for text in {column.name, column.name.strip()} if (code := _code(cells, text)) is not None]
        for code in found:
            n_alike += cells.cat.codes.to_numpy() == code
    # most of the headings at once; of two columns both
    rows = tuple(int(row) for row in cells_by_row.index[2 * n_alike > max(len(named), 2)])
    if not rows:
        return []
    first = next(column for column in named if column.name.strip())
    return [
        Problem("heading_repeated", columns=(place(first),), rows=rows, count=len(rows), sheet=grid.format.sheet)
    ]  # fmt: skip


def _code(cells: pd.Series, text: str) -> int | None:
    """The category code of ``text`` in ``cells``; ``None`` when no cell is that."""
    code = int(cells.cat.categories.get_indexer(pd.Index([text]))[0])
    return None if code < 0 else code

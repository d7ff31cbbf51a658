"""Which row names the columns: found below a title, refused where cells are merged or it comes again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.intake.problems import Problem, place
from pipeline.intake.source import Cell, Grid, SourceColumn, column_letter
from pipeline.intake.text import MARKS, as_text, fold, number_in

_LOOKED_AT = 15
"""How many rows may stand above the headings."""


def below_a_title(grid: Grid, known: frozenset[str] = frozenset()) -> tuple[Grid, list[Problem]]:
    """``grid`` with the row of headings that stands below a title, and a warning that says which row it is.

    Where the first row has no heading that the questionnaire or the crosswalk knows (``known``, folded) and a row below
    has two, that row names the columns. Otherwise a title is a first row with a single cell where there are several
    columns, and the headings are the next row with more: nothing but different texts that fill most columns, with no
    number among them. Where there is no such row the grid stays as it is, and what is in it is told as of any file.
    """
    names = [column.name.strip() for column in grid.columns if column.name.strip()]
    rows = [_row(grid, i) for i in range(min(_LOOKED_AT, len(grid.cells_by_row) - 1))]
    if not any(fold(name) in known for name in names):
        for i, cells in enumerate(rows):
            if sum(isinstance(cell, str) and fold(cell) in known for cell in cells) >= 2:
                return _from_row(grid, i, cells)
    if len(names) > 1 or len(grid.columns) < 3:
        return grid, []
    for i, cells in enumerate(rows):
        present = [cell for cell in cells if cell is not None]
        if len(present) > 1:
            return _from_row(grid, i, cells) if _may_be_headings(present, len(grid.columns)) else (grid, [])
    return grid, []


def _row(grid: Grid, i: int) -> list[Cell | None]:
    """The ``i``-th row of cells."""
    cells = (grid.cells_by_row[column.position].iloc[i] for column in grid.columns)
    return [cell if isinstance(cell, str) or cell == cell else None for cell in cells]


def _may_be_headings(cells: list[Cell], n_columns: int) -> bool:
    """Whether ``cells`` are different texts, no numbers, for at least half of the columns."""
    texts = {fold(cell) for cell in cells if isinstance(cell, str)}
    numbers = any(number_in(text, mark) is not None for text in texts for mark in MARKS)
    return len(texts) == len(cells) and not numbers and 2 * len(texts) >= n_columns


def _from_row(grid: Grid, i: int, cells: list[Cell | None]) -> tuple[Grid, list[Problem]]:
    """``grid`` with its ``i``-th row of cells as the headings."""
    names = ["" if cell is None else as_text(cell) for cell in cells]
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
    return _merged(
        "heading_merged", grid, columns, [r for r in grid.merged if r[0] <= last and r[2] >= grid.heading_row]
    )


def merged_groups(above: Grid, grid: Grid) -> list[Problem]:
    """One problem that names every merged range in rows of ``above`` that stand over the headings of ``grid`` and hold
    more than a title: names of groups of columns, which belong into the headings."""
    filled = {above.heading_row: sum(bool(column.name.strip()) for column in above.columns)}
    over = above.cells_by_row.loc[: grid.heading_row - 1].notna().sum(axis=1)
    filled |= dict(zip(over.index.tolist(), over.tolist(), strict=True))
    groups = [r for r in above.merged if r[0] < grid.heading_row and filled.get(r[0], 0) > 1]
    return _merged("heading_merged", grid, [], groups)


def merged_answers(grid: Grid, columns: Iterable[SourceColumn], rows: pd.Index[int]) -> list[Problem]:
    """One problem that names every merged range that begins in ``rows``, the answers: all but its first cell are empty,
    which is not what the sender sees."""
    first, last = int(rows.min()), int(rows.max())
    return _merged("cells_merged", grid, columns, [r for r in grid.merged if first <= r[0] <= last])


def _merged(
    code: str, grid: Grid, columns: Iterable[SourceColumn], ranges: list[tuple[int, int, int, int]]
) -> list[Problem]:
    named = {column.position: column for column in columns}
    ranges = [r for r in ranges if (r[0], r[1]) != (r[2], r[3])]
    if not ranges:
        return []
    positions = sorted({r[1] for r in ranges})
    places = tuple(place(named[i]) if i in named else (column_letter(i), "") for i in positions)
    rows = tuple(sorted({r[0] for r in ranges}))
    return [Problem(code, columns=places, rows=rows, count=len(ranges), sheet=grid.format.sheet)]


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

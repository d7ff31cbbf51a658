"""What every reader does once it has columns and cells: bounds, headings, blank rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pipeline.intake.problems import Problem, UnreadableError, place
from pipeline.intake.source import SourceColumn
from pipeline.intake.text import fold

MOST_CELLS = 10_000_000
"""However many rows are allowed, no more cells than this are looked at: it keeps reading below a gigabyte."""
LONGEST_HEADING = 5_000
"""Characters; a question with its explanation has a few hundred."""


@dataclass(frozen=True)
class Bounds:
    """How large a file may be. Rows beyond ``max_rows`` are an error of their own and are still looked at, up to
    ``MOST_CELLS``."""

    max_bytes: int
    max_rows: int
    max_columns: int

    @property
    def most_cells(self) -> int:
        """How many cells a table may have."""
        return max(MOST_CELLS, self.max_rows * self.max_columns)

    def check_columns(self, n_columns: int) -> None:
        """Raise ``UnreadableError`` when there are too many columns."""
        if n_columns > self.max_columns:
            raise UnreadableError(
                Problem("too_many_columns", count=n_columns, details={"found": n_columns, "limit": self.max_columns})
            )

    def rows_looked_at(self, n_columns: int) -> int:
        """How many rows of a text file are read."""
        return max(self.max_rows + 1, self.most_cells // max(n_columns, 1))

    def check_cells(self, n_rows: int, n_columns: int) -> None:
        """Raise ``UnreadableError`` when a table of this size would not fit."""
        if n_rows * n_columns > self.most_cells:
            details: dict[str, str | int] = {"rows": n_rows, "columns": n_columns, "limit": self.max_rows}
            raise UnreadableError(Problem("too_many_cells", count=n_rows, details=details))


def texts_by_column(cells_by_row: pd.DataFrame) -> Iterator[list[str]]:
    """The different texts of each column that holds any, without white space around them."""
    for position in cells_by_row.columns:
        texts = [cell.strip() for cell in cells_by_row[position].cat.categories if isinstance(cell, str)]
        if texts:
            yield texts


def without_blank_rows(cells_by_row: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows that have a cell; blank rows above the last of them are worth a warning.

    Raises ``UnreadableError`` (``no_rows``) when nothing is left.
    """
    filled = pd.Series(False, index=cells_by_row.index)
    for position in cells_by_row.columns:
        filled |= cells_by_row[position].notna()
    if not filled.any():
        raise UnreadableError(Problem("no_rows"))
    last = filled[filled].index[-1]
    blank = [int(row) for row in filled.index[~filled] if row < last]
    problems = [Problem("rows_blank", rows=tuple(blank), count=len(blank))] if blank else []
    return (cells_by_row if filled.all() else cells_by_row.loc[filled]), problems


def check_headings(
    columns: tuple[SourceColumn, ...], cells_by_row: pd.DataFrame, *, sheet: str = ""
) -> tuple[tuple[SourceColumn, ...], pd.DataFrame, list[Problem]]:
    """Columns that have a heading; an empty heading over cells, and the same heading twice, are problems."""
    kept = [column for column in columns if column.name]
    unnamed = [c for c in columns if not c.name and bool(cells_by_row[c.position].notna().any())]
    problems = [Problem("heading_empty", columns=(place(c),), sheet=sheet) for c in unnamed]
    by_name: dict[str, list[SourceColumn]] = defaultdict(list)
    for column in kept:
        by_name[fold(column.name)].append(column)
    problems += [
        Problem("column_duplicated", columns=tuple(place(c) for c in same), count=len(same), sheet=sheet)
        for same in by_name.values()
        if len(same) > 1
    ]
    return tuple(kept), cells_by_row[[column.position for column in kept]], problems

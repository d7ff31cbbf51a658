"""How the export of a survey tool is laid out: what every tool's module says of a file that it recognises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.intake.source import Cell, Grid, SourceColumn, Tool
from pipeline.intake.text import as_text, fold


@dataclass(frozen=True)
class Layout:
    """A recognised export.

    ``columns``: those of the grid, named as the tool names its questions. ``heading_rows``: how many rows name the
    columns; the first is the grid's heading. ``set_apart``: by problem code, the numbers of the rows that are no
    answers. ``joined``: what stands between several answers in one cell, by the position of the column.
    ``explains_merged``: whether merged heading cells are this tool's own way of writing.
    """

    tool: Tool
    columns: tuple[SourceColumn, ...]
    heading_rows: int = 1
    set_apart: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    joined: Mapping[int, str] = field(default_factory=dict)
    explains_merged: bool = False


def one_line(text: str) -> str:
    """``text`` with its white space collapsed."""
    return " ".join(text.split())


def squeezed(text: str) -> str:
    """``text`` for telling a tool's own columns: letters and digits alone, without capitals."""
    return "".join(c for c in fold(text) if c.isalnum())


def headings(grid: Grid) -> list[str]:
    """The heading of every column, white space collapsed."""
    return [one_line(column.name) for column in grid.columns]


def texts_below(grid: Grid, n: int) -> list[str]:
    """The cells of the ``n``-th row below the heading (from 0) as texts on one line; none when there is no such row."""
    if n >= len(grid.cells_by_row):
        return []
    cells = (grid.cells_by_row[column.position].iloc[n] for column in grid.columns)
    return [one_line(as_text(cell)) if isinstance(cell, str | float) and cell == cell else "" for cell in cells]


def different(grid: Grid, position: int) -> list[Cell]:
    """The different cells of a column."""
    return list(grid.cells_by_row[position].cat.categories)


def rows_where(grid: Grid, position: int, wanted: Iterable[str], *, blank: bool = False) -> tuple[int, ...]:
    """The numbers of the rows whose cell is one of ``wanted`` (folded), or, with ``blank``, has none."""
    cells, looked_for = grid.cells_by_row[position], frozenset(wanted)
    marked = np.array([*(fold(as_text(cell)) in looked_for for cell in cells.cat.categories), blank])
    return tuple(int(row) for row in cells.index[marked[cells.cat.codes.to_numpy()]])


def named(
    column: SourceColumn, name: str, *, label: str = "", codes: Iterable[str] = (), own: bool = False
) -> SourceColumn:
    """``column`` under a name, with the tool's other names for it; ``own``: it is the tool's, and no question."""
    others = tuple(dict.fromkeys(code for code in codes if code and fold(code) != fold(name)))
    return replace(column, name=name, label=label if label != name else "", codes=others, own=own)

"""From a reader's grid to a table: which rows name the columns, which rows are answers, what each column is called."""

from __future__ import annotations

from dataclasses import replace

from pipeline.intake.problems import Problem
from pipeline.intake.source import Grid, SourceTable
from pipeline.intake.table import check_headings, texts_by_column, without_blank_rows
from pipeline.intake.text import decimal_mark


def arrange(grid: Grid) -> tuple[SourceTable, list[Problem]]:
    """The table in ``grid`` and what is wrong with its shape; raises ``UnreadableError`` when there is no table.

    The decimal mark found here is a first guess: ``decimals`` looks again once it is known which columns are numbers.
    """
    kept, blank = without_blank_rows(grid.cells_by_row)
    columns = tuple(replace(column, name=" ".join(column.name.split())) for column in grid.columns)
    columns, kept, shape = check_headings(columns, kept, sheet=grid.format.sheet)
    mark = decimal_mark(texts_by_column(kept), otherwise="," if grid.format.delimiter == ";" else ".")
    return SourceTable(grid.received, replace(grid.format, decimal=mark), columns, kept), [*blank, *shape]

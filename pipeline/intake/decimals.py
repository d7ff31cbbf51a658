"""The decimal mark of a file, found by the answers that are numbers and by nothing else in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.intake.problems import Problem, place
from pipeline.intake.source import SourceColumn, SourceTable
from pipeline.intake.text import MARKS, Mark, mark_of_fraction


@dataclass(frozen=True)
class _Fractions:
    """One column's numbers with a fraction by the mark that shows it: their rows, and how many different ones."""

    column: SourceColumn
    rows: dict[Mark, list[int]]
    different: dict[Mark, int]


def with_decimal_mark(table: SourceTable, columns: Iterable[SourceColumn]) -> tuple[SourceTable, list[Problem]]:
    """``table`` read with the mark of most numbers in ``columns``, those whose answers can be numbers.

    A number such as ``1.000``, whose mark may part thousands, is no evidence. Without evidence it is the mark that goes
    with the delimiter: what stands in columns that nothing is had from says nothing about the answers.
    A single number with the other mark is left to be reported as a cell that cannot be read. A column that has at least
    two different numbers with the other mark, and no more with this one, contradicts the rest of the file (or itself):
    which is meant is nobody's to guess, so that is a problem of the column.
    """
    found = [_fractions(table.cells_by_row[column.position], column) for column in columns]
    n_by_mark = {mark: sum(len(f.rows[mark]) for f in found) for mark in MARKS}
    this = mark_without_evidence(table.format.delimiter) if not any(n_by_mark.values()) else table.format.decimal
    if n_by_mark[_other(this)] > n_by_mark[this]:
        this = _other(this)
    other = _other(this)
    contrary = [f for f in found if f.different[other] >= 2 and len(f.rows[other]) >= len(f.rows[this])]
    settled = replace(table, format=replace(table.format, decimal=this))
    return settled, [_problem(table, f, this, other) for f in contrary]


def mark_without_evidence(delimiter: str) -> Mark:
    """The decimal mark of a file with nothing to tell it by: semicolons part columns where a comma is the mark."""
    return "," if delimiter == ";" else "."


def _other(mark: Mark) -> Mark:
    return "," if mark == "." else "."


def _fractions(cells: pd.Series[Any], column: SourceColumn) -> _Fractions:
    """The column's fractions by mark."""
    marks = [mark_of_fraction(cell) if isinstance(cell, str) else None for cell in cells.cat.categories]
    rows: dict[Mark, list[int]] = {}
    for mark in MARKS:
        # the last entry is that of empty cells (code -1)
        marked = np.array([*(found == mark for found in marks), False])
        rows[mark] = [int(row) for row in cells.index[marked[cells.cat.codes.to_numpy()]]] if marked.any() else []
    return _Fractions(column, rows, {mark: marks.count(mark) for mark in MARKS})


def _problem(table: SourceTable, contrary: _Fractions, this: Mark, other: Mark) -> Problem:
    rows = contrary.rows[other]
    return Problem(
        "decimal_marks_differ", columns=(place(contrary.column),), rows=tuple(rows), count=len(rows),
        sheet=table.format.sheet, details={"mark": this, "other": other},
    )  # fmt: skip

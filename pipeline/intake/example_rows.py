"""The example row of a delivery workbook that somebody left in: it is no answer, and it is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.intake.plan import Plan
from pipeline.intake.problems import Problem, UnreadableError, place
from pipeline.intake.source import Cell, SourceTable
from pipeline.intake.text import as_text, fold
from pipeline.intake.words import LANGUAGES, catalogue


def without_example_rows(table: SourceTable, plan: Plan) -> tuple[SourceTable, list[Problem]]:
    """``table`` without the rows whose project is the word that marks an example, and a warning that counts them.

    A project that is really called so stays. Raises ``UnreadableError`` (``no_rows``) when nothing is left.
    """
    marks = {fold(catalogue()["fieldwork"][language]["example"]) for language in LANGUAGES}
    for variable in plan.variables:
        if variable.field.role != "project" or variable.column is None:
            continue
        cells = table.cells_by_row[variable.column.position]

        def is_example(cell: Cell) -> bool:
            return fold(as_text(cell)) in marks and not variable.reader(cell).understood  # noqa: B023 - used at once

        marked = np.array([*map(is_example, cells.cat.categories), False], dtype=bool)[cells.cat.codes.to_numpy()]
        if not marked.any():
            continue
        rows = tuple(int(row) for row in cells.index[marked])
        problem = Problem(
            "example_row", columns=(place(variable.column),), rows=rows, count=len(rows), sheet=table.format.sheet
        )
        kept = table.cells_by_row.loc[~marked]
        if kept.empty:
            raise UnreadableError(Problem("no_rows"), [problem])
        kept = kept.apply(lambda column: column.cat.remove_unused_categories())
        return replace(table, cells_by_row=kept), [problem]
    return table, []

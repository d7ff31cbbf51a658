"""From a reader's grid to a table: which rows name the columns, which rows are answers, what each column is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from pipeline.intake.decimals import mark_without_evidence
from pipeline.intake.headings import (
    below_a_title,
    merged_answers,
    merged_groups,
    merged_headings,
    repeated_headings,
    without_unused,
)
from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.source import Grid, SourceColumn, SourceTable
from pipeline.intake.table import check_headings, texts_by_column, without_blank_rows
from pipeline.intake.text import decimal_mark
from pipeline.intake.tools import google_forms, kobo, limesurvey, microsoft_forms, qualtrics, surveymonkey
from pipeline.intake.tools.layout import Layout
from pipeline.intake.tools.multiple import with_options

TOOLS: tuple[Callable[[Grid], Layout | None], ...] = (
    surveymonkey.layout, qualtrics.layout, kobo.layout, limesurvey.layout, microsoft_forms.layout, google_forms.layout,
)  # fmt: skip
"""The tools in the order in which they are tried: those that write their own names into every export come first.
SurveyMonkey's ``Start Date``, ``End Date``, ``IP Address`` and ``Email Address`` are Qualtrics's names as well."""


def arrange(grid: Grid, *, known: frozenset[str] = frozenset()) -> tuple[SourceTable, list[Problem]]:
    """The table in ``grid`` and what is wrong with its shape; raises ``UnreadableError`` when there is no table.

    ``known``: folded names of columns that the questionnaire or the crosswalk speaks of. The decimal mark found here is
    a first guess: ``decimals`` looks again once it is known which columns are numbers.
    """
    layout = layout_of(grid)
    title: list[Problem] = []
    groups: list[Problem] = []
    if grid.heading_row and not layout.tool:
        above = grid
        grid, title = below_a_title(above, known)
        groups = merged_groups(above, grid)
        layout = layout_of(grid)
    kept, blank = without_blank_rows(grid.cells_by_row.iloc[layout.heading_rows - 1 :])
    merged = [] if layout.explains_merged else merged_headings(grid, layout.columns, layout.heading_rows)
    merged += merged_answers(grid, layout.columns, kept.index)
    repeated = repeated_headings(grid, kept) if grid.heading_row else []
    kept, apart = _answers(kept, layout, grid.format.sheet, before=[*title, *blank])
    if len(kept) < len(grid.cells_by_row):
        kept = without_unused(kept)
    columns = _without_row_names(layout, kept)
    columns, kept, shape = check_headings(columns, kept, sheet=grid.format.sheet)
    columns, kept = with_options(columns, kept, layout.joined, known)
    mark = decimal_mark(texts_by_column(kept), otherwise=mark_without_evidence(grid.format.delimiter))
    found = replace(grid.format, decimal=mark, tool=layout.tool, heading_rows=layout.heading_rows)
    problems = [*title, *blank, *groups, *merged, *repeated, *shape, *apart]
    return SourceTable(grid.received, found, columns, kept), problems


def layout_of(grid: Grid) -> Layout:
    """How ``grid`` is laid out; that of no tool in particular when none is recognised.

    SPSS files have names of their own, so what a tool's text export looks like says nothing about them.
    """
    if grid.heading_row:
        for recognise in TOOLS:
            if layout := recognise(grid):
                return layout
    return Layout("", tuple(replace(column, name=" ".join(column.name.split())) for column in grid.columns))


def _answers(
    cells_by_row: pd.DataFrame, layout: Layout, sheet: str, *, before: list[Problem]
) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows that are answers, and a warning for each reason that others are not; raises ``UnreadableError`` when
    none is left. A row that is no answer for two reasons counts once, under the first."""
    problems = []
    for code, rows in layout.set_apart.items():
        concerned = cells_by_row.index.isin(rows)
        if concerned.any():
            numbers = tuple(int(row) for row in cells_by_row.index[concerned])
            problems.append(Problem(code, rows=numbers, count=len(numbers), sheet=sheet))
            cells_by_row = cells_by_row.loc[~concerned]
    if cells_by_row.empty:
        raise UnreadableError(Problem("no_rows"), [*before, *problems])
    return cells_by_row, problems


def _without_row_names(layout: Layout, cells_by_row: pd.DataFrame) -> tuple[SourceColumn, ...]:
    """The columns of a tool's export without the row numbers that R and others write in front, under no heading."""
    first, *others = layout.columns
    if not layout.tool or first.name or not others:
        return layout.columns
    cells = cells_by_row[first.position]
    numbers = all(str(cell).removesuffix(".0").isdigit() for cell in cells.cat.categories)
    return tuple(others) if numbers and not cells.duplicated().any() else layout.columns

"""From a file's cells to the instrument's codes, each missing value with its reason: the frame ``ingested``."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.declare import Instrument, Registry, Wave
from pipeline.intake.expected import expected_of
from pipeline.intake.outcome import UNREADABLE, Outcome
from pipeline.intake.personal import personal_cells
from pipeline.intake.plan import Plan, VariablePlan
from pipeline.intake.problems import Problem, place
from pipeline.intake.source import Cell, SourceColumn, SourceTable
from pipeline.intake.values import EMPTY, SPELLING_VARIANT, cell_reader, misspelt, source_id

_NUMERIC = ("integer", "number")


def recode(
    table: SourceTable, plan: Plan, instrument: Instrument, *, wave: Wave | None, registry: Registry
) -> tuple[pd.DataFrame, list[Problem]]:
    """The ingested frame of ``table`` and the cells that were set aside, one problem per kind and column.

    A row is a respondent, in the file's order. Columns: ``respondent`` and ``source`` (16 hexadecimals each, from the
    file's bytes; ``source`` null where the file has no id of its own), ``wave``, ``project``, then for every variable
    of the instrument but the source's id ``<v>`` and ``<v>__reason``, of which exactly one is set.
    """
    rows = table.cells_by_row.index
    name_of_wave = wave.wave if wave else ""
    columns: dict[str, Any] = {
        "respondent": _text([_identity(table, name_of_wave, "row", str(row)) for row in rows]),
        "source": _text([None] * len(rows)),
        "wave": _text([name_of_wave] * len(rows)),
        "project": _text([None] * len(rows)),
    }
    problems: list[Problem] = []
    for variable in plan.variables:
        name, role = variable.field.name, variable.field.role
        if role == "source_id":
            columns["source"] = _source_ids(table, variable, instrument, name_of_wave)
            continue
        outcomes = _outcomes(table, variable, instrument)
        values, reasons = _answers(table, variable, outcomes)
        columns[name], columns[f"{name}__reason"] = values, reasons
        if role == "project":
            columns["project"] = values
        if variable.column:
            expected = expected_of(
                variable.field, instrument, decimal=table.format.decimal, wave=wave, registry=registry
            )
            problems += _problems(table, variable, variable.column, outcomes, expected)
    return pd.DataFrame(columns), problems


def _text(values: Iterable[str | None]) -> pd.Series[Any]:
    return pd.Series(list(values), dtype="str")


def _identity(table: SourceTable, wave: str, kind: str, name: str) -> str:
    """Sixteen hexadecimals for a row or a source's id, that cannot be had without the file itself."""
    message = f"{wave}\0{kind}\0{name}".encode()
    return hmac.digest(table.received.identity_key, message, "sha256").hex()[:16]


def _source_ids(table: SourceTable, variable: VariablePlan, instrument: Instrument, wave: str) -> pd.Series[Any]:
    """What stands for the source's own id: the same for two rows with the same id, null where there is none."""
    if variable.column is None:
        return _text([None] * len(table.cells_by_row))
    cells = table.cells_by_row[variable.column.position]
    ids = [source_id(_plain(cell), instrument) for cell in cells.cat.categories]
    hashed = [None if name is None else _identity(table, wave, "source", name) for name in ids]
    return _spread([*hashed, None], cells, "str")


def _outcomes(table: SourceTable, variable: VariablePlan, instrument: Instrument) -> list[Outcome]:
    """What each different cell of the variable's column means; none when it has no column. One that is nearly an answer
    stays unreadable, and is reported as a variant of its spelling."""
    if variable.column is None:
        return []
    cells = table.cells_by_row[variable.column.position]
    read = cell_reader(variable.reader, variable.column, variable.recodes, table.format.decimal)
    different = [_plain(cell) for cell in cells.cat.categories]
    outcomes = [read(cell) for cell in different]
    unreadable = [i for i, outcome in enumerate(outcomes) if outcome == UNREADABLE]
    near = misspelt(variable.field, instrument, [different[i] for i in unreadable])
    for i in (i for i, is_near in zip(unreadable, near, strict=True) if is_near):
        outcomes[i] = SPELLING_VARIANT
    return outcomes


def _answers(
    table: SourceTable, variable: VariablePlan, outcomes: list[Outcome]
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Values and reasons of one variable."""
    dtype = "float64" if variable.field.type in _NUMERIC else "str"
    if variable.column is None:
        n = len(table.cells_by_row)
        return pd.Series([None] * n, dtype=dtype), _text([variable.absent] * n)
    cells = table.cells_by_row[variable.column.position]
    every = [*outcomes, EMPTY]
    return _spread([o.value for o in every], cells, dtype), _spread([o.reason for o in every], cells, "str")


def _plain(cell: Any) -> Cell:
    return cell if isinstance(cell, str) else float(cell)


def _spread(by_category: list[Any], cells: pd.Series[Any], dtype: str) -> pd.Series[Any]:
    """One entry per row from one per category; the last entry is that of empty cells (code -1)."""
    # converted before they are spread: categories are few, rows are many
    lookup = pd.Series(by_category, dtype=dtype).array
    return pd.Series(lookup.take(cells.cat.codes.to_numpy()), dtype=dtype)


def _problems(
    table: SourceTable,
    variable: VariablePlan,
    column: SourceColumn,
    outcomes: list[Outcome],
    expected: tuple[str, dict[str, str]],
) -> list[Problem]:
    """One problem per kind of thing that was set aside. Personal data are reported as that, not once more as a cell
    that cannot be read."""
    cells = table.cells_by_row[column.position]
    personal = personal_cells(cells.cat.categories)
    problems = []
    for code in dict.fromkeys(o.problem for o in outcomes if o.problem):
        concerned = np.array([o.problem == code for o in outcomes]) & ~personal
        rows = rows_with(cells, concerned)
        if len(rows):
            found = Problem(code, columns=(place(column),), rows=tuple(rows), count=len(rows))
            named = replace(found, variable=variable.field.name, sheet=table.format.sheet)
            problems.append(replace(named, expected=expected[0], details=expected[1]))
    return problems


def rows_with(cells: pd.Series[Any], categories: np.ndarray[Any, Any]) -> list[int]:
    """Numbers of the rows whose cell is one of the categories marked in ``categories``."""
    marked = np.append(categories, False)
    return [int(row) for row in cells.index[marked[cells.cat.codes.to_numpy()]]]


__all__ = ["recode", "rows_with"]

"""What the checks of a file as a whole look at, and how they name what they find."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.declare import InstrumentField
from pipeline.intake.expectation import Expectation
from pipeline.intake.plan import Plan, VariablePlan
from pipeline.intake.problems import Problem, place
from pipeline.intake.source import SourceTable

Details = Mapping[str, str | int]
"""What fills a sentence."""
TOLD_ELSEWHERE = ("unreadable", "out_of_range", "unknown_project")
"""Reasons for a missing answer of which every cell is reported already."""


@dataclass(frozen=True)
class Subject:
    """A file that could be read.

    ``ingested_by_person`` has the rows of ``table`` in their order, so that the row numbers of one are those of the
    other.
    """

    table: SourceTable
    plan: Plan
    ingested_by_person: pd.DataFrame
    expected: Expectation

    def rows(self, concerned: Iterable[bool] | pd.Series[Any] | np.ndarray[Any, Any]) -> tuple[int, ...]:
        """Numbers of the rows that ``concerned`` marks, as the sender's program shows them."""
        marked = np.asarray(concerned, dtype=bool)
        return tuple(int(row) for row in self.table.cells_by_row.index[marked])

    def planned(self, name: str) -> VariablePlan:
        """How the variable called ``name`` is had."""
        return next(variable for variable in self.plan.variables if variable.field.name == name)

    def reasons(self, name: str) -> pd.Series[Any]:
        """Why each person has no value of ``name``; null where there is one."""
        return self.ingested_by_person[f"{name}__reason"]

    @property
    def item_fields(self) -> list[InstrumentField]:
        """The items that have a column, in the order asked."""
        return [v.field for v in self.plan.variables if v.field.role == "item" and v.column is not None]

    @property
    def items(self) -> list[str]:
        """Names of the items that have a column."""
        return [field.name for field in self.item_fields]

    def answers(self) -> pd.DataFrame:
        """Answers to those items as numbers, one row a person."""
        return self.ingested_by_person[self.items].astype(float)

    def problem(
        self, code: str, *names: str, rows: tuple[int, ...] = (), count: int = 0, details: Details | None = None
    ) -> Problem:
        """A problem with the columns of the variables ``names``."""
        columns = tuple(place(v.column) for v in map(self.planned, names) if v.column is not None)
        sheet = self.table.format.sheet if columns else ""
        variable = names[0] if len(names) == 1 else ""
        return Problem(code, columns, rows, count or len(rows), variable, sheet, details=details or {})

"""Which parameters a model could have and does not, and the model that has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated
from analysis.sem.observed import Array
from analysis.sem.table import ParameterTable, Row


def candidates(table: ParameterTable) -> list[Row]:
    """The parameters that could be free, group by group: those the model fixes (the covariates' moments excepted), and
    of those it leaves out loadings, covariances of latent variables and of residuals, and regressions among the
    variables that stand in a regression. Nothing is proposed as a cause of a covariate, whose distribution is not
    modelled.
    """
    found = []
    for g in range(len(table.groups)):
        mine = [row for row in table.rows if row.group == g]
        found += [row for row in mine if row.index is None and not row.from_sample]
        present = {_key(row) for row in mine}
        for row in _absent(table, mine, g):
            if _key(row) not in present:
                present.add(_key(row))
                found.append(row)
    return found


def _absent(table: ParameterTable, mine: Sequence[Row], g: int) -> list[Row]:
    """What one group's model might have besides; some of it is there already."""
    indicators = {row.rhs for row in mine if row.op == "=~"}
    outcomes = {row.lhs for row in mine if row.op == "~"}
    structural = list(dict.fromkeys(v for row in mine if row.op == "~" for v in (row.lhs, row.rhs)))
    pure = [v for v in table.observed if v not in table.covariates and v not in structural]
    explained = [v for v in table.observed if v in indicators or v in outcomes]
    rows = [Row(f, "=~", v, g) for f in table.latent for v in pure]
    rows += [Row(a, "~~", b, g) for a, b in combinations(explained, 2)]
    rows += [Row(a, "~~", b, g) for a, b in combinations(table.latent, 2)]
    rows += [
        Row(a, "~", b, g)
        for a in structural
        for b in structural
        if a != b and a not in table.covariates and not (a in indicators and a in table.observed and b in table.latent)
    ]
    return rows


def _key(row: Row) -> tuple[str, str, str]:
    swap = row.op == "~~" and row.rhs < row.lhs
    return (row.op, row.rhs, row.lhs) if swap else (row.op, row.lhs, row.rhs)


def with_free_rows(estimated: Estimated, rows: Sequence[Row]) -> tuple[ParameterTable, Array]:
    """The table in which ``rows`` are free too, numbered after the others in their order, and θ there: a fixed row at
    its value, a new one at zero.

    Raises ``ModelError`` for a row that is free already, or given twice.
    """
    table = estimated.table
    at = {(row.group, *_key(row)): n for n, row in enumerate(table.rows)}
    wider, values = list(table.rows), list[float]()
    for row in rows:
        index, key = table.n_free + len(values), (row.group, *_key(row))
        if key not in at:
            at[key] = len(wider)
            wider.append(replace(row, index=index))
            values.append(0.0)
            continue
        present = wider[at[key]]
        if present.index is not None or present.from_sample:
            raise ModelError(f"{row.name}: the model has this parameter already.")
        wider[at[key]] = replace(present, index=index, fixed=None)
        values.append(float(present.fixed or 0.0))
    larger = replace(table, rows=tuple(wider), constraints=(), n_free=table.n_free + len(values))
    return larger, np.concatenate([estimated.theta, values])

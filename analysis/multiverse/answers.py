"""What a solution says on a claim: estimate, error, interval, and each project's share of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.measurement.imputation import pool
from analysis.multiverse.influence import shares
from analysis.multiverse.solutions import Solution
from analysis.sem.inference import Inference
from analysis.sem.result import interval, two_sided
from analysis.sem.standardise import delta_se
from analysis.sem.table import ParameterTable

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Quantities:
    """k quantities of one solution: ``values`` (k,) and their derivatives ``jacobian`` (k, n_free)."""

    values: Array
    jacobian: Array


@dataclass(frozen=True)
class Answers:
    """Answers on k claims, (k,) each: ``df`` infinite where the reference is normal; ``shares`` (k, units)."""

    estimate: Array
    se: Array
    df: Array
    lower: Array
    upper: Array
    pvalue: Array
    shares: Array


def answers(
    solutions: Sequence[Solution], quantities: Sequence[Quantities], *, robust: bool, clustered: bool,
    units: IntArray, n_units: int, confidence: float,
) -> Answers:  # fmt: skip
    """From the solutions of every imputation (or the one there is) and the quantities of each.

    ``clustered``: CR2 of the persons' ``units`` with small-sample degrees of freedom; else errors of independent
    persons, ``robust`` or the estimator's own. Imputations are pooled by Rubin's rules, the degrees of freedom without
    missing answers being those of the mean imputation.
    """
    each = [
        _single(q, s.by_clusters() if clustered else s.by_persons(robust=robust))
        for s, q in zip(solutions, quantities, strict=True)
    ]
    estimate, se, df = _pooled(each) if len(each) > 1 else each[0]
    reference = np.where(np.isfinite(df), df, np.nan)
    lower, upper = interval(estimate, se, reference, confidence)
    parts = [
        shares(s.moves @ q.jacobian.T, q.values, units, n_units=n_units)
        for s, q in zip(solutions, quantities, strict=True)
    ]
    return Answers(estimate, se, df, lower, upper, two_sided(estimate / se, reference), np.mean(parts, axis=0))


def _single(quantities: Quantities, inference: Inference) -> tuple[Array, Array, Array]:
    """Estimates, errors by the delta method, and degrees of freedom."""
    df = inference.degrees_of_freedom(quantities.jacobian)
    return quantities.values, delta_se(quantities.jacobian, inference.vcov), np.where(np.isnan(df), np.inf, df)


def _pooled(each: Sequence[tuple[Array, Array, Array]]) -> tuple[Array, Array, Array]:
    """The same over imputations."""
    estimates, errors, df = (np.array([one[i] for one in each]) for i in range(3))
    pooled = [
        pool(estimates[:, k], errors[:, k] ** 2, df_complete=float(df[:, k].mean())) for k in range(estimates.shape[1])
    ]
    return tuple(np.array([getattr(p, name) for p in pooled]) for name in ("estimate", "se", "df"))  # type: ignore[return-value]


def row_of(table: ParameterTable, kind: str, names: Sequence[str], *, group: int = 0) -> int | None:
    """Where a path, a correlation or what is defined stands among the reported numbers; ``None``: nowhere."""
    if kind == "defined":
        defined = list(table.defined)
        return len(table.rows) + defined.index(names[0]) if names[0] in defined else None
    op = "~~" if kind == "correlation" else "~"
    a, b = names[:2]
    for n, row in enumerate(table.rows):
        if row.op != op or row.group != group:
            continue
        if (row.lhs, row.rhs) == (a, b) or (op == "~~" and (row.rhs, row.lhs) == (a, b)):
            return n
    return None


def standardised(solution: Solution, rows: Sequence[int]) -> Quantities:
    """The reported numbers in ``rows``, standardised by all variables' deviations."""
    e = solution.estimated
    at = list(rows)
    return Quantities(e.reported.values(e.theta, "std_all")[at], e.reported.jacobian(e.theta, "std_all")[at])


def difference(solution: Solution, rows: tuple[int, int], *, scale: float) -> Quantities:
    """The first of two unstandardised numbers less the second, times ``scale``."""
    e = solution.estimated
    values, jacobian = e.reported.values(e.theta), e.reported.jacobian(e.theta)
    first, second = rows
    return Quantities(
        scale * (values[[first]] - values[[second]]), scale * (jacobian[[first]] - jacobian[[second]])
    )  # fmt: skip

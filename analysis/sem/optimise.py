"""Maximum likelihood of a covariance structure: semopy finds the solution, Fisher scoring tightens it.

semopy stops at the tolerance of its optimiser and reports success where the gradient is not zero, and its objective is
infinite where a saturated model fits perfectly. A few steps of scoring put both right, and whether a solution was
reached is decided here, by the gradient.
"""

from __future__ import annotations

import logging
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.sem.implied import Array, ImpliedMoments
from analysis.sem.table import ParameterTable

MAXIMUM_STEPS = 200
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Solution:
    """``theta`` (n_free), the discrepancy there, and whether it is a minimum."""

    theta: Array
    discrepancy: float
    converged: bool


def discrepancy(sigma: Array, sample: Array) -> float:
    """ML discrepancy ``log|Σ| - log|S| + tr(SΣ⁻¹) - p`` (Bollen 1989, eq. 4.20); infinite when Σ is not positive."""
    sign, logdet = np.linalg.slogdet(sigma)
    if sign <= 0 or np.linalg.eigvalsh(sigma)[0] <= 0:
        return float("inf")
    return float(logdet - np.linalg.slogdet(sample)[1] + np.trace(np.linalg.solve(sigma, sample)) - len(sample))


def information(implied: ImpliedMoments, theta: Array) -> Array:
    """Expected information of one observation, ``½ tr(Σ⁻¹ ∂ᵢΣ Σ⁻¹ ∂ⱼΣ)``, n_free by n_free (Bollen 1989, p. 135)."""
    weighted = np.linalg.solve(implied.sigma(theta)[None], implied.jacobian(theta))
    result: Array = 0.5 * np.einsum("iab,jba->ij", weighted, weighted)
    return result


def gradient(implied: ImpliedMoments, theta: Array, sample: Array) -> Array:
    """Half the derivative of the discrepancy: minus the score of one observation, n_free."""
    sigma = implied.sigma(theta)
    inverse = np.linalg.inv(sigma)
    residual = inverse @ (sigma - sample) @ inverse
    result: Array = 0.5 * np.einsum("iab,ab->i", implied.jacobian(theta), residual)
    return result


def solve(implied: ImpliedMoments, frame: pd.DataFrame, sample: Array) -> Solution:
    """Minimise the discrepancy from semopy's solution onwards.

    ``frame`` holds complete rows of the observed variables (semopy takes starting values from it).
    """
    theta = _semopy_solution(implied.table, frame, sample)
    try:
        return _scoring(implied, theta, sample)
    except np.linalg.LinAlgError:
        return Solution(theta, float("inf"), False)


def _scoring(implied: ImpliedMoments, theta: Array, sample: Array) -> Solution:
    """Fisher scoring with step halving; converged when the Newton decrement is nil and the step went through."""
    value = discrepancy(implied.sigma(theta), sample)
    for _ in range(MAXIMUM_STEPS):
        if not np.isfinite(value):
            return Solution(theta, value, False)
        g = gradient(implied, theta, sample)
        step = np.linalg.lstsq(information(implied, theta), g, rcond=1e-12)[0]
        if float(g @ step) < TOLERANCE**2 or float(np.abs(g).max(initial=0.0)) < 1e-12:
            return Solution(theta, max(value, 0.0), True)
        length, better = 1.0, False
        while length > 1e-8 and not better:
            candidate = theta - length * step
            new = discrepancy(implied.sigma(candidate), sample)
            better = new <= value + 1e-14
            length /= 2
        if not better:
            break
        theta, value = candidate, new
    return Solution(theta, value, False)


@contextmanager
def _quiet() -> Iterator[None]:
    """semopy warns on the root logger and through NumPy; whether there is a solution is judged here instead."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            yield
    finally:
        root.setLevel(level)


def _semopy_solution(table: ParameterTable, frame: pd.DataFrame, sample: Array) -> Array:
    """semopy's estimate of every free parameter, n_free; semopy's starting values where it finds none."""
    from semopy import Model

    effects: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for r in table.rows:
        value = sample[table.observed.index(r.lhs), table.observed.index(r.rhs)] if r.from_sample else r.fixed
        effects[r.op][r.lhs][r.rhs] = f"theta{r.index}" if r.index is not None else value
    with _quiet():
        model = Model((effects, defaultdict(list)), mimic_lavaan=True, cov_diag=True)
        for parameter in model.parameters.values():
            parameter.bound = (None, None)  # a negative variance is to be seen, not hidden at a bound of zero
        names = list(table.observed)
        model.load(frame[names], cov=pd.DataFrame(sample, names, names))
        start = np.array(model.param_vals, dtype=float)
        model.fit(options={"maxiter": 1000, "ftol": 1e-12})
        found = np.array(model.param_vals, dtype=float)
    order = [name for name, parameter in model.parameters.items() if parameter.active]
    chosen = found if np.isfinite(found).all() else start
    by_name = dict(zip(order, chosen, strict=True))
    return np.array([by_name[f"theta{i}"] for i in range(table.n_free)])

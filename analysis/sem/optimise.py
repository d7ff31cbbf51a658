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
    """Minimise the discrepancy from semopy's solution onwards; from plain starting values where that leads nowhere.

    ``frame`` holds complete rows of the observed variables (semopy takes starting values from it).
    """
    solution = Solution(plain_start(implied.table, sample), float("inf"), False)
    for start in (_semopy_solution(implied.table, frame, sample), solution.theta):
        if start is None or solution.converged:
            continue
        try:
            solution = _scoring(implied, start, sample)
        except np.linalg.LinAlgError:
            continue  # a step led to a singular matrix: that start is spent
    return solution


def plain_start(table: ParameterTable, sample: Array) -> Array:
    """Starting values without semopy, n_free: loadings one, paths and covariances nil, half of every variance explained
    where something explains it."""
    explained = {r.rhs if r.op == "=~" else r.lhs for r in table.rows if r.op in ("=~", "~")}
    marker = {r.lhs: r.rhs for r in reversed(table.rows) if r.op == "=~"}
    theta = np.zeros(table.n_free)
    for r in table.rows:
        if r.index is None:
            continue
        if r.op == "=~":
            theta[r.index] = 1.0
        elif r.op == "~~" and r.lhs == r.rhs:
            variable = r.lhs
            while variable in marker:
                variable = marker[variable]
            variance = float(sample[table.observed.index(variable), table.observed.index(variable)])
            theta[r.index] = variance * (0.5 if r.lhs in explained or r.lhs in table.latent else 1.0)
    return theta


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


def _semopy_solution(table: ParameterTable, frame: pd.DataFrame, sample: Array) -> Array | None:
    """semopy's estimate of every free parameter, n_free; ``None`` when it finds none.

    semopy does not know a variable that only has covariances, so such models are left to the plain start.
    """
    from semopy import Model

    if set(table.names) - {v for r in table.rows if r.op in ("=~", "~") for v in (r.lhs, r.rhs)}:
        return None
    effects: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for r in table.rows:
        value = sample[table.observed.index(r.lhs), table.observed.index(r.rhs)] if r.from_sample else r.fixed
        effects[r.op][r.lhs][r.rhs] = f"theta{r.index}" if r.index is not None else value
    with _quiet():
        model = Model((effects, defaultdict(list)), mimic_lavaan=True, cov_diag=True)
        plain = plain_start(table, sample)
        scaled = {r.lhs for r in table.rows if r.op == "=~" and r.fixed is not None}
        for name, parameter in model.parameters.items():
            parameter.bound = (None, None)  # a negative variance is to be seen, not hidden at a bound of zero
            if parameter.active and scaled != set(table.latent):
                # semopy looks for the fixed loading of every factor and never returns where there is none
                parameter.start = plain[int(name.removeprefix("theta"))]
        names = list(table.observed)
        try:
            model.fit(frame[names], cov=pd.DataFrame(sample, names, names), options={"maxiter": 1000, "ftol": 1e-12})
        except np.linalg.LinAlgError:
            return None
    by_name = dict(zip([n for n, p in model.parameters.items() if p.active], model.param_vals, strict=True))
    found = np.array([by_name[f"theta{i}"] for i in range(table.n_free)], dtype=float)
    return found if np.isfinite(found).all() else None

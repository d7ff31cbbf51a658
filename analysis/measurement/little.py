"""Little's test of whether answers are missing completely at random.

R. J. A. Little (1988), A test of missing completely at random for multivariate data with missing values, Journal of the
American Statistical Association 83(404), 1198-1202. The test tells whether persons with different patterns of missing
answers have different means in what they did answer. It takes answers to be normal with one covariance matrix, finds
only what shows in means, and says nothing about answers whose absence depends on themselves: it is information, never
a licence to delete.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from analysis.sem.fiml import MissingData, saturated

Array = npt.NDArray[np.floating]

Problem = Literal[
    "", "single_item", "too_few_persons", "constant_item", "nothing_missing", "one_pattern", "never_together",
    "singular", "not_converged", "sparse_patterns",
]  # fmt: skip

PERSONS_A_PATTERN = 5
"""Below this many persons a pattern, on average, the p-value is not to be relied on."""

PERSONS_AN_ITEM = 10
"""Below this many persons an item the covariance matrix is not known well enough for the test."""

SINGULAR = 1e-10
"""Smallest eigenvalue of a correlation matrix that is not taken for zero."""


@dataclass(frozen=True)
class LittleTest:
    """``chisq`` with ``df`` degrees of freedom and its ``pvalue``, of ``n_obs`` persons in ``n_patterns`` patterns.

    Figures are NaN where ``problem`` names what stands in the way; beside ``sparse_patterns`` they are there, and not
    to be relied on.
    """

    n_obs: int
    n_items: int
    n_patterns: int
    chisq: float = np.nan
    df: float = np.nan
    pvalue: float = np.nan
    problem: Problem = ""


def little_test(answers: Array, *, minimum_n: int = 3) -> LittleTest:
    """Little's d² of ``answers`` (persons by items, NaN where missing); persons without any answer are left out.

    ``d² = Σ_j n_j (ȳ_j - μ̂_j)' Σ̂_j⁻¹ (ȳ_j - μ̂_j)`` over the patterns j of items answered (Little 1988, eq. 5), with
    the maximum-likelihood moments of all persons for the items of that pattern, on ``Σ_j p_j - p`` degrees of freedom.
    Σ̂ has divisor n, as in the programs in use (BaylorEdPsych, naniar). Problems, in the order they are looked for:
    fewer than ``minimum_n`` persons, or no more than items, is ``too_few_persons``.
    """
    answers = np.asarray(answers, dtype=float)
    answered = ~np.isnan(answers)
    answers = answers[answered.any(axis=1)]
    answered = ~np.isnan(answers)
    n, p = answers.shape
    n_patterns = len(np.unique(answered, axis=0)) if n else 0
    problem = _problem(answers, answered, n_patterns, minimum_n)
    if problem:
        return LittleTest(n, p, n_patterns, problem=problem)
    data = MissingData(answers)
    moments = saturated(data, tolerance=1e-10)
    scale = np.sqrt(np.diag(moments.cov))
    if np.linalg.eigvalsh(moments.cov / np.outer(scale, scale))[0] < SINGULAR:
        return LittleTest(n, p, n_patterns, problem="singular")
    if not bool(moments.converged):
        return LittleTest(n, p, n_patterns, problem="not_converged")
    d2, df = statistic(answers, mean=np.asarray(moments.mean), cov=np.asarray(moments.cov))
    sparse = n < PERSONS_A_PATTERN * n_patterns or n < PERSONS_AN_ITEM * p
    return LittleTest(n, p, n_patterns, d2, df, float(chi2.sf(d2, df)), "sparse_patterns" if sparse else "")


def statistic(answers: Array, *, mean: Array, cov: Array) -> tuple[float, float]:
    """d² and its degrees of freedom for moments ``mean`` (p,) and ``cov`` (p, p); everybody answered something."""
    answered = ~np.isnan(answers)
    shapes, of_person = np.unique(answered, axis=0, return_inverse=True)
    d2 = 0.0
    for j, items in enumerate(shapes):
        rows = answers[of_person.reshape(-1) == j][:, items]
        away = rows.mean(axis=0) - mean[items]
        d2 += len(rows) * float(away @ np.linalg.solve(cov[np.ix_(items, items)], away))
    return d2, float(shapes.sum() - answers.shape[1])


def _problem(answers: Array, answered: npt.NDArray[np.bool_], n_patterns: int, minimum_n: int) -> Problem:
    """What stands in the way of the moments; empty text when nothing does."""
    n, p = answers.shape
    if p < 2:
        return "single_item"
    if n < minimum_n or n <= p:
        return "too_few_persons"
    if answered.all():
        return "nothing_missing"
    if n_patterns == 1:
        return "one_pattern"
    together = answered.astype(float).T @ answered.astype(float)
    if together.min() < 2:
        return "never_together"
    spread = np.nanmax(answers, axis=0) - np.nanmin(answers, axis=0)
    return "constant_item" if spread.min() == 0 else ""

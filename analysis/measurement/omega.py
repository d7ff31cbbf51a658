"""McDonald's omega: the share of a sum's variance that its items' common factor makes.

The interval is that of the delta method: the gradient of omega times the covariance matrix of the loadings and residual
variances that the engine gives with the fitted model, ``omega ± z se`` (Raykov 2002, Multivariate Behavioral Research
37, 89-103); it is what lavaan prints for omega as a defined parameter. With few persons and a high omega it may reach
beyond 1; how often it holds the truth is in ``tests/benchmarks/README.md`` (below 100 persons too seldom).

psych::omega prints other things of standardised items: its total counts whatever is not unique for common, ``1 - sum u2
/ sum R``, and its hierarchical omega of one factor is ``Omega.observed`` of the standardised items. Neither is of the
sum of the items as they are scored.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.sem import FitResult
from analysis.sem.result import interval

Array = npt.NDArray[np.floating[Any]]


class Omega(NamedTuple):
    """Omega with its standard error and interval. ``observed``: over the sum's variance as observed, not as the model
    implies it."""

    value: float
    se: float
    ci_lower: float
    ci_upper: float
    observed: float


def omega_total(loadings: Array, residual_variances: Array) -> float:
    """Omega of the sum of the items: ``(sum lambda)^2 / ((sum lambda)^2 + sum theta)``.

    ``loadings`` in the items' own units with the factor's variance 1, and the residual variances. McDonald (1999), Test
    theory: a unified treatment, eq. 6.20b.
    """
    common = float(loadings.sum()) ** 2
    return common / (common + float(residual_variances.sum()))


def omega_gradient(loadings: Array, residual_variances: Array) -> tuple[Array, Array]:
    """Derivatives of ``omega_total`` to the loadings and to the residual variances, (k,) each."""
    total, unique = float(loadings.sum()), float(residual_variances.sum())
    whole = (total**2 + unique) ** 2
    return np.full(len(loadings), 2 * total * unique / whole), np.full(len(loadings), -(total**2) / whole)


def omega_of(result: FitResult, *, confidence: float) -> Omega:
    """Omega from a fitted one-factor model whose factor has variance 1 (``std_lv``).

    ``observed`` is ``(sum lambda)^2`` over the sum of the sample's covariances (of incomplete answers: those of maximum
    likelihood).
    """
    rows, theta = result.estimated.table.rows, result.estimated.theta
    latent = result.estimated.table.latent
    free = [(row, row.index) for row in rows if row.index is not None]
    at_loadings = [index for row, index in free if row.op == "=~"]
    at_residuals = [index for row, index in free if row.op == "~~" and row.lhs not in latent]
    loadings, residuals = theta[at_loadings], theta[at_residuals]
    jacobian = np.zeros((1, len(theta)))
    jacobian[0, at_loadings], jacobian[0, at_residuals] = omega_gradient(loadings, residuals)
    value = omega_total(loadings, residuals)
    se, df = np.full(1, np.nan), np.full(1, np.nan)
    if result.inference is not None:
        se = np.sqrt(np.einsum("ij,jk,ik->i", jacobian, result.vcov, jacobian))
        df = result.inference.degrees_of_freedom(jacobian)
    lower, upper = interval(np.array([value]), se, df, confidence)
    observed = float(loadings.sum()) ** 2 / float(_sample_covariance(result).sum())
    return Omega(value, float(se[0]), float(lower[0]), float(upper[0]), observed)


def _sample_covariance(result: FitResult) -> Array:
    group = result.estimated.sample.groups[0]
    return group.cov if group.complete else group.saturated.cov

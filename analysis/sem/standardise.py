"""Standardised solutions, and derivatives of every reported number to the free parameters.

``std_lv``: latent variables have variance one. ``std_all``: observed variables too, covariates included (lavaan's
``std.all``). A loading or regression is multiplied by the ratio of its predictor's to its outcome's standard deviation;
a variance is divided by the variable's whole variance (for a residual: the unexplained share); a covariance is divided
by the square roots of the two (residual) variances. Defined parameters are evaluated on the standardised values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.sem.defined import evaluate
from analysis.sem.implied import Array, ImpliedMoments

Metric = Literal["est", "std_lv", "std_all"]
ComplexArray = npt.NDArray[Any]
_STEP = 1e-30


def reported(implied: ImpliedMoments, theta: ComplexArray, metric: Metric) -> ComplexArray:
    """Every row of the table, then every defined parameter, in ``metric``; NaN where a variance is not positive."""
    rows = implied.values(theta) if metric == "est" else _standardised(implied, theta, metric)
    values: dict[str, complex] = {}
    for row, value in zip(implied.table.rows, rows, strict=True):
        if row.label:
            values.setdefault(row.label, complex(value))  # of rows that share a label, the first speaks
    defined = []
    for name, expression in implied.table.defined.items():
        values[name] = evaluate(name, expression, values)
        defined.append(values[name])
    result = np.concatenate([rows, np.array(defined, dtype=complex)])
    return result if np.iscomplexobj(theta) else result.real


def _standardised(implied: ImpliedMoments, theta: ComplexArray, metric: Metric) -> ComplexArray:
    """The rows of the table in a standardised metric."""
    m = implied.matrices(theta)
    total, residual = _root(np.diag(m.V)), _root(np.diag(m.S))
    if metric == "std_lv":
        total[: implied.n_observed] = 1.0
        residual[: implied.n_observed] = 1.0
    values = implied.values(theta)
    for n, cell in enumerate(implied.cells):
        if cell.directed:
            values[n] *= total[cell.column] / total[cell.row]
        elif cell.row == cell.column:
            values[n] /= total[cell.row] ** 2
        else:
            values[n] /= residual[cell.row] * residual[cell.column]
    return values


def _root(variances: ComplexArray) -> ComplexArray:
    """Square roots; NaN where the variance is not positive."""
    return np.sqrt(np.where(np.real(variances) > 0, variances, np.nan))


def derivative(function: Callable[[ComplexArray], ComplexArray], theta: Array) -> Array:
    """Jacobian of an analytic function at ``theta`` by complex steps (Squire & Trapp 1998), exact to rounding.

    ``function`` maps n_free complex numbers to m; the result is m by n_free.
    """
    columns = []
    for i in range(len(theta)):
        shifted = theta.astype(complex)
        shifted[i] += 1j * _STEP
        columns.append(np.imag(function(shifted)) / _STEP)
    return np.column_stack(columns) if columns else np.zeros((len(function(theta)), 0))


def delta_se(jacobian: Array, covariance: Array) -> Array:
    """Standard errors by the delta method, one a row of ``jacobian``; NaN for a number that does not vary."""
    variance = np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian)
    # what is fixed by construction (a standardised factor variance) differs from zero by rounding alone
    floor = 1e-20 * np.maximum(1.0, np.abs(covariance).max(initial=1.0))
    return np.sqrt(np.where(variance > floor, variance, np.nan))

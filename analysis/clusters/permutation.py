"""Permutation of a trait over units, tested by the studentised coefficient of the regression of unit means.

**The statistic** is the coefficient of the trait in the regression of the unit means on all traits, over its
heteroskedasticity-consistent error HC2. For one trait that is Welch's t of the two levels' means. A permutation test
of a bare difference is right only if units of both levels vary alike; studentised by an error that allows for unequal
variances it remains right in large samples where they do not, and is exact in small ones where they do (Janssen 1997;
Chung & Romano 2013; DiCiccio & Romano 2017). Unit means do vary unequally, for units have unequal numbers of persons.

**One trait.** The null: given the levels of the other traits, a unit's mean has nothing to do with its level of this
trait. So labels are exchanged among units that are alike in all other traits, whose own effects may be anything.
Exact under exchangeability of the units of a stratum.

**The difference between two effects**, ``a - b``. The null is that they are equal, and that each may be anything. A
unit's expectation is then ``c + (β_a + β_b)/2 s + (β_a - β_b)/2 d`` with ``s = a + b`` and ``d = a - b``. Units that
have both traits or neither (``d = 0``) tell nothing of the difference. Those with a alone and those with b alone have
the same ``s``, and under the null the same expectation: theirs are the labels that are exchanged, ``d`` being permuted
within levels of ``s``. Exact under exchangeability of these units, whether or not effects add up in the others. It
rests on few units: with three of each there are 20 assignments, and no p-value below .10 can come of it. The table
says so (``minimum_pvalue``) rather than borrowing strength from the units that say nothing.

**The interval** has the effects that the test does not reject: for an effect θ the trait's part ``θ a`` is taken from
the means before the labels are exchanged, which is right where the trait moves every unit by the same amount.

Covariates of persons are taken out of the means beforehand (``unit_means.adjusted_means``); those of units stand in
the regression but are not exchanged, so that with them the test is approximate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clusters.assignments import Assignments
from analysis.clusters.contrast import Array
from analysis.clusters.inversion import Draws


@dataclass(frozen=True)
class Permuted:
    """Coefficient and HC2 error of the data, two-sided p, and the interval (NaN, NaN where it has no end)."""

    estimate: float
    se: float
    pvalue: float
    ci_lower: float
    ci_upper: float


def permutation_test(
    means: Array, tested: Array, others: Array, permuted: Assignments, *, confidence: float
) -> Permuted:
    """Test and interval of the coefficient of ``tested`` (k) beside ``others`` (k by q, with the intercept).

    ``permuted``: the assignments of ``tested``. NaN p-value where the means lie on the plane of the regression.
    """
    draws = permuted_coefficients(means, tested, others, permuted.labels)
    if not draws.variance > 0:
        return Permuted(draws.estimate, 0.0, np.nan, np.nan, np.nan)
    lower, upper = draws.interval(confidence=confidence)
    return Permuted(draws.estimate, float(np.sqrt(draws.variance)), draws.pvalue(), lower, upper)


def permuted_coefficients(means: Array, tested: Array, others: Array, labels: Array) -> Draws:
    """The coefficients of ``labels`` (m by k) in the place of ``tested``, for every effect of ``tested`` taken out.

    The first row of ``labels`` is ``tested``. By Frisch and Waugh a coefficient is that of what the others leave of
    the labels.
    """
    basis, _ = np.linalg.qr(others)
    left = labels - (labels @ basis) @ basis.T  # m by k
    squares = (left**2).sum(axis=1)
    identified = squares > 1e-10
    norm = np.where(identified, squares, 1.0)
    weights = np.where(identified[:, None], left, 0.0) / norm[:, None]
    estimate = float(weights[0] @ means)
    centred = means - estimate * tested
    leverage = (basis**2).sum(axis=1) + weights * left
    outcomes = np.column_stack([centred, tested])
    coefficients = weights @ outcomes  # m by 2
    residuals = (outcomes - basis @ (basis.T @ outcomes)).T[:, None, :] - coefficients.T[:, :, None] * left
    free = 1 - leverage
    scale = np.divide(weights**2, free, out=np.zeros_like(free), where=free > 1e-10)  # HC2
    e0, e1 = residuals
    A, B, C = ((scale * part).sum(axis=1) for part in (e0**2, 2 * e0 * e1, e1**2))
    n0, n1 = coefficients.T
    # the data: nothing is left of the labels once they have been fitted
    n0[0], n1[0], B[0], C[0] = 0.0, 1.0, 0.0, 0.0
    return Draws(estimate, float(A[0]), n0, n1, A, B, C)

"""How precise sample moments are: Γ, the covariance of √n times a group's moment vector, and normal-theory weights.

The order of moments is that of ``GroupModel.vector``: means when modelled, then covariances in the order of
``triangle.lower``; for ordered data thresholds, then correlations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.sem.clusters import independent_sums
from analysis.sem.observed import Array, GroupSample
from analysis.sem.triangle import lower


def moment_deviations(data: Array, *, means: bool, given: Sequence[int] = ()) -> Array:
    """Each person's contribution to the sample moments, centred, (n, p*): ``x - x̄`` and ``vech((x - x̄)(x - x̄)')``.

    Their cross-product over n is Γ without distributional assumptions (Browne 1984, eq. 3.3, divisor n). ``given`` are
    the positions of covariates taken as they are: what they determine of a contribution, the same with the others'
    values as regressed on them, does not count as variation.
    """
    centred = data - data.mean(axis=0)
    i, j = lower(data.shape[1])
    products = centred[:, i] * centred[:, j]
    if len(given):
        x = centred[:, list(given)]
        fitted = x @ np.linalg.lstsq(x, centred, rcond=None)[0]
        fitted[:, list(given)] = x
        products -= fitted[:, i] * fitted[:, j]
        centred = centred - fitted
    products -= products.mean(axis=0)
    return np.concatenate([centred, products], axis=1) if means else products


def empirical_gamma(data: Array, *, means: bool) -> Array:
    """Γ of continuous data without distributional assumptions, (p*, p*)."""
    deviations = moment_deviations(data, means=means)
    gamma: Array = deviations.T @ deviations / len(data)
    return gamma


def normal_gamma(cov: Array, *, means: bool) -> Array:
    """Γ of normal data with covariance ``cov`` (p, p): ``Γ_(ij)(kl) = σ_ik σ_jl + σ_il σ_jk`` and Σ for the means."""
    i, j = lower(len(cov))
    second: Array = cov[np.ix_(i, i)] * cov[np.ix_(j, j)] + cov[np.ix_(i, j)] * cov[np.ix_(j, i)]
    return _with_means(cov, second) if means else second


def normal_weight(cov: Array, *, means: bool) -> Array:
    """The inverse of ``normal_gamma``, (p*, p*): ``½ D'(Σ⁻¹ ⊗ Σ⁻¹) D`` with D the duplication matrix (Browne 1974)."""
    inverse = np.linalg.inv(cov)
    i, j = lower(len(cov))
    doubled = np.where(i == j, 1.0, 2.0)
    second: Array = inverse[np.ix_(i, i)] * inverse[np.ix_(j, j)] + inverse[np.ix_(i, j)] * inverse[np.ix_(j, i)]
    second *= np.outer(doubled, doubled) / 4
    return _with_means(inverse, second) if means else second


def normal_weighted(cov: Array, columns: Array, *, means: bool) -> Array:
    """``normal_weight(cov) @ columns`` for columns (p*, k) without building the weight: ``Σ⁻¹ V Σ⁻¹`` for the symmetric
    matrix V of each column."""
    p = len(cov)
    inverse = np.linalg.inv(cov)
    first = p if means else 0
    i, j = lower(p)
    matrices = np.zeros((columns.shape[1], p, p))
    matrices[:, i, j] = columns[first:].T
    matrices[:, j, i] = columns[first:].T
    # as a derivative to the lower triangle: off-diagonal elements stand for two
    weighted = (inverse @ matrices @ inverse)[:, i, j] * np.where(i == j, 0.5, 1.0)
    return np.concatenate([inverse @ columns[:first], weighted.T]) if means else np.ascontiguousarray(weighted.T)


def group_gamma(group: GroupSample, *, means: bool, given: Sequence[int] = ()) -> Array:
    """A group's Γ: empirical for continuous answers, over clusters where there are any, ``given`` covariates at these
    positions; that of thresholds and polychorics for ordered ones. Raises ``ValueError`` for published moments."""
    if group.ordinal is not None:
        return group.ordinal.gamma
    independent = independent_sums(moment_deviations(group.answers, means=means, given=given), group)
    gamma: Array = independent.T @ independent / group.n
    return gamma


def _with_means(first: Array, second: Array) -> Array:
    p = len(first)
    joint = np.zeros((p + len(second), p + len(second)))
    joint[:p, :p], joint[p:, p:] = first, second
    return joint

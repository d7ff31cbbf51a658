"""Ordered variables are cut from normal ones: from the moments of these to thresholds and correlations, and back.

With scales d, thresholds are ``(τ - μ) d`` and correlations ``d Σ d`` (Muthén & Asparouhov 2002). Under the delta
parameterisation d is given; under theta it is ``diag(Σ)^-½``. Arrays may have leading dimensions, and be complex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.sem.triangle import strictly_lower

AnyArray = npt.NDArray[Any]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Underlying:
    """Moments of p underlying variables, ``mu`` (…, p) and ``sigma`` (…, p, p), their thresholds ``tau`` (…, t) and
    scales ``d`` (…, p); or the derivatives of a scalar to each."""

    mu: AnyArray
    sigma: AnyArray
    tau: AnyArray
    d: AnyArray


@dataclass(frozen=True)
class Cut:
    """Where p variables are cut: ``item`` (t,) of every threshold, ``ordered`` (k,) the variables that are, and whether
    their scales come ``by_variance`` (theta) or are parameters (delta)."""

    p: int
    item: Positions
    ordered: Positions
    by_variance: bool

    @property
    def pairs(self) -> tuple[Positions, Positions]:
        """Rows and columns of the correlations, in the order of ``triangle.strictly_lower``."""
        return strictly_lower(self.p)

    def scales(self, sigma: AnyArray) -> AnyArray:
        """d (…, p) that make the variances of ordered variables one; one elsewhere."""
        d = np.ones(sigma.shape[:-1], dtype=sigma.dtype)
        d[..., self.ordered] = 1 / np.sqrt(np.diagonal(sigma, axis1=-2, axis2=-1)[..., self.ordered])
        return d

    def moments(self, at: Underlying) -> tuple[AnyArray, AnyArray]:
        """Thresholds (…, t) and correlations (…, c) of the ordered variables."""
        i, j = self.pairs
        thresholds = (at.tau - at.mu[..., self.item]) * at.d[..., self.item]
        return thresholds, (at.d[..., :, None] * at.sigma * at.d[..., None, :])[..., i, j]

    def jacobian(self, at: Underlying, by: Underlying) -> AnyArray:
        """∂(thresholds, correlations), (t + c, q), from the derivatives ``by`` of the underlying moments: mu (p, q),
        sigma (p, p, q), tau (t, q) and d (p, q), this one for scales that are parameters."""
        item, (i, j), d = self.item, self.pairs, at.d
        by_d = by.d
        if self.by_variance:
            by_d = np.zeros_like(by.mu)
            by_d[self.ordered] = -0.5 * d[self.ordered, None] ** 3 * by.sigma[self.ordered, self.ordered]
        thresholds = (by.tau - by.mu[item]) * d[item, None] + (at.tau - at.mu[item])[:, None] * by_d[item]
        correlations = d[i, None] * by.sigma[i, j] * d[j, None]
        correlations += at.sigma[i, j, None] * (by_d[i] * d[j, None] + d[i, None] * by_d[j])
        return np.concatenate([thresholds, correlations])

    def pull(self, at: Underlying, to_moments: AnyArray) -> Underlying:
        """Derivatives of a scalar to the underlying moments from those to thresholds and correlations, (…, t + c);
        that to sigma is symmetric."""
        item, (i, j), d = self.item, self.pairs, at.d
        to_threshold, to_correlation = to_moments[..., : len(item)], to_moments[..., len(item) :]
        onto_item = np.zeros((len(item), self.p))
        onto_item[np.arange(len(item)), item] = 1.0
        to_tau = to_threshold * d[..., item]
        half = np.zeros((*to_moments.shape[:-1], self.p, self.p), dtype=np.result_type(to_moments, at.sigma))
        half[..., i, j] = half[..., j, i] = to_correlation / 2
        gap = at.tau - at.mu[..., item]
        to_d = (to_threshold * gap) @ onto_item + 2 * (half * at.sigma * d[..., None, :]).sum(-1)
        to_sigma = d[..., :, None] * half * d[..., None, :]
        if self.by_variance:
            k = self.ordered
            to_sigma[..., k, k] += -0.5 * d[..., k] ** 3 * to_d[..., k]
            to_d = np.zeros_like(to_d)  # they follow from sigma
        return Underlying(mu=-to_tau @ onto_item, sigma=to_sigma, tau=to_tau, d=to_d)

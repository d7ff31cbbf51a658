"""Linear model with a random intercept per cluster, by restricted maximum likelihood.

With one variance ratio the whole likelihood is a curve, so its maximum is found by looking at all of it. statsmodels'
general optimiser returns figures far from the maximum as converged on such data (lbfgs), and its standard errors mix
in the variance component; lme4 is the reference (tests/oracles/mixed.json).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

Array = npt.NDArray[np.floating[Any]]
_GRID = np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 91)])


@dataclass(frozen=True)
class RandomIntercept:
    """``beta`` (p) and its ``covariance`` (p by p), the variance between clusters and the residual variance.

    ``converged`` is false where the likelihood still rises at the largest ratio of the two that is looked at, a
    thousand: persons of one cluster answer all but alike, and the figures are not those of the maximum.
    """

    beta: Array
    covariance: Array
    intercept_variance: float
    residual_variance: float
    converged: bool


def random_intercept(y: Array, X: Array, clusters: npt.NDArray[Any]) -> RandomIntercept:
    """Fit ``y = X beta + u[cluster] + e`` (``y`` n, ``X`` n by p of full rank, ``clusters`` n names).

    REML with the ratio of intercept to residual variance profiled (Bates et al. 2015, §3.4); ``covariance`` is
    ``(X' V⁻¹ X)⁻¹``, as lme4 reports it. An intercept variance of zero is a solution: clusters then differ no more than
    chance makes them. Raises ``numpy.linalg.LinAlgError`` when the columns of ``X`` are dependent.
    """
    sums = _ClusterSums(y, X, clusters)
    values = sums.criteria(_GRID)
    best = int(np.argmin(values))
    ratio = float(_GRID[best])
    if best > 0:
        edges = (float(_GRID[best - 1]), float(_GRID[min(best + 1, len(_GRID) - 1)]))
        with np.errstate(invalid="ignore"):  # no residual variance is left at some ratios, where the criterion is inf
            found = minimize_scalar(sums.criterion, bounds=edges, method="bounded", options={"xatol": 1e-12 * edges[1]})
        ratio = float(found.x) if found.fun <= values[best] else ratio
    beta, inverse, residual = sums.solve(ratio)
    return RandomIntercept(beta, residual * inverse, ratio * residual, residual, best < len(_GRID) - 1)


class _ClusterSums:
    """What the likelihood needs of the data: cross products, and sums per cluster."""

    def __init__(self, y: Array, X: Array, clusters: npt.NDArray[Any]) -> None:
        _, place = np.unique(clusters, return_inverse=True)
        k = int(place.max()) + 1
        self.n, self.p = X.shape
        self.size = np.bincount(place, minlength=k).astype(float)
        self.y_sum = np.bincount(place, weights=y, minlength=k)
        self.X_sum = np.column_stack([np.bincount(place, weights=column, minlength=k) for column in X.T])
        self.XX, self.Xy, self.yy = X.T @ X, X.T @ y, float(y @ y)

    def solve(self, ratio: float) -> tuple[Array, Array, float]:
        """Generalised least squares at a variance ratio: beta, (X'W⁻¹X)⁻¹ with W = V / residual variance, residual."""
        weight = ratio / (1 + self.size * ratio)
        inverse = np.linalg.inv(self.XX - (self.X_sum * weight[:, None]).T @ self.X_sum)
        right = self.Xy - self.X_sum.T @ (weight * self.y_sum)
        beta = inverse @ right
        residual = (self.yy - float(weight @ self.y_sum**2) - float(right @ beta)) / (self.n - self.p)
        return beta, inverse, residual

    def criteria(self, ratios: Array) -> Array:
        """Minus twice the profiled restricted log-likelihood, up to a constant, at many variance ratios (r)."""
        shares = ratios[:, None] / (1 + self.size * ratios[:, None])  # r by k
        products = self.XX - np.einsum("rk,ki,kj->rij", shares, self.X_sum, self.X_sum)
        right = self.Xy - (shares * self.y_sum) @ self.X_sum
        explained = np.einsum("ri,ri->r", right, np.linalg.solve(products, right[:, :, None])[:, :, 0])
        residual = (self.yy - shares @ self.y_sum**2 - explained) / (self.n - self.p)
        logdet = np.log1p(self.size * ratios[:, None]).sum(axis=1) + np.linalg.slogdet(products)[1]
        usable = np.where(residual > 0, residual, 1.0)
        return np.where(residual > 0, (self.n - self.p) * np.log(usable) + logdet, np.inf)

    def criterion(self, ratio: float) -> float:
        """The same at one ratio."""
        return float(self.criteria(np.array([ratio]))[0])

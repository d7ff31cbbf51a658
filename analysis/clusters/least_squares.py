"""Least squares of persons in clusters: the fit, kept as what errors that allow for clusters need of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.clusters.contrast import Array, Codes


@dataclass(frozen=True)
class LeastSquares:
    """``y = X beta + e``, n persons in k clusters, p columns.

    ``beta`` (p); ``bread`` ``(X'X)⁻¹`` (p by p); ``residual_variance`` (of persons, n - p in the denominator);
    ``products`` ``X_g'X_g`` (k by p by p) and ``scores`` ``X_g'e_g`` (k by p) of each cluster; ``n_obs`` persons.
    """

    beta: Array
    bread: Array
    residual_variance: float
    products: Array
    scores: Array
    n_obs: int

    @property
    def df(self) -> int:
        """n - p, as if persons were independent."""
        return self.n_obs - len(self.beta)

    @property
    def n_clusters(self) -> int:
        """k."""
        return len(self.scores)

    def naive_se(self, L: Array) -> Array:
        """Standard errors of ``L beta`` (q) as if persons were independent; ``L`` is q by p."""
        return np.asarray(np.sqrt(self.residual_variance * np.einsum("qi,ij,qj->q", L, self.bread, L)))


def cluster_codes(clusters: npt.NDArray[Any]) -> Codes:
    """``clusters`` (n names) as numbers from 0 in the order of the sorted names."""
    return np.asarray(np.unique(clusters, return_inverse=True)[1], dtype=np.intp).reshape(-1)


def least_squares(y: Array, X: Array, cluster: Codes) -> LeastSquares:
    """Ordinary least squares of ``y`` (n) on ``X`` (n by p, of full rank, p < n); ``cluster`` (n): numbers from 0.

    Raises ``numpy.linalg.LinAlgError`` when the columns of ``X`` are dependent.
    """
    n, p = X.shape
    bread = np.linalg.inv(X.T @ X)
    beta = bread @ (X.T @ y)
    beta = beta + bread @ (X.T @ (y - X @ beta))  # once more, for the digits that the normal equations lose
    residual = y - X @ beta
    k = int(cluster.max()) + 1
    within = np.zeros((k, n))
    within[cluster, np.arange(n)] = 1.0
    products = (within @ (X[:, :, None] * X[:, None, :]).reshape(n, p * p)).reshape(k, p, p)
    return LeastSquares(
        beta, bread, float(residual @ residual) / (n - p), products, within @ (X * residual[:, None]), n
    )

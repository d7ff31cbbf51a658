"""Errors and degrees of freedom of a random-intercept model that allow for its variances being estimated.

Kenward & Roger (1997); the covariance of the coefficients enlarged for the uncertainty of the two variances (p. 985),
and for one linear combination of coefficients their F with its denominator degrees of freedom, which then is the
square of a t. Expected information of the restricted likelihood, as in R's pbkrtest. In closed form, from the sums of
each cluster: ``V_g⁻¹`` has only two eigenvalues.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clusters.contrast import Array, Codes


@dataclass(frozen=True)
class KenwardRoger:
    """``covariance`` (p by p, adjusted), and what the degrees of freedom of a combination follow from.

    ``plain`` is the unadjusted covariance Φ, ``slopes`` (2, p, p) its derivatives by the variance between and within
    clusters, ``uncertainty`` (2 by 2) the covariance of these two by the expected information.
    """

    covariance: Array
    plain: Array
    slopes: Array
    uncertainty: Array

    def df(self, c: Array) -> float:
        """Degrees of freedom of ``c'beta``: ``2 / Σ W_ij (c'Φ_i c)(c'Φ_j c) / (c'Φc)²``."""
        slope = np.einsum("p,ipq,q->i", c, self.slopes, c) / float(c @ self.plain @ c)
        return 2.0 / float(slope @ self.uncertainty @ slope)


def kenward_roger(X: Array, cluster: Codes, *, between: float, within: float) -> KenwardRoger:
    """For ``X`` (n by p) in clusters (n codes from 0) at the variances ``between`` clusters and ``within`` them.

    Raises ``numpy.linalg.LinAlgError`` where the two variances cannot be told apart (clusters of one person).
    """
    n, p = X.shape
    size = np.bincount(cluster).astype(float)
    k = len(size)
    sums = np.column_stack([np.bincount(cluster, weights=column) for column in X.T])
    apart = X.T @ X - (sums / size[:, None]).T @ sums
    d = 1 / (within + size * between)

    def over(weight: Array) -> Array:
        return np.asarray((sums * weight[:, None]).T @ sums)

    plain = np.linalg.inv(apart / within + over(d / size))
    P = -np.stack([over(d**2), apart / within**2 + over(d**2 / size)])
    Q = np.stack([over(d**3 * size), over(d**3), over(d**3), apart / within**3 + over(d**3 / size)]).reshape(2, 2, p, p)
    shared = float((size * d**2).sum())
    traces = np.array([[float((size**2 * d**2).sum()), shared], [shared, (n - k) / within**2 + float((d**2).sum())]])
    PP = np.einsum("iab,bc,jcd->ijad", P, plain, P)
    information = 0.5 * (traces - 2 * np.einsum("ab,ijba->ij", plain, Q) + np.einsum("ab,ijba->ij", plain, PP))
    uncertainty = np.linalg.inv(information)
    middle = np.einsum("ij,ijab->ab", uncertainty, Q - PP)
    return KenwardRoger(plain + 2 * plain @ middle @ plain, plain, -(plain @ P @ plain), uncertainty)

"""Errors that allow for clusters, reduced in bias, with as many degrees of freedom as few clusters leave.

The sandwich ``M Σ_g X_g' A_g e_g e_g' A_g X_g M`` with ``M = (X'X)⁻¹``. Under the working model that persons are
independent and alike (identity),

- CR2: ``A_g = (I - H_gg)^(-1/2)``, unbiased under the working model (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018,
  eq. 11),
- CR3: ``A_g = (I - H_gg)⁻¹``, nearly the jackknife over clusters, and larger,

both the symmetric root, and where an eigenvalue of ``I - H_gg`` is nil its Moore-Penrose inverse (a cluster that alone
tells a coefficient). A linear combination ``c'beta`` is referred to t with Satterthwaite's degrees of freedom, the
first two moments of its variance estimate under the working model matched to χ² (ibid., eq. 13).

``H_gg`` has the rank p of the columns at most, so that all of it is worked out with p by p matrices of each cluster and
never with the persons of one: the roots come from the eigenvalues of ``M^(1/2) X_g'X_g M^(1/2)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.clusters.contrast import Array, Codes
from analysis.clusters.least_squares import LeastSquares, least_squares

Kind = Literal["CR2", "CR3"]
_NIL = 1e-10


@dataclass(frozen=True)
class Tested:
    """Linear combinations (q) of coefficients: estimates, standard errors, Satterthwaite degrees of freedom."""

    estimate: Array
    se: Array
    df: Array


def ols_cr2(y: Array, X: Array, cluster: Codes, L: Array, *, kind: Kind = "CR2") -> Tested:
    """``L beta`` (``L`` q by p) of the regression of ``y`` (n) on ``X`` (n by p), errors by ``cluster`` (n numbers).

    Raises ``numpy.linalg.LinAlgError`` when the columns of ``X`` are dependent.
    """
    return cluster_robust(least_squares(y, X, cluster), L, kind=kind)


def cluster_robust(fitted: LeastSquares, L: Array, *, kind: Kind) -> Tested:
    """``L beta`` (``L`` q by p) of a fitted regression with errors of ``kind``; an error of nil has NaN df."""
    M, S = fitted.bread, fitted.products
    along = _adjusted(fitted, kind) @ (M @ L.T)  # F_g M c: k by p by q
    influence = np.einsum("gpq,gp->gq", along, fitted.scores)
    variance = (influence**2).sum(axis=0)
    moved = S @ along  # X_g'A_g X_g M c
    own = np.einsum("gpq,gpq->gq", along, moved)
    crossed = np.einsum("gpq,pr,hrq->qgh", moved, M, moved)
    gram = -crossed
    g = np.arange(fitted.n_clusters)
    gram[:, g, g] += own.T
    total, squares = np.einsum("qgg->q", gram), (gram**2).sum(axis=(1, 2))
    df = np.divide(total**2, squares, out=np.full(len(L), np.nan), where=squares > 0)
    return Tested(L @ fitted.beta, np.sqrt(variance), df)


def _adjusted(fitted: LeastSquares, kind: Kind) -> Array:
    """``F_g`` (k by p by p) with ``A_g X_g = X_g F_g``."""
    values, vectors = np.linalg.eigh(fitted.bread)
    root = (vectors * np.sqrt(values)) @ vectors.T
    shares, axes = np.linalg.eigh(root @ fitted.products @ root)  # of H_gg, which has no others but nil
    left = np.maximum(1 - shares, 0.0)
    determined = left < _NIL
    left[determined] = 1.0
    # (left^-1/2 - 1) / share and (left^-1 - 1) / share, without the difference of two near ones
    factor = 1 / (np.sqrt(left) * (1 + np.sqrt(left))) if kind == "CR2" else 1 / left
    factor = np.where(determined, -1.0, factor)
    inner = (axes * factor[:, None, :]) @ np.swapaxes(axes, 1, 2)
    return np.asarray(np.eye(len(root)) + root @ inner @ root @ fitted.products)

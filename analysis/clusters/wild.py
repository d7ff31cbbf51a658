"""Wild cluster bootstrap-t, restricted: signs of whole clusters' residuals are flipped under the null.

Cameron, Gelbach & Miller (2008); Roodman, MacKinnon, Nielsen & Webb (2019); MacKinnon, Nielsen & Webb (2023), their
WCR-C. The regression is fitted with the null ``c'beta = θ`` imposed, its residuals ``u`` are multiplied by one random
number a cluster, and the t of ``c'beta`` with cluster-robust errors (CR1) is worked out again; p is the share of
draws whose |t| is at least that of the data, the data counted. The interval has every θ that is not rejected.

**Weights.** Signs (Rademacher). All ``2^k`` of them where there are at most ``draws`` (k ≤ 13 for 9999); otherwise
``draws`` are drawn. The p-values of k clusters lie on a grid of ``2 / 2^k``. Where that is coarser than a fifth of
``1 - confidence`` (at 95 per cent: k ≤ 7) signs tell too little, and Webb's (2023) six values ±√(1/2), ±1, ±√(3/2) take
their place: ``6^k / 2`` different |t|. Traits of units never need them, for those are refused below eight units.

**How far to rely on it.** Without effects it rejects 3 to 8 per cent at 5 with 12 clusters, most where their sizes are
very unequal, and up to 13 with 8 (tests/benchmarks/README.md): with so few, to be seen beside the others only.

**Why own code.** Everything the bootstrap needs of the data are the sums ``X_g'X_g`` and ``X_g'u_g``, which the other
methods have already; the rest is two matrix products, and the null enters linearly, so that the interval costs no
refit. pyfixest (0.60) has no wild bootstrap of its own: it hands on to wildboottest (0.3.2), which needs numba, tests
single coefficients against nil and hence no difference of two, and has no interval. It asks for draws beyond the data,
so that the two that tie (the data and their mirror image) fall in or out by rounding, where an exact test must have
them in. It serves as an outside reference (tests/oracles/clusters).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clusters.contrast import Array
from analysis.clusters.inversion import Draws
from analysis.clusters.least_squares import LeastSquares

SIX = np.sqrt(np.array([0.5, 1.0, 1.5]))
"""Webb's values, each with both signs."""


@dataclass(frozen=True)
class Weights:
    """``values`` (m by k): a row a draw, the first all ones. ``n_draws``: how many it stands for, or were drawn.

    ``exact``: all there are; those with the first sign turned are left out of ``values``, as they give the same |t|.
    """

    values: Array
    n_draws: int
    exact: bool
    minimum_pvalue: float


@dataclass(frozen=True)
class Wild:
    """Coefficient and CR1 error (Stata's factor) of the data, two-sided p, and interval (NaN where it has no end)."""

    estimate: float
    se: float
    pvalue: float
    ci_lower: float
    ci_upper: float


def wild_weights(k: int, *, confidence: float, draws: int, seed: int | list[int]) -> Weights:
    """The weights of ``k`` clusters: all signs, signs drawn, or Webb's; see the module for which."""
    coarse = 2 / 2**k > (1 - confidence) / 5
    values = np.concatenate([SIX, -SIX]) if coarse else np.array([1.0, -1.0])
    n_all = len(values) ** k
    if n_all <= draws:
        half = np.array(np.meshgrid(*[SIX if coarse else [1.0], *[values] * (k - 1)], indexing="ij")).reshape(k, -1).T
        first = int(np.flatnonzero((half == 1.0).all(axis=1))[0])
        half[[0, first]] = half[[first, 0]]
        return Weights(half, n_all, True, 2 / n_all)
    drawn = np.random.default_rng(seed).choice(values, size=(draws, k))
    return Weights(np.vstack([np.ones(k), drawn]), draws, False, max(2 / n_all, 1 / (draws + 1)))


def wild_bootstrap(fitted: LeastSquares, c: Array, weights: Weights, *, confidence: float) -> Wild:
    """Test of ``c'beta = 0`` (``c`` p) and interval of ``c'beta``; NaN p-value where nothing varies."""
    draws = wild_coefficients(fitted, c, weights.values)
    if not draws.variance > 0:
        return Wild(draws.estimate, 0.0, np.nan, np.nan, np.nan)
    k, n, p = fitted.n_clusters, fitted.n_obs, len(fitted.beta)
    se = float(np.sqrt(draws.variance * k / (k - 1) * (n - 1) / (n - p)))
    lower, upper = draws.interval(confidence=confidence)
    return Wild(draws.estimate, se, draws.pvalue(), lower, upper)


def wild_coefficients(fitted: LeastSquares, c: Array, weights: Array) -> Draws:
    """Coefficients and CR0 variances of the draws ``weights`` (m by k), for every effect that may be imposed.

    With ``c'beta`` held at ``τ`` below its estimate the scores ``X_g'u_g`` are ``q0 + τ q1``; a draw's coefficient less
    the effect is ``Σ v_g h_g`` with ``h_g = c'M X_g'u_g``, and its own scores along c are
    ``v_g h_g - c'M X_g'X_g M Σ_j v_j X_j'u_j``.
    """
    along = fitted.bread @ c
    q0 = fitted.scores
    q1 = fitted.products @ along / float(c @ along)
    spread = np.einsum("p,gpq,qr->gr", along, fitted.products, fitted.bread)  # c'M S_g M: k by p
    (n0, s0), (n1, s1) = (_numerator_and_scores(q, along, spread, weights) for q in (q0, q1))
    A, B, C = ((part).sum(axis=1) for part in (s0**2, 2 * s0 * s1, s1**2))
    variance = float(((q0 @ along) ** 2).sum())
    n0[0], n1[0], A[0], B[0], C[0] = 0.0, 1.0, variance, 0.0, 0.0  # the data
    return Draws(float(c @ fitted.beta), variance, n0, n1, A, B, C)


def _numerator_and_scores(q: Array, along: Array, spread: Array, weights: Array) -> tuple[Array, Array]:
    """``Σ v_g h_g`` (m) and the draws' scores along c (m by k), of clusters' scores ``q`` (k by p)."""
    h = q @ along
    return weights @ h, weights * h - (weights @ q) @ spread.T

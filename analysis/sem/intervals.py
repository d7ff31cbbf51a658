"""Intervals from bootstrap draws: percentile, expanded for few units, and BCa."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from analysis.distributions import norm
from analysis.distributions import t as t_distribution
from analysis.sem.observed import Array

LEAST_CLUSTERS = 8
"""Fewer clusters are not worth resampling. Seven give 1716 different resamples at most, and nearly all draws of an
interval's outer percentiles would come from a handful of them; eight give 6435."""


def percentile(draws: Array, confidence: float) -> tuple[Array, Array]:
    """Percentile interval of each column of ``draws`` (B, k): the quantiles at (1 ∓ confidence)/2."""
    levels = np.array([0.5 - confidence / 2, 0.5 + confidence / 2])
    lower, upper = quantiles(draws, np.repeat(levels[:, None], draws.shape[1], axis=1))
    return lower, upper


def expanded_level(n_units: int, confidence: float) -> float:
    """The percentile at which an interval of this ``confidence`` begins when ``n_units`` units are resampled.

    Resampling m units takes the variance for (m - 1)/m of what it is and the normal quantile for Student's; with few
    units the percentiles are therefore taken further out: ``Φ(-√(m/(m - 1)) t)`` with m - 1 degrees of freedom
    (Hesterberg 2015, The American Statistician 69, 371-386, section 4.1). With many it is the usual percentile.
    """
    if n_units < 2:
        return float("nan")
    quantile = float(t_distribution.ppf(0.5 + confidence / 2, n_units - 1))
    return float(ndtr(-np.sqrt(n_units / (n_units - 1)) * quantile))


def bca(draws: Array, estimate: Array, influence: Array, confidence: float) -> tuple[Array, Array]:
    """Bias-corrected and accelerated interval of each column of ``draws`` (B, k) (Efron 1987, eq. 2.3 and 6.6).

    ``estimate`` (k,) is the sample's; ``influence`` (units, k) is how much each independent unit (person or cluster)
    moves it, up to a common factor. The share of draws below the estimate, ties counted half, gives the bias
    correction; NaN where all draws lie on one side of the estimate, which leaves it without bound.
    """
    finite = np.isfinite(draws)
    below = ((draws < estimate) & finite).sum(axis=0) + 0.5 * ((draws == estimate) & finite).sum(axis=0)
    with np.errstate(all="ignore"):
        bias = norm.ppf(below / finite.sum(axis=0))
        a = acceleration(influence)
        z = norm.ppf(np.array([0.5 - confidence / 2, 0.5 + confidence / 2]))[:, None] + bias
        levels = np.where(np.isfinite(bias) & (np.abs(a * z) < 1), norm.cdf(bias + z / (1 - a * z)), np.nan)
    lower, upper = quantiles(draws, levels)
    return lower, upper


def acceleration(influence: Array) -> Array:
    """``Σ u³ / (6 (Σ u²)^1.5)`` of each column (units, k); zero for a column that does not move.

    Units of several samples, each column summing to zero within every sample, count as one list (Davison & Hinkley
    1997, eq. 5.23 and 5.31).
    """
    spread = (influence**2).sum(axis=0)
    moves = spread > 0
    return np.where(moves, (influence**3).sum(axis=0) / (6 * np.where(moves, spread, 1.0) ** 1.5), 0.0)


def quantiles(draws: Array, levels: Array) -> Array:
    """Quantiles of each column of ``draws`` (B, k) at its ``levels`` (m, k), (m, k).

    The level α stands at place (R + 1) α among the R finite draws in order; between places it is interpolated on the
    scale of normal quantiles, and beyond the ends it is the end (Davison & Hinkley 1997, eq. 5.8; as R's ``boot``). NaN
    for a column without finite draws and for a level that is not a number.
    """
    ordered = np.sort(np.where(np.isfinite(draws), draws, np.inf), axis=0)
    size = np.isfinite(draws).sum(axis=0)
    place = np.where(np.isfinite(levels), levels, 0.5) * (size + 1)
    whole = np.floor(place)
    first = np.clip(whole, 1, np.maximum(size, 1)).astype(np.intp)
    second = np.clip(whole + 1, 1, np.maximum(size, 1)).astype(np.intp)
    columns = np.arange(draws.shape[1])
    low, high = ordered[first - 1, columns], ordered[second - 1, columns]
    with np.errstate(all="ignore"):
        at, after, level = (norm.ppf(x / (size + 1)) for x in (first, second, place))
        share = np.where(second > first, np.clip((level - at) / (after - at), 0.0, 1.0), 0.0)
        found = np.where(share > 0, low + share * (high - low), low)
    return np.where(np.isfinite(levels) & (size > 0), found, np.nan)

"""Polychoric correlations of many pairs of ordered items together, and each answer's influence on them.

Two steps (Olsson 1979): thresholds are the normal quantiles of cumulative shares; given them each correlation is the
maximum-likelihood estimate on the pair's contingency table. Arrays hold m pairs (of one sample or of many); items with
fewer than K categories have thresholds +∞ and empty cells beyond theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from analysis.sem.bivariate_normal import density, log_density_slope, moved, probability, probability_slope

Array = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]

LIMIT = 0.999
_STEPS = 80
_DONE = 1e-10
_TINY = 1e-20


@dataclass(frozen=True)
class Pairs:
    """m contingency tables ``counts`` (m, K, K) with thresholds ``first`` and ``second`` (m, K - 1), finite where
    ``inside`` (m, K - 1, K - 1) is true."""

    counts: Array
    first: Array
    second: Array
    inside: Mask

    @classmethod
    def of(cls, *, counts: Array, first: Array, second: Array) -> Pairs:
        """Pairs with thresholds that may be +∞."""
        inside = np.isfinite(first)[:, :, None] & np.isfinite(second)[:, None, :]
        return cls(counts, first, second, inside)

    def take(self, which: Any) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.counts[which], self.first[which], self.second[which], self.inside[which])

    def corners(self) -> tuple[Array, Array]:
        """Thresholds at the inner corners of the cells, (m, K - 1, 1) and (m, 1, K - 1), nil where infinite."""
        return _finite(self.first)[:, :, None], _finite(self.second)[:, None, :]


def solve(pairs: Pairs, start: Array) -> tuple[Array, Array]:
    """Maximum-likelihood correlations (m,) given the thresholds, NaN where the likelihood still rises at ±0.999, and
    the probabilities P(X ≤ h, Y ≤ k) at the corners (m, K - 1, K - 1) there.

    Newton's method on the stacked pairs inside the bracket that the scores' signs give; a step that would leave the
    bracket halves it.
    """
    r = np.clip(start, -0.9, 0.9)
    low, high = np.full_like(r, -LIMIT), np.full_like(r, LIMIT)
    at = np.arange(len(r))
    below = _below(pairs, r)
    found, corners = np.full_like(r, np.nan), np.full_like(below, np.nan)
    for _ in range(_STEPS):
        score, curvature = _derivatives(pairs, below, r)
        low, high = np.where(score >= 0, r, low), np.where(score <= 0, r, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(curvature < 0, -score / curvature, np.inf * np.sign(score))
        new = np.where(score == 0, r, r + step)
        near = np.abs(new - r) < _DONE
        new = np.where(~near & ((new <= low) | (new >= high)), (low + high) / 2, new)
        done = near | (high - low < _DONE)
        if done.any():
            settled = done & (np.abs(new) < LIMIT - 1e-8)
            # the last step is so short that its density says what it adds
            last = below[settled] + _density(pairs.take(settled), r[settled]) * (new - r)[settled][:, None, None]
            found[at[settled]], corners[at[settled]] = new[settled], last
            on = ~done
            if not on.any():
                break
            at, pairs, below = at[on], pairs.take(on), below[on]
            r, new, low, high = r[on], new[on], low[on], high[on]
        h, k = pairs.corners()
        below = np.where(pairs.inside, moved(below, h, k, r, new), below)
        r = new
    return found, corners


def influence(pairs: Pairs, r: Array, below: Array, of_first: Array, of_second: Array) -> Array:
    """What a person in each cell adds to √n times the correlation's error, (m, K, K); nil in empty cells.

    ``r`` and ``below`` are those of ``solve``; ``of_first`` and ``of_second`` (m, K - 1, K) are the influence q of each
    category on the two items' thresholds. With s the score of the correlation and u those of the thresholds it is
    ``(s - A₂₁ q)/A₂₂``: the second part carries the thresholds' error into the correlation (Muthén 1984; Jöreskog
    1994). As in lavaan the A are the answers' own cross-products, Σ n s² and Σ n s u over the cells, and not what the
    model of the pair expects of them.
    """
    n = pairs.counts.sum(axis=(1, 2))[:, None, None]
    share = pairs.counts / n
    chance = _chances(pairs, below)
    filled = share > 0
    safe = np.where(filled, np.maximum(chance, _TINY), 1.0)
    score = np.where(filled, _cells(_density(pairs, r)) / safe, 0.0)
    own = (share * score**2).sum(axis=(1, 2))[:, None, None]
    expected = share * score / safe
    by_first = _crossed(expected, _slopes(pairs.first, pairs.second, r))
    by_second = _crossed(np.swapaxes(expected, 1, 2), _slopes(pairs.second, pairs.first, r))
    carried = (by_first[:, None, :] @ of_first)[:, 0, :, None] + (by_second[:, None, :] @ of_second)[:, 0, None, :]
    result: Array = np.where(filled, (score - carried) / own, 0.0)
    return result


def keep_from_one(counts: Array, binary: Mask) -> Array:
    """Counts with half an answer moved into the one empty cell of a 2 by 2 table, all margins kept, as lavaan does by
    default (``zero.add = c(0.5, 0)``, ``zero.keep.margins = TRUE``): without it the correlation would be ±1.

    ``binary`` (m,) marks the pairs of two items with two categories. Larger tables stay as they are.
    """
    inner = counts[:, :2, :2]
    empty = inner == 0
    one = binary & (empty.sum(axis=(1, 2)) == 1)
    if not one.any():
        return counts
    diagonal = (empty[:, 0, 0] | empty[:, 1, 1])[one]
    sign = np.where(diagonal, 0.5, -0.5)[:, None, None] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    counts = counts.copy()
    counts[one, :2, :2] += sign
    return counts


def _finite(thresholds: Array) -> Array:
    return np.where(np.isfinite(thresholds), thresholds, 0.0)


def _below(pairs: Pairs, r: Array) -> Array:
    """P(X ≤ h, Y ≤ k) at all inner corners, (m, K - 1, K - 1)."""
    return probability(pairs.first[:, :, None], pairs.second[:, None, :], r[:, None, None])


def _density(pairs: Pairs, r: Array) -> Array:
    h, k = pairs.corners()
    return np.where(pairs.inside, density(h, k, r[:, None, None]), 0.0)


def _chances(pairs: Pairs, below: Array) -> Array:
    """Probabilities of the cells, (m, K, K)."""
    m, size = pairs.first.shape
    whole = np.zeros((m, size + 2, size + 2))
    whole[:, 1:-1, 1:-1] = below
    whole[:, 1:-1, -1], whole[:, -1, 1:-1] = ndtr(pairs.first), ndtr(pairs.second)
    whole[:, -1, -1] = 1.0
    return np.diff(np.diff(whole, axis=1), axis=2)


def _cells(corners: Array) -> Array:
    """Second differences of what is nil on the outer edges, (m, K, K)."""
    return np.diff(np.diff(np.pad(corners, ((0, 0), (1, 1), (1, 1))), axis=1), axis=2)


def _derivatives(pairs: Pairs, below: Array, r: Array) -> tuple[Array, Array]:
    """First and second derivative of the log-likelihood to the correlation, (m,) each."""
    filled = pairs.counts > 0
    chance = np.where(filled, np.maximum(_chances(pairs, below), _TINY), 1.0)
    h, k = pairs.corners()
    first = _density(pairs, r)
    relative = _cells(first) / chance
    second = _cells(first * log_density_slope(h, k, r[:, None, None])) / chance
    score = (pairs.counts * relative).sum(axis=(1, 2))
    curvature = (pairs.counts * (second - relative**2)).sum(axis=(1, 2))
    return score, curvature


def _slopes(own: Array, other: Array, r: Array) -> Array:
    """∂ P(X ≤ a threshold, Y in a category) to that threshold, (m, K - 1, K)."""
    m = len(own)
    edges = np.concatenate([np.full((m, 1), -np.inf), other, np.full((m, 1), np.inf)], axis=1)
    slope = probability_slope(_finite(own)[:, :, None], edges[:, None, :], r[:, None, None])
    return np.where(np.isfinite(own)[:, :, None], np.diff(slope, axis=2), 0.0)


def _crossed(expected: Array, slopes: Array) -> Array:
    """Σ n s u of each threshold of the first item, (m, K - 1): a threshold takes from the next category what it gives
    to its own."""
    result: Array = ((expected[:, :-1] - expected[:, 1:]) * slopes).sum(axis=2)
    return result

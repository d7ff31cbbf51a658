"""From resampled coefficients to a two-sided p-value and the interval of effects that it does not reject.

A permutation test and a wild bootstrap of one coefficient have the same shape. Under the null of an effect ``θ`` that
lies ``τ`` below the estimate (``θ = estimate - τ``), each draw has a coefficient ``n0 + n1 τ`` with a variance
``A + B τ + C τ²``, the data have ``τ`` with the variance ``V``, and a draw is at least as extreme where
``(n0 + n1 τ)² / (A + B τ + C τ²) ≥ τ² / V``. So a test of any effect costs one comparison a draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clusters.contrast import Array

_TIE = 1e-9
"""Statistics that differ by less, in proportion, or are less than this, are the same but for rounding."""
_REACH = np.geomspace(0.05, 1e4, 72)
"""How far from the estimate, in standard errors, the interval is looked for."""


@dataclass(frozen=True)
class Draws:
    """m draws, the data themselves among them: coefficients ``n0 + n1 τ``, variances ``A + B τ + C τ²``, all (m).

    ``estimate`` and ``variance`` are those of the data.
    """

    estimate: float
    variance: float
    n0: Array
    n1: Array
    A: Array
    B: Array
    C: Array

    def pvalue(self, effect: float = 0.0) -> float:
        """The share of draws that are at least as extreme as the data where the effect is ``effect``."""
        return float(self.pvalues(np.array([self.estimate - effect]))[0])

    def pvalues(self, tau: Array) -> Array:
        """The same for many effects ``estimate - tau`` (r)."""
        t = tau[:, None]
        coefficient = self.n0 + self.n1 * t
        variance = np.maximum(self.A + (self.B + self.C * t) * t, 0.0)
        distance = t**2 * (1 - _TIE) - self.variance * _TIE**2
        as_extreme = coefficient**2 * self.variance >= distance * variance
        return np.asarray(as_extreme.mean(axis=1))

    def interval(self, *, confidence: float) -> tuple[float, float]:
        """The smallest and the largest effect whose p-value exceeds ``1 - confidence``.

        Those between need not all do (the set of effects that are not rejected can have holes); the interval has them
        all. NaN, NaN where it has no end: where effects however far away are not rejected, because the number of
        assignments is too small for it.
        """
        alpha = 1 - confidence + 1e-12
        se = float(np.sqrt(self.variance))
        ends = []
        for side in (-se, se):
            kept = np.flatnonzero(self.pvalues(side * _REACH) > alpha)
            if len(kept) and kept[-1] == len(_REACH) - 1:
                return np.nan, np.nan
            inside, outside = (_REACH[kept[-1]], _REACH[kept[-1] + 1]) if len(kept) else (0.0, _REACH[0])
            for _ in range(50):
                middle = (inside + outside) / 2
                if self.pvalues(np.array([side * middle]))[0] > alpha:
                    inside = middle
                else:
                    outside = middle
            ends.append(self.estimate - side * inside)
        return ends[1], ends[0]

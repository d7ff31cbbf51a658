"""Which t an estimate over a robust error follows, where its squared error is a weighted sum of few χ² variables.

Under the working model a cluster-robust variance of one contrast is ``Q = Σ λ_i χ²_1`` and independent of the estimate
(Bell & McCaffrey 2002). Satterthwaite's t matches the first two moments of Q, with ``(Σλ)²/Σλ²`` degrees of freedom.
With very few of them it puts too much of Q near zero and its intervals are too wide: below four they are not to be
relied on (Tipton 2015; Pustejovsky & Tipton 2018). The tail itself is a smooth integral: with Craig's (1991) form of
the normal tail, ``2Φ(-x) = 2/π ∫₀^{π/2} exp(-x²/(2 sin²φ)) dφ``, and the moment-generating function of Q/Σλ::

    P(|T| > c) = 2/π ∫₀^{π/2} Π_i (1 + c² λ_i / (Σλ sin²φ))^(-1/2) dφ
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from analysis.distributions import t as t_distribution
from analysis.sem.observed import Array

# the integrand is smooth on (0, π/2): 80 points give the tail of a Cauchy to ten digits
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(80)
_SINE_SQUARED = np.sin((_POINTS + 1) * np.pi / 4) ** 2


def two_sided_tail(c: float, weights: Array) -> float:
    """P(|T| > c) for T = Z / √(Σ λ_i χ²_1 / Σ λ_i), with ``weights`` λ (m,) of at least zero."""
    shares = weights / weights.sum()
    factors = 1 + c**2 * shares[:, None] / _SINE_SQUARED
    return float(_WEIGHTS @ np.exp(-0.5 * np.log(factors).sum(axis=0)) / 2)


def satterthwaite(weights: Array) -> Array:
    """``(Σλ)²/Σλ²`` of each row of ``weights`` (k, m), (k,)."""
    largest = weights.max(axis=-1, keepdims=True)  # so that squares stay within range, whatever the units
    shares = weights / np.where(largest > 0, largest, 1)
    found: Array = shares.sum(axis=-1) ** 2 / (shares**2).sum(axis=-1)
    return found


def equivalent_df(weights: Array, confidence: float = 0.95) -> float:
    """Degrees of freedom of the t whose interval of this ``confidence`` is the exact one of ``weights`` (m,)."""
    alpha = 1 - confidence
    # between the t of one degree of freedom and the normal, whatever the weights
    lowest, highest = (float(t_distribution.isf(alpha / 2, df)) for df in (1e9, 1.0))
    if two_sided_tail(highest, weights) >= alpha:
        return 1.0
    c = brentq(lambda x: two_sided_tail(x, weights) - alpha, lowest * 0.999, highest, xtol=1e-10)
    return float(np.exp(brentq(lambda log_df: t_distribution.isf(alpha / 2, np.exp(log_df)) - c, 0.0, 20.0)))

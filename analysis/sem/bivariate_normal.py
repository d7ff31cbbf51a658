"""The standard bivariate normal distribution: probabilities, density and their derivatives, for arrays of any shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, owens_t

Array = npt.NDArray[np.floating[Any]]

# Along a short stretch of correlation, not near ±1, eight Gauss-Legendre nodes leave less than 1e-14
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_STRETCH = 0.3
_NEAR_ONE = 0.85


def normal_density(x: Array) -> Array:
    """φ(x), nil at ±∞."""
    density: Array = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    return density


def probability(h: Array, k: Array, r: Array) -> Array:
    """P(X ≤ h, Y ≤ k) of standard normal X and Y with correlation ``r``, |r| < 1, broadcast over the arguments.

    With Owen's T (Owen 1956): ``½Φ(h) + ½Φ(k) - T(h, (k - rh)/(h s)) - T(k, (h - rk)/(k s)) - ½[hk < 0]`` with
    ``s = √(1 - r²)``, and ½ too where hk = 0 and h + k < 0. Right to about 1e-15; h and k may be infinite.
    """
    h, k, r = np.broadcast_arrays(h, k, r)
    one, other = np.where(np.isfinite(h), h, 0.0), np.where(np.isfinite(k), k, 0.0)
    s = np.sqrt((1 - r) * (1 + r))
    opposite = (one * other < 0) | ((one * other == 0) & (one + other < 0))
    inner = 0.5 * (ndtr(one) + ndtr(other)) - _owen(one, other, r, s) - _owen(other, one, r, s) - 0.5 * opposite
    # both at the origin: Sheppard (1899)
    inner = np.where((one == 0) & (other == 0), 0.25 + np.arcsin(r) / (2 * np.pi), inner)
    edge = np.where(np.isinf(h), np.where(h > 0, ndtr(k), 0.0), np.where(k > 0, ndtr(h), 0.0))
    result: Array = np.where(np.isfinite(h) & np.isfinite(k), inner, edge)
    return result


def _owen(h: Array, k: Array, r: Array, s: Array) -> Array:
    """T(h, (k - rh)/(hs)), a quarter with the sign of k where h is nil."""
    zero = h == 0
    slope = (k - r * h) / np.where(zero, 1.0, h * s)
    value: Array = np.where(zero, 0.25 * np.sign(k), owens_t(h, slope))
    return value


def moved(value: Array, h: Array, k: Array, before: Array, after: Array) -> Array:
    """``probability(h, k, after)`` from ``value = probability(h, k, before)``: correlations (m,), ``value`` (m, a, b),
    h (m, a, 1) and k (m, 1, b), or both (m, a, b).

    ``∂Φ₂/∂r`` is the density φ₂ (Plackett 1954), integrated over ``t = arcsin r``; far apart or near ±1 the
    probability is taken anew.
    """
    start, width = np.arcsin(before), (np.arcsin(after) - np.arcsin(before)) / 2
    squares, product = (h * h + k * k) / 2, h * k
    total = np.zeros_like(value)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        sine = np.sin(start + width * (1 + node))[:, None, None]
        exponent = (product * sine - squares) / ((1 - sine) * (1 + sine))
        total += weight * np.exp(exponent)
    result: Array = value + total * (width / (2 * np.pi))[:, None, None]
    anew = (np.abs(2 * width) > _STRETCH) | (np.maximum(np.abs(before), np.abs(after)) > _NEAR_ONE)
    if anew.any():
        result[anew] = probability(h[anew], k[anew], after[anew][:, None, None])
    return result


def density(h: Array, k: Array, r: Array) -> Array:
    """φ₂(h, k; r), which is ∂Φ₂/∂r; h and k must be finite."""
    spare = (1 - r) * (1 + r)
    result: Array = np.exp((r * h * k - 0.5 * (h * h + k * k)) / spare) / (2 * np.pi * np.sqrt(spare))
    return result


def log_density_slope(h: Array, k: Array, r: Array) -> Array:
    """∂ log φ₂/∂r: ``r/(1-r²) + ((1+r²)hk - r(h²+k²))/(1-r²)²``; h and k must be finite."""
    spare = (1 - r) * (1 + r)
    result: Array = r / spare + ((1 + r * r) * h * k - r * (h * h + k * k)) / spare**2
    return result


def probability_slope(h: Array, k: Array, r: Array) -> Array:
    """∂Φ₂/∂h: ``φ(h) Φ((k - rh)/√(1-r²))``; h must be finite, k may be infinite."""
    result: Array = normal_density(h) * ndtr((k - r * h) / np.sqrt((1 - r) * (1 + r)))
    return result

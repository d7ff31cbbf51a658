"""Rotations of exploratory factors by factor_analyzer's ``Rotator``, taken on to where the criterion is least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from factor_analyzer import Rotator

Array = npt.NDArray[np.floating[Any]]
Rotation = Literal["none", "oblimin", "promax", "varimax"]

_TOLERANCE = 1e-8
_STEPS = (300, 5000)
_STATIONARY = 1e-6


@dataclass(frozen=True)
class Rotated:
    """``loadings`` (k, m) on m factors with ``correlations`` (m, m); ``converged``: whether the criterion is least."""

    loadings: Array
    correlations: Array
    converged: bool


def rotated(loadings: Array, rotation: Rotation) -> Rotated:
    """Unrotated ``loadings`` (k, m) rotated, in canonical order and signs (``canonical``).

    ``oblimin`` with gamma 0 and no normalisation (quartimin; Jennrich & Sampson 1966), ``varimax`` and ``promax``
    (power 4; Hendrickson & White 1964) with Kaiser's normalisation, all as in psych, from the loadings as they are.
    (Of 400 random matrices with 2 to 4 factors no other start led to a lower oblimin criterion.)
    """
    n_factors = loadings.shape[1]
    if rotation == "none" or n_factors < 2:
        return canonical(loadings, np.eye(n_factors), converged=True)
    if rotation == "oblimin":
        return _oblimin(loadings)
    # a tolerance of nil: on as long as the criterion still grows
    rotator = Rotator(method=rotation, normalize=True, tol=0.0, max_iter=1000)
    found = rotator.fit_transform(loadings)
    correlations = np.eye(n_factors) if rotator.phi_ is None else rotator.phi_
    return canonical(found, correlations, converged=True)


def canonical(loadings: Array, correlations: Array, *, converged: bool) -> Rotated:
    """Every factor's loadings positive on the whole, and the factor that explains most first.

    What a factor explains is the diagonal of ``correlations @ loadings.T @ loadings``. (``FactorAnalyzer`` sorts the
    loadings but leaves the correlations of the factors in the order they had; see tests/oracles/defects.md.)
    """
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    loadings, correlations = loadings * signs, correlations * np.outer(signs, signs)
    order = np.argsort(-np.diag(correlations @ loadings.T @ loadings), kind="stable")
    return Rotated(loadings[:, order], correlations[np.ix_(order, order)], converged)


def quartimin(loadings: Array) -> float:
    """The oblimin criterion with gamma 0: products of squared loadings on two factors, over items and pairs."""
    squared = loadings**2
    return float((squared.sum(axis=1) ** 2 - (squared**2).sum(axis=1)).sum() / 4)


def _oblimin(loadings: Array) -> Rotated:
    """The search is quick or slow; a tolerance below what numbers can tell is never met, so it is not given all steps
    at once."""
    for n_steps in _STEPS:
        rotator = Rotator(method="oblimin", gamma=0, tol=_TOLERANCE, max_iter=n_steps)
        found = rotator.fit_transform(loadings)
        converged = _is_stationary(found, rotator.phi_)
        if converged:
            break
    return canonical(found, rotator.phi_, converged=converged)


def _is_stationary(loadings: Array, correlations: Array) -> bool:
    """Whether the criterion's slope is nil: ``L' G R^-1`` is diagonal, G the derivative by the loadings (Jennrich 2002,
    Psychometrika 67, 7-19), which ``Rotator`` does not tell.
    """
    squared = loadings**2
    slope = loadings * (squared.sum(axis=1, keepdims=True) - squared)
    product = loadings.T @ slope @ np.linalg.inv(correlations)
    return bool(np.abs(product - np.diag(np.diag(product))).max() < _STATIONARY)

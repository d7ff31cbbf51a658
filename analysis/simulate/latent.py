"""Drawing latent variables: persons in projects, with disturbances at three levels."""

from __future__ import annotations

import hashlib

import numpy as np

from analysis.simulate.parameters import (
    Parameters,
    disturbance_levels,
    path_matrix,
    trait_loadings,
)


def stream(seed: int, *labels: str) -> np.random.Generator:
    """A random generator that depends on ``seed`` and the labels alone, so that waves can be made in any order."""
    words = [int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "big") for label in labels]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


def disturbances(covariance: np.ndarray, *, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` normal draws with this ``covariance`` (n_factors by n_factors), n by n_factors."""
    return np.asarray(rng.standard_normal((n, len(covariance))) @ np.linalg.cholesky(covariance).T)


def project_disturbance(p: Parameters, *, seed: int, pool: str, wave: str, project: str) -> np.ndarray:
    """What the persons of ``project`` have in common, per factor: one part in all waves of the pool, one in this."""
    levels = disturbance_levels(p)
    lasting = disturbances(levels.projects, n=1, rng=stream(seed, "project", pool, project))
    passing = disturbances(levels.project_waves, n=1, rng=stream(seed, "project in wave", wave, project))
    return np.asarray(lasting[0] + passing[0])


def factors_from(p: Parameters, *, disturbance: np.ndarray, traits: np.ndarray) -> np.ndarray:
    """Factor values from disturbances (n by n_factors) and 0/1 traits (n by n_traits): ``(I - B)^-1 (Gamma d + zeta)``.

    Traits are centred at one half, so that factors have mean 0 in a balanced design.
    """
    direct = disturbance + (traits - 0.5) @ trait_loadings(p).T
    return np.asarray(np.linalg.solve(np.eye(len(p.factors)) - path_matrix(p), direct.T).T)

"""What an analysis of a simulated study should find, in the metric in which the analysis states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from analysis.distributions import norm
from analysis.simulate.items import thresholds
from analysis.simulate.parameters import (
    Parameters,
    disturbance_covariance,
    factor_covariance,
    path_matrix,
    trait_loadings,
)

TERMS = 60
"""Terms of the tetrachoric series; correlations between latent responses stay below .9, so the rest is below 1e-3 of
the last of them."""


def true_effects(p: Parameters, *, weights_by_score: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Every effect of the declared study by the statement that names it.

    ``Y ~ X``: path between factors, ``std.all``. ``cor(X, Y)``: correlation of two factors. Both as a structural model
    of the reference persons estimates them. ``effect(trait, S)``: difference of the score ``S`` between the levels of a
    trait, in standard deviations of the score among persons, hence smaller than the factor's by the scale's
    unreliability and coarseness; ``effect(a, S) - effect(b, S)``: the difference of two of them.
    ``weights_by_score``: each score as a linear combination of item codes (a reversed item has a negative weight).
    """
    return true_model_effects(p) | true_score_effects(p, weights_by_score=weights_by_score)


def true_model_effects(p: Parameters) -> dict[str, float]:
    """Declared paths (``Y ~ X``), paths from traits (``Y ~ trait``, ``std.all``) and all implied ``cor(X, Y)``.

    With factors of variance 1 a path is ``std.all`` as declared; a trait's 0/1 dummy has standard deviation 1/2 in a
    balanced design, so its coefficient is half the declared effect. Correlations: ``(I-B)^-1 (Gamma Gamma'/4 + Psi)
    (I-B)^-T`` (Bollen 1989, p. 324, with the traits' part written out).
    """
    names = p.factor_names
    effects: dict[str, float] = {}
    for name, factor in p.factors.items():
        effects |= {f"{name} ~ {other}": float(value) for other, value in factor.paths.items()}
        effects |= {f"{name} ~ {trait}": value / 2 for trait, value in factor.traits.items()}
    correlation = factor_covariance(p)
    pairs = ((a, b) for a, b in product(range(len(names)), repeat=2) if a != b)
    return effects | {f"cor({names[a]}, {names[b]})": float(correlation[a, b]) for a, b in pairs}


def true_score_effects(p: Parameters, *, weights_by_score: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """``effect(trait, S)`` for every trait and score, and every difference of two traits' effects on a score."""
    cells = [_cell_moments(p, np.array(traits)) for traits in product((0.0, 1.0), repeat=len(p.traits))]
    effects: dict[str, float] = {}
    for score, weights in weights_by_score.items():
        w = np.array([weights.get(item, 0.0) for item in p.items])
        means = np.array([w @ cell.mean for cell in cells])
        sd = np.sqrt(np.mean([w @ cell.covariance @ w for cell in cells]) + means.var())
        for place, trait in enumerate(p.traits):
            high = np.array([cell.traits[place] == 1 for cell in cells])
            effects[f"effect({trait}, {score})"] = float((means[high].mean() - means[~high].mean()) / sd)
        for a, b in product(p.traits, repeat=2):
            if a != b:
                effects[f"effect({a}, {score}) - effect({b}, {score})"] = (
                    effects[f"effect({a}, {score})"] - effects[f"effect({b}, {score})"]
                )
    return effects


@dataclass(frozen=True)
class _Cell:
    """Item codes in one combination of trait levels: ``traits`` n_traits, ``mean`` n_items, ``covariance`` n_items²."""

    traits: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


def _cell_moments(p: Parameters, traits: np.ndarray) -> _Cell:
    """Exact mean and covariance of all item codes, given the traits.

    Latent responses are normal, so two codes have covariance ``sum_n c_in c_jn rho^n`` with Hermite coefficients
    ``c`` of the two step functions (the tetrachoric series; Kendall & Stuart 1979, vol. 2, 26.31).
    """
    a = np.linalg.inv(np.eye(len(p.factors)) - path_matrix(p))
    factor_mean = a @ trait_loadings(p) @ (traits - 0.5)
    factor_cov = a @ disturbance_covariance(p) @ a.T
    column = {name: place for place, name in enumerate(p.factor_names)}
    items = list(p.items.values())
    of = np.array([column[block.factor] for block, _ in items])
    loading = np.array([item.loading for _, item in items])
    latent = np.outer(loading, loading) * factor_cov[np.ix_(of, of)]
    np.fill_diagonal(latent, np.diag(latent) + 1 - loading**2)
    sd = np.sqrt(np.diag(latent))
    rho = latent / np.outer(sd, sd)

    mean, variance, coefficients = np.empty(len(items)), np.empty(len(items)), np.empty((len(items), TERMS))
    for i, (block, item) in enumerate(items):
        cuts = (thresholds(block, item) - loading[i] * factor_mean[of[i]]) / sd[i]
        shares = np.diff(norm.cdf(cuts), prepend=0.0, append=1.0)
        codes = np.array(block.codes)
        mean[i] = shares @ codes
        variance[i] = shares @ (codes - mean[i]) ** 2
        coefficients[i] = np.diff(codes) @ _hermite_steps(cuts)
    covariance = np.zeros_like(rho)
    for n in range(TERMS):
        covariance += np.outer(coefficients[:, n], coefficients[:, n]) * rho ** (n + 1)
    np.fill_diagonal(covariance, variance)
    return _Cell(traits, mean, covariance)


def _hermite_steps(cuts: np.ndarray) -> np.ndarray:
    """Normalised Hermite coefficients 1…TERMS of the steps ``x > cut``: ``phi(t) He_{n-1}(t) / sqrt(n!)``, by row."""
    h = np.empty((len(cuts), TERMS))  # h_n = He_n / sqrt(n!), by its own recursion, which neither grows nor cancels
    h[:, 0] = 1.0
    h[:, 1] = cuts
    for n in range(1, TERMS - 1):
        h[:, n + 1] = (cuts * h[:, n] - np.sqrt(n) * h[:, n - 1]) / np.sqrt(n + 1)
    return np.asarray(norm.pdf(cuts)[:, None] * h / np.sqrt(np.arange(1, TERMS + 1)))

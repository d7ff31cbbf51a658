"""Contrasts of a trait by persons: Welch's t for any trait, and regressions for a trait that persons have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.clusters.contrast import Contrast, Method, Refusal, TraitColumns, with_t_test
from analysis.clusters.design import People, full_rank, independent
from analysis.clusters.least_squares import cluster_codes, least_squares
from analysis.clusters.mixed import random_intercept
from analysis.clusters.robust import cluster_robust
from analysis.clusters.units import Settings, drawn_by, wild_contrast

OF_PERSONS: tuple[Method, ...] = ("ols", "mixed", "cr2", "cr3", "wild")
"""The methods for a trait of persons, beside ``persons``; its levels differ within units, so no unit means."""


def welch_contrast(found: People, trait: TraitColumns, *, confidence: float) -> Contrast:
    """Welch's t with Hedges' g (Hedges & Olkin 1985; pingouin); ``found.levels`` (n by 1) is of ``trait`` alone."""
    found = found.keep(~np.isnan(found.levels[:, 0]))
    c = counted(found, trait, "persons")
    high, low = (found.y[found.levels[:, 0] == level] for level in (1.0, 0.0))
    if min(len(high), len(low)) < 2:
        return replace(c, refused="too_few_persons")
    parts = np.array([high.var(ddof=1) / len(high), low.var(ddof=1) / len(low)])
    if parts.sum() == 0:
        return replace(c, refused="no_variation")
    from pingouin import compute_effsize, compute_esci

    df = float(parts.sum() ** 2 / (parts**2 / np.array([len(high) - 1, len(low) - 1])).sum())
    estimate = float(high.mean() - low.mean())
    tested = with_t_test(c, estimate=estimate, se=float(np.sqrt(parts.sum())), df=df, confidence=confidence, sd=1.0)
    g = float(compute_effsize(high, low, eftype="hedges"))
    lower, upper = compute_esci(g, nx=len(high), ny=len(low), eftype="hedges", confidence=confidence, decimals=12)
    return replace(tested, effect_size=g, effect_size_ci_lower=float(lower), effect_size_ci_upper=float(upper))


def person_trait_contrasts(
    found: People, trait: TraitColumns, methods: Sequence[Method], settings: Settings
) -> list[Contrast]:
    """A trait of persons by ``methods`` of ``OF_PERSONS``: regression on it alone (and the covariates).

    ``ols`` has all persons; the others those whose unit is known (``n_obs`` counts who is in).
    """
    found = found.keep(~np.isnan(found.levels[:, 0]))
    placed = found.keep(found.clusters != "")
    return [_by(method, found if method == "ols" else placed, trait, settings) for method in methods]


def counted(found: People, trait: TraitColumns, method: Method) -> Contrast:
    """A contrast without numbers yet: persons, and units in each level."""
    known = found.keep(found.clusters != "")
    n_high, n_low = (float(len(set(known.clusters[known.levels[:, 0] == level]))) for level in (1.0, 0.0))
    return Contrast(found.outcome, trait.name, method, len(found.y), n_high, n_low)


def _by(method: Method, found: People, trait: TraitColumns, settings: Settings) -> Contrast:
    c = counted(found, trait, method)
    n_units = len(set(found.clusters))
    fixed = independent(np.column_stack([np.ones(len(found.y)), found.covariates]))
    X = np.column_stack([fixed, found.levels])
    code = _refusal(found, X, n_units, naive=method == "ols")
    if code:
        return replace(c, refused=code)
    y, sd, c_ = found.y - found.y.mean(), float(found.y.std(ddof=1)), np.eye(X.shape[1])[-1]
    cluster = cluster_codes(found.clusters.astype(str))
    if method == "mixed":
        model = random_intercept(y, X, cluster)
        if not model.converged:
            return replace(c, refused="not_converged")
        se, df = float(np.sqrt(model.covariance[-1, -1])), len(y) - n_units - X.shape[1] + 1
        return with_t_test(c, estimate=float(model.beta[-1]), se=se, df=df, confidence=settings.confidence, sd=sd)
    fitted = least_squares(y, X, cluster)
    if method == "wild":
        seed = drawn_by(settings.seed, "wild", trait.name)
        return wild_contrast(fitted, c_, c, sd=sd, settings=settings, seed=seed)
    if method == "ols":
        se, df = float(fitted.naive_se(c_[None, :])[0]), float(fitted.df)
    else:
        robust = cluster_robust(fitted, c_[None, :], kind="CR2" if method == "cr2" else "CR3")
        se, df = float(robust.se[0]), float(robust.df[0])
    return with_t_test(c, estimate=float(fitted.beta[-1]), se=se, df=df, confidence=settings.confidence, sd=sd)


def _refusal(found: People, X: np.ndarray, n_units: int, *, naive: bool) -> Refusal:
    if not naive and n_units < 2:
        return "no_clusters"
    n_by_level = [int((found.levels[:, 0] == level).sum()) for level in (1.0, 0.0)]
    if min(n_by_level) < 2 or len(found.y) <= X.shape[1] + (0 if naive else n_units - 1):
        return "too_few_persons"
    if not full_rank(X):
        return "confounded"
    return "no_variation" if len(np.unique(found.y)) < 2 else ""

"""The rows of a parameter table that nobody wrote: lavaan's ``sem()`` defaults."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

from analysis.sem.roles import Asked, Roles
from analysis.sem.row import Key, Row


def default_rows(roles: Roles, asked: Asked, *, stated: Collection[Key]) -> list[Row]:
    """Variances, covariances, thresholds, scales and intercepts, without those the model has ``stated``."""
    rows = [*_variances(roles, asked), *_covariances(roles), *_covariate_moments(roles)]
    if asked.ordered:
        rows += _thresholds(asked)
    if asked.means:
        rows += _intercepts(roles, asked)
    return [row for row in rows if row.key not in stated]


def _variances(roles: Roles, asked: Asked) -> list[Row]:
    """Free ones but for: ordered variables, latent ones of ``std_lv``, a latent variable's only indicator (nil)."""
    rows = []
    for v in (*roles.observed, *roles.latent):
        if v in asked.ordered or (asked.std_lv and v in roles.latent):
            rows.append(Row(v, "~~", v, fixed=1.0))
        elif v not in roles.covariates:
            rows.append(Row(v, "~~", v, fixed=0.0 if v in roles.single else None))
    return rows


def _covariances(roles: Roles) -> list[Row]:
    """Those of exogenous latent variables, of outcomes that predict nothing, of covariates not taken as given."""
    exogenous = [v for v in roles.latent if v not in roles.indicators and v not in roles.outcomes]
    final = [v for v in roles.outcomes if v not in roles.predictors and v not in roles.indicators]
    final.sort(key=lambda v: v in roles.latent)
    modelled = [v for v in roles.exogenous if v not in roles.covariates and v not in roles.random]
    return [Row(a, "~~", b) for among in (exogenous, final, modelled) for a, b in combinations(among, 2)]


def _covariate_moments(roles: Roles) -> list[Row]:
    pairs = [(a, b) for i, a in enumerate(roles.covariates) for b in roles.covariates[i:]]
    return [Row(a, "~~", b, from_sample=True) for a, b in pairs]


def _thresholds(asked: Asked) -> list[Row]:
    rows = []
    for v in asked.ordered:
        rows += [Row(v, "|", f"t{k}") for k in range(1, asked.categories.get(v, 2))]
    return rows + [Row(v, "~*~", v, fixed=1.0) for v in asked.ordered]


def _intercepts(roles: Roles, asked: Asked) -> list[Row]:
    rows = [
        Row(v, "~1", "", fixed=0.0 if v in asked.ordered else None, from_sample=v in roles.covariates)
        for v in roles.observed
    ]
    return rows + [Row(v, "~1", "", fixed=0.0) for v in roles.latent]

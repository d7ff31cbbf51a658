"""Project means on all traits at once, outcome by outcome: the rows claims about traits are judged on.

The figures are those of ``analysis.clusters.contrasts.trait_contrasts`` with the method ``project_means`` (a test holds
them against each other); computed from arrays, because a study of power asks for them thousands of times.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.clusters.contrasts import TraitColumns
from analysis.distributions import t as t_distribution
from analysis.multiplicity import Adjustment, adjusted
from analysis.power.plan import Array

_NOTHING = 1e-12


def project_mean_contrasts(
    persons: pd.DataFrame,
    *,
    outcomes: Sequence[str],
    traits: Sequence[TraitColumns],
    cluster: str,
    minimum_units: int,
    confidence: float,
    adjust: Adjustment,
) -> pd.DataFrame:
    """A row an outcome and trait, then a row a pair of traits; columns as ``trait_contrasts`` has them.

    Without the least attainable p-value, which no rule of the verdict asks for. Everybody's project and traits are
    known. Refused as there: ``too_few_projects``, ``confounded``, ``no_variation``.
    """
    place = pd.factorize(persons[cluster], sort=True)[0]
    k = int(place.max()) + 1
    first = np.array([np.argmax(place == i) for i in range(k)])
    levels = persons[[trait.dummy for trait in traits]].to_numpy(dtype=float)[first]
    values = persons[list(outcomes)].to_numpy(dtype=float)
    known = ~np.isnan(values)
    at = np.arange(k)[:, None] == place[None, :]
    counts = at.astype(float) @ known
    sums = at.astype(float) @ np.where(known, values, 0.0)
    frames = []
    # outcomes that the same projects answered share a design; nearly always that is all of them
    patterns: dict[bytes, list[int]] = {}
    for o in np.flatnonzero(known.any(axis=0)):
        patterns.setdefault((counts[:, o] > 0).tobytes(), []).append(int(o))
    for members in patterns.values():
        there = counts[:, members[0]] > 0
        means = sums[there][:, members] / counts[there][:, members]
        sd = np.nanstd(values[:, members], axis=0, ddof=1)
        frame = _of_design(means, levels[there], traits, sd, minimum_units, confidence)
        names = np.repeat([outcomes[o] for o in members], len(frame) // len(members))
        n_obs = np.repeat(known[:, members].sum(axis=0), len(frame) // len(members))
        frames.append(frame.assign(outcome=names, n_obs=n_obs, method="project_means"))
    table = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    found, adjusted_for = table["pvalue"].to_numpy(dtype=float), np.full(len(table), np.nan)
    names = table["trait"].to_numpy()
    for name in dict.fromkeys(names):
        family = np.flatnonzero((names == name) & ~np.isnan(found))
        adjusted_for[family] = adjusted(found[family], method=adjust)
    return table.assign(pvalue_adjusted=adjusted_for)


def _of_design(
    means: Array, levels: Array, traits: Sequence[TraitColumns], sd: Array, minimum_units: int, confidence: float
) -> pd.DataFrame:  # fmt: skip
    """All contrasts of outcomes with one design: ``means`` (k, m) on ``levels`` (k, n_traits), outcome by outcome."""
    k, m = means.shape
    varying = [t for t in range(len(traits)) if np.unique(levels[:, t]).size == 2]
    design = np.column_stack([np.ones(k), levels[:, varying]])
    pairs = list(combinations(range(len(traits)), 2))
    weights = np.zeros((len(traits), design.shape[1]))
    weights[varying, 1 + np.arange(len(varying))] = 1.0
    weights = np.vstack([weights, *(weights[a] - weights[b] for a, b in pairs)])
    refused = _refusals(levels, design, varying, minimum_units)
    codes = np.array([*refused, *(refused[a] or refused[b] for a, b in pairs)], dtype=object)
    estimate, se = _least_squares(design, means, weights, codes == "")
    flat = ~(se > _NOTHING * sd)
    estimate[flat] = se[flat] = np.nan
    by_outcome = codes[:, None].repeat(m, axis=1)
    by_outcome[flat & (by_outcome == "")] = "no_variation"
    names = [*(trait.name for trait in traits), *(f"{traits[a].name}-{traits[b].name}" for a, b in pairs)]
    n_high, nothing = levels.sum(axis=0), [np.nan] * len(pairs)
    figures = _tested(estimate, se, sd, df=k - design.shape[1], confidence=confidence)
    return pd.DataFrame({name: value.T.ravel() for name, value in figures.items()}).assign(
        trait=names * m, refused=by_outcome.T.ravel(), minimum_pvalue=np.nan,
        n_projects_high=[*n_high, *nothing] * m, n_projects_low=[*(k - n_high), *nothing] * m,
    )  # fmt: skip


def _least_squares(design: Array, means: Array, weights: Array, asked: Array) -> tuple[Array, Array]:
    """Estimates and standard errors of ``weights`` (q, p) times the coefficients, (q, m) each; NaN unless ``asked``."""
    estimate, se = np.full((2, len(weights), means.shape[1]), np.nan)
    if asked.any():
        inverse = np.linalg.inv(design.T @ design)
        beta = inverse @ design.T @ means
        variance = ((means - design @ beta) ** 2).sum(axis=0) / (len(design) - design.shape[1])
        estimate[asked] = weights[asked] @ beta
        se[asked] = np.sqrt(np.einsum("qa,ab,qb->q", weights[asked], inverse, weights[asked])[:, None] * variance)
    return estimate, se


def _tested(estimate: Array, se: Array, sd: Array, *, df: int, confidence: float) -> dict[str, Array]:
    """t tests and intervals with ``df`` degrees of freedom, in the outcome's unit and in standard deviations."""
    half = float(t_distribution.ppf(0.5 + confidence / 2, df)) * se if df > 0 else se
    pvalue = 2 * t_distribution.sf(np.abs(estimate / se), df) if df > 0 else se
    return {
        "estimate": estimate, "se": se, "statistic": estimate / se, "pvalue": pvalue,
        "df": np.where(np.isnan(se), np.nan, float(df)), "ci_lower": estimate - half, "ci_upper": estimate + half,
        "effect_size": estimate / sd, "effect_size_ci_lower": (estimate - half) / sd,
        "effect_size_ci_upper": (estimate + half) / sd,
    }  # fmt: skip


def _refusals(levels: Array, design: Array, varying: list[int], minimum_units: int) -> list[str]:
    """Why each trait cannot be compared; empty text where it can."""
    k, n_columns = design.shape
    coincide = bool(varying) and np.linalg.matrix_rank(design) < n_columns
    codes = []
    for t in range(levels.shape[1]):
        n_high = int(levels[:, t].sum())
        if min(n_high, k - n_high) < minimum_units or k <= n_columns:
            codes.append("too_few_projects")
        else:
            codes.append("confounded" if coincide else "")
    return codes

"""A whole comparison: every contrast, what each rests on, and what one unit more or less does to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.clusters.contrast import METHODS, Array, Codes, Method, TraitColumns
from analysis.clusters.contrasts import in_order, trait_contrasts, trait_names
from analysis.clusters.design import People, compared, independent, people
from analysis.clusters.least_squares import cluster_codes
from analysis.clusters.left_out import without_each
from analysis.clusters.means import with_data
from analysis.clusters.mixed import random_intercept
from analysis.clusters.overlap import overlaps, warnings
from analysis.clusters.persons import counted
from analysis.clusters.units import Settings
from analysis.multiplicity import Adjustment

DESIGN_COLUMNS = [
    "outcome", "trait", "n_obs", "n_projects_high", "n_projects_low", "icc", "design_effect", "effective_n", "overlap",
    "n_projects_apart", "warning",
]  # fmt: skip
LEFT_OUT_COLUMNS = [
    "outcome", "trait", "left_out", "n_left_out", "n_obs", "n_projects", "effect_size", "ci_lower", "ci_upper",
    "pvalue", "refused",
]  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """``contrasts`` (a row an outcome, trait and method: ``contrasts.trait_contrasts``); ``designs`` (a row an outcome
    and trait: what the comparison rests on); ``left_out`` (a row an outcome, trait of units and unit left out).
    """

    contrasts: pd.DataFrame
    designs: pd.DataFrame
    left_out: pd.DataFrame


def compare_outcomes(
    persons: pd.DataFrame,
    *,
    outcomes: Sequence[str],
    traits: Sequence[TraitColumns],
    cluster: str,
    minimum_units: int,
    confidence: float,
    adjust: Adjustment,
    seed: int,
    draws: int,
    adjust_for: Sequence[str] = (),
    methods: Collection[Method] = METHODS,
) -> Comparison:
    """Compare the two levels of every one of ``traits`` on every one of ``outcomes`` that has data.

    ``persons`` has a row a person: outcomes, ``cluster`` (the unit; null where not known), each trait's ``dummy`` and
    the covariates ``adjust_for`` (numbers, or 0 and 1). Arguments and columns: ``contrasts.trait_contrasts`` and the
    tables ``trait_contrasts``, ``contrast_designs`` and ``contrast_left_out``.
    """
    contrasts = trait_contrasts(
        persons, outcomes=outcomes, traits=traits, cluster=cluster, minimum_units=minimum_units,
        confidence=confidence, adjust=adjust, methods=methods, adjust_for=adjust_for, draws=draws, seed=seed,
    )  # fmt: skip
    of_units = [trait for trait in traits if trait.of == "unit"]
    settings = Settings(confidence, draws, seed)
    designs: list[dict[str, object]] = []
    left_out: list[dict[str, object]] = []
    for outcome in with_data(persons, outcomes):
        for trait in traits:
            if trait.of == "person":
                found = people(persons, outcome, [trait], cluster=cluster, adjust_for=adjust_for)
                designs.append(_person_design(found, trait))
        if of_units:
            found = people(persons, outcome, of_units, cluster=cluster, adjust_for=adjust_for)
            designs += _unit_designs(found, of_units, minimum_units, confidence)
            left_out += without_each(found, of_units, minimum_units=minimum_units, settings=settings)
    names = trait_names(traits)
    order: dict[str, Sequence[str]] = {"outcome": outcomes, "trait": names}
    left = pd.DataFrame(left_out, columns=LEFT_OUT_COLUMNS)
    return Comparison(contrasts, in_order(pd.DataFrame(designs, columns=DESIGN_COLUMNS), order), in_order(left, order))


def _unit_designs(
    found: People, traits: Sequence[TraitColumns], minimum_units: int, confidence: float
) -> list[dict[str, object]]:
    """Rows of ``contrast_designs``: each trait of units, then the difference of each two."""
    placed = found.keep((found.clusters != "") & ~np.isnan(found.levels).any(axis=1))
    data = compared(placed, traits, minimum_units=minimum_units)
    shared = _clustering(data.y, data.X, data.cluster)
    return [
        {
            "outcome": data.outcome, "trait": question.trait, "n_obs": len(data.y),
            "n_projects_high": question.n_high, "n_projects_low": question.n_low, **shared, "overlap": overlap.phi,
            "n_projects_apart": overlap.n_apart,
            "warning": warnings(
                overlap, minimum_pvalue=question.minimum_pvalue, minimum_units=minimum_units, confidence=confidence
            ),
        }
        for question, overlap in zip(data.questions, overlaps(data.levels), strict=True)
    ]  # fmt: skip


def _person_design(found: People, trait: TraitColumns) -> dict[str, object]:
    """The row of ``contrast_designs`` of a trait of persons, which overlaps with no other in its model."""
    placed = found.keep((found.clusters != "") & ~np.isnan(found.levels[:, 0]))
    c = counted(placed, trait, "mixed")
    X = np.column_stack([np.ones(len(placed.y)), placed.covariates, placed.levels])
    cluster = cluster_codes(placed.clusters.astype(str))
    return {
        "outcome": c.outcome, "trait": c.trait, "n_obs": c.n_obs, "n_projects_high": c.n_projects_high,
        "n_projects_low": c.n_projects_low, **_clustering(placed.y, X, cluster), "overlap": np.nan,
        "n_projects_apart": np.nan, "warning": "",
    }  # fmt: skip


def _clustering(y: Array, X: Array, cluster: Codes) -> dict[str, float]:
    """How far persons are alike within units beyond what the model of the comparison (``X``) tells, and their worth.

    The share of the variance between units in the random-intercept model; the plain ICC of the outcome would count
    the effects that are compared as likeness. Design effect ``1 + (Σnᵢ²/N - 1) ICC`` (Kish 1965, §5.4), effective n
    what is left of N. NaN where the two variances cannot be told apart, or persons of one unit do not differ.
    """
    n, k = len(y), len(np.unique(cluster))
    X = independent(X)
    nothing = {"icc": np.nan, "design_effect": np.nan, "effective_n": np.nan}
    if k <= X.shape[1] or n <= k or len(np.unique(y)) < 2:
        return nothing
    fitted = random_intercept(y - y.mean(), X, cluster)
    if not fitted.converged:
        return nothing
    icc = fitted.intercept_variance / (fitted.intercept_variance + fitted.residual_variance)
    size = np.bincount(cluster).astype(float)
    design_effect = 1 + (float(size @ size) / n - 1) * icc
    return {"icc": icc, "design_effect": design_effect, "effective_n": n / design_effect}

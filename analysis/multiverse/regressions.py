"""Effects on one score by regression, with projects in the errors or not: estimates, errors, and who they come from.

``ignored``: least squares, persons independent. ``cluster_robust``: the same with CR2 errors and Satterthwaite's
degrees of freedom (``analysis.clusters.robust``). ``project_means``: least squares of project means, at the same
covariates, on traits of projects (``analysis.clusters.unit_means``). ``mixed``: a random intercept per project, and
between-within degrees of freedom of a trait that varies within projects (``analysis.clusters.persons``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.clusters.least_squares import least_squares
from analysis.clusters.mixed import random_intercept
from analysis.clusters.robust import cluster_robust
from analysis.clusters.unit_means import adjusted_means, unit_fit
from analysis.measurement.imputation import pool

Array = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.intp]
How = Literal["ignored", "cluster_robust", "project_means", "mixed"]
_NOBODY: Array = np.empty((0, 0))
"""Shares of projects that are not known, or not asked for: of traits of projects, which are reassigned instead."""


@dataclass(frozen=True)
class Answers:
    """Of c questions: ``estimate``, ``se`` and ``df`` (c,; infinite: normal) and ``influence`` (c, k): each project's
    share of the estimate, which add up to it (``_shares``); empty where it is not known."""

    estimate: Array
    se: Array
    df: Array
    influence: Array

    def scaled(self, sd: float) -> Answers:
        """In units of ``sd``, taken as known."""
        return Answers(self.estimate / sd, self.se / sd, self.df, self.influence / sd)


@dataclass(frozen=True)
class Design:
    """``traits`` (n, t) of persons in ``project`` (n; numbers from 0 without gaps, -1: not known), ``covariates`` (n,
    q), and the questions: ``weights`` (c, t) on the traits' coefficients."""

    traits: Array
    covariates: Array
    project: Codes
    weights: Array

    @property
    def columns(self) -> Array:
        """The regression's columns: a constant, covariates, traits."""
        return np.column_stack([np.ones(len(self.traits)), self.covariates, self.traits])

    @property
    def contrasts(self) -> Array:
        """The questions as weights on all columns, (c, 1 + q + t)."""
        return np.column_stack([np.zeros((len(self.weights), 1 + self.covariates.shape[1])), self.weights])

    @property
    def levels(self) -> Array:
        """The traits' values by project (k, t), as its first person has them: for traits of projects."""
        return np.asarray(self.traits[np.unique(self.project, return_index=True)[1]])


def answer(values: Array, design: Design, *, how: How) -> Answers:
    """The questions of ``design`` to scores ``values`` (n,); everybody's project is known unless projects are ignored.

    Raises ``numpy.linalg.LinAlgError`` where columns depend on each other.
    """
    y = values - values.mean()
    if how == "project_means":
        return _of_means(y, design)
    if how == "mixed":
        return _mixed(y, design)
    known = bool((design.project >= 0).all())
    X, L = design.columns, design.contrasts
    fitted = least_squares(y, X, design.project if known else np.zeros(len(y), dtype=np.intp))
    influence = _shares(design, L @ fitted.beta, X @ fitted.bread @ L.T, y - X @ fitted.beta) if known else _NOBODY
    if how == "ignored":
        return Answers(L @ fitted.beta, fitted.naive_se(L), np.full(len(L), float(fitted.df)), influence)
    tested = cluster_robust(fitted, L, kind="CR2")
    return Answers(tested.estimate, tested.se, tested.df, influence)


def pooled(found: Sequence[Answers]) -> Answers:
    """Answers of several imputations as one, by Rubin's rules; of one, itself."""
    if len(found) == 1:
        return found[0]
    estimates, errors, dfs = (np.array([getattr(one, name) for one in found]) for name in ("estimate", "se", "df"))
    one = [pool(e, s**2, df_complete=float(d)) for e, s, d in zip(estimates.T, errors.T, dfs.mean(axis=0), strict=True)]
    return Answers(
        np.array([p.estimate for p in one]), np.array([p.se for p in one]), np.array([p.df for p in one]),
        np.mean([answers.influence for answers in found], axis=0),
    )  # fmt: skip


def _of_means(y: Array, design: Design) -> Answers:
    means = adjusted_means(y, design.covariates, design.project)
    Z = np.column_stack([np.ones(len(means)), design.levels])
    fitted = unit_fit(means, Z)
    L = np.column_stack([np.zeros(len(design.weights)), design.weights])
    se = np.sqrt(np.einsum("cp,pq,cq->c", L, fitted.covariance, L))
    return Answers(L @ fitted.beta, se, np.full(len(L), float(fitted.df)), _NOBODY)


def _shares(design: Design, estimate: Array, moves: Array, residual: Array, own: Array | None = None) -> Array:
    """Projects' shares (c, k) of the c estimates: the cross product of the questions' residualised columns with what
    is left of the outcome when the effects asked about are taken as none, over the columns' squares.

    ``moves`` (n, c): what a unit of each person's residual adds to the estimates, which is the residualised column over
    its squares; ``own``: the same before errors alike within projects are allowed for, where they are. They are the
    effective scores of the hypothesis of no effect (compare ``influence.py``) and sum to the estimates.
    """
    own = moves if own is None else own
    information = moves * own
    by_person = moves * residual[:, None] + information / information.sum(axis=0) * estimate
    return np.array([np.bincount(design.project, weights=column) for column in by_person.T])


def _mixed(y: Array, design: Design) -> Answers:
    X, L, project = design.columns, design.contrasts, design.project
    fitted = random_intercept(y, X, project)
    size = np.bincount(project).astype(float)
    ratio = fitted.intercept_variance / fitted.residual_variance if fitted.residual_variance > 0 else np.inf
    weight = ratio / (1 + size * ratio) if np.isfinite(ratio) else 1 / size
    # V⁻¹, up to the residual variance, takes the weighted sum of a project from each of its persons
    moves = X @ (fitted.covariance / fitted.residual_variance) @ L.T
    sums = np.column_stack([np.bincount(project, weights=column) for column in moves.T])
    lowered = moves - (weight[:, None] * sums)[project]
    influence = _shares(design, L @ fitted.beta, lowered, y - X @ fitted.beta, moves)
    df = float(len(y) - len(size) - X.shape[1] + 1)
    se = np.sqrt(np.einsum("cp,pq,cq->c", L, fitted.covariance, L))
    return Answers(L @ fitted.beta, se, np.full(len(L), df), influence)

"""Estimates under reassigned traits: what would be found if a trait had nothing to do with the outcome.

One trait of projects is permuted over projects within levels of the other traits; of two effects that are compared, the
labels of projects that have one of the two traits alone (why: ``analysis.clusters.permutation``). The assignments of a
claim are those of all projects of the pool, the same for every specification: one that leaves projects out has the
labels of those that remain.

Every specification is collapsed to what its coefficients need of projects, so that an assignment costs a system of as
many equations as there are traits. By Frisch and Waugh the coefficients of columns D (k, t: by project, spread over its
persons) beside covariates C are ``(D'AD)⁻¹D'b`` with ``A = N - S(C'C)⁻¹S'`` and ``b = s_y - S(C'C)⁻¹C'y``; N are the
projects' numbers of persons, S and s_y the sums of covariates and outcome over them. For means of projects A is the
identity and b the (adjusted) means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from analysis.clusters.assignments import assignments
from analysis.clusters.unit_means import adjusted_means
from analysis.multiverse.inputs import ClaimAsked, Inputs

Array = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.intp]

_SINGULAR = 1e-9


@dataclass(frozen=True)
class Reassigned:
    """``levels`` (B, K, t): the t traits of the K ``projects`` under B assignments, as they are first; ``weights``
    (t,): the claim's question to their coefficients; ``exact``: these are all there are."""

    levels: Array
    projects: tuple[str, ...]
    weights: Array
    exact: bool


@dataclass(frozen=True)
class Collapsed:
    """What coefficients of traits of projects need of the data: ``A`` (k, k) and ``b`` (k,) of the ``projects`` (k:
    their places among all)."""

    A: Array
    b: Array
    projects: Codes


def trait_levels(inputs: Inputs) -> tuple[tuple[str, ...], Array]:
    """Projects all of whose traits of units are known, by name, and their levels (K, t; 1 high, 0 low)."""
    dummies = [trait.dummy for trait in inputs.unit_traits]
    persons = inputs.persons
    placed = persons[persons[inputs.cluster].notna() & persons[dummies].notna().all(axis=1)]
    by_project = placed.groupby(placed[inputs.cluster].astype("str"), sort=True)[dummies].first()
    return tuple(map(str, by_project.index)), by_project.to_numpy(dtype=float)


def question(claim: ClaimAsked, traits: Sequence[str]) -> Array:
    """What the claim asks of the coefficients of ``traits``: one of an effect; one and minus one of a difference."""
    asked = claim.statement.names[:-1]
    weights = np.zeros(len(traits))
    for name, weight in zip(asked, (1.0, -1.0), strict=False):
        weights[list(traits).index(name)] = weight
    return weights


def reassigned(claim: ClaimAsked, inputs: Inputs) -> Reassigned | None:
    """The assignments of an effect, or a difference between two, of traits of units: all where there are at most
    ``inputs.permutations``, else that one and so many drawn. ``None`` where a trait takes but one value."""
    projects, levels = trait_levels(inputs)
    names = [trait.name for trait in inputs.unit_traits]
    asked = [names.index(name) for name in claim.statement.names[:-1]]
    if not projects or any(len(np.unique(levels[:, j])) < 2 for j in asked):
        return None
    rest = [j for j in range(len(names)) if j not in asked]
    draws, seed = inputs.permutations, [inputs.seed, crc32(claim.id.encode())]
    if len(asked) == 1:
        made = assignments(levels[:, asked[0]], levels[:, rest], draws=draws, seed=seed)
        found = np.repeat(levels[None], len(made.labels), axis=0)
        found[:, :, asked[0]] = made.labels
    else:
        one, two = levels[:, asked[0]], levels[:, asked[1]]
        strata = np.column_stack([one + two, levels[:, rest]])
        made = assignments((one - two) / 2, strata, draws=draws, seed=seed)
        found = np.repeat(levels[None], len(made.labels), axis=0)
        found[:, :, asked[0]] = (one + two) / 2 + made.labels
        found[:, :, asked[1]] = (one + two) / 2 - made.labels
    return Reassigned(found, projects, question(claim, names), made.exact)


def collapsed(values: Array, covariates: Array, project: Codes, *, means: bool, places: Codes) -> Collapsed:
    """The data of a specification: ``values`` (m, n; imputations count alike), ``covariates`` (n, q; centred), and
    ``project`` (n; numbers from 0 without gaps), whose places among all projects are ``places`` (k,)."""
    y = values.mean(axis=0)
    y = y - y.mean()
    k = len(places)
    if means:
        return Collapsed(np.eye(k), adjusted_means(y, covariates, project), places)
    size = np.bincount(project, minlength=k).astype(float)
    sums: Array = np.bincount(project, weights=y, minlength=k).astype(float)
    if covariates.shape[1] == 0:
        return Collapsed(np.diag(size).astype(float), sums, places)
    by_project = np.column_stack([np.bincount(project, weights=column, minlength=k) for column in covariates.T])
    slopes = np.linalg.solve(covariates.T @ covariates, np.column_stack([by_project.T, covariates.T @ y]))
    return Collapsed(np.diag(size) - by_project @ slopes[:, :-1], sums - by_project @ slopes[:, -1], places)


def permuted_estimates(data: Collapsed, asked: Reassigned) -> Array:
    """The claim's estimate under every assignment, (B,), as the regression of the data gives it. NaN under those in
    which the traits of the projects that take part are not told apart.

    Traits that do not vary over those projects have no column, as in the regression itself.
    """
    levels = asked.levels[:, data.projects]
    varies = (levels != levels[:, :1]).any(axis=1).any(axis=0)
    if (asked.weights[~varies] != 0).any():
        return np.full(len(levels), np.nan)
    D = np.concatenate([np.ones((*levels.shape[:2], 1)), levels[:, :, varies]], axis=2)
    DA = np.swapaxes(D, 1, 2) @ data.A
    left, right = DA @ D, np.swapaxes(D, 1, 2) @ data.b
    spread = np.sqrt(np.einsum("bii->bi", left))
    scaled = left / np.maximum(spread[:, :, None] * spread[:, None, :], np.finfo(float).tiny)
    told = np.linalg.eigvalsh(scaled)[:, 0] > _SINGULAR
    estimates = np.full(len(levels), np.nan)
    beta = np.linalg.solve(left[told], right[told][:, :, None])[:, :, 0]
    estimates[told] = beta[:, 1:] @ asked.weights[varies]
    return estimates

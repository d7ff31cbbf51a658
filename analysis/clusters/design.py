"""The data of one comparison as arrays, and the questions that can be put to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.clusters.assignments import minimum_pvalue
from analysis.clusters.contrast import Array, Codes, Refusal, TraitColumns
from analysis.clusters.least_squares import cluster_codes
from analysis.clusters.unit_means import adjusted_means


@dataclass(frozen=True)
class Question:
    """One trait of units, or ``a-b``: the difference between the effects of two, in the model of all of them.

    ``weights`` (p) and ``unit_weights`` (q) on the coefficients of ``Compared.X`` and ``Compared.Z``. ``refused``: why
    methods with units as their units do not answer; ``naive_refused``: why not even those that ignore units do.
    ``tested`` (k) is what a permutation moves, within ``strata`` (k by s), beside ``others`` (k by r); their
    coefficient is the answer. ``minimum_pvalue``: the smallest that such permutation can give.
    """

    trait: str
    weights: Array
    unit_weights: Array
    n_high: float
    n_low: float
    refused: Refusal
    naive_refused: Refusal
    tested: Array
    strata: Array
    others: Array
    minimum_pvalue: float


@dataclass(frozen=True)
class Compared:
    """Persons (n) of known units (k) with the outcome, all traits of units and all covariates.

    ``y`` (n), ``X`` (n by p: intercept, covariates, traits that vary), ``cluster`` (n codes from 0), ``units`` (k
    names); ``means`` (k, of the outcome at the same covariates) and ``Z`` (k by q: intercept, covariates that are the
    same for all persons of a unit, traits that vary); ``levels`` (k by t: 0 or 1, all traits asked for); ``sd`` of
    the persons.
    """

    outcome: str
    y: Array
    X: Array
    cluster: Codes
    units: tuple[str, ...]
    means: Array
    Z: Array
    levels: Array
    sd: float
    questions: tuple[Question, ...]

    @property
    def n_by_unit(self) -> npt.NDArray[np.intp]:
        """Persons of each unit (k)."""
        return np.bincount(self.cluster, minlength=len(self.units))


@dataclass(frozen=True)
class People:
    """Persons with the outcome: ``y`` (n), ``levels`` (n by t), ``covariates`` (n by c), unit names (n; "" unknown)."""

    outcome: str
    y: Array
    levels: Array
    covariates: Array
    clusters: npt.NDArray[np.object_]

    def keep(self, who: npt.NDArray[np.bool_]) -> People:
        """The persons of whom ``who`` (n) is true."""
        return People(self.outcome, self.y[who], self.levels[who], self.covariates[who], self.clusters[who])


def people(
    persons: pd.DataFrame, outcome: str, traits: Sequence[TraitColumns], *, cluster: str, adjust_for: Sequence[str]
) -> People:
    """Of ``persons``, those with ``outcome`` and all of the covariates ``adjust_for``."""
    columns = persons[[outcome, *adjust_for, *(trait.dummy for trait in traits)]].to_numpy(dtype=float, na_value=np.nan)
    n_covariates = len(adjust_for)
    there = ~np.isnan(columns[:, : 1 + n_covariates]).any(axis=1)
    names = persons[cluster].astype("str").where(persons[cluster].notna(), "").to_numpy(dtype=object)
    return People(
        outcome, columns[there, 0], columns[there, 1 + n_covariates :], columns[there, 1 : 1 + n_covariates],
        names[there],
    )  # fmt: skip


def compared(found: People, traits: Sequence[TraitColumns], *, minimum_units: int) -> Compared:
    """The comparison of units on ``traits`` (all of units; the columns of ``found.levels``), ready to be made.

    Covariates that are constant, or follow from those before them, have no column.
    """
    found = found.keep((found.clusters != "") & ~np.isnan(found.levels).any(axis=1))
    units, first = np.unique(found.clusters.astype(str), return_index=True)
    cluster = cluster_codes(found.clusters.astype(str)) if len(units) else np.zeros(0, dtype=np.intp)
    levels = found.levels[first]
    varying = [j for j in range(len(traits)) if len(np.unique(levels[:, j])) == 2]
    n, k = len(found.y), len(units)
    of_persons = independent(np.column_stack([np.ones(n), found.covariates]))
    shared = _same_within(found.covariates, cluster, first)
    of_units = independent(np.column_stack([np.ones(k), found.covariates[first][:, shared]]))
    X = np.column_stack([of_persons, found.levels[:, varying]])
    Z = np.column_stack([of_units, levels[:, varying]])
    means = adjusted_means(found.y, found.covariates[:, ~shared], cluster) if k else np.zeros(0)
    sd = float(found.y.std(ddof=1)) if n > 1 else np.nan
    base = Compared(found.outcome, found.y, X, cluster, tuple(units.tolist()), means, Z, levels, sd, ())
    return Compared(**{**vars(base), "questions": tuple(_questions(base, traits, varying, minimum_units))})


def independent(columns: Array) -> Array:
    """``columns`` (n by c) without those that follow from the ones before them."""
    kept: list[int] = []
    for j in range(columns.shape[1]):
        tried = columns[:, [*kept, j]]
        scale = np.linalg.norm(tried, axis=0)
        if (scale > 0).all() and np.linalg.matrix_rank(tried / scale, tol=1e-9) == tried.shape[1]:
            kept.append(j)
    return columns[:, kept]


def full_rank(columns: Array) -> bool:
    """Whether none of ``columns`` (n by c) follows from the others."""
    return bool(independent(columns).shape[1] == columns.shape[1])


def _same_within(covariates: Array, cluster: Codes, first: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Which ``covariates`` (c) are the same for all persons of a unit."""
    return np.asarray((covariates == covariates[first][cluster]).all(axis=0))


def _questions(
    data: Compared, traits: Sequence[TraitColumns], varying: Sequence[int], minimum_units: int
) -> list[Question]:
    """Each trait, then each pair."""
    refused = _refusals(data, varying, minimum_units)
    n, n_fixed = len(data.y), data.X.shape[1] - len(varying)
    dependent = not full_rank(data.X)
    naive: list[Refusal] = [
        "too_few_persons" if j not in varying or n <= data.X.shape[1]
        else "confounded" if dependent
        else "no_variation" if len(np.unique(data.y)) < 2 else ""
        for j in range(len(traits))
    ]  # fmt: skip
    fixed = data.Z[:, : data.Z.shape[1] - len(varying)]
    n_fixed_units = fixed.shape[1]

    def weights(size: int, start: int, parts: dict[int, float]) -> Array:
        w = np.zeros(size)
        for j, part in parts.items():
            if j in varying:
                w[start + varying.index(j)] = part
        return w

    def question(
        name: str, parts: dict[int, float], counts: tuple[float, float], codes: tuple[Refusal, Refusal],
        tested: Array, strata: Array,
    ) -> Question:  # fmt: skip
        return Question(
            name, weights(data.X.shape[1], n_fixed, parts), weights(data.Z.shape[1], n_fixed_units, parts), *counts,
            *codes, tested, strata, np.column_stack([fixed, strata]),
            np.nan if codes[0] else minimum_pvalue(tested, strata),
        )  # fmt: skip

    result = []
    for j, trait in enumerate(traits):
        labels, others = data.levels[:, j], [i for i in varying if i != j]
        counts = float((labels == 1).sum()), float((labels == 0).sum())
        codes = refused[j], naive[j]
        result.append(question(trait.name, {j: 1.0}, counts, codes, labels, data.levels[:, others]))
    for a, b in combinations(range(len(traits)), 2):
        one, two = data.levels[:, a], data.levels[:, b]
        rest = data.levels[:, [i for i in varying if i not in (a, b)]]
        name = f"{traits[a].name}-{traits[b].name}"
        codes = refused[a] or refused[b], naive[a] or naive[b]
        strata = np.column_stack([one + two, rest])
        result.append(question(name, {a: 1.0, b: -1.0}, (np.nan, np.nan), codes, (one - two) / 2, strata))
    return result


def _refusals(data: Compared, varying: Sequence[int], minimum_units: int) -> list[Refusal]:
    """Why each trait cannot be compared over units; empty text where it can."""
    k = len(data.units)
    coincide = bool(varying) and not (full_rank(data.Z) and full_rank(data.X))
    codes: list[Refusal] = []
    for labels in data.levels.T:
        n_high = int((labels == 1).sum())
        if min(n_high, k - n_high) < minimum_units or k <= data.Z.shape[1]:
            codes.append("too_few_projects")
        elif coincide:
            codes.append("confounded")
        else:
            codes.append("no_variation" if len(np.unique(data.means)) < 2 else "")
    return codes

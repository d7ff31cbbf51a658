"""How far persons of one cluster resemble each other, and what that leaves of the number of persons.

**The interval.** Wald's (1940; Seely & El-Bassiouni 1983; Burdick & Graybill 1992, §4.4): for the ratio θ of the
variance between clusters to that within, the means weighted by ``nᵢ / (1 + nᵢ θ)`` have an F ratio to the mean square
within with k - 1 and N - k degrees of freedom, whatever the sizes. Its ends are the θ at which that ratio is a quantile
of F. It is exact for normal answers however few and unequal the clusters, is the usual F interval where sizes are
equal, and is what a generalised confidence interval finds without drawing (Weerahandi 1995).

It was chosen among five by simulation, 6 to 20 clusters of 10 to 60 persons (``tests/benchmarks/clustering.py``;
figures in the README there). For normal answers the F ratio with an average size strays from 95 per cent where sizes
differ (n₀: down to 93 where the ICC is large; harmonic mean: down to 92 where it is nil), the bounds of Burdick and
Eickman (1986) are too wide where it is small (99 to 100), and a bootstrap of clusters covers 67 to 87. Scores of
four five-point items are covered alike (94 to 95). So is a single item that most people answer alike, up to an ICC of
.05; beyond, intervals are too narrow (ICC .30: 89 to 91), for then the clusters' means are skewed too. No candidate
keeps 95 there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq

from analysis.distributions import f as f_distribution

Array = npt.NDArray[np.floating[Any]]
Size = Literal["n0", "mean"]
Problem = Literal["", "too_few_projects", "one_person_each", "no_variation", "perfect_agreement", "negative_icc"]


@dataclass(frozen=True)
class Clustering:
    """ICC(1), ICC(2), design effect and effective number of persons, each with its interval; NaN as ``problem`` says.

    ``too_few_projects`` (fewer than two clusters), ``one_person_each`` (no cluster of two) and ``no_variation`` (all
    values alike): no figures. ``perfect_agreement``: values differ between clusters only, so that there is nothing to
    base an interval on. ``negative_icc``: figures, but persons of one cluster are less alike than chance.
    """

    n_obs: int
    n_clusters: int
    icc: float = np.nan
    icc_ci_lower: float = np.nan
    icc_ci_upper: float = np.nan
    icc2: float = np.nan
    icc2_ci_lower: float = np.nan
    icc2_ci_upper: float = np.nan
    design_effect: float = np.nan
    design_effect_ci_lower: float = np.nan
    design_effect_ci_upper: float = np.nan
    effective_n: float = np.nan
    effective_n_ci_lower: float = np.nan
    effective_n_ci_upper: float = np.nan
    problem: Problem = ""


@dataclass(frozen=True)
class OneWay:
    """A one-way analysis of variance: size and mean of each cluster (k, k), mean squares between and within."""

    size: Array
    mean: Array
    between: float
    within: float

    @property
    def n0(self) -> float:
        """The average size in the expectation of the mean square between: ``(N - Σnᵢ²/N) / (k - 1)``."""
        n = float(self.size.sum())
        return (n - float((self.size**2).sum()) / n) / (len(self.size) - 1)

    @property
    def size_of_person(self) -> float:
        """How large the cluster of a person is on average: ``Σnᵢ²/N``."""
        return float((self.size**2).sum() / self.size.sum())


def intraclass_correlation(
    values: pd.Series, clusters: pd.Series, *, confidence: float, size: Size = "n0"
) -> Clustering:
    """ICC(1), ICC(2) and what follows from them, of ``values`` (n persons) within ``clusters`` (n names).

    ICC(1) is the correlation of two persons of one cluster, by analysis of variance:
    ``(MSB - MSW) / (MSB + (n₀ - 1) MSW)`` (Donner 1986, eq. 2.2; n₀: ``OneWay.n0``, the size that makes numerator and
    denominator unbiased). ``size="mean"`` puts the plain mean size N/k in its place, as psych's ``statsBy`` and
    multilevel's ``ICC1`` do; the same where sizes are equal. ICC(2) is the reliability of a cluster's mean:
    ``(MSB - MSW) / MSB`` (Bliese 2000), which is Spearman and Brown's for n₀ persons. Design effect of a mean of
    persons: ``1 + (Σnᵢ²/N - 1) ICC`` (Kish 1965, §5.4), with a negative ICC as nil; effective n is N over it.

    Intervals (of level ``confidence``): see the module; those of ICC(2), design effect and effective n are the ends of
    the ICC's put through the same formulas. An end is never below ``-1/(n_max - 1)``, the lowest correlation that the
    largest cluster can have, unless the estimate is. Persons without a value or a cluster do not count.
    """
    known = (values.notna() & clusters.notna()).to_numpy()
    y = values.to_numpy(dtype=float, na_value=np.nan)[known]
    cluster, names = pd.factorize(clusters[known].astype(str), sort=True)
    n, k = len(y), len(names)
    if k < 2 or n <= k or (y == y[0]).all():
        problem: Problem = "too_few_projects" if k < 2 else "one_person_each" if n <= k else "no_variation"
        return Clustering(n, k, problem=problem)
    found = one_way(y, cluster)
    typical = found.n0 if size == "n0" else n / k
    icc = (found.between - found.within) / (found.between + (typical - 1) * found.within)
    if found.within == 0:
        return _with_consequences(found, icc, np.nan, np.nan, problem="perfect_agreement")
    lower, upper = exact_interval(found, confidence=confidence)
    problem = "negative_icc" if icc < 0 else ""
    return _with_consequences(found, icc, min(lower, icc), max(upper, icc), problem=problem)


def worth_of_persons(n: Array, *, icc: float) -> tuple[Array, Array]:
    """What ``n`` persons of one cluster (any shape) are worth: effective number, and reliability of their mean.

    ``n / (1 + (n - 1) ICC)`` and ``n ICC / (1 + (n - 1) ICC)`` (Spearman & Brown); a negative ICC counts as nil.
    """
    sizes, shared = np.asarray(n, dtype=float), max(icc, 0.0) if not np.isnan(icc) else np.nan
    effective = sizes / (1 + (sizes - 1) * shared)
    return effective, effective * shared


def one_way(y: Array, cluster: npt.NDArray[np.intp]) -> OneWay:
    """The analysis of variance of ``y`` (n) by ``cluster`` (n numbers from 0, none without a person).

    A mean square within that is nil is exactly nil.
    """
    y = y - y.mean()
    size = np.bincount(cluster).astype(float)
    mean = np.bincount(cluster, weights=y) / size
    n, k = len(y), len(size)
    first = y[np.unique(cluster, return_index=True)[1]]
    within = 0.0 if (y == first[cluster]).all() else float(((y - mean[cluster]) ** 2).sum()) / (n - k)
    return OneWay(size, mean, float(size @ mean**2) / (k - 1), within)


def exact_interval(found: OneWay, *, confidence: float) -> tuple[float, float]:
    """Lower and upper end of the ICC by Wald's F ratio, each at least ``-1/(n_max - 1)``; within must not be nil."""
    k, n = len(found.size), float(found.size.sum())
    tail = (1 - confidence) / 2
    lower, upper = (
        _where_ratio_is(
            float(f_distribution.ppf(q, k - 1, n - k)), lambda icc: wald_ratio(found, icc), found.size.max()
        )
        for q in (1 - tail, tail)
    )
    return lower, upper


def wald_ratio(found: OneWay, icc: float) -> float:
    """The F ratio of the cluster means weighted for ``icc`` (``OneWay``'s data; Seely & El-Bassiouni 1983, eq. 2.4).

    ``Σ wᵢ (ȳᵢ - ȳ_w)² / (k - 1) / MSW`` with ``wᵢ = nᵢ / (1 + nᵢ θ)``, ``θ = ICC / (1 - ICC)``; falls as the ICC rises.
    """
    theta = icc / (1 - icc)
    weight = found.size / (1 + found.size * theta)
    centre = float(weight @ found.mean) / float(weight.sum())
    return float(weight @ (found.mean - centre) ** 2) / (len(found.size) - 1) / found.within


def _where_ratio_is(wanted: float, ratio: Callable[[float], float], largest: float) -> float:
    """The ICC at which the falling function ``ratio`` is ``wanted``; the end of its range where it never is."""
    lowest, highest = -1 / (largest - 1), 1.0
    inside, outside = lowest * (1 - 1e-9), highest - 1e-13
    if ratio(inside) <= wanted:
        return lowest
    if ratio(outside) >= wanted:
        return highest
    return float(brentq(lambda icc: ratio(icc) - wanted, inside, outside, xtol=1e-15, rtol=1e-14, maxiter=500))


def _with_consequences(found: OneWay, icc: float, lower: float, upper: float, *, problem: Problem) -> Clustering:
    """``icc`` and its interval with everything that follows from them."""
    n, n0 = float(found.size.sum()), found.n0
    effects = 1 + (found.size_of_person - 1) * np.maximum([icc, lower, upper], 0.0)

    def of_means(of_persons: float) -> float:
        left = 1 + (n0 - 1) * of_persons
        return n0 * of_persons / left if left > 1e-12 else np.nan

    icc2 = 1 - found.within / found.between if found.between > 1e-12 * found.within else np.nan
    effect, effect_lower, effect_upper = (float(x) for x in effects)
    return Clustering(
        int(n), len(found.size), icc, lower, upper, icc2, of_means(lower), of_means(upper),
        effect, effect_lower, effect_upper, n / effect, n / effect_upper, n / effect_lower, problem,
    )  # fmt: skip

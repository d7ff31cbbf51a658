"""All ways to assign labels to units, or as many as are wanted of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.clusters.contrast import Array


@dataclass(frozen=True)
class Assignments:
    """``labels`` (m by k): a row an assignment of labels to the k units, the observed one first.

    ``exact``: these are all there are. Otherwise they are the observed one and m - 1 that were drawn, so that the share
    of rows that are at least as extreme as the observed is the ``(b + 1) / (m + 1)`` of a Monte Carlo test (Phipson &
    Smyth 2010).
    """

    labels: Array
    exact: bool

    @property
    def n_draws(self) -> int:
        """How many assignments there are, or how many were drawn."""
        return len(self.labels) - (0 if self.exact else 1)


def strata_codes(strata: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """``strata`` (k, or k by s: one value or more a unit) as numbers from 0: units with the same values share one."""
    rows = np.asarray(strata).reshape(len(strata), -1)
    if rows.shape[1] == 0:
        return np.zeros(len(rows), dtype=np.intp)
    return np.asarray(np.unique(rows, axis=0, return_inverse=True)[1], dtype=np.intp).reshape(-1)


def n_assignments(labels: Array, strata: npt.NDArray[Any]) -> int:
    """In how many ways ``labels`` (k, two values) can be assigned to units within ``strata`` (k or k by s)."""
    return prod(comb(len(inside), int((labels[inside] == labels[inside][0]).sum())) for inside in _members(strata))


def assignments(labels: Array, strata: npt.NDArray[Any], *, draws: int, seed: int | list[int]) -> Assignments:
    """Every assignment of ``labels`` (k, two values in a stratum) within ``strata``, or ``draws`` drawn ones.

    All of them where there are at most ``draws``; otherwise the observed one and ``draws`` drawn independently from
    ``seed``. With one stratum a trait is permuted over all units; with the levels of the other traits as strata, only
    among units that are alike in those.
    """
    labels = np.asarray(labels, dtype=float)
    if n_assignments(labels, strata) <= draws:
        return Assignments(_all(labels, strata), exact=True)
    rng = np.random.default_rng(seed)
    rows = np.repeat(labels[None, :], draws + 1, axis=0)
    for inside in _members(strata):
        rows[1:, inside] = rng.permuted(rows[1:, inside], axis=1)
    return Assignments(rows, exact=False)


def minimum_pvalue(labels: Array, strata: npt.NDArray[Any]) -> float:
    """The smallest two-sided p that permuting ``labels`` (k, two values a stratum) within ``strata`` can give.

    One over the number of assignments; twice that when every assignment has a mirror image (as many of the one label
    as of the other in every stratum that has both), whose difference is equally large. (In a regression on three traits
    or more a mirror image need not have quite the same statistic; the smallest p is then half of this at the least.)
    """
    labels, mirrored = np.asarray(labels, dtype=float), True
    for inside in _members(strata):
        first = int((labels[inside] == labels[inside][0]).sum())
        mirrored &= first == len(inside) or 2 * first == len(inside)
    return min(1.0, (2 if mirrored else 1) / n_assignments(labels, strata))


def _members(strata: npt.NDArray[Any]) -> list[npt.NDArray[np.intp]]:
    """The units of each stratum."""
    codes = strata_codes(strata)
    return [np.flatnonzero(codes == stratum) for stratum in range(int(codes.max()) + 1)]


def _all(labels: Array, strata: npt.NDArray[Any]) -> Array:
    """Every assignment once, the observed one first."""
    members = _members(strata)
    low = [float(labels[inside].min()) for inside in members]
    n_high = [int((labels[inside] > low[s]).sum()) for s, inside in enumerate(members)]
    ways = [list(combinations(inside.tolist(), n)) for inside, n in zip(members, n_high, strict=True)]
    rows = np.empty((prod(len(way) for way in ways), len(labels)))
    for s, inside in enumerate(members):
        rows[:, inside] = low[s]
    high = np.array([float(labels[inside].max()) for inside in members])
    for row, chosen in zip(rows, product(*ways), strict=True):
        for s, units in enumerate(chosen):
            row[list(units)] = high[s]
    observed = int(np.flatnonzero((rows == labels).all(axis=1))[0])
    rows[[0, observed]] = rows[[observed, 0]]
    return rows

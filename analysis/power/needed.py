"""How many projects a claim asks for, read off a curve of simulated shares that can only rise.

More projects never tell less, so the shares are made monotone (pooled adjacent violators: Ayer, Brunk, Ewing, Reid &
Silverman 1955, Annals of Mathematical Statistics 26, 641-647) and the number at which they reach the target is found
by linear interpolation between the sizes simulated (as Stylianou & Flournoy 2002, Biometrics 58, 171-177, estimate the
dose at which a target share responds). Nothing is extrapolated. The interval holds the numbers at which the
Wilson bounds of these shares reach the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.power.count import wilson
from analysis.power.plan import Array, spread

Status = Literal["reached", "beyond", "never"]


@dataclass(frozen=True)
class Needed:
    """``needed``: the smallest number of projects for which the share supported reaches the target, NaN unless
    ``reached``. ``lower`` and ``upper`` are the ends of its interval, NaN where the largest wave simulated lies below.

    ``beyond``: the largest wave simulated does not reach it. ``never``: more projects do not help, because the effect
    is no larger than the smallest that matters.
    """

    status: Status
    needed: float = np.nan
    lower: float = np.nan
    upper: float = np.nan


def projects_needed(
    n_projects: Sequence[int],
    supported: Sequence[float],
    *,
    replications: Sequence[int],
    target: float,
    confidence: float,
    true_effect: float,
    smallest_effect: float,
    least: int,
) -> Needed:
    """The number of projects for ``target`` from shares ``supported`` at sizes ``n_projects`` (increasing).

    ``true_effect`` is turned to the claimed side; NaN where it is not known. ``least``: the fewest projects with which
    anything can be told; sizes below it do not count, however the curve runs.
    """
    if true_effect <= smallest_effect:
        return Needed("never")
    kept = [i for i, k in enumerate(n_projects) if k >= least]
    if not kept:
        return Needed("beyond")
    sizes = np.array([n_projects[i] for i in kept], dtype=float)
    n = np.array([replications[i] for i in kept], dtype=float)
    shares = pooled(np.array([supported[i] for i in kept]), n)
    bounds = np.array([wilson(p, m, confidence=confidence) for p, m in zip(shares, n, strict=True)])
    needed = _reaches(sizes, shares, target)
    upper = _reaches(sizes, np.maximum.accumulate(bounds[:, 0]), target)
    lower = _reaches(sizes, np.maximum.accumulate(bounds[:, 1]), target)
    return Needed("beyond" if np.isnan(needed) else "reached", needed, lower, upper)


def smallest_that_tells(traits: Sequence[str], *, about: Sequence[str], minimum_units: int, most: int) -> int:
    """The fewest projects, evenly spread over ``traits``, of which ``minimum_units`` have, and as many lack, each trait
    of ``about`` (none: a claim about no trait, for which two projects do); ``most`` + 1 when no number up to ``most``
    does."""
    asked = [traits.index(trait) for trait in about]
    for k in range(2, most + 1):
        high = spread(k, traits, {})[:, asked].sum(axis=0)
        if np.minimum(high, k - high).min(initial=minimum_units) >= minimum_units:
            return k
    return most + 1


def pooled(shares: Array, weights: Array) -> Array:
    """``shares`` (k) made to rise: neighbours that fall are replaced by their weighted mean, until none falls."""
    blocks: list[list[float]] = []  # mean, weight, how many
    for share, weight in zip(shares.tolist(), weights.tolist(), strict=True):
        blocks.append([share, weight, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, heavy, many = blocks.pop()
            before = blocks[-1]
            total = before[1] + heavy
            blocks[-1] = [(before[0] * before[1] + mean * heavy) / total, total, before[2] + many]
    return np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])


def _reaches(sizes: Array, shares: Array, target: float) -> float:
    """The first whole number of projects at which the line through the shares reaches ``target``; NaN if none does."""
    above = np.flatnonzero(shares >= target)
    if not len(above):
        return float("nan")
    i = int(above[0])
    if i == 0:
        return float(sizes[0])
    part = (target - shares[i - 1]) / (shares[i] - shares[i - 1])
    return float(np.ceil(sizes[i - 1] + part * (sizes[i] - sizes[i - 1]) - 1e-9))

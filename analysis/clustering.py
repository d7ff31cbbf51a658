"""How far persons of one cluster resemble each other, and what that leaves of the number of persons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution


@dataclass(frozen=True)
class Clustering:
    """Intraclass correlation with its interval, design effect and effective number of persons."""

    n_obs: int
    n_clusters: int
    icc: float
    icc_ci_lower: float
    icc_ci_upper: float
    design_effect: float
    effective_n: float


def intraclass_correlation(values: pd.Series, clusters: pd.Series, *, confidence: float) -> Clustering | None:
    """ICC(1) of ``values`` (n persons) within ``clusters`` (n names); ``None`` where it cannot be estimated.

    One-way analysis of variance with clusters of unequal size: ``(MSB - MSW) / (MSB + (n0 - 1) MSW)`` with
    ``n0 = (N - Σnᵢ²/N) / (k - 1)`` (Donner 1986, eq. 2.2). The interval inverts the F ratio with n0 for the common size
    (Searle 1971, p. 414), exact for equal sizes. A negative estimate means that persons of one cluster resemble each
    other less than chance. Design effect ``1 + (Σnᵢ²/N - 1) ICC`` for a mean (Kish 1965, §5.4; Donner 1986), with a
    negative ICC as nil; effective n is n over it. Persons without a value or a cluster do not count. ``None`` with
    fewer than two clusters, without a cluster of two persons, and when nothing varies.
    """
    known = values.notna() & clusters.notna()
    y = values[known].astype(float)
    groups = y.groupby(clusters[known].astype(str), sort=True)
    size = groups.size().to_numpy(dtype=float)
    k, n = len(size), float(size.sum())
    if k < 2 or n <= k or float(y.var()) == 0:
        return None
    means = groups.mean().to_numpy(dtype=float)
    between = float((size * (means - y.mean()) ** 2).sum()) / (k - 1)
    within = float(((y - groups.transform("mean")) ** 2).sum()) / (n - k)
    n0 = (n - float((size**2).sum()) / n) / (k - 1)

    def from_ratio(ratio: float) -> float:
        return (ratio - 1) / (ratio + n0 - 1)

    tail = (1 - confidence) / 2
    observed = between / within if within > 0 else np.inf
    lower, upper = (observed / f_distribution.ppf(q, k - 1, n - k) for q in (1 - tail, tail))
    icc, icc_lower, icc_upper = (1.0 if np.isinf(r) else from_ratio(float(r)) for r in (observed, lower, upper))
    design_effect = 1 + (float((size**2).sum()) / n - 1) * max(icc, 0.0)
    return Clustering(int(n), k, icc, icc_lower, icc_upper, design_effect, n / design_effect)

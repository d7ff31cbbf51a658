"""What the test of a claim can tell: its power to find the smallest effect of interest."""

from __future__ import annotations

import numpy as np

from analysis.distributions import norm
from analysis.distributions import t as t_distribution

ENOUGH = 0.80
"""The power from which data count as able to tell (Cohen 1988, p. 56)."""


def power_to_find(effect: float, *, se: float, df: float, alpha: float) -> float:
    """The probability that a two-sided test at ``alpha`` finds a true ``effect`` (above zero), on its own side.

    The estimate over ``se`` is noncentral t with ``df`` degrees of freedom and noncentrality ``effect / se`` (Cohen
    1988, p. 544, eq. 12.8.1); normal where ``df`` is NaN. NaN without a standard error.
    """
    if not se > 0:
        return float("nan")
    if np.isnan(df):
        return float(norm.sf(norm.ppf(1 - alpha / 2) - effect / se))
    from scipy.stats import nct  # slow to import, and few need it

    return float(nct.sf(t_distribution.ppf(1 - alpha / 2, df), df, effect / se))

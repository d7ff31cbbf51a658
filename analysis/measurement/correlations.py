"""Correlations of scale scores."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

Array = npt.NDArray[np.floating[Any]]

_ROUNDING = 1e-9


def score_correlations(scores_by_person: pd.DataFrame, *, minimum_n: int, confidence: float) -> pd.DataFrame:
    """Pearson correlations of every pair of scores: ``scale_a scale_b n_obs r ci_lower ci_upper``.

    Over the persons who have both; NaN below ``minimum_n`` persons or where a score does not vary. Fisher's interval,
    which takes persons as independent.
    """
    rows = []
    for a, b in combinations(scores_by_person.columns, 2):
        both = scores_by_person[[a, b]].dropna().to_numpy(dtype=float)
        r = _correlation(both[:, 0], both[:, 1]) if len(both) >= minimum_n else np.nan
        rows.append((a, b, len(both), r, *fisher_interval(r, n_obs=len(both), confidence=confidence)))
    return pd.DataFrame(rows, columns=["scale_a", "scale_b", "n_obs", "r", "ci_lower", "ci_upper"])


def fisher_interval(r: float, *, n_obs: int, confidence: float) -> tuple[float, float]:
    """Interval of a correlation by Fisher's (1915) z; NaN where ``r`` is or with fewer than four persons."""
    if np.isnan(r) or n_obs <= 3:
        return np.nan, np.nan
    if abs(r) >= 1 - _ROUNDING:
        return r, r
    reach = float(stats.norm.ppf(0.5 + confidence / 2)) / np.sqrt(n_obs - 3)
    return float(np.tanh(np.arctanh(r) - reach)), float(np.tanh(np.arctanh(r) + reach))


def _correlation(a: Array, b: Array) -> float:
    """Pearson's r; NaN where either does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))

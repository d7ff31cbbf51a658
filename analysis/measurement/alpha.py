"""Cronbach's alpha and what belongs to it. Answers (persons by items) are those after reversal."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pingouin
from scipy import stats

Array = npt.NDArray[np.floating[Any]]

_ROUNDING = 1e-12


def cronbach_alpha(answers: pd.DataFrame) -> float:
    """Cronbach's (1951) alpha of answers (persons by items); NaN with fewer than two items or persons.

    Where answers are missing every covariance is that of the persons who gave both, as pingouin and psych do by
    default. The value is pingouin's. The sum of items that cancel out does not vary: NaN.
    """
    if answers.shape[1] < 2 or len(answers) < 2 or not _sum_varies(_pairwise_covariance(answers)):
        return np.nan
    return float(pingouin.cronbach_alpha(answers)[0])


def _pairwise_covariance(answers: pd.DataFrame) -> Array:
    """Covariances (k, k) of the persons who gave both answers of a pair; of complete answers without pandas' detour."""
    values = answers.to_numpy(dtype=float)
    return answers.cov().to_numpy() if np.isnan(values).any() else np.cov(values, rowvar=False)


def alpha_of_covariance(covariance: Array) -> float:
    """Alpha from a covariance (or correlation) matrix (k, k): ``k/(k-1) (1 - tr S / sum S)``; NaN for fewer than two
    items and for a sum that does not vary."""
    k = len(covariance)
    if k < 2 or not _sum_varies(covariance):
        return np.nan
    return k / (k - 1) * (1 - float(np.trace(covariance)) / float(covariance.sum()))


def _sum_varies(covariance: Array) -> bool:
    """Whether the items' sum has a variance that is more than rounding."""
    return bool(covariance.sum() > _ROUNDING * np.trace(covariance))


def standardised_alpha(covariance: Array) -> float:
    """Alpha of items brought to the same standard deviation: alpha of the correlations.

    Of two items it is the Spearman-Brown coefficient ``2r/(1 + r)``, which is what can be said of two items at all
    (Eisinga, te Grotenhuis & Pelzer 2013, International Journal of Public Health 58, 637-642).
    """
    return alpha_of_covariance(correlations_of(covariance))


def mean_inter_item(covariance: Array) -> float:
    """Mean correlation between two items; NaN for fewer than two."""
    k = len(covariance)
    if k < 2:
        return np.nan
    return float((correlations_of(covariance).sum() - k) / (k * (k - 1)))


def correlations_of(covariance: Array) -> Array:
    """Correlations (k, k) from covariances; NaN beside a variance of nil."""
    sd = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Array = covariance / np.outer(sd, sd)
    return result


def alpha_interval(alpha: float, *, n_obs: int, n_items: int, confidence: float) -> tuple[float, float]:
    """Interval of alpha: ``1 - (1 - alpha) F`` with n - 1 and (n - 1)(k - 1) degrees of freedom.

    Feldt, Woodruff & Salih (1987, Applied Psychological Measurement 11, 93-103). pingouin's own interval is the same
    but rounded to three decimals. It takes items for normal and alike in what they share. NaN where alpha is.
    """
    if np.isnan(alpha) or n_obs < 2:
        return np.nan, np.nan
    df1, df2 = n_obs - 1, (n_obs - 1) * (n_items - 1)
    tail = (1 - confidence) / 2
    lower = 1 - (1 - alpha) * stats.f.isf(tail, df1, df2)
    upper = 1 - (1 - alpha) * stats.f.isf(1 - tail, df1, df2)
    return float(lower), float(upper)

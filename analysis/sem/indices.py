"""Fit indices, one function each. ``n`` is the number of persons in all groups; χ² is n times the ML discrepancy."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from analysis.sem.observed import Array


def cfi(*, chisq: float, df: float, chisq_baseline: float, df_baseline: float) -> float:
    """Comparative fit index, 1 - max(χ²-df, 0) / max(χ²-df, χ²₀-df₀, 0) (Bentler 1990, eq. 14 and text)."""
    worst = max(chisq - df, chisq_baseline - df_baseline, 0.0)
    return 1.0 if worst == 0 else 1.0 - max(chisq - df, 0.0) / worst


def tli(*, chisq: float, df: float, chisq_baseline: float, df_baseline: float) -> float:
    """Tucker-Lewis index, (χ²₀/df₀ - χ²/df) / (χ²₀/df₀ - 1) (Tucker & Lewis 1973); 1 for a saturated model."""
    below = (chisq_baseline - df_baseline) * df
    return 1.0 if below == 0 else 1.0 - (chisq - df) * df_baseline / below


def rmsea(*, chisq: float, df: float, n: int, groups: int = 1, factor: float = 1.0) -> float:
    """Root mean square error of approximation, √(G max(χ²-c·df, 0) / (n·df)) (Steiger 1990; with G groups Steiger 1998);
    0 for a saturated model. ``factor`` c is the scaling factor of the robust form (Li & Bentler 2006; Brosseau-Liard,
    Savalei & Li 2012, eq. 10)."""
    return 0.0 if df == 0 else float(np.sqrt(groups * max(chisq - factor * df, 0.0) / (n * df)))


def rmsea_interval(
    *, chisq: float, df: float, n: int, groups: int = 1, level: float = 0.90
) -> tuple[float, float]:
    """Interval of RMSEA from the noncentral χ² (Browne & Cudeck 1993, p. 142); (0, 0) for a saturated model."""
    if df == 0:
        return 0.0, 0.0
    tail = (1 - level) / 2

    def noncentrality(probability: float) -> float:
        if chi2.cdf(chisq, df) < probability:
            return 0.0
        upper = max(chisq, 1.0)
        while ncx2.cdf(chisq, df, upper) > probability:
            upper *= 2
        return float(brentq(lambda ncp: ncx2.cdf(chisq, df, ncp) - probability, 1e-12, upper, xtol=1e-10))

    return (
        float(np.sqrt(groups * noncentrality(1 - tail) / (n * df))),
        float(np.sqrt(groups * noncentrality(tail) / (n * df))),
    )


def close_fit(*, chisq: float, df: float, n: int, groups: int = 1, limit: float = 0.05) -> float:
    """p-value of the hypothesis RMSEA ≤ ``limit`` (Browne & Cudeck 1993, p. 146)."""
    return float(ncx2.sf(chisq, df, n * df * limit**2 / groups))


def srmr(
    *, sample: Array, sigma: Array, sample_mean: Array | None = None, mu: Array | None = None
) -> float:
    """Standardised root mean square residual: residuals over the sample's standard deviations, diagonal included
    (Bentler 1995; Hu & Bentler 1999), and those of the means where there are any. Matrices are p by p."""
    scale = np.sqrt(np.diag(sample))
    lower = np.tril_indices(len(sample))
    residuals = ((sample - sigma) / np.outer(scale, scale))[lower]
    if sample_mean is not None and mu is not None:
        residuals = np.concatenate([residuals, (sample_mean - mu) / scale])
    return float(np.sqrt(np.mean(residuals**2)))

"""Fit indices, one function each. ``n`` is the number of persons; χ² is n times the ML discrepancy."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from analysis.sem.implied import Array


def cfi(*, chisq: float, df: int, chisq_baseline: float, df_baseline: int) -> float:
    """Comparative fit index, 1 - max(χ²-df, 0) / max(χ²-df, χ²₀-df₀, 0) (Bentler 1990, eq. 14 and text)."""
    worst = max(chisq - df, chisq_baseline - df_baseline, 0.0)
    return 1.0 if worst == 0 else 1.0 - max(chisq - df, 0.0) / worst


def tli(*, chisq: float, df: int, chisq_baseline: float, df_baseline: int) -> float:
    """Tucker-Lewis index, (χ²₀/df₀ - χ²/df) / (χ²₀/df₀ - 1) (Tucker & Lewis 1973); 1 for a saturated model."""
    below = (chisq_baseline - df_baseline) * df
    return 1.0 if below == 0 else 1.0 - (chisq - df) * df_baseline / below


def rmsea(*, chisq: float, df: int, n: int) -> float:
    """Root mean square error of approximation, √(max(χ²-df, 0) / (n·df)) (Steiger 1990); 0 for a saturated model."""
    return 0.0 if df == 0 else float(np.sqrt(max(chisq - df, 0.0) / (n * df)))


def rmsea_interval(*, chisq: float, df: int, n: int, level: float = 0.90) -> tuple[float, float]:
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
        float(np.sqrt(noncentrality(1 - tail) / (n * df))),
        float(np.sqrt(noncentrality(tail) / (n * df))),
    )


def srmr(*, sample: Array, sigma: Array) -> float:
    """Standardised root mean square residual: residuals over the sample's standard deviations, diagonal included
    (Bentler's form; Hu & Bentler 1999). ``sample`` and ``sigma`` are p by p."""
    scale = np.sqrt(np.diag(sample))
    lower = np.tril_indices(len(sample))
    return float(np.sqrt(np.mean(((sample - sigma) / np.outer(scale, scale))[lower] ** 2)))


def log_likelihood(*, sample: Array, sigma: Array, n: int, covariates: list[int]) -> float:
    """Normal log-likelihood at the sample means, given the covariates at positions ``covariates`` (lavaan's, with
    ``fixed.x``): that of all variables minus that of the covariates."""

    def joint(s: Array, e: Array) -> float:
        p = len(s)
        if p == 0:
            return 0.0
        return float(-0.5 * n * (p * np.log(2 * np.pi) + np.linalg.slogdet(e)[1] + np.trace(np.linalg.solve(e, s))))

    x = np.ix_(covariates, covariates)
    return joint(sample, sigma) - joint(sample[x], sample[x])


def baseline(*, sample: Array, n: int, covariates: list[int]) -> tuple[float, int]:
    """χ² and df of the model in which nothing is related but the covariates among themselves."""
    p, px = len(sample), len(covariates)
    others = [i for i in range(p) if i not in covariates]
    logdet_x = np.linalg.slogdet(sample[np.ix_(covariates, covariates)])[1] if px else 0.0
    chisq = n * (np.log(np.diag(sample)[others]).sum() + logdet_x - np.linalg.slogdet(sample)[1])
    return float(chisq), p * (p + 1) // 2 - px * (px + 1) // 2 - len(others)

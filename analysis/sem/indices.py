"""Fit indices, one function each. ``n`` is the number of persons in all groups; χ² is n times the ML discrepancy."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtr, chndtr, chndtrinc, ndtr, ndtri

from analysis.sem.observed import Array

# beyond it the noncentral χ² is taken as normal with its mean and variance (six digits of the noncentrality): its own
# distribution function is slow there, and not a number further on
_LARGE = 1e6
_SMALL = 1e-4


def cfi(
    *,
    chisq: float,
    df: float,
    chisq_baseline: float,
    df_baseline: float,
    factor: float = 1.0,
    factor_baseline: float = 1.0,
) -> float:
    """Comparative fit index, 1 - max(χ²-df, 0) / max(χ²-df, χ²₀-df₀, 0) (Bentler 1990, eq. 14 and text); 1 where
    nothing is to be explained. The robust form has c·df for df, with each model's ``factor`` c, the mean of its χ²
    over df (Brosseau-Liard & Savalei 2014)."""
    excess, excess_baseline = chisq - factor * df, chisq_baseline - factor_baseline * df_baseline
    worst = max(excess, excess_baseline, 0.0)
    return 1.0 if worst == 0 else 1.0 - max(excess, 0.0) / worst


def tli(
    *,
    chisq: float,
    df: float,
    chisq_baseline: float,
    df_baseline: float,
    factor: float = 1.0,
    factor_baseline: float = 1.0,
) -> float:
    """Tucker-Lewis index, 1 - (χ²-df)/df · df₀/(χ²₀-df₀) (Tucker & Lewis 1973); 1 for a saturated model. The robust
    form has c·df for df in what exceeds it, not where misfit is spread over degrees of freedom (Brosseau-Liard &
    Savalei 2014)."""
    below = (chisq_baseline - factor_baseline * df_baseline) * df
    return 1.0 if below == 0 else 1.0 - (chisq - factor * df) * df_baseline / below


def rmsea(*, chisq: float, df: float, n: int, groups: int = 1, factor: float = 1.0) -> float:
    """Root mean square error of approximation, √(G max(χ²-c·df, 0) / (n·df)) (Steiger 1990; with G groups Steiger 1998,
    so that groups alike give what one of them gives); 0 for a saturated model. ``factor`` c is the scaling factor of
    the robust form (Li & Bentler 2006; Brosseau-Liard, Savalei & Li 2012)."""
    return 0.0 if df == 0 else float(np.sqrt(groups * max(chisq - factor * df, 0.0) / (n * df)))


def rmsea_interval(
    *, chisq: float, df: float, n: int, groups: int = 1, factor: float = 1.0, level: float = 0.90
) -> tuple[float, float]:
    """Interval of RMSEA from the noncentral χ² (Browne & Cudeck 1993, p. 142); (0, 0) for a saturated model. The robust
    form takes χ²/c as noncentral χ² and c times the noncentrality as misfit (Brosseau-Liard, Savalei & Li 2012)."""
    if df == 0:
        return 0.0, 0.0
    tail = (1 - level) / 2
    scale = groups * factor / (n * df)
    return (
        float(np.sqrt(scale * noncentrality(chisq / factor, df, 1 - tail))),
        float(np.sqrt(scale * noncentrality(chisq / factor, df, tail))),
    )


def noncentrality(x: float, df: float, probability: float) -> float:
    """The noncentrality under which a χ² with ``df`` degrees of freedom is below ``x`` with ``probability``; 0 where
    even the central one is so less often."""
    if chdtr(df, x) <= probability:
        return 0.0
    if x > _LARGE:
        z = float(ndtri(probability))
        return float((z - np.sqrt(z**2 - df / 2 + x)) ** 2 - df / 2)
    return float(chndtrinc(x, df, probability))


def close_fit(*, chisq: float, df: float, n: int, groups: int = 1, factor: float = 1.0, limit: float = 0.05) -> float:
    """p-value of the hypothesis RMSEA ≤ ``limit`` (Browne & Cudeck 1993, p. 146); ``factor`` as in the interval."""
    x, ncp = chisq / factor, n * df * limit**2 / (groups * factor)
    if max(x, ncp) > _LARGE:
        return float(ndtr((df + ncp - x) / np.sqrt(2 * (df + 2 * ncp))))
    above = 1 - float(chndtr(x, df, ncp))
    # near nil the complement has no digits left
    if above > _SMALL:
        return above
    from scipy.stats import ncx2  # slow to import, and hardly ever needed

    return float(ncx2.sf(x, df, ncp))


def srmr(*, sample: Array, sigma: Array, sample_mean: Array | None = None, mu: Array | None = None) -> float:
    """Standardised root mean square residual: residuals over the sample's standard deviations, diagonal included
    (Bentler 1995; Hu & Bentler 1999), and those of the means where there are any. Matrices are p by p."""
    p, scale = len(sample), np.sqrt(sample.diagonal())
    squares = ((sample - sigma) / (scale[:, None] * scale)) ** 2
    # of the lower triangle with its diagonal
    total, count = (squares.sum() + squares.trace()) / 2, p * (p + 1) / 2
    if sample_mean is not None and mu is not None:
        total, count = total + (((sample_mean - mu) / scale) ** 2).sum(), count + p
    return float(np.sqrt(total / count))

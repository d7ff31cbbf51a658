"""Test statistics that allow for data that are not normal, and for small samples: pure functions of traces.

T is the statistic N·F, ``df`` its degrees of freedom, UΓ the product whose eigenvalues weigh the χ² variates in T's
true distribution (Satorra & Bentler 1994, eq. 16.7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc


@dataclass(frozen=True)
class ScaledTest:
    """A corrected statistic: ``statistic = T / factor + shift``, χ² with ``df`` degrees of freedom."""

    statistic: float
    df: float
    factor: float
    shift: float = 0.0

    @property
    def mean(self) -> float:
        """What the correction takes the mean of T under a true model to be: that of ``statistic`` is ``df``."""
        return self.factor * (self.df - self.shift)

    @property
    def pvalue(self) -> float:
        """Upper tail; NaN without degrees of freedom."""
        return float(chdtrc(self.df, max(self.statistic, 0.0))) if self.df > 0 else float("nan")


def mean_scaled(statistic: float, df: int, trace: float) -> ScaledTest:
    """Satorra & Bentler (1994): divide by c = tr(UΓ)/df, so that the mean is that of χ²."""
    factor = trace / df if df else 1.0
    return ScaledTest(statistic / factor, df, factor)


def scaled_shifted(statistic: float, df: int, trace: float, trace_of_square: float) -> ScaledTest:
    """Asparouhov & Muthén (2010, eq. 1-4): a·T + b with the mean and variance of χ² and its own degrees of freedom."""
    a = float(np.sqrt(df / trace_of_square))
    shift = df - a * trace
    return ScaledTest(a * statistic + shift, df, 1 / a, shift)


def mean_variance_adjusted(statistic: float, trace: float, trace_of_square: float) -> ScaledTest:
    """Satterthwaite (1941); Satorra & Bentler (1994, eq. 16.11): degrees of freedom tr(UΓ)²/tr((UΓ)²) take the place of
    the model's."""
    df = trace**2 / trace_of_square
    factor = trace / df
    return ScaledTest(statistic / factor, df, factor)


def swain(statistic: float, df: int, n: int, n_observed: int, npar: int) -> ScaledTest:
    """Swain (1975), as given by Herzog, Boomsma & Reinecke (2007, eq. 5): a correction of T for small N in a model with
    ``npar`` parameters for the covariances of ``n_observed`` variables."""
    p, size = n_observed, n - 1
    q = (np.sqrt(1 + 8 * npar) - 1) / 2
    s = 1 - (p * (2 * p**2 + 3 * p - 1) - q * (2 * q**2 + 3 * q - 1)) / (12 * df * size)
    return ScaledTest(float(statistic * s), df, float(1 / s))

"""The few distributions that results are read off, by the special functions that compute them.

``scipy.stats`` gives the same numbers, to the last bit, by the same functions (tests/analysis/test_distributions.py):
it takes half a second to import, which every stage would pay, and each call goes through checks that cost more than
the figure itself. Arguments broadcast; parameters that define no distribution give NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

_ROOT_OF_TWO_PI = np.sqrt(2 * np.pi)


class norm:  # noqa: N801 -- called as scipy.stats names them
    """The standard normal distribution."""

    @staticmethod
    def pdf(x: Any) -> Any:
        """Density at ``x``."""
        return np.exp(-(np.asarray(x, dtype=float) ** 2) / 2.0) / _ROOT_OF_TWO_PI

    @staticmethod
    def cdf(x: Any) -> Any:
        """Probability of at most ``x``."""
        return special.ndtr(x)

    @staticmethod
    def sf(x: Any) -> Any:
        """Probability of more than ``x``."""
        return special.ndtr(-x)

    @staticmethod
    def ppf(q: Any) -> Any:
        """The quantile below which a share ``q`` lies."""
        return special.ndtri(q)


class t:  # noqa: N801
    """Student's t with ``df`` degrees of freedom."""

    @staticmethod
    def sf(x: Any, df: Any) -> Any:
        """Probability of more than ``x``."""
        return special.stdtr(df, -x)

    @staticmethod
    def ppf(q: Any, df: Any) -> Any:
        """The quantile below which a share ``q``, between 0 and 1, lies."""
        return special.stdtrit(df, q)

    @staticmethod
    def isf(q: Any, df: Any) -> Any:
        """The quantile above which a share ``q``, between 0 and 1, lies."""
        return -special.stdtrit(df, q)


class chi2:  # noqa: N801
    """Chi square with ``df`` degrees of freedom."""

    @staticmethod
    def sf(x: Any, df: Any) -> Any:
        """Probability of more than ``x``: 1 up to nil."""
        x, df = np.asarray(x, dtype=float), np.asarray(df, dtype=float)
        within = np.where(x <= 0, 1.0, special.chdtrc(df, np.where(x <= 0, 1.0, x)))
        return np.where(df > 0, within, np.nan)[()]


class f:  # noqa: N801
    """F with ``dfn`` and ``dfd`` degrees of freedom."""

    @staticmethod
    def sf(x: Any, dfn: Any, dfd: Any) -> Any:
        """Probability of more than ``x``: 1 up to nil."""
        x, dfn, dfd = (np.asarray(value, dtype=float) for value in (x, dfn, dfd))
        within = np.where(x <= 0, 1.0, special.fdtrc(dfn, dfd, np.where(x <= 0, 1.0, x)))
        return np.where((dfn > 0) & (dfd > 0), within, np.nan)[()]

    @staticmethod
    def ppf(q: Any, dfn: Any, dfd: Any) -> Any:
        """The quantile below which a share ``q``, between 0 and 1, lies."""
        return special.fdtri(dfn, dfd, q)

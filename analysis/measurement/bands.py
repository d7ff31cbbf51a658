"""Documented bands of scale scores (``slightly satisfied``: 21 to 25), and how many persons are in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

OUTSIDE = "(none)"
"""The band of scores below the first or above the last one."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Band:
    """Scores from ``lower`` to ``upper``, both included."""

    lower: float
    upper: float

    @property
    def name(self) -> str:
        """``lower-upper``, numbers as a person would write them."""
        return f"{self.lower:.10g}-{self.upper:.10g}"


def band_of(score: pd.Series[float], bands: Sequence[Band]) -> pd.Series[str]:
    """The name of each person's band, missing without a score, ``OUTSIDE`` below the first and above the last.

    ``bands`` ascend. A score between two bands is in the lower one: bands of whole numbers reach until the next whole
    number begins, and only a prorated score, or half points, can lie between them.
    """
    found = pd.Series(OUTSIDE, index=score.index, dtype="str")
    for band in bands:
        found[score >= band.lower - _ROUNDING] = band.name
    if bands:
        found[score > bands[-1].upper + _ROUNDING] = OUTSIDE
    return found.where(score.notna())


def band_counts(score: pd.Series[float], bands: Sequence[Band]) -> pd.DataFrame:
    """One row a band, in order: ``band n base share``; ``base`` persons have a score.

    Bands nobody is in have a row (with NaN for the share of nobody); ``OUTSIDE`` only where somebody is.
    """
    found = band_of(score, bands)
    names = [band.name for band in bands]
    if (found == OUTSIDE).any():
        names.append(OUTSIDE)
    base = int(found.notna().sum())
    n = found.value_counts().reindex(names, fill_value=0).to_numpy(dtype=int)
    return pd.DataFrame({"band": names, "n": n, "base": base, "share": n / base if base else float("nan")})

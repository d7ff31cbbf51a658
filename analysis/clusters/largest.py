"""How much of a sum of scores is one person's: what a mean must not be published without knowing."""

from __future__ import annotations

import pandas as pd


def largest_share(values: pd.Series, lowest: float) -> float:
    """The share of the largest contribution in the sum of ``values`` above ``lowest``, the lowest there can be.

    From 1 / n (all alike) to 1 (one person above the lowest). 1 too where nobody is above it: the mean is everybody's
    score then. NaN without values, or where the lowest is not known (NaN). See
    ``analysis/disclosure/dominance.py``.
    """
    above = values.dropna().astype(float) - lowest
    if above.isna().any() or above.empty:
        return float("nan")
    total = float(above.sum())
    return float(above.max()) / total if total > 0 else 1.0

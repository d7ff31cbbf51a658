"""Means of which one person makes the most: the dominance rule of magnitude tables, for scores with a lowest value.

A mean of n scores is their sum, and a sum of amounts above the lowest possible score that is mostly one person's tells
that person's score: nine zeros and a hundred have mean 10, and whoever knows that the others are at zero, or is one of
them, knows the hundred. Statistical offices hide a total of which the largest contribution is more than a given share
((n, k) rule with n = 1; Hundepool et al., "Statistical Disclosure Control", Wiley 2012, section 4.2.2). The share comes
from the stage that has the scores, in a column that is never published (role ``dominant``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.disclosure.groups import Mask
from analysis.disclosure.rules import TableRule


def dominated_rows(frame: pd.DataFrame, rule: TableRule, *, dominance_share: float) -> Mask:
    """Rows in which the largest contribution is more than ``dominance_share`` of the sum; no row of nobody."""
    hidden = np.zeros(len(frame), dtype=bool)
    for column in rule.dominant:
        hidden |= frame[column].to_numpy(dtype=float) > dominance_share
    if rule.bases:
        hidden &= (frame[list(rule.bases)].to_numpy(dtype=float) > 0).any(axis=1)
    return hidden

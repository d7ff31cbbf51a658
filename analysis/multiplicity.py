"""p-values adjusted for how many were looked at together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
Adjustment = Literal["holm", "fdr_bh", "none"]


def adjusted(pvalues: Sequence[float] | Array, *, method: Adjustment) -> Array:
    """``pvalues`` of one family (m, none of them NaN) after adjustment, in the same order.

    ``holm``: step-down, against any false finding (Holm 1979). ``fdr_bh``: step-up, against too large a share of
    false findings (Benjamini & Hochberg 1995). ``none``: as they are.
    """
    p = np.asarray(pvalues, dtype=float)
    if method == "none" or not len(p):
        return p
    if method == "fdr_bh":
        from scipy.stats import false_discovery_control  # slow to import

        return np.asarray(false_discovery_control(p))
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    result = np.empty(len(p))
    result[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return result

"""Made-up answers, and solutions and resamples of them, that tests of the bootstrap share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.observed import Array
from analysis.sem.options import Options
from analysis.sem.resample import Draws

TWO_FACTORS = "F =~ a1 + a2 + a3 + a4\nG =~ b1 + b2 + b3 + b4\nG ~ b*F"


def answers(n: int = 160, seed: int = 1, strength: float = 0.8) -> pd.DataFrame:
    """Two factors of four items, a covariate ``x``, two groups, ten clusters inside them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    f = 0.5 * x + rng.normal(size=n)
    g = 0.6 * f + rng.normal(size=n)
    items = {f"a{k}": strength * f + rng.normal(size=n) for k in range(1, 5)}
    items |= {f"b{k}": strength * g + rng.normal(size=n) for k in range(1, 5)}
    unit = np.arange(n) % 10
    return pd.DataFrame({"x": x, **items, "unit": unit, "place": np.where(unit < 4, "here", "there")})


def with_gaps(frame: pd.DataFrame, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    items = [name for name in frame.columns if name[0] in "ab"]
    frame = frame.copy()
    frame[items] = frame[items].mask(rng.random((len(frame), len(items))) < 0.08)
    return frame


def solved(model: str, data: pd.DataFrame, **asked: Any) -> Estimated:
    options = Options.checked(**asked)
    table, sample = prepared(model, data, options)
    return estimated_by(table, sample, options)


def some_counts(estimated: Estimated, size: int, seed: int = 5, by: Any = "case") -> list[Array]:
    return Draws(estimated.sample, by=by, seed=seed).next(size)

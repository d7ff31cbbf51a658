"""From factors to ordinal answers: thresholds on latent responses."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.distributions import norm
from analysis.simulate.parameters import Block, Item, Parameters


def thresholds(block: Block, item: Item) -> np.ndarray:
    """Thresholds between successive codes on the item's latent response (mean 0, variance 1), n_codes - 1."""
    return np.asarray(np.array(block.offsets) + norm.ppf(1 - item.share))


def answers(p: Parameters, *, factors: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Answer codes as asked, one row a person, one column an item.

    The latent response is ``loading * factor + sqrt(1 - loading^2) * e`` with standard normal ``e``; the code is the
    one between whose thresholds it lies. ``factors`` is n by n_factors.
    """
    place = {name: column for column, name in enumerate(p.factor_names)}
    columns = {}
    for name, (block, item) in p.items.items():
        error = np.sqrt(1 - item.loading**2) * rng.standard_normal(len(factors))
        response = item.loading * factors[:, place[block.factor]] + error
        columns[name] = np.array(block.codes)[np.searchsorted(thresholds(block, item), response)]
    return pd.DataFrame(columns, dtype=float)

"""Patterns of missing answers: those of few persons are counted together, and must stay so.

How many answered every item of one scale, of two, and of all is published too, as the size of what was computed from
them: each such size is a sum of patterns. With four scales these and the shown patterns fix every pattern that was put
together with others, down to the one person who has it. So where some were put together, all but the complete answers
are hidden: what is left then are fewer sums than patterns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.disclosure.groups import Mask


def rows_beside_merged(
    table: pd.DataFrame, *, by: Sequence[str], column: str, merged: str, kept: Sequence[str]
) -> Mask:
    """Rows of every group ``by`` that has a row ``merged`` in ``column``, that row too; not those of ``kept``."""
    hidden = np.zeros(len(table), dtype=bool)
    for rows in table.reset_index(drop=True).groupby(list(by), sort=True).indices.values():
        names = table[column].iloc[rows].astype(str)
        if (names == merged).any():
            hidden[rows] = ~names.isin(list(kept)).to_numpy()
    return hidden

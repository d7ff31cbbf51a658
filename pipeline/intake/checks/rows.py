"""Rows that can be compared with others, and their fingerprints."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def comparable(answers: pd.DataFrame, minimum: int) -> npt.NDArray[np.bool_]:
    """Which rows hold so many answers, not all of them the same, that two people do not simply agree in them."""
    values = answers.to_numpy(dtype=float)
    if values.shape[1] < minimum:
        return np.zeros(len(values), dtype=bool)
    given = ~np.isnan(values)
    lowest = np.where(given, values, np.inf).min(axis=1)
    highest = np.where(given, values, -np.inf).max(axis=1)
    return np.asarray((given.sum(axis=1) >= minimum) & (highest > lowest), dtype=bool)


def fingerprints(cells_by_row: pd.DataFrame) -> npt.NDArray[Any]:
    """A hash of every row (64 bits); equal rows have equal ones, whatever else is in the frame."""
    return np.asarray(pd.util.hash_pandas_object(cells_by_row, index=False))

"""Where the cells of a symmetric matrix stand in a vector: row by row, those of the lower triangle.

NumPy makes these indices anew at every call, which for the small matrices of a model costs more than what is done with
them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.intp]


@cache
def lower(p: int) -> tuple[Positions, Positions]:
    """Rows and columns of the lower triangle of a (p, p) matrix with its diagonal, (p (p + 1)/2,) each, read-only."""
    return _fixed(np.tril_indices(p))


@cache
def strictly_lower(p: int) -> tuple[Positions, Positions]:
    """Rows and columns of the lower triangle without its diagonal, (p (p - 1)/2,) each, read-only."""
    return _fixed(np.tril_indices(p, -1))


def _fixed(pair: tuple[Positions, Positions]) -> tuple[Positions, Positions]:
    for positions in pair:
        positions.flags.writeable = False
    return pair

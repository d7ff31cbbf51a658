"""Thresholds and polychoric correlations of ordered items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class OrdinalMoments:
    """``thresholds`` (t,), ``threshold_item`` (t,), ``correlations`` (p(p-1)/2,), ``gamma`` (p*, p*)."""

    thresholds: Array
    threshold_item: npt.NDArray[np.intp]
    correlations: Array
    gamma: Array
    correlation_matrix: Array


def ordinal_moments(codes: npt.NDArray[np.intp], names: Sequence[str]) -> OrdinalMoments:
    raise NotImplementedError

"""Symmetric matrices that are surely positive definite, known without their eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dpotrf, dtrtri

Array = npt.NDArray[np.floating[Any]]


def well_conditioned_inverse(matrix: Array, least: float) -> Array | None:
    """The inverse of a symmetric ``matrix`` (d, d) whose smallest eigenvalue is surely above ``least``, as the trace of
    the inverse is at least one over it; ``None`` where that does not tell, and the eigenvalues have to be looked at."""
    root, failed = dpotrf(matrix, lower=1)
    if failed:
        return None
    half, failed = dtrtri(root, lower=1)
    if failed or not np.vdot(half, half) < 1 / least:
        return None
    inverse: Array = half.T @ half
    return inverse

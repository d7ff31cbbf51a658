"""Free parameters to the covariance matrix the model implies, and its derivatives.

Reticular action model (McArdle & McDonald 1984): with all variables stacked (observed first), ``v = A v + u``,
``cov(u) = S``, hence ``cov(v) = B S B'`` with ``B = (I - A)^-1``; the observed block is the implied covariance matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.sem.table import ParameterTable

Array = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Cell:
    """Where one row of the table stands: in ``A`` (``directed``) or ``S``, at ``row``, ``column``."""

    directed: bool
    row: int
    column: int
    index: int | None
    value: float


@dataclass(frozen=True)
class Matrices:
    """``A``, ``S``, ``B`` and the covariance ``V`` of all variables (k by k, observed first)."""

    A: Array
    S: Array
    B: Array
    V: Array


class ImpliedMoments:
    """The map from free parameters to implied moments for one model and one sample.

    ``sample`` (p by p, in the order of ``table.observed``) gives the values of the rows fixed to the sample's.
    """

    def __init__(self, table: ParameterTable, sample: Array) -> None:
        self.table = table
        self.n_observed = len(table.observed)
        place = {name: i for i, name in enumerate(table.names)}
        self.cells: list[Cell] = []
        for r in table.rows:
            directed = r.op in ("~", "=~")
            to, source = (r.rhs, r.lhs) if r.op == "=~" else (r.lhs, r.rhs)
            i, j = place[to], place[source]
            value = float(sample[i, j]) if r.from_sample else (r.fixed if r.fixed is not None else np.nan)
            self.cells.append(Cell(directed, i, j, r.index, value))

    def values(self, theta: Array) -> Array:
        """The value of every row of the table at ``theta``."""
        return np.array([c.value if c.index is None else theta[c.index] for c in self.cells], dtype=theta.dtype)

    def matrices(self, theta: Array) -> Matrices:
        """Model matrices at ``theta`` (real or complex). Raises ``numpy.linalg.LinAlgError`` when I - A is singular."""
        k = len(self.table.names)
        A, S = np.zeros((k, k), dtype=theta.dtype), np.zeros((k, k), dtype=theta.dtype)
        for cell, value in zip(self.cells, self.values(theta), strict=True):
            if cell.directed:
                A[cell.row, cell.column] = value
            else:
                S[cell.row, cell.column] = S[cell.column, cell.row] = value
        B = np.linalg.inv(np.eye(k) - A)
        return Matrices(A, S, B, B @ S @ B.T)

    def sigma(self, theta: Array) -> Array:
        """Implied covariance matrix of the observed variables, p by p."""
        return self.matrices(theta).V[: self.n_observed, : self.n_observed]

    def jacobian(self, theta: Array) -> Array:
        """Derivative of ``sigma`` to each free parameter, n_free by p by p."""
        p, m = self.n_observed, self.matrices(theta)
        B, V = m.B[:p], m.V[:, :p]
        derivative = np.zeros((self.table.n_free, p, p))
        for cell in self.cells:
            if cell.index is None:
                continue
            right = V[cell.column] if cell.directed else B[:, cell.column]
            outer = np.outer(B[:, cell.row], right)
            derivative[cell.index] += outer if not cell.directed and cell.row == cell.column else outer + outer.T
        return derivative

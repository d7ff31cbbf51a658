"""Where the parameters of one group stand in its model matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dgesv

from analysis.sem.observed import Array, Sample
from analysis.sem.table import ParameterTable, Row

AnyArray = npt.NDArray[Any]
MATRICES = ("loading", "path", "disturbance", "residual", "intercept", "mean", "threshold", "scale")
SYMMETRIC = ("disturbance", "residual")


@dataclass(frozen=True)
class Cells:
    """Where the rows of one group stand in one matrix: positions ``i``, ``j`` and the free parameter at each; ``twice``
    is 2 off the diagonal, where a covariance stands in two places, else 1."""

    i: npt.NDArray[np.intp]
    j: npt.NDArray[np.intp]
    index: npt.NDArray[np.intp]
    twice: Array


_NO_CELLS = Cells(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))


class Matrices(NamedTuple):
    """The model matrices of one group, each with the leading dimensions of θ.

    ``loading`` Λ (p, m), ``total`` E (m, m), ``disturbance`` Ψ (m, m), ``residual`` Θ (p, p), ``structural`` M (m, m),
    ``sigma`` (p, p), ``mu`` (p,), ``eta`` E α (m,), ``loading_total`` Λ E (p, m).
    """

    loading: AnyArray
    total: AnyArray
    disturbance: AnyArray
    residual: AnyArray
    structural: AnyArray
    sigma: AnyArray
    mu: AnyArray
    eta: AnyArray
    loading_total: AnyArray


@dataclass(frozen=True)
class Factors:
    """∂Σ/∂θ_c = ``left_c right_c' + right_c left_c'`` and ∂μ/∂θ_c = ``mean_c``, one column a free cell c (p, c);
    ``index`` (c,) says which free parameter the cell holds."""

    left: Array
    right: Array
    mean: Array
    index: npt.NDArray[np.intp]


class Flat:
    """The matrices that hold free cells, one after the other in one vector: one θ is written into all of them, and
    derivatives are read out of all of them, in one go. For one θ, where matrices are so small that going through them
    one by one would cost more than the work; ``order`` names the matrices."""

    def __init__(self, base: Mapping[str, Array], cells: Mapping[str, Cells], order: Sequence[str]) -> None:
        self._views: list[tuple[str, slice, tuple[int, ...]]] = []
        read, mirrored, twice, first = [], [], [], 0
        for name in order:
            matrix, c = base[name], cells[name]
            row = matrix.shape[1] if matrix.ndim == 2 else 1
            read.append(first + c.i * row + c.j)
            mirrored.append(first + c.j * row + c.i if name in SYMMETRIC else read[-1])
            twice.append(c.twice if name in SYMMETRIC else np.ones(len(c.i)))
            self._views.append((name, slice(first, first + matrix.size), matrix.shape))
            first += matrix.size
        self._base = np.concatenate([base[name].ravel() for name in order] or [np.zeros(0)])
        self._read, self._mirrored, self._twice = (
            np.concatenate(x) if x else np.zeros(0, np.intp) for x in (read, mirrored, twice)
        )
        self._index = np.concatenate([cells[name].index for name in order] or [np.zeros(0, np.intp)])

    def filled(self, theta: AnyArray) -> dict[str, AnyArray]:
        """The matrices at one θ (n_free,), by name."""
        flat = self._base.astype(theta.dtype)
        flat[self._read] = flat[self._mirrored] = theta[self._index]
        return {name: flat[part].reshape(shape) for name, part, shape in self._views}

    def gathered(self, parts: Mapping[str, AnyArray]) -> AnyArray:
        """The derivative of a scalar to the free cells, (cells,), from those to the matrices, nil where there is
        none."""
        if not self._views:
            return np.zeros(0)
        flat = [parts[name].ravel() if name in parts else np.zeros(p.stop - p.start) for name, p, _ in self._views]
        found: AnyArray = np.concatenate(flat)[self._read] * self._twice
        return found


def inverse_of(matrix: AnyArray, unit: Array) -> AnyArray:
    """The inverse of matrices (…, m, m); of a single real one straight from LAPACK. Raises ``numpy.linalg.LinAlgError``
    where there is none."""
    if matrix.ndim > 2 or matrix.dtype != unit.dtype:
        return np.linalg.inv(matrix)
    _, _, inverse, failed = dgesv(matrix, unit)
    if failed:
        raise np.linalg.LinAlgError("Singular matrix")
    result: AnyArray = inverse
    return result


def cells_of(found: list[tuple[int, int, int]]) -> Cells:
    if not found:
        return _NO_CELLS
    i, j, index = np.array(found, dtype=np.intp).reshape(-1, 3).T
    return Cells(i, j, index, np.where(i == j, 1.0, 2.0))


def promoted_of(table: ParameterTable, rows: Sequence[Row]) -> list[str]:
    """Observed variables that stand in a regression, or covary with one that does, in order."""
    latent = set(table.latent)
    found = {name for row in rows if row.op == "~" for name in (row.lhs, row.rhs) if name not in latent}
    found |= {row.lhs for row in rows if row.op == "=~" and row.lhs not in latent}
    found |= set(table.covariates)
    grew = True
    while grew:
        grew = False
        for row in rows:
            if row.op == "~~" and row.lhs != row.rhs:
                a, b = row.lhs, row.rhs
                for one, other in ((a, b), (b, a)):
                    if one not in latent and one not in found and (other in found or other in latent):
                        found.add(one)
                        grew = True
    return [name for name in table.observed if name in found]


def fixed_value(row: Row, sample: Sample, group: int, at: dict[str, int]) -> float:
    """The value of a parameter that is not free."""
    if not row.from_sample:
        return float(row.fixed if row.fixed is not None else 0.0)
    moments = sample.groups[group]
    if row.op == "~1":
        return float(moments.mean[at[row.lhs]])
    return float(moments.cov[at[row.lhs], at[row.rhs]])

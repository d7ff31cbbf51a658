"""Constraints between labelled parameters: ``a == b``, ``a > 0``, ``x1 + x2 == 2*x3``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.sem.defined import evaluate
from analysis.sem.errors import ModelError
from analysis.sem.syntax import Statement

if TYPE_CHECKING:
    from analysis.sem.table import ParameterTable

Array = npt.NDArray[np.floating[Any]]
_STEP = 1e-30
_RANK = 1e-9


@dataclass(frozen=True)
class Constraint:
    """``lhs kind rhs``, both sides arithmetic on labels and defined parameters; ``line`` counts from 1."""

    kind: Literal["==", "<", ">"]
    lhs: str
    rhs: str
    line: int

    @property
    def text(self) -> str:
        """As the model states it."""
        return f"{self.lhs} {self.kind} {self.rhs}"


class Constraints:
    """A table's constraints as functions of θ, with exact derivatives.

    Equalities are ``lhs - rhs`` (r,), zero where they hold; inequalities (s,) are at least zero where they hold. Raises
    ``ModelError`` naming the line for a label the table does not have or an expression that cannot be read.
    """

    def __init__(self, table: ParameterTable) -> None:
        self.n_free = table.n_free
        self._defined = dict(table.defined)
        self._labels: dict[str, int | None] = {}
        self._fixed: dict[str, float] = {}
        for row in table.rows:
            if row.label and row.label not in self._labels:
                self._labels[row.label] = row.index
                if row.index is None:
                    self._fixed[row.label] = float(row.fixed or 0.0)
        self._equal = [c for c in table.constraints if c.kind == "=="]
        self._unequal = [c for c in table.constraints if c.kind != "=="]
        for constraint in table.constraints:
            self._value(constraint, self._named(np.ones(self.n_free)))

    @staticmethod
    def read(statements: Iterable[Statement]) -> tuple[Constraint, ...]:
        """The constraints among ``statements``."""
        kinds: dict[str, Literal["==", "<", ">"]] = {"==": "==", "<": "<", ">": ">"}
        return tuple(Constraint(kinds[s.op], s.lhs, s.expression, s.line) for s in statements if s.op in kinds)

    @property
    def n_equality(self) -> int:
        """How many equalities there are."""
        return len(self._equal)

    @property
    def n_inequality(self) -> int:
        """How many inequalities there are."""
        return len(self._unequal)

    @property
    def is_linear(self) -> bool:
        """Whether every equality is linear in θ: its derivative is the same wherever it is taken."""
        rng = np.random.default_rng(0)
        first = self.equality_jacobian(rng.normal(size=self.n_free) + 3)
        second = self.equality_jacobian(rng.normal(size=self.n_free) + 3)
        return bool(np.allclose(first, second, rtol=1e-10, atol=1e-12))

    def equality(self, theta: Array) -> Array:
        """How far each equality is from holding, (r,)."""
        return self._values(self._equal, theta)

    def equality_jacobian(self, theta: Array) -> Array:
        """∂``equality``/∂θ', (r, n_free)."""
        return self._jacobian(self._equal, theta)

    def inequality(self, theta: Array) -> Array:
        """Each inequality's slack, (s,): negative where it is broken."""
        return self._values(self._unequal, theta)

    def inequality_jacobian(self, theta: Array) -> Array:
        """∂``inequality``/∂θ', (s, n_free)."""
        return self._jacobian(self._unequal, theta)

    def _values(self, constraints: Sequence[Constraint], theta: Array) -> Array:
        named = self._named(theta)
        return np.array([np.real(self._value(c, named)) for c in constraints], dtype=float)

    def _jacobian(self, constraints: Sequence[Constraint], theta: Array) -> Array:
        """By complex steps in the labels (Squire & Trapp 1998)."""
        jacobian = np.zeros((len(constraints), self.n_free))
        for index in sorted({i for i in self._labels.values() if i is not None}):
            shifted = theta.astype(complex)
            shifted[index] += 1j * _STEP
            named = self._named(shifted)
            for k, constraint in enumerate(constraints):
                jacobian[k, index] = np.imag(self._value(constraint, named)) / _STEP
        return jacobian

    def _named(self, theta: npt.NDArray[Any]) -> dict[str, complex]:
        """Labels and defined parameters at θ."""
        values = {
            name: complex(self._fixed[name]) if index is None else complex(theta[index])
            for name, index in self._labels.items()
        }
        for name, expression in self._defined.items():
            values[name] = evaluate(name, expression, values)
        return values

    @staticmethod
    def _value(constraint: Constraint, named: dict[str, complex]) -> complex:
        try:
            left = evaluate(constraint.lhs, constraint.lhs, named)
            right = evaluate(constraint.rhs, constraint.rhs, named)
        except ModelError as error:
            reason = str(error).partition(": ")[2]
            raise ModelError(f"line {constraint.line}: the constraint {constraint.text}: {reason}") from None
        return right - left if constraint.kind == "<" else left - right


def null_space(jacobian: Array) -> Array:
    """An orthonormal basis (q, d) of what a matrix (r, q) maps to zero; rows that repeat others do not count."""
    if not len(jacobian):
        return np.eye(jacobian.shape[1])
    _, values, right = np.linalg.svd(jacobian, full_matrices=True)
    rank = int((values > _RANK * max(1.0, values.max(initial=0.0))).sum())
    return np.ascontiguousarray(right[rank:].T)

"""Constraints between labelled parameters: ``a == b``, ``a > 0``, ``x1 + x2 == 2*x3``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.sem.defined import chained
from analysis.sem.errors import ModelError
from analysis.sem.expression import Number, expression_of
from analysis.sem.syntax import Statement
from analysis.sem.tokens import Token

if TYPE_CHECKING:
    from analysis.sem.table import ParameterTable

Array = npt.NDArray[np.floating[Any]]
_STEP = 1e-30
_RANK = 1e-9


@dataclass(frozen=True)
class Constraint:
    """``lhs kind rhs``, both sides arithmetic on labels and defined parameters; ``line`` counts from 1. ``labels`` are
    the tokens of the labels used, where the text they stand in is known."""

    kind: Literal["==", "<", ">"]
    lhs: str
    rhs: str
    line: int
    labels: tuple[Token, ...] = field(default=(), compare=False, repr=False)

    @property
    def text(self) -> str:
        """As the model states it."""
        return f"{self.lhs} {self.kind} {self.rhs}"

    def difference(self, named: dict[str, Number]) -> Number:
        """What is nil where an equality holds, and not negative where an inequality does."""
        left, right = expression_of(self.lhs).value(named), expression_of(self.rhs).value(named)
        return right - left if self.kind == "<" else left - right


class Constraints:
    """A table's constraints as functions of θ, with exact derivatives.

    Equalities are ``lhs - rhs`` (r,), zero where they hold; inequalities (s,) are at least zero where they hold. Raises
    ``ModelError`` naming line and column for a label the table does not have or an expression that cannot be read.
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
            self._check(constraint)

    @staticmethod
    def read(statements: Iterable[Statement]) -> tuple[Constraint, ...]:
        """The constraints among ``statements``."""
        kinds: dict[str, Literal["==", "<", ">"]] = {"==": "==", "<": "<", ">": ">"}
        stated = [s for s in statements if s.op in kinds]
        return tuple(Constraint(kinds[s.op], s.lhs, s.expression, s.line, s.labels) for s in stated)

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
        """How far each equality is from holding, (r,); (…, r) for a stack of θ (…, n_free)."""
        return np.real(self._values(self._equal, theta))

    def equality_jacobian(self, theta: Array) -> Array:
        """∂``equality``/∂θ', (r, n_free)."""
        return self._jacobian(self._equal, theta)

    def inequality(self, theta: Array) -> Array:
        """Each inequality's slack, (s,): negative where it is broken; (…, s) for a stack of θ (…, n_free)."""
        return np.real(self._values(self._unequal, theta))

    def inequality_jacobian(self, theta: Array) -> Array:
        """∂``inequality``/∂θ', (s, n_free)."""
        return self._jacobian(self._unequal, theta)

    def slacks(self, theta: Array) -> list[tuple[str, float]]:
        """Each constraint as the model states it, with its distance at θ (n_free,) from holding with equality."""
        found = [*zip(self._equal, self.equality(theta), strict=True)]
        found += zip(self._unequal, self.inequality(theta), strict=True)
        return [(constraint.text, float(slack)) for constraint, slack in found]

    def says_nothing(self, constraint: Constraint) -> bool:
        """Whether a constraint speaks of no free parameter, not even by way of a defined one."""
        pending = [token.text for side in (constraint.lhs, constraint.rhs) for token in expression_of(side).labels]
        seen: set[str] = set()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            if self._labels.get(name) is not None:
                return False
            if name in self._defined:
                pending += [token.text for token in expression_of(self._defined[name]).labels]
        return True

    def _check(self, constraint: Constraint) -> None:
        """Raise ``ModelError`` for what cannot be read, and for a label nothing has."""
        labels = [token for side in (constraint.lhs, constraint.rhs) for token in expression_of(side).labels]
        for token in constraint.labels or labels:
            if token.text not in self._labels and token.text not in self._defined:
                place = f", column {token.column}" if constraint.labels else ""
                raise ModelError(
                    f"line {constraint.line}{place}: no parameter has the label {token.text!r}, which the constraint"
                    f" {constraint.text} uses."
                )

    def _values(self, constraints: Sequence[Constraint], theta: npt.NDArray[Any]) -> Number:
        """Every constraint's difference at θ (…, n_free): (…, constraints)."""
        named = self._named(theta)
        values = np.empty((*theta.shape[:-1], len(constraints)), dtype=complex)
        for k, constraint in enumerate(constraints):
            values[..., k] = constraint.difference(named)
        return values

    def _jacobian(self, constraints: Sequence[Constraint], theta: Array) -> Array:
        """By complex steps in the labels (Squire & Trapp 1998), all at once."""
        jacobian = np.zeros((len(constraints), self.n_free))
        at = sorted({index for index in self._labels.values() if index is not None})
        if constraints and at:
            shifted = np.repeat(theta.astype(complex)[None], len(at), axis=0)
            shifted[np.arange(len(at)), at] += 1j * _STEP
            jacobian[:, at] = np.imag(self._values(constraints, shifted)).T / _STEP
        return jacobian

    def _named(self, theta: npt.NDArray[Any]) -> dict[str, Number]:
        """Labels and defined parameters at θ (…, n_free), (…,) each."""
        values: dict[str, Number] = {
            name: np.asarray(self._fixed[name] if index is None else theta[..., index], dtype=complex)
            for name, index in self._labels.items()
        }
        return values | chained(self._defined, values)


def null_space(jacobian: Array) -> Array:
    """An orthonormal basis (q, d) of what a matrix (r, q) maps to zero; rows that repeat others do not count."""
    if not len(jacobian):
        return np.eye(jacobian.shape[1])
    _, values, right = np.linalg.svd(jacobian, full_matrices=True)
    rank = int((values > _RANK * max(1.0, values.max(initial=0.0))).sum())
    return np.ascontiguousarray(right[rank:].T)

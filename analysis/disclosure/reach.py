"""The values that hidden cells can have, given the visible ones: what an outsider who solves every sum is left with."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, eye_array, hstack, vstack

from analysis.disclosure.ledger import TOLERANCE, Ledger, Relation
from analysis.disclosure.ranges import MANY, System


class UnprotectedError(Exception):
    """A hidden cell follows from what is shown, and there is nothing left to hide."""


class Reach:
    """The values that the hidden cells of a ``component`` can have, given the visible ones.

    Every solution found, and the truth, is a filling that an outsider cannot rule out: where these lie far enough apart
    already, nothing more is solved.
    """

    def __init__(self, ledger: Ledger, component: Collection[int], relations: list[Relation]) -> None:
        self._ledger = ledger
        self._column = {number: position for position, number in enumerate(sorted(component))}
        self._system = system_of(ledger, self._column, relations)
        truth = np.asarray([ledger.cells[number].value for number in self._column], dtype=float)
        if not self._possible(truth):  # a relation is not what it claims to be: solving it will tell
            truth = np.full(len(truth), np.nan)
        self._low, self._high = truth, truth.copy()

    def _possible(self, values: np.ndarray) -> bool:
        """Whether ``values`` satisfy the relations."""
        equal, equal_to, below, below_than = self._system
        if equal is not None and equal_to is not None and np.abs(equal @ values - equal_to).max() > TOLERANCE:
            return False
        return below is None or below_than is None or bool((below @ values <= below_than + TOLERANCE).all())

    def stretch(self, widths: Mapping[int, float]) -> None:
        """Look for one filling in which as many cells as can lie their ``widths`` above what they are.

        One program instead of two for each of these cells; what it cannot show of a cell is left to ``range_of``.
        """
        n_cells, n_asked = len(self._column), len(widths)
        places = [self._column[cell] for cell in widths]
        if not n_asked or np.isnan(self._low[places]).any():
            return
        equal, equal_to, below, below_than = self._system
        # how far a cell comes above what it is: up to its width
        above = hstack([-eye_array(n_cells, format="csr")[places], eye_array(n_asked)], format="csr")
        below = above if below is None else vstack([pad(below, n_asked), above], format="csr")
        truth = self._low[places]
        below_than = -truth if below_than is None else np.concatenate([below_than, -truth])
        solution = linprog(
            np.concatenate([np.zeros(n_cells), -np.ones(n_asked)]),
            A_eq=None if equal is None else pad(equal, n_asked), b_eq=equal_to, A_ub=below, b_ub=below_than,
            bounds=[(0, MANY)] * n_cells + [(None, width + 1) for width in widths.values()], method="highs",
        )  # fmt: skip
        if solution.status == 0:
            self._keep(solution.x[:n_cells])

    def _keep(self, filling: np.ndarray) -> None:
        self._low, self._high = np.fmin(self._low, filling), np.fmax(self._high, filling)

    def is_wide(self, cell: int, width: float) -> bool:
        """Whether ``cell`` can have values at least ``width`` apart; raises as ``range_of``."""
        position = self._column[cell]
        low, high = self._low[position], self._high[position]
        if not math.isnan(low) and whole_numbers(low, high) >= width:
            return True
        return whole_numbers(*self.range_of(cell)) >= width

    def range_of(self, cell: int) -> tuple[float, float]:
        """Lowest and highest value ``cell`` can have; the upper end may be infinite.

        Raises ``UnprotectedError`` when no filling satisfies the relations: then one is not what it claims to be.
        """
        ends = []
        for sign in (1.0, -1.0):
            objective = np.zeros(len(self._column))
            objective[self._column[cell]] = sign
            solution = self._solve(objective)
            if solution.status == 3:  # unbounded
                ends.append(-sign * math.inf)
            elif solution.status == 0:
                ends.append(float(sign * solution.fun))
            else:
                raise UnprotectedError(f"{place_of(self._ledger, cell)}: {solution.message}")
        return ends[0], ends[1]

    def _solve(self, objective: np.ndarray) -> Any:
        """The filling with the lowest ``objective``; it is kept among those that nobody can rule out."""
        equal, equal_to, below, below_than = self._system
        solution = linprog(
            objective, A_eq=equal, b_eq=equal_to, A_ub=below, b_ub=below_than, bounds=(0, None), method="highs",
        )  # fmt: skip
        if solution.status == 0:
            self._keep(solution.x)
        return solution


def feasible_range(
    ledger: Ledger, component: Collection[int], relations: list[Relation], cell: int
) -> tuple[float, float]:
    """Lowest and highest value ``cell`` can have, given the visible cells (``Reach.range_of``)."""
    return Reach(ledger, component, relations).range_of(cell)


def pad(matrix: csr_matrix, columns: int) -> csr_matrix:
    """``matrix`` with so many empty columns behind it."""
    return csr_matrix((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], matrix.shape[1] + columns))


def system_of(ledger: Ledger, column: dict[int, int], relations: list[Relation]) -> System:
    """The relations as equations and (where rounded) pairs of inequalities in the hidden cells."""
    rows: dict[bool, list[dict[int, float]]] = {True: [], False: []}
    right: dict[bool, list[float]] = {True: [], False: []}
    for relation in relations:
        known = relation.total - sum(
            ledger.cells[cell].value * times for cell, times in relation.terms if cell not in column
        )
        unknown: dict[int, float] = defaultdict(float)
        for cell, times in relation.terms:
            if cell in column:
                unknown[column[cell]] += times
        if relation.tolerance == 0:
            rows[True].append(unknown)
            right[True].append(known)
        else:
            rows[False] += [unknown, {position: -times for position, times in unknown.items()}]
            right[False] += [known + relation.tolerance, relation.tolerance - known]
    matrices: list[Any] = []
    for exact in (True, False):
        if not rows[exact]:
            matrices += [None, None]
            continue
        entries = [(i, j, times) for i, row in enumerate(rows[exact]) for j, times in row.items()]
        i, j, values = zip(*entries, strict=True)
        matrices += [csr_matrix((values, (i, j)), shape=(len(rows[exact]), len(column))), np.asarray(right[exact])]
    return matrices[0], matrices[1], matrices[2], matrices[3]


def whole_numbers(low: float, high: float) -> float:
    """Distance between the lowest and highest whole number from ``low`` to ``high``."""
    if math.isinf(high):
        return math.inf
    return math.floor(high + TOLERANCE) - math.ceil(low - TOLERANCE)


def place_of(ledger: Ledger, cell: int) -> str:
    """Where a cell stands, without its value."""
    shows = ledger.cells[cell].shows
    return f"table {shows[0][0]}, row {shows[0][1] + 1}, column {shows[0][2]}" if shows else "a remainder"

"""The ranges of many hidden cells at once: one linear program instead of two for every cell.

Cells of different components share no relation, and every question (how low, how high can this cell be) has a copy of
its component's system to itself; so the copies side by side are one program whose optimum is the optimum of each. A
program of thousands of cells is solved in the time that starting a few dozen small ones takes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix

MANY = 1e6
"""More persons than any count is: a cell that can be as many has no upper end."""
AT_ONCE = 20_000
"""Unknowns of one program."""

System = tuple[csr_matrix | None, np.ndarray | None, csr_matrix | None, np.ndarray | None]
"""Equations and inequalities of the hidden cells of a component: ``A_eq, b_eq, A_ub, b_ub``."""


@dataclass(frozen=True)
class Question:
    """A component's ``system``, the place of each of its cells in it, and the cells that are ``asked`` for."""

    system: System
    column: Mapping[int, int]
    asked: Sequence[int]

    @property
    def n_unknowns(self) -> int:
        """How many unknowns the copies of this question have together."""
        return 2 * len(self.asked) * len(self.column)


def ranges_of(questions: Sequence[Question]) -> dict[int, tuple[float, float]]:
    """Lowest and highest value of every asked cell; cells of a program that has no solution are left out."""
    found: dict[int, tuple[float, float]] = {}
    for some in _in_portions(questions):
        found |= _solved(some)
    return found


def _in_portions(questions: Sequence[Question]) -> Iterator[list[Question]]:
    portion: list[Question] = []
    unknowns = 0
    for question in questions:
        if portion and unknowns + question.n_unknowns > AT_ONCE:
            yield portion
            portion, unknowns = [], 0
        portion.append(question)
        unknowns += question.n_unknowns
    if portion:
        yield portion


def _solved(questions: Collection[Question]) -> dict[int, tuple[float, float]]:
    n = sum(question.n_unknowns for question in questions)
    if n == 0:
        return {}
    objective, starts = np.zeros(n), []
    start = 0
    for question in questions:
        for cell in question.asked:
            for sign in (1.0, -1.0):
                objective[start + question.column[cell]] = sign
                starts.append((cell, start + question.column[cell]))
                start += len(question.column)
    equal, equal_to = _side_by_side(questions, 0)
    below, below_than = _side_by_side(questions, 2)
    solution = linprog(
        objective, A_eq=equal, b_eq=equal_to, A_ub=below, b_ub=below_than, bounds=(0, MANY), method="highs",
    )  # fmt: skip
    if solution.status != 0:
        return {}
    ends = [float(solution.x[place]) for _, place in starts]
    cells = [cell for cell, _ in starts[::2]]
    return {
        cell: (low, high if high < MANY / 2 else math.inf)
        for cell, low, high in zip(cells, ends[::2], ends[1::2], strict=True)
    }


def _side_by_side(questions: Collection[Question], kind: int) -> tuple[csr_matrix | None, np.ndarray | None]:
    """The equations (``kind`` 0) or inequalities (2) of every copy, one block after the other."""
    rows, columns, values, right = [], [], [], []
    row, column = 0, 0
    for question in questions:
        matrix, than = question.system[kind], question.system[kind + 1]
        copies, width = 2 * len(question.asked), len(question.column)
        if matrix is not None and than is not None:
            height = matrix.shape[0]
            entries, copy = coo_matrix(matrix), np.arange(copies)[:, None]
            rows.append((row + copy * height + entries.row).ravel())
            columns.append((column + copy * width + entries.col).ravel())
            values.append(np.tile(entries.data, copies))
            right.append(np.tile(than, copies))
            row += copies * height
        column += copies * width
    if not rows:
        return None, None
    at = (np.concatenate(rows), np.concatenate(columns))
    return csr_matrix((np.concatenate(values), at), shape=(row, column)), np.concatenate(right)

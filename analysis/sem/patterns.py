"""Which answers are missing, and what of the persons stays the same while a model is fitted.

Persons who left the same answers open share a pattern. What the likelihood needs of the answers that were given are
sums of products over pairs of variables, known once the resampling weights are; missing answers are listed one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from analysis.sem.errors import ModelError

Array = npt.NDArray[np.floating[Any]]
AnyArray = npt.NDArray[Any]
IndexArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Block:
    """The patterns with the same number k > 0 of missing answers.

    ``missing`` (P, k) which ones, ``patterns`` (P,) their places among all patterns; ``rows`` (r,) who has them,
    ``pattern_of`` (r,) which of the P each has.
    """

    missing: IndexArray
    patterns: IndexArray
    rows: IndexArray
    pattern_of: IndexArray


@dataclass(frozen=True)
class Slot:
    """The missing answer number t, counted from 0, of the patterns that have more than t, which are the first ones.

    ``cells`` (t + 1, P_t) the cells of a flat p by p matrix where it meets those before and itself; ``entries`` (r_t,)
    where it stands in the list of all missing answers, for the first rows.
    """

    cells: IndexArray
    entries: IndexArray


@dataclass(frozen=True)
class Rows:
    """Persons, or fewer rows with the same sums: a row is ``(f, r a, r)``, deviations from the centre (0 where
    missing), what was answered, and one, where r = 1 for a person; ``table`` (rows, 2p + 1) holds them.

    ``design`` (E, 2p + 1) repeats the row of every missing answer, variable by variable; those of variable j stand at
    ``starts[j]:starts[j + 1]``; ``row_of`` (E,) and ``variable_of`` (E,) say whose they are. ``order`` (r,) are the
    rows with a missing answer and ``pattern_order`` (P,) the patterns with one, most missing answers first;
    ``pattern_of`` (r,) says which of the latter each of the former has. Two sparse matrices add up: ``onto_patterns``
    rows by pattern, and ``gather`` products of rows' missing answers and small blocks of patterns by cell of a p by p
    matrix, as half of a symmetric one.
    """

    table: Array
    design: Array
    starts: IndexArray
    row_of: IndexArray
    variable_of: IndexArray
    blocks: tuple[Block, ...]
    order: IndexArray
    pattern_order: IndexArray
    pattern_of: IndexArray
    slots: tuple[Slot, ...]
    onto_patterns: csr_array = field(repr=False)
    gather: csr_array = field(repr=False)

    @classmethod
    def of(cls, table: Array, patterns: npt.NDArray[np.bool_], pattern_of: IndexArray) -> Rows:
        """Rows (r, 2p + 1) whose missing answers are ``patterns[pattern_of]`` (r, p)."""
        p = patterns.shape[1]
        variable_of, row_of = np.nonzero(patterns[pattern_of].T)
        place = np.zeros((len(table), p), dtype=np.intp)
        place[row_of, variable_of] = np.arange(len(row_of))
        counts = patterns.sum(axis=1)
        pattern_order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        order = np.argsort(-counts[pattern_of], kind="stable")[: np.count_nonzero(counts[pattern_of])]
        rank = np.zeros(len(patterns), dtype=np.intp)
        rank[pattern_order] = np.arange(len(pattern_order))
        local = rank[pattern_of[order]]
        slots = _slots(patterns[pattern_order], local, place[order])
        cells, numbers = [np.zeros(0, np.intp)], [np.zeros(0)]
        for t, slot in enumerate(slots):
            of_rows = slot.cells[:, local[: len(slot.entries)]]
            for at in (of_rows, slot.cells):
                cells.append(at.ravel())
                numbers.append(np.repeat(np.where(np.arange(t + 1) == t, 0.5, 1.0), at.shape[1]))
        return cls(
            table, np.ascontiguousarray(table[row_of]), np.searchsorted(variable_of, np.arange(p + 1)), row_of,
            variable_of, _blocks(patterns, pattern_of), order, pattern_order, local, slots,
            _adding_up(pattern_of, np.ones(len(pattern_of)), len(patterns)),
            _adding_up(np.concatenate(cells), np.concatenate(numbers), p * p),
        )  # fmt: skip


def _blocks(patterns: npt.NDArray[np.bool_], pattern_of: IndexArray) -> tuple[Block, ...]:
    counts = patterns.sum(axis=1)
    blocks = []
    for k in np.unique(counts[counts > 0]):
        at = np.flatnonzero(counts == k)
        missing = np.nonzero(patterns[at])[1].reshape(-1, k)
        rows = np.flatnonzero(counts[pattern_of] == k)
        blocks.append(Block(missing, at, rows, np.searchsorted(at, pattern_of[rows])))
    return tuple(blocks)


def _slots(patterns: npt.NDArray[np.bool_], local: IndexArray, place: IndexArray) -> tuple[Slot, ...]:
    """Slots of patterns (P, p) in descending order of missing answers; ``local`` (r,) which of them the rows have and
    ``place`` (r, p) where their missing answers stand."""
    if not len(patterns):
        return ()
    p, counts = patterns.shape[1], patterns.sum(axis=1)
    missing = np.argsort(~patterns, axis=1, kind="stable")
    slots = []
    for t in range(int(counts[0])):
        size, rows = int((counts > t).sum()), int((counts[local] > t).sum())
        cells = missing[:size, t] * p + missing[:size, : t + 1].T
        slots.append(Slot(cells, place[np.arange(rows), missing[local[:rows], t]]))
    return tuple(slots)


def _adding_up(cells: IndexArray, numbers: Array, size: int) -> csr_array:
    """The (size, cells) matrix that adds up ``numbers`` times what it is applied to, in the cells they belong to."""
    return csr_array((numbers, (cells, np.arange(len(cells)))), shape=(size, len(cells)))


@dataclass(frozen=True)
class Weighted:
    """The answers under resampling counts, one set or a stack of B: what stays the same while a model is fitted.

    ``shape`` is that of the stack; ``weights`` (r, B) of the rows with a missing answer and ``counts`` (P, B) of the
    patterns with one, in the order of ``rows``; the ``total`` (B,) of all weights; with f deviations from the centre
    and a what was answered the ``sums`` Σ w f (p, B) and, all (p, p, B), ``squares`` Σ w f f', ``crossed`` Σ w f a' and
    ``together`` Σ w a a'; ``n_missing`` (B,) answers; ``rows`` whose missing answers are to be worked on.
    """

    shape: tuple[int, ...]
    weights: Array
    total: Array
    counts: Array
    sums: Array
    squares: Array
    crossed: Array
    together: Array
    n_missing: Array
    rows: Rows

    def take(self, index: Any) -> Weighted:
        """Those of a stack (B,) that ``index`` selects: a mask, positions or a slice."""
        names = ("weights", "total", "counts", "sums", "squares", "crossed", "together", "n_missing")
        taken = {name: getattr(self, name)[..., index] for name in names}
        return replace(self, shape=taken["total"].shape, **taken)


class MissingData:
    """Answers (n, p) with NaN where missing, made ready for the likelihood.

    ``n``, ``p``; ``patterns`` (P, p) True where missing, in ascending order, ``pattern_of`` (n,) who has which,
    ``pattern_counts`` (P,) how many;
    ``answered`` (n, p); ``centre`` (p,) the mean of each variable's answers; ``deviations`` (n, p) from it, 0 where
    missing; ``n_answers``. A person without any answer adds nothing but counts as a person: leave such persons out.
    """

    def __init__(self, data: Array) -> None:
        self.n, self.p = data.shape
        absent = np.isnan(data)
        self.answered = ~absent
        self.n_answers = int(self.answered.sum())
        self.centre: Array = np.where(absent, 0.0, data).sum(axis=0) / np.maximum(self.answered.sum(axis=0), 1)
        self.deviations: Array = np.where(absent, 0.0, data - self.centre)
        patterns, of_person = np.unique(absent, axis=0, return_inverse=True)
        self.patterns: npt.NDArray[np.bool_] = patterns
        self.pattern_of: IndexArray = of_person.reshape(-1).astype(np.intp)
        self.pattern_counts: IndexArray = np.bincount(self.pattern_of, minlength=len(patterns))
        table = np.concatenate([self.deviations, self.answered, np.ones((self.n, 1))], axis=1)
        self.persons = Rows.of(table, patterns, self.pattern_of)

    @cached_property
    def once(self) -> Weighted:
        """Everybody counted once. Where a pattern has more persons than answers, fewer rows of the same sums do."""
        table, of = _condensed(self.persons.table, self.answered, self.pattern_of, self.p)
        rows = self.persons if len(table) == self.n else Rows.of(table, self.patterns, of)
        return replace(self._weighted(np.ones((1, self.n)), ()), weights=np.ones((len(rows.order), 1)), rows=rows)

    def under(self, weights: AnyArray | Weighted | None) -> Weighted:
        """The answers under ``weights``: counts (…, n), counts made ready before, or everybody once."""
        if weights is None:
            return self.once
        return weights if isinstance(weights, Weighted) else self.weighted(weights)

    def weighted(self, weights: AnyArray) -> Weighted:
        """The answers under ``weights`` (…, n), how often each person was drawn: worth keeping through a fit."""
        flat = np.asarray(weights, dtype=float).reshape(-1, self.n)
        return self._weighted(flat, weights.shape[:-1])

    def _weighted(self, weights: Array, shape: tuple[int, ...]) -> Weighted:
        f, a = self.deviations, self.answered.astype(float)
        size = len(weights)
        found = np.empty((3, self.p, self.p, size))
        for j in range(self.p):
            products = np.concatenate([f[:, j, None] * f, f[:, j, None] * a, a[:, j, None] * a], axis=1)
            found[:, j] = (products.T @ weights.T).reshape(3, self.p, size)
        by_person, rows = np.ascontiguousarray(weights.T), self.persons
        counts = (rows.onto_patterns @ by_person)[rows.pattern_order]
        n_missing = self.patterns[rows.pattern_order].sum(axis=1) @ counts
        return Weighted(
            shape, by_person[rows.order], weights.sum(axis=1), counts, f.T @ by_person, found[0], found[1], found[2],
            n_missing, rows,
        )  # fmt: skip

    def coverage(self) -> Array:
        """Share of the persons who answered each pair of variables, (p, p); the diagonal is that of each variable."""
        a = self.answered.astype(float)
        result: Array = a.T @ a / self.n
        return result


def check_coverage(missing: MissingData, names: Sequence[str], where: str = "") -> None:
    """Refuse a variable nobody answered and a pair of variables that fewer than two persons answered together.

    ``names`` (p,) are the variables; ``where`` ends the clause that names them, such as " in group A".

    Raises:
        ModelError: with the names of the variables.
    """
    together = missing.coverage() * missing.n
    empty = [name for name, n in zip(names, np.diag(together), strict=True) if n < 0.5]
    if empty:
        raise ModelError(f"Nobody answered {', '.join(empty)}{where}: leave it out of the model.")
    i, j = np.tril_indices(missing.p, -1)
    never = np.flatnonzero(together[i, j] < 1.5)
    if len(never):
        a, b = names[int(j[never[0]])], names[int(i[never[0]])]
        raise ModelError(
            f"Fewer than two persons answered both {a} and {b}{where}: their covariance cannot be estimated. Leave one"
            " of them out of the model."
        )


def _condensed(table: Array, answered: AnyArray, pattern_of: IndexArray, p: int) -> tuple[Array, IndexArray]:
    """Rows with the same sums of squares and products within each pattern, at most one more than it has answers, by an
    orthogonal triangularisation of ``(f, 1)`` (Golub & Van Loan 2013, §5.2); and the pattern of each."""
    order = np.argsort(pattern_of, kind="stable")
    tables, of = [], []
    for rows in np.split(order, np.flatnonzero(np.diff(pattern_of[order])) + 1):
        here = answered[rows[0]]
        if len(rows) <= here.sum() + 1:
            tables.append(table[rows])
        else:
            stacked = np.column_stack([table[rows, -1], table[rows][:, :p][:, here]])
            root: Array = np.asarray(np.linalg.qr(stacked, mode="r"))
            short = np.zeros((len(root), 2 * p + 1))
            short[:, :p][:, here] = root[:, 1:]
            short[:, p:-1] = here * root[:, :1]
            short[:, -1] = root[:, 0]
            tables.append(short)
        of.append(np.full(len(tables[-1]), pattern_of[rows[0]]))
    return np.concatenate(tables), np.concatenate(of)

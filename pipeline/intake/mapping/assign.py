"""One column for one variable, chosen for the whole file at once: the sum of how well they fit is the largest there is.

The assignment problem, solved by ``scipy.optimize.linear_sum_assignment`` (Crouse 2016, IEEE Transactions on Aerospace
and Electronic Systems 52(4)). Greedily, the first of two columns that are alike would take the variable of the second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

from pipeline.intake.mapping.likeness import Matrix
from pipeline.intake.mapping.places import MOST_COLUMNS, Places, align, between

LEAST = 0.62
"""Below this a column is not proposed for a variable by what it is called."""
_CONSIDERED = 0.5
_ORDER_COUNTS = 0.04
_EXACT = 0.999

Fit = Callable[[int, int], float]
"""Share of the answers of a column that are answers to a variable."""


@dataclass(frozen=True)
class Pair:
    """Column ``i`` answers variable ``j``. ``rival_field``/``rival_column``: what comes nearest to taking its place.
    ``by_order``: the place in the questionnaire is all there is to go by."""

    i: int
    j: int
    rival_field: int | None = None
    rival_column: int | None = None
    by_order: bool = False


def assign(best: Matrix, fit: Fit, places: Places, possible: Callable[[int, int], bool]) -> list[Pair]:
    """The pairs of columns and variables, in the order of the columns.

    ``best``: columns by variables, how alike they are. ``places``: what a pair is worth by its place;
    ``possible``: whether a column may be taken for a variable by its place alone.
    """
    value = _value(best, fit)
    first = _solve(value)
    value = value + np.where(value > 0, _ORDER_COUNTS * _in_order(value, first, best), 0.0)
    chosen = [(i, j) for i, j in _solve(value) if best[i, j] >= LEAST]
    pairs = [_with_rivals(i, j, best) for i, j in chosen]
    pairs += [Pair(i, j, by_order=True) for i, j in _by_place(chosen, places, possible)]
    return sorted(pairs, key=lambda pair: pair.i)


def _value(best: Matrix, fit: Fit) -> Matrix:
    """What a pair adds: cubed, so that one pair that is the same outweighs two that are somewhat alike."""
    value = np.zeros(best.shape)
    for i, j in zip(*np.nonzero(best >= _CONSIDERED), strict=True):
        value[i, j] = (best[i, j] * (0.6 + 0.4 * fit(int(i), int(j)))) ** 3
    return value


def _solve(value: Matrix) -> list[tuple[int, int]]:
    """The pairs whose values add up to the most."""
    if not value.size:
        return []
    rows, columns = linear_sum_assignment(value, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if value[i, j] > 0]


def _in_order(value: Matrix, pairs: Sequence[tuple[int, int]], best: Matrix) -> Matrix:
    """1 where a pair stands where the pairs that are certain let one expect it, less the farther away."""
    anchors = increasing([(i, j) for i, j in pairs if best[i, j] >= _EXACT])
    if len(anchors) < 2:
        return np.zeros(value.shape)
    expected = np.interp(np.arange(value.shape[0]), [i for i, _ in anchors], [j for _, j in anchors])
    away = np.abs(expected[:, None] - np.arange(value.shape[1])[None, :])
    return np.exp(-away / 3)


def increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of ``pairs`` in which both members increase (patience sorting)."""
    ends: list[int] = []
    tails: list[int] = []
    before: dict[int, int | None] = {}
    ordered = sorted(pairs)
    for place, (_, j) in enumerate(ordered):
        at = bisect_left(ends, j)
        before[place] = tails[at - 1] if at else None
        if at == len(ends):
            ends.append(j)
            tails.append(place)
        else:
            ends[at], tails[at] = j, place
    run: list[tuple[int, int]] = []
    here: int | None = tails[-1] if tails else None
    while here is not None:
        run.append(ordered[here])
        here = before[here]
    return run[::-1]


def _with_rivals(i: int, j: int, best: Matrix) -> Pair:
    """The pair with the variable and the column that come nearest to taking its place."""
    fields, columns = best[i].copy(), best[:, j].copy()
    fields[j], columns[i] = -1, -1
    rival_field = int(fields.argmax()) if fields.max() > 0 else None
    rival_column = int(columns.argmax()) if columns.max() > 0 else None
    return Pair(i, j, rival_field, rival_column)


def _by_place(
    chosen: Sequence[tuple[int, int]], places: Places, possible: Callable[[int, int], bool]
) -> list[tuple[int, int]]:
    """Columns taken for variables because of their place between columns that are known (``places``)."""
    anchors = [(-1, -1), *increasing(chosen), places.shape]
    taken_i, taken_j = {i for i, _ in chosen}, {j for _, j in chosen}
    found: list[tuple[int, int]] = []
    for (i0, j0), (i1, j1) in pairwise(anchors):
        rows = [i for i in range(i0 + 1, i1) if i not in taken_i]
        columns = [j for j in range(j0 + 1, j1) if j not in taken_j]
        if rows and columns and len(rows) <= MOST_COLUMNS:
            at = _at(rows, columns, possible)
            pairs = align(places.scores(rows, columns), at)
            pairs += between(pairs, (len(rows), len(columns)), at)
            found += [(rows[a], columns[b]) for a, b in pairs]
    return found


def _at(
    rows: Sequence[int], columns: Sequence[int], possible: Callable[[int, int], bool]
) -> Callable[[int, int], bool]:
    return lambda a, b: possible(rows[a], columns[b])

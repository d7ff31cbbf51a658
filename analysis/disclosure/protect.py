"""Hiding further cells until an outsider who solves every published sum learns no hidden cell too closely.

The outsider knows each visible cell, each relation, and that no count is below zero; the range left for a hidden cell
is found by linear programming (its lowest and highest value; Fischetti & Salazar-González, "Models and algorithms for
optimizing cell suppression in tabular data with linear constraints", JASA 95(451), 2000, section 2). Where a range is
too narrow, the cell that costs the reader least is hidden too, and the question is asked again.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from analysis.disclosure.ledger import NEVER, TOLERANCE, Ledger, Relation
from analysis.disclosure.ranges import AT_ONCE, Question, System, ranges_of


class UnprotectedError(Exception):
    """A hidden cell follows from what is shown, and there is nothing left to hide."""


def widen(ledger: Ledger) -> set[int]:
    """Hide cells and moments of ``ledger`` in place until every cell's range is as wide as it needs.

    Returns the cells whose range stays narrower than they need though nothing more can be hidden, because the total
    is public by other ways; none of these follows exactly. Raises ``UnprotectedError`` when one does.
    """
    around_cell = _relations_by_cell(ledger)
    narrow: set[int] = set()
    wide: set[int] = set()  # what is hidden next loosens every range, so that a wide one stays wide
    safe: set[frozenset[int]] = set()
    while True:
        active = active_relations(ledger)
        changed = False
        open_ones = [one for one in components(ledger.hidden, active) if one[0] not in safe]
        is_wide = wide_enough(ledger, open_ones, narrow | wide)
        wide |= {cell for cell, enough in is_wide.items() if enough}
        for component, relations in open_ones:
            failing = _first_failing(ledger, component, relations, narrow | wide, is_wide)
            if failing is None:
                safe.add(component)
            elif _hide_one(ledger, failing, component, relations, around_cell):
                changed = True
            elif not changed:  # else a cell was hidden since these components were told apart: look again
                low, high = feasible_range(ledger, component, relations, failing)
                if whole_numbers(low, high) < 1:
                    raise UnprotectedError(place_of(ledger, failing))
                narrow.add(failing)
                changed = True
        if not changed:
            return narrow


def active_relations(ledger: Ledger) -> list[Relation]:
    """Relations an outsider can use: all but those that read a hidden mean or standard deviation."""
    blanked = {place for cell in ledger.hidden for place in ledger.cells[cell].blanks} | ledger.hidden_places
    return [relation for relation in ledger.relations if not blanked & set(relation.moment)]


def components(hidden: Collection[int], relations: Iterable[Relation]) -> list[tuple[frozenset[int], list[Relation]]]:
    """Hidden cells that share relations, directly or through others, with those relations."""
    leader = {cell: cell for cell in hidden}

    def find(cell: int) -> int:
        while leader[cell] != cell:
            leader[cell] = leader[leader[cell]]
            cell = leader[cell]
        return cell

    touching: list[tuple[int, Relation]] = []
    for relation in relations:
        members = [cell for cell, _ in relation.terms if cell in leader]
        if not members:
            continue
        for other in members[1:]:
            first, second = sorted((find(members[0]), find(other)))
            leader[second] = first
        touching.append((members[0], relation))
    cells_by_leader: dict[int, set[int]] = defaultdict(set)
    for cell in sorted(hidden):
        cells_by_leader[find(cell)].add(cell)
    relations_by_leader: dict[int, list[Relation]] = defaultdict(list)
    for cell, relation in touching:
        relations_by_leader[find(cell)].append(relation)
    return [(frozenset(cells), relations_by_leader[root]) for root, cells in sorted(cells_by_leader.items())]


def wide_enough(
    ledger: Ledger, parts: Iterable[tuple[Collection[int], list[Relation]]], but: Collection[int]
) -> dict[int, bool]:
    """Whether the range of each cell of these components is as wide as it needs, ``but`` those; none where solving
    failed.

    Small components are solved together; of a large one copies side by side would be too much, and most of its cells
    are wide by what was found for others (``Reach``).
    """
    questions: list[Question] = []
    found: dict[int, bool] = {}
    for component, relations in parts:
        asked = [cell for cell in sorted(component) if ledger.cells[cell].need and cell not in but]
        if not asked:
            continue
        column = {number: position for position, number in enumerate(sorted(component))}
        question = Question(_system(ledger, column, relations), column, asked)
        if question.n_unknowns <= AT_ONCE:
            questions.append(question)
        else:
            found |= _wide_one_by_one(ledger, component, relations, asked)
    ranges = ranges_of(questions)
    return found | {cell: whole_numbers(*ends) >= ledger.cells[cell].need for cell, ends in ranges.items()}


def _wide_one_by_one(
    ledger: Ledger, component: Collection[int], relations: list[Relation], asked: Iterable[int]
) -> dict[int, bool]:
    """``wide_enough`` of the ``asked`` cells of one component; none when its relations contradict each other."""
    reach = Reach(ledger, component, relations)
    try:
        return {cell: reach.is_wide(cell, ledger.cells[cell].need) for cell in asked}
    except UnprotectedError:
        return {}


class Reach:
    """The values that the hidden cells of a ``component`` can have, given the visible ones.

    Every solution found, and the truth, is a filling that an outsider cannot rule out: where these lie far enough apart
    already, nothing more is solved.
    """

    def __init__(self, ledger: Ledger, component: Collection[int], relations: list[Relation]) -> None:
        self._ledger = ledger
        self._column = {number: position for position, number in enumerate(sorted(component))}
        self._system = _system(ledger, self._column, relations)
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
            self._low, self._high = np.fmin(self._low, solution.x), np.fmax(self._high, solution.x)
        return solution


def feasible_range(
    ledger: Ledger, component: Collection[int], relations: list[Relation], cell: int
) -> tuple[float, float]:
    """Lowest and highest value ``cell`` can have, given the visible cells (``Reach.range_of``)."""
    return Reach(ledger, component, relations).range_of(cell)


def _system(ledger: Ledger, column: dict[int, int], relations: list[Relation]) -> System:
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


def _first_failing(
    ledger: Ledger,
    component: frozenset[int],
    relations: list[Relation],
    done: Collection[int],
    is_wide: Mapping[int, bool],
) -> int | None:
    """The first cell whose range is too narrow, but those that are ``done``; ``is_wide``: what is known already."""
    asked = [cell for cell in sorted(component) if ledger.cells[cell].need and cell not in done]
    reach = Reach(ledger, component, relations) if any(cell not in is_wide for cell in asked) else None
    for cell in asked:
        if not (is_wide[cell] if cell in is_wide or reach is None else reach.is_wide(cell, ledger.cells[cell].need)):
            return cell
    return None


def _relations_by_cell(ledger: Ledger) -> dict[int, list[Relation]]:
    found: dict[int, list[Relation]] = defaultdict(list)
    for relation in ledger.relations:
        for cell, _ in relation.terms:
            found[cell].append(relation)
    return found


def _hide_one(
    ledger: Ledger,
    failing: int,
    component: frozenset[int],
    relations: list[Relation],
    around_cell: Mapping[int, list[Relation]],
) -> bool:
    """Hide the cheapest moment or cell that loosens ``failing``; False when there is none.

    A standard deviation or mean read from the same cells, when it is what makes the range narrow. Else a cell of a sum
    that has a single hidden cell and gives it away; then of the sum around ``failing`` that has the fewest hidden
    cells; then of any sum of the component.
    """
    moments = [relation for relation in relations if relation.moment]
    counts = [relation for relation in relations if not relation.moment]
    need = ledger.cells[failing].need
    if moments and whole_numbers(*feasible_range(ledger, component, counts, failing)) >= need:
        # the standard deviation first: it cannot be used without the mean, which tells the reader more
        ledger.hidden_places.add(max(moments, key=lambda relation: len(relation.moment)).moment[0])
        return True
    relations = counts
    n_hidden = {id(r): sum(cell in ledger.hidden for cell, _ in r.terms) for r in relations}
    open_sums = [relation for relation in relations if n_hidden[id(relation)] == 1]
    around = [relation for relation in relations if failing in dict(relation.terms)]
    for group in (open_sums, around, relations):
        for relation in sorted(group, key=lambda r: n_hidden[id(r)]):
            candidate = _cheapest(ledger, relation, around_cell, need=need)
            if candidate is not None:
                ledger.hidden.add(candidate)
                return True
    return False


def _cheapest(
    ledger: Ledger, relation: Relation, around_cell: Mapping[int, list[Relation]], *, need: float
) -> int | None:
    """The visible cell of ``relation`` whose hiding costs least, if there is one.

    Best is a cell whose other sums have hidden cells already: one that would be the only hidden cell of another sum
    follows from it, and drags in the next. Then the next step of an ordered scale, or the smallest count, that makes
    the hidden ones add up to ``need``.
    """
    visible = [cell for cell, _ in relation.terms if cell not in ledger.hidden and ledger.cells[cell].tier < NEVER]
    if not visible:
        return None
    short = need - sum(ledger.cells[cell].value for cell, _ in relation.terms if cell in ledger.hidden)

    steps = [
        step for cell, _ in relation.terms if cell in ledger.hidden and (step := ledger.cells[cell].step) is not None
    ]

    def distance(cell: int) -> int:
        step = ledger.cells[cell].step
        return 0 if step is None else min((abs(step - other) for other in steps), default=0)

    def cost(cell: int) -> tuple[int, bool, int, int, float, int]:
        value = ledger.cells[cell].value
        enough = value >= short
        alone = sum(
            other is not relation and not other.moment and not any(c in ledger.hidden for c, _ in other.terms)
            for other in around_cell[cell]
        )
        return alone, not enough, ledger.cells[cell].tier, distance(cell), value if enough else -value, cell

    return min(visible, key=cost)


def place_of(ledger: Ledger, cell: int) -> str:
    """Where a cell stands, without its value."""
    shows = ledger.cells[cell].shows
    return f"table {shows[0][0]}, row {shows[0][1] + 1}, column {shows[0][2]}" if shows else "a remainder"

"""Hiding further cells until an outsider who solves every published sum learns no hidden cell too closely.

The outsider knows each visible cell, each relation, and that no count is below zero; the range left for a hidden cell
is found by linear programming (its lowest and highest value; Fischetti & Salazar-González, "Models and algorithms for
optimizing cell suppression in tabular data with linear constraints", JASA 95(451), 2000, section 2). Where a range is
too narrow, the cell that costs the reader least is hidden too, and the question is asked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from analysis.disclosure.choose import hide_one, hide_what_sums_alone_demand, relations_by_cell
from analysis.disclosure.ledger import Ledger, Relation
from analysis.disclosure.ranges import AT_ONCE, Question, ranges_of
from analysis.disclosure.reach import Reach, UnprotectedError, feasible_range, place_of, system_of, whole_numbers


def widen(ledger: Ledger) -> set[int]:
    """Hide cells and moments of ``ledger`` in place until every cell's range is as wide as it needs.

    Returns the cells whose range stays narrower than they need though nothing more can be hidden, because the total
    is public by other ways; none of these follows exactly. Raises ``UnprotectedError`` when one does.
    """
    around_cell = relations_by_cell(ledger)
    hide_what_sums_alone_demand(ledger, around_cell)
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
            elif hide_one(ledger, failing, component, relations, around_cell):
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
    are wide by what was found for others (``Reach``). Of a large one the answer ends at the first cell that is not.
    """
    questions: list[Question] = []
    found: dict[int, bool] = {}
    for component, relations in parts:
        asked = [cell for cell in sorted(component) if ledger.cells[cell].need and cell not in but]
        if not asked:
            continue
        column = {number: position for position, number in enumerate(sorted(component))}
        question = Question(system_of(ledger, column, relations), column, asked)
        if question.n_unknowns <= AT_ONCE:
            questions.append(question)
        else:
            found |= _wide_one_by_one(ledger, component, relations, asked)
    ranges = ranges_of(questions)
    return found | {cell: whole_numbers(*ends) >= ledger.cells[cell].need for cell, ends in ranges.items()}


def _wide_one_by_one(
    ledger: Ledger, component: Collection[int], relations: list[Relation], asked: Iterable[int]
) -> dict[int, bool]:
    """``wide_enough`` of the ``asked`` cells of one component, up to the first that is too narrow: something has to be
    hidden for that one first. None when its relations contradict each other.
    """
    reach = Reach(ledger, component, relations)
    reach.stretch({cell: ledger.cells[cell].need for cell in asked})
    found: dict[int, bool] = {}
    try:
        for cell in asked:
            found[cell] = reach.is_wide(cell, ledger.cells[cell].need)
            if not found[cell]:
                break
    except UnprotectedError:
        return {}
    return found


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

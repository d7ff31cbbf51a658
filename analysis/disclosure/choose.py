"""What is hidden next, when the range of a hidden cell is too narrow: what costs the reader least."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from analysis.disclosure.ledger import NEVER, Ledger, Relation
from analysis.disclosure.reach import feasible_range, whole_numbers


def relations_by_cell(ledger: Ledger) -> dict[int, list[Relation]]:
    found: dict[int, list[Relation]] = defaultdict(list)
    for relation in ledger.relations:
        for cell, _ in relation.terms:
            found[cell].append(relation)
    return found


def hide_what_sums_alone_demand(ledger: Ledger, around_cell: Mapping[int, list[Relation]]) -> None:
    """Hide cells in place until no single sum tells a hidden cell too closely.

    What the hidden cells of a sum add up to is the most that each of them can be; where that is less than one of them
    needs, a further cell of this very sum has to be hidden, whatever other sums say. No program need be solved to see
    it. Sums in which nothing is left to hide are left as they are.
    """
    again = dict.fromkeys(range(len(ledger.relations)))
    number = {id(relation): place for place, relation in enumerate(ledger.relations)}
    while again:
        place = next(iter(again))
        del again[place]
        relation = ledger.relations[place]
        need = 0.0 if relation.moment else _demanded(ledger, relation)
        if not need:
            continue
        candidate = _cheapest(ledger, relation, around_cell, need=need)
        if candidate is not None:
            ledger.hidden.add(candidate)
            again |= dict.fromkeys(number[id(other)] for other in around_cell[candidate])


def _demanded(ledger: Ledger, relation: Relation) -> float:
    """How wide the range of a hidden cell must be that ``relation`` alone keeps too narrow; 0 when there is none."""
    hidden = [(cell, times) for cell, times in relation.terms if cell in ledger.hidden]
    needs = [ledger.cells[cell].need for cell, _ in hidden]
    if not any(needs) or not (all(times > 0 for _, times in hidden) or all(times < 0 for _, times in hidden)):
        return 0.0
    shown = sum(ledger.cells[cell].value * times for cell, times in relation.terms if cell not in ledger.hidden)
    left = abs(relation.total - shown) + relation.tolerance
    return max(
        (need for need, (_, times) in zip(needs, hidden, strict=True) if whole_numbers(0, left / abs(times)) < need),
        default=0.0,
    )


def hide_one(
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

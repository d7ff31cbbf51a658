"""Limits far above the data: everything is hidden, and it is found out without a program for every cell."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from analysis.disclosure import reach
from analysis.disclosure.choose import hide_what_sums_alone_demand, relations_by_cell
from analysis.disclosure.ledger import NEVER, TIER_PART, Cell, Ledger, Relation
from analysis.disclosure.reach import Reach


def ledger_of(*cells: tuple[float, float, bool], tier: int = TIER_PART) -> Ledger:
    """Cells as value, need and whether hidden."""
    ledger = Ledger()
    for number, (value, need, is_hidden) in enumerate(cells):
        ledger.add(Cell(value, (("t", number, "n"),), (("t", number, "n"),), tier, need), hidden=is_hidden)
    return ledger


@pytest.mark.parametrize(
    ("small", "expected"),
    [
        (4.0, {0, 1}),  # alone it is 40 - 7 - 29: a second goes with it, the smallest that is enough
        (3.0, {0, 1}),
    ],
)
def test_a_sum_that_tells_its_only_hidden_cell_loses_another(small: float, expected: set[int]) -> None:
    ledger = ledger_of((small, 5, True), (7, 0, False), (29, 0, False))
    total = ledger.add(Cell(small + 36, (), (), NEVER), hidden=False)
    ledger.relations.append(Relation(((0, 1.0), (1, 1.0), (2, 1.0), (total, -1.0))))
    hide_what_sums_alone_demand(ledger, relations_by_cell(ledger))
    assert ledger.hidden == expected


def test_what_one_sum_loses_is_asked_of_the_next() -> None:
    """1 + 2 = 3 and 3 + 4 = 7: whoever may not know the first within 10 may know none of these totals."""
    ledger = ledger_of((1, 10, True), (2, 0, False), (3, 0, False), (4, 0, False), (7, 0, False))
    ledger.relations += [
        Relation(((0, 1.0), (1, 1.0), (2, -1.0))),
        Relation(((2, 1.0), (3, 1.0), (4, -1.0))),
    ]
    hide_what_sums_alone_demand(ledger, relations_by_cell(ledger))
    assert {0, 1, 2} <= ledger.hidden


def test_sums_with_enough_hidden_or_nothing_left_to_hide_stay_as_they_are() -> None:
    enough = ledger_of((4, 5, True), (9, 0, True), (20, 0, False))
    enough.relations.append(Relation(((0, 1.0), (1, 1.0), (2, 1.0)), 33.0))
    nothing = ledger_of((4, 5, True), (20, 0, False), tier=NEVER)
    nothing.relations.append(Relation(((0, 1.0), (1, 1.0)), 24.0))
    for ledger, expected in ((enough, {0, 1}), (nothing, {0})):
        hide_what_sums_alone_demand(ledger, relations_by_cell(ledger))
        assert ledger.hidden == expected


def test_one_filling_shows_of_many_cells_that_they_are_wide(counted: list[int]) -> None:
    """Forty hidden cells with a hidden total: all can be 50 more at once."""
    ledger = ledger_of(*[(float(number), 50.0, True) for number in range(40)], (780.0, 0.0, True))
    relation = Relation((*((number, 1.0) for number in range(40)), (40, -1.0)))
    found = Reach(ledger, sorted(ledger.hidden), [relation])
    found.stretch(dict.fromkeys(range(40), 50.0))
    assert all(found.is_wide(number, 50.0) for number in range(40))
    assert len(counted) == 1


def test_one_filling_shows_nothing_that_is_not_so() -> None:
    """Of a total of ten that is known nobody can be eleven more, and one can be ten."""
    ledger = ledger_of((5, 0, True), (5, 0, True), (10, 0, False))
    relation = Relation(((0, 1.0), (1, 1.0), (2, -1.0)))
    found = Reach(ledger, [0, 1], [relation])
    found.stretch({0: 11.0, 1: 11.0})
    assert not found.is_wide(0, 11.0)
    assert found.is_wide(0, 10.0)


@pytest.fixture
def counted() -> Iterator[list[int]]:
    """One entry for every linear program that is solved for single cells."""
    solved: list[int] = []
    real = reach.linprog

    def one_more(*args: object, **kwargs: object) -> object:
        solved.append(1)
        return real(*args, **kwargs)

    with patch.object(reach, "linprog", one_more):
        yield solved

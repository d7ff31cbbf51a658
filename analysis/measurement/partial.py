"""Which items a step of invariance fails for: they are set free one by one until the rest can be held equal.

At every turn each item that is still held equal gets the score test of freeing what the step makes equal of it, robust
where the estimator is (``analysis.sem.robust_score``). The item with the smallest p-value is set free if that p-value,
by Holm's method over the items tested at that turn, is below alpha; the model is fitted again and the step judged
again. So an item is named only when the step as a whole has been rejected and its own test, corrected for the choice,
rejects as well: when every item is equal, one is named with probability alpha at most, and when some are not, each
further item needs another rejection of both.

All items are held equal at first and none serves as marker (the factor has variance 1 in the first group), since a
marker that differs makes all the others seem to (Yoon & Millsap 2007; Jung & Yoon 2016). The search goes on while at
least two items of every factor stay equal (Byrne, Shavelson & Muthén 1989; Steenkamp & Baumgartner 1998, p. 81): which
items are the odd ones cannot be told where the equal ones are not more than those. Where half of the items or more
differ the same way, the search names the others: what is compared is items with each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.measurement.rungs import Freed, Rung, kind_of, newly_equal
from analysis.multiplicity import adjusted
from analysis.sem.invariance import Climb
from analysis.sem.robust_score import Loosened
from analysis.sem.table import ParameterTable

Stop = Literal["two_items_left", "no_item_named", "search_stopped"]
FEWEST_EQUAL = 2


@dataclass(frozen=True)
class ItemTest:
    """The score test of setting an item free at a ``turn`` (from 1); ``freed`` for the one that was."""

    turn: int
    item: str
    statistic: float
    df: int
    pvalue: float
    pvalue_adjusted: float
    freed: bool = False


@dataclass(frozen=True)
class Search:
    """``rung``: the step with what was set free (the failed one where nothing was); ``stop``: why the search ended
    without success, ``None`` where the step holds now."""

    rung: Rung
    tests: tuple[ItemTest, ...]
    stop: Stop | None = None


def search(climb: Climb, failed: Rung, refit: Callable[[Freed], Rung], alpha: float) -> Search:
    """Set items free until the step of the ``failed`` rung holds.

    ``refit`` fits and judges the step again with more items free.
    """
    rung, tests = failed, list[ItemTest]()
    while True:
        turn = _tests(climb, rung, 1 + max((test.turn for test in tests), default=0))
        if not turn:
            return Search(rung, tuple(tests), "two_items_left")
        first = min(turn, key=lambda test: (test.pvalue_adjusted, test.pvalue, -test.statistic))
        if not first.pvalue_adjusted < alpha:
            return Search(rung, (*tests, *turn), "no_item_named")
        tests += [replace(test, freed=test is first) for test in turn]
        again = refit({**rung.freed, first.item: rung.step})
        if again.refused not in (None, "inadmissible"):
            return Search(rung, tuple(tests), "search_stopped")
        rung = replace(again, partial=True)
        if rung.holds:
            return Search(rung, tuple(tests))


def candidates(climb: Climb, rung: Rung) -> dict[str, list[int]]:
    """The items that may be set free at this rung, each with the rows of later groups that would be."""
    if rung.result is None:
        return {}
    table, kinds = rung.result.estimated.table, newly_equal(climb, rung.step)
    found: dict[str, list[int]] = {}
    for item in table.observed:
        if item not in rung.freed and _enough_others(table, item, rung.freed):
            rows = [n for n in range(len(table.rows)) if _is_held(table, n, item, kinds)]
            if rows:
                found[item] = rows
    return found


def _tests(climb: Climb, rung: Rung, turn: int) -> list[ItemTest]:
    """The score test of every candidate; one that would not be identified is none."""
    rows_by_item = candidates(climb, rung)
    if rung.result is None or not rows_by_item:
        return []
    loosened = Loosened(rung.result.estimated, [row for rows in rows_by_item.values() for row in rows])
    tests = {item: loosened.release(rows) for item, rows in rows_by_item.items()}
    tests = {item: test for item, test in tests.items() if np.isfinite(test.pvalue)}
    corrected = adjusted(np.array([test.pvalue for test in tests.values()]), method="holm")
    return [
        ItemTest(turn, item, test.statistic, test.df, test.pvalue, float(p))
        for (item, test), p in zip(tests.items(), corrected, strict=True)
    ]


def _is_held(table: ParameterTable, n: int, item: str, kinds: tuple[str, ...]) -> bool:
    """Whether a row of a later group is a parameter of ``item`` of one of these kinds that is held to the first
    group's, by sharing its parameter or, for ordered items, by being fixed."""
    row = table.rows[n]
    if row.group == 0 or kind_of(row.lhs, row.op, row.rhs, item) not in kinds:
        return False
    if row.index is None:
        return item in table.ordered and row.op in ("~1", "~~")
    first = next(r for r in table.rows if r.group == 0 and r.key == row.key)
    return first.index == row.index


def _enough_others(table: ParameterTable, item: str, freed: Freed) -> bool:
    """Whether two items of each of the item's factors stay equal without it."""
    members: dict[str, set[str]] = {}
    for row in table.rows:
        if row.op == "=~" and row.group == 0:
            members.setdefault(row.lhs, set()).add(row.rhs)
    own = [items for items in members.values() if item in items]
    return bool(own) and all(len(items - set(freed) - {item}) >= FEWEST_EQUAL for items in own)

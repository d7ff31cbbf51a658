"""What earlier published reports say of single counts, in the ledger.

A count of all waves then, and the persons who came since, add up to the count now; so a count shown then and one shown
now give the newcomers' count away, and a count hidden then may follow from figures shown now. Both stand in the ledger:
the newcomers (or those who went) as cells that are never shown, counts shown then as known numbers, counts hidden then
as cells that are never shown either. Where the persons are the same, a count shown then is known, hidden now or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.disclosure.earlier import Earlier, History, Pair, Waves, figures_of, kind_of
from analysis.disclosure.groups import Mask
from analysis.disclosure.ledger import NEVER, TOLERANCE, Cell, Ledger, Relation
from analysis.disclosure.protect import components
from analysis.disclosure.reach import UnprotectedError, feasible_range, whole_numbers
from analysis.disclosure.rules import TableRule, Thresholds

UNKNOWN = float("nan")


@dataclass
class _Then:
    """One earlier report in the ledger: what it showed, and which cell is what it hid; by cell of now."""

    shown: dict[int, float] = field(default_factory=dict)
    hidden: dict[int, int] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    """By cell of what was hidden then: that of who came or went since."""
    waves: dict[int, Waves] = field(default_factory=dict)
    public: set[int] = field(default_factory=set)
    """Cells of now that are known from that report: the persons are the same."""
    differences: dict[int, int] = field(default_factory=dict)
    """By cell of now that was shown then: that of who came or went since."""

    def side(self, number: int, times: float) -> tuple[list[tuple[int, float]], float]:
        """A count then as a term of a relation, or as what it adds to the right of it."""
        return ([], -times * self.shown[number]) if number in self.shown else ([(self.hidden[number], times)], 0.0)


def relate_earlier(
    ledger: Ledger,
    frames: Mapping[str, pd.DataFrame],
    rules: Mapping[str, TableRule],
    history: History,
    thresholds: Thresholds,
) -> None:
    """State in ``ledger`` what the reports of ``history`` tell of its counts."""
    relations_now = list(ledger.relations)
    cells = len(ledger.cells)
    reports = []
    for then in history.earlier:
        reports.append(_Then())
        for name, frame in frames.items():
            _relate_table(ledger, frame, rules[name], then, history, thresholds, reports[-1])
    public = {number for known in reports for number in known.public}
    for cell in (cell for known in reports for number, cell in known.differences.items() if number in public):
        ledger.cells[cell] = replace(ledger.cells[cell], need=0.0)  # so is who came or went
    sums = [relation for known in reports for relation in _sums_then(ledger, relations_now, cells, known)]
    between, moved = _sums_between(ledger, reports)
    asked = {cell: [cell, known.moved[cell]] for known in reports for cell in known.moved}
    _protect_then(ledger, sums + between, asked | {cell: [cell] for cell in moved}, thresholds)


def _relate_table(
    ledger: Ledger,
    frame: pd.DataFrame,
    rule: TableRule,
    then: Earlier,
    history: History,
    thresholds: Thresholds,
    known: _Then,
) -> None:
    pairs = history.pairs(frame, rule, then) if rule.counts or rule.shares or rule.partition else {}
    if not pairs:
        return
    before = then.tables[rule.name]
    for column, counts in _columns(before, rule):
        for rows in _groups(frame, rule, pairs):
            cells = [(row, ledger.at[rule.name, row, column]) for row in rows if (rule.name, row, column) in ledger.at]
            group = [(number, pairs[row], float(counts[pairs[row].row_then])) for row, number in dict(cells).items()]
            need, newcomers = _need(rule, column, thresholds), _newcomers(frame, before, rule, rows, pairs)
            _relate_group(
                ledger, group, known, need=need, newcomers=newcomers, telling=_telling_rows(frame, rule, column)
            )


def _relate_group(
    ledger: Ledger,
    group: Sequence[tuple[int, Pair, float]],
    known: _Then,
    *,
    need: int,
    newcomers: float,
    telling: Mask,
) -> None:
    """Counts that share a base, all as then, more or fewer; when they are neither, nothing is known of single ones."""
    shifts = [ledger.cells[number].value - value for number, _, value in group if np.isfinite(value)]
    more, fewer = any(s > TOLERANCE for s in shifts), any(s < -TOLERANCE for s in shifts)
    same_persons = all(pair.kind == "same" for _, pair, _ in group)
    if (more and fewer) or (same_persons and (more or fewer)):
        return  # counted in another way
    for number, pair, value in group:
        if number in known.shown or number in known.hidden:
            continue
        cell = ledger.cells[number]
        known.waves[number] = pair.waves
        if np.isfinite(value):
            known.shown[number] = value
            if pair.kind == "same":
                _make_public(ledger, number)
                known.public.add(number)
            else:
                extreme = bool(telling[cell.shows[0][1]]) and newcomers >= need
                side = -1.0 if fewer or (pair.kind == "removed" and not more) else 1.0
                difference = _difference(ledger, number, value, all_of=newcomers if extreme else None, need=need)
                ledger.relations.append(Relation(((number, 1.0), (difference, -side)), value))
                known.differences[number] = difference
        elif pair.kind == "same":
            known.hidden[number] = number
        elif pair.kind in ("added", "removed"):
            hidden = ledger.add(Cell(UNKNOWN, (), (), NEVER), hidden=True)
            moved = ledger.add(Cell(UNKNOWN, (), (), NEVER), hidden=True)
            side = 1.0 if pair.kind == "added" else -1.0
            ledger.relations.append(Relation(((number, side), (hidden, -side), (moved, -1.0))))
            known.hidden[number], known.moved[hidden] = hidden, moved


def _make_public(ledger: Ledger, number: int) -> None:
    """The same persons were counted in public: hiding the count now hides nothing."""
    cell = ledger.cells[number]
    ledger.cells[number] = replace(cell, need=0.0, tier=NEVER)
    if number in ledger.hidden:
        ledger.relations.append(Relation(((number, 1.0),), cell.value))


def _difference(ledger: Ledger, number: int, value: float, *, all_of: float | None, need: int) -> int:
    """The cell of those who came or went: few of them, none or ``all_of`` them is for nobody to know."""
    moved = abs(ledger.cells[number].value - value)
    extreme = all_of is not None and (moved < TOLERANCE or moved > all_of - TOLERANCE)
    secret = 0 < moved < need or extreme
    return ledger.add(Cell(moved, (), (), NEVER, float(need) if secret else 0.0), hidden=True)


def _telling_rows(frame: pd.DataFrame, rule: TableRule, column: str) -> Mask:
    """Rows in which all or nobody says something about persons (as for the counts of now)."""
    telling = np.full(len(frame), bool(column in rule.counts and rule.bases and rule.shares))
    for key, values in (*rule.silent.items(), *rule.residue.items()):
        telling &= ~(frame[key].astype(str).isin(values) | ("*" in values)).to_numpy()
    return telling


def _newcomers(
    frame: pd.DataFrame, before: pd.DataFrame, rule: TableRule, rows: Sequence[int], pairs: Mapping[int, Pair]
) -> float:
    """By how many persons the rows of a group differ from then; NaN where that was hidden."""
    if not rule.bases or not rows:
        return UNKNOWN
    base, row = rule.bases[0], rows[0]
    return abs(float(figures_of(frame, base)[row]) - float(figures_of(before, base)[pairs[row].row_then]))


def _need(rule: TableRule, column: str, thresholds: Thresholds) -> int:
    return thresholds.minimum_group if column in rule.bases else thresholds.minimum_cell


def _columns(before: pd.DataFrame, rule: TableRule) -> Iterator[tuple[str, np.ndarray]]:
    """Every column of counts in the ledger with its figures then: bases, counts, the two sides of a share."""
    for column in (*rule.bases, *rule.counts):
        if column in before:
            yield column, figures_of(before, column)
    if rule.counts:
        return
    for column in rule.shares:
        if column in before and rule.bases:
            base = _base_then(before, rule, column)
            size, share = figures_of(before, base), figures_of(before, column)
            yield column, np.round(share * size)
            yield f"not {column}", size - np.round(share * size)


def _base_then(before: pd.DataFrame, rule: TableRule, column: str) -> str:
    """The base that makes the shares whole numbers of persons, as for the counts of now (``ledger``)."""
    for base in reversed(rule.bases):
        persons = (before[column].astype("float64") * before[base].astype("float64")).dropna()
        if np.allclose(persons, persons.round(), atol=0.05):
            return base
    return rule.bases[-1]


def _groups(frame: pd.DataFrame, rule: TableRule, pairs: Mapping[int, Pair]) -> Iterator[list[int]]:
    """The rows that were there then too, by what adds up."""
    grain = list(rule.partition if rule.counts and rule.partition else rule.keys)
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, values in enumerate(frame[grain].astype(str).to_numpy()):
        if row in pairs:
            found[tuple(values)].append(row)
    yield from found.values()


def _sums_then(ledger: Ledger, relations: Sequence[Relation], n_cells: int, known: _Then) -> list[Relation]:
    """The sums of now, which held then too."""
    rests: dict[int, int] = {}
    sums = []
    for relation in relations:
        # where the persons are the same, the sums of now say it all
        others = [cell for cell, _ in relation.terms if known.hidden.get(cell, 0) >= n_cells]
        if relation.moment or relation.tolerance or not others:
            continue
        terms, total = [], relation.total
        for number, times in relation.terms:
            if number in known.shown:
                total -= times * known.shown[number]
            elif number in known.hidden:
                terms.append((known.hidden[number], times))
            elif not ledger.cells[number].shows:
                if number not in rests:
                    rests[number] = ledger.add(Cell(UNKNOWN, (), (), NEVER), hidden=True)
                terms.append((rests[number], times))
            else:
                break  # not there then, or counted in another way
        else:
            sums.append(Relation(tuple(terms), total))
    return sums


def _sums_between(ledger: Ledger, reports: Sequence[_Then]) -> tuple[list[Relation], list[int]]:
    """What counts of two earlier reports say of each other where one of them was hidden; and the cells of those who
    came or went between them."""
    sums, moved = [], []
    for before, after in combinations(reports, 2):
        for number in sorted(before.waves.keys() & after.waves.keys()):
            if number in before.shown and number in after.shown:
                continue  # both are public, and so is their difference
            kind = kind_of(after.waves[number], before.waves[number])
            if kind == "changed":
                continue
            terms_after, total_after = after.side(number, -1.0 if kind == "removed" else 1.0)
            terms_before, total_before = before.side(number, 1.0 if kind == "removed" else -1.0)
            terms = terms_after + terms_before
            if kind != "same":
                moved.append(ledger.add(Cell(UNKNOWN, (), (), NEVER), hidden=True))
                terms = [*terms, (moved[-1], -1.0)]
            elif len({cell for cell, _ in terms}) < len(terms):
                continue  # the count of now, twice
            sums.append(Relation(tuple(terms), total_after + total_before))
    return sums, moved


def _protect_then(
    ledger: Ledger, sums: list[Relation], asked: Mapping[int, Sequence[int]], thresholds: Thresholds
) -> None:
    """Let no count that earlier reports hid follow more closely than from all these together; ``asked``: by such a
    cell, the cells that need a range as wide as its."""
    alone = Ledger(ledger.cells, sums, {cell for relation in sums for cell, _ in relation.terms} | set(asked))
    for component, around in components(alone.hidden, sums):
        try:
            needs = {
                cell: _reach(alone, component, around, cell, thresholds) for cell in sorted(component & set(asked))
            }
        except UnprotectedError:
            continue  # these sums did not hold then
        ledger.relations += around
        for cell, need in needs.items():
            for number in asked[cell]:
                ledger.cells[number] = replace(ledger.cells[number], need=need)


def _reach(
    alone: Ledger, component: frozenset[int], around: list[Relation], cell: int, thresholds: Thresholds
) -> float:
    """How wide the range of a count hidden then was from that report alone, up to what a small count needs."""
    if not around:
        return float(thresholds.minimum_cell)
    width = whole_numbers(*feasible_range(alone, component, around, cell))
    return float(max(min(width, thresholds.minimum_cell), 0.0))

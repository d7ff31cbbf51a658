"""Every count of every table as a cell, and every sum an outsider can make as a relation between cells.

Counts, bases, and the two counts behind a share without a count of its own (those who are, those who are not) are
cells. A relation is a weighted sum of cells that is zero, within a tolerance where it comes from a rounded figure.
What a sum leaves over (persons of no part, a step not listed) is a cell too, one that is never shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.disclosure.groups import Mask, outside_places
from analysis.disclosure.rules import Levels, Links, Sum, TableRule, Term, Thresholds

TOLERANCE = 1e-6

# what hiding a cell costs the reader: least first
TIER_PART, TIER_WHOLE, TIER_BASE, NEVER = 1, 2, 3, 99

Place = tuple[str, int, str]
"""Table, row number, column."""


@dataclass(frozen=True)
class Cell:
    """One quantity. ``shows``: where it can be read; ``blanks``: what must be empty when it is hidden.

    ``need``: how wide the range must be that an outsider is left with (0: it need not be hidden).
    """

    value: float
    shows: tuple[Place, ...]
    blanks: tuple[Place, ...]
    tier: int
    need: float = 0.0
    step: int | None = None
    """Place on an ordered scale."""


@dataclass(frozen=True)
class Relation:
    """``sum(coefficient * cell) = total`` within ``tolerance``; ``moment``: the figures it is read from, if any."""

    terms: tuple[tuple[int, float], ...]
    total: float = 0.0
    tolerance: float = 0.0
    moment: tuple[Place, ...] = ()


@dataclass
class Ledger:
    """Cells, the relations between them, and which cells are hidden."""

    cells: list[Cell] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    at: dict[Place, int] = field(default_factory=dict)
    hidden_places: set[Place] = field(default_factory=set)
    """Means and standard deviations that are hidden on their own."""

    def add(self, cell: Cell, *, hidden: bool) -> int:
        """Add ``cell``; return its number."""
        number = len(self.cells)
        self.cells.append(cell)
        self.at.update(dict.fromkeys(cell.shows, number))
        if hidden:
            self.hidden.add(number)
        return number

    def relate(self, terms: Sequence[tuple[int, float]], *, leftover: bool, rest: bool = False) -> None:
        """State that ``terms`` add up to zero; what they leave over becomes a hidden cell when ``leftover``.

        ``rest``: there is such a cell even when nothing is left over, for nobody is told that nothing is.
        """
        amount = sum(self.cells[cell].value * times for cell, times in terms)
        if rest or abs(amount) > TOLERANCE:
            if not leftover:
                return
            number = self.add(Cell(abs(amount), (), (), NEVER), hidden=True)
            terms = [*terms, (number, -1.0 if amount >= 0 else 1.0)]
        self.relations.append(Relation(tuple(terms)))


def build_ledger(
    frames: Mapping[str, pd.DataFrame],
    rules: Mapping[str, TableRule],
    links: Links,
    hidden_rows: Mapping[str, Mask],
    thresholds: Thresholds,
) -> Ledger:
    """The ledger of ``frames``. Hidden from the start: cells of hidden rows, small counts, shares of all or nobody."""
    ledger = Ledger()
    for name, frame in frames.items():
        rule, levels = rules[name], links.levels_of(name)
        ledger.hidden_places |= outside_places(frame, rule, levels, minimum_group=thresholds.minimum_group)
        _add_bases(ledger, frame, rule, hidden_rows[name], thresholds)
        if rule.counts:
            _add_counts(ledger, frame, rule, levels, hidden_rows[name], thresholds)
        elif rule.shares:
            _add_shares(ledger, frame, rule, hidden_rows[name], thresholds)
        if levels is not None:
            _relate_levels(ledger, frame, rule, levels)
    for link in links.sums:
        _relate_sum(ledger, frames, link)
    return ledger


def _add_bases(ledger: Ledger, frame: pd.DataFrame, rule: TableRule, hidden: Mask, thresholds: Thresholds) -> None:
    # where other figures stand on a base, hiding it would hide them all: only a base that is itself the figure may go
    tier = TIER_PART if rule.partition else TIER_BASE
    if rule.counts or rule.shares:
        tier = NEVER
    grain = rule.partition if rule.counts and rule.partition else ()
    groups = list(_row_groups(frame, grain)) if grain else [[row] for row in range(len(frame))]
    for base in rule.bases:
        sizes = frame[base].to_numpy(dtype=float)
        for rows in groups:
            for size in sorted({s for s in sizes[rows] if np.isfinite(s)}):
                same = [row for row in rows if sizes[row] == size]
                small = 0 < size < thresholds.minimum_group and not rule.repeated
                ledger.add(
                    Cell(
                        size,
                        tuple((rule.name, row, base) for row in same),
                        tuple((rule.name, row, column) for row in same for column in rule.numbers),
                        tier,
                        thresholds.minimum_group if small else 0.0,
                    ),
                    hidden=bool(hidden[same].all()),
                )


def _add_counts(
    ledger: Ledger, frame: pd.DataFrame, rule: TableRule, levels: Levels | None, hidden: Mask, thresholds: Thresholds
) -> None:
    whole = _is_whole(frame, levels)
    residue, silent = _is_any(frame, rule.residue), _is_any(frame, rule.silent)
    extremes = bool(rule.bases and rule.shares)
    for column in rule.counts:
        counts = frame[column].to_numpy(dtype=float)
        for rows in _row_groups(frame, rule.partition or rule.keys):
            listed = [row for row in rows if np.isfinite(counts[row])]
            answers = [row for row in listed if not residue[row]]
            total = sum(counts[row] for row in answers)
            everybody = extremes and any(counts[row] == total > 0 for row in answers)
            for row in listed:
                small = 0 < counts[row] < thresholds.minimum_cell
                extreme = extremes and not (residue[row] or silent[row]) and (everybody or counts[row] == 0)
                # the only answer there is has its total for a count, and of nobody nothing can be told
                secret = (small or extreme) and not residue[row] and len(answers) > 1 and total > 0
                ledger.add(
                    Cell(
                        counts[row],
                        ((rule.name, row, column),),
                        ((rule.name, row, column), *((rule.name, row, share) for share in rule.shares)),
                        TIER_WHOLE if whole[row] else TIER_PART,
                        thresholds.minimum_cell if secret else 0.0,
                        row if rule.ordered else None,
                    ),
                    hidden=bool(hidden[row] or small or extreme),
                )
            _relate_total(ledger, rule, column, listed)


def _relate_total(ledger: Ledger, rule: TableRule, column: str, rows: Sequence[int]) -> None:
    """The counts that share a base add up to it, where they do."""
    for base in rule.bases:
        rows_by_base: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            place = (rule.name, row, base)
            if place in ledger.at:
                rows_by_base[ledger.at[place]].append(row)
        for number, same in rows_by_base.items():
            terms = [(ledger.at[rule.name, row, column], -1.0) for row in same]
            ledger.relate([(number, 1.0), *terms], leftover=False)


def _add_shares(ledger: Ledger, frame: pd.DataFrame, rule: TableRule, hidden: Mask, thresholds: Thresholds) -> None:
    """Shares without counts: the persons they speak of and the others, hidden together."""
    for column in rule.shares:
        base = _base_of_share(frame, rule, column)
        for row in range(len(frame)):
            place = (rule.name, row, base)
            share = float(frame[column].iloc[row])
            if place not in ledger.at or not np.isfinite(share):
                continue
            size = ledger.cells[ledger.at[place]].value
            those = min(max(round(share * size), 0), size)
            secret = min(those, size - those) < thresholds.minimum_cell
            secret |= (rule.name, row, column) in ledger.hidden_places
            pair = [
                ledger.add(
                    Cell(
                        value,
                        ((rule.name, row, label),),
                        ((rule.name, row, column),),
                        TIER_PART,
                        thresholds.minimum_cell if value < thresholds.minimum_cell and size > 0 else 0.0,
                    ),
                    hidden=bool(hidden[row] or secret),
                )
                for value, label in ((those, column), (size - those, f"not {column}"))
            ]
            ledger.relate([(ledger.at[place], 1.0), *((cell, -1.0) for cell in pair)], leftover=False)


def _base_of_share(frame: pd.DataFrame, rule: TableRule, column: str) -> str:
    """The base that makes every share a whole number of persons; the last one when several or none does."""
    for base in reversed(rule.bases):
        persons = (frame[column] * frame[base]).dropna()
        if np.allclose(persons, persons.round(), atol=1e-4):
            return base
    return rule.bases[-1]


def _relate_levels(ledger: Ledger, frame: pd.DataFrame, rule: TableRule, levels: Levels) -> None:
    """Parts of a whole add up to it, for bases, counts and the persons behind shares."""
    labels = [*rule.bases, *rule.counts]
    if not rule.counts:
        labels += [label for share in rule.shares for label in (share, f"not {share}")]
    others = [key for key in rule.keys if key not in levels.keys]
    names = [tuple(values) for values in frame[list(levels.keys)].astype(str).to_numpy()]
    seen: set[tuple[tuple[int, float], ...]] = set()
    for rows in _row_groups(frame, others):
        whole = [row for row in rows if names[row] == levels.whole]
        divisions: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if names[row] != levels.whole:
                divisions[names[row][0] if len(levels.keys) > 1 else ""].append(row)
        for parts in divisions.values():
            for label in labels:
                places = [(rule.name, row, label) for row in [*whole, *parts]]
                if not whole or places[0] not in ledger.at:
                    continue
                numbers = [ledger.at[place] for place in places if place in ledger.at]
                terms = [(numbers[0], 1.0), *((number, -1.0) for number in numbers[1:])]
                if tuple(terms) not in seen:
                    seen.add(tuple(terms))
                    ledger.relate(terms, leftover=True)


def _relate_sum(ledger: Ledger, frames: Mapping[str, pd.DataFrame], link: Sum) -> None:
    found: dict[tuple[str, ...], list[tuple[int, float]]] = defaultdict(list)
    each: dict[tuple[str, ...], list[tuple[int, float]]] = defaultdict(list)
    complete: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for position, term in enumerate(link.terms):
        if term.table not in frames:
            return
        taken: set[tuple[str, ...]] = set()
        for group, number in _cells_of_term(ledger, frames[term.table], term, link.by):
            if term.once and group in taken:
                continue
            taken.add(group)
            (each if term.each else found)[group].append((number, term.times))
            complete[group].add(position)
    for group, terms in found.items():
        # the first term is the whole: without it there is nothing to subtract from
        if 0 in complete[group] and len(complete[group]) > 1:
            for last in [[term] for term in each[group]] or [[]]:
                ledger.relate([*terms, *last], leftover=True, rest=link.rest)


def _cells_of_term(
    ledger: Ledger, frame: pd.DataFrame, term: Term, by: Sequence[str]
) -> list[tuple[tuple[str, ...], int]]:
    wanted = np.ones(len(frame), dtype=bool)
    for column, value in term.where.items():
        wanted &= (frame[column].astype(str) == value).to_numpy()
    for column, value in term.unless.items():
        wanted &= (frame[column].astype(str) != value).to_numpy()
    groups = frame[[term.keys.get(key, key) for key in by]].astype(str).to_numpy()
    return [
        (tuple(groups[row]), ledger.at[term.table, row, term.column])
        for row in map(int, np.flatnonzero(wanted))
        if (term.table, row, term.column) in ledger.at
    ]


def _is_whole(frame: pd.DataFrame, levels: Levels | None) -> Mask:
    if levels is None:
        return np.zeros(len(frame), dtype=bool)
    names = frame[list(levels.keys)].astype(str).to_numpy()
    return np.asarray([tuple(row) == levels.whole for row in names], dtype=bool)


def _is_any(frame: pd.DataFrame, rows: Mapping[str, tuple[str, ...]]) -> Mask:
    """Rows in which a column has one of its values; ``*`` stands for every value."""
    mask = np.zeros(len(frame), dtype=bool)
    for column, values in rows.items():
        mask |= (frame[column].astype(str).isin(values) | ("*" in values)).to_numpy()
    return mask


def _row_groups(frame: pd.DataFrame, keys: Sequence[str]) -> list[list[int]]:
    """Row numbers of every combination of ``keys``, in order of appearance."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, values in enumerate(frame[list(keys)].astype(str).to_numpy()):
        groups[tuple(values)].append(row)
    return list(groups.values())

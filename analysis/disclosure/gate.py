"""The gate itself: from full tables to tables that may be shown, and the audit of the result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from analysis.disclosure.dominance import dominated_rows
from analysis.disclosure.earlier import History
from analysis.disclosure.earlier_cells import relate_earlier
from analysis.disclosure.groups import Mask, small_group_rows, tied_rows
from analysis.disclosure.ledger import Ledger, Place, Relation, build_ledger
from analysis.disclosure.means import (
    MeanSystem,
    UnhideableError,
    all_alike,
    close_means,
    intervals_to_hide,
    mean_system,
    too_closely_told,
)
from analysis.disclosure.moments import relate_moments
from analysis.disclosure.nearly import rows_beside
from analysis.disclosure.protect import active_relations, components, wide_enough, widen
from analysis.disclosure.reach import Reach, UnprotectedError, place_of
from analysis.disclosure.rules import Links, TableRule, Thresholds, Tie

MARK = "suppressed"
"""The column that says why figures of a row are hidden: `` `` (none is), ``group`` (the whole row: too few persons, or
the complement of too few) or ``cell`` (single figures: a small count, all or nobody, or a cell that gives one away)."""


class DisclosureError(Exception):
    """The gate cannot be closed: a table is not what it should be, or a hidden figure follows from shown ones."""


@dataclass(frozen=True)
class Protected:
    """``tables``: the frames with hidden figures empty and a last column ``suppressed``. The rest is for the audit:
    the cells and sums, the cells (``narrow``) that could only be kept from following exactly, the ``means`` of groups
    that overlap, and the rows (``secret``) that are of too few or of mostly one person."""

    tables: dict[str, pd.DataFrame]
    rules: Mapping[str, TableRule]
    ledger: Ledger
    narrow: frozenset[int]
    means: MeanSystem | None = None
    secret: Mapping[str, Mask] = field(default_factory=dict)


def protect_tables(
    frames: Mapping[str, pd.DataFrame],
    rules: Mapping[str, TableRule],
    links: Links,
    thresholds: Thresholds,
    ties: Sequence[Tie] = (),
    closed: Mapping[str, Mask] | None = None,
    history: History | None = None,
) -> Protected:
    """Hide what may not be shown in ``frames``; ``closed``: rows by table that may not be shown for other reasons;
    ``history``: what was published earlier.

    Raises ``DisclosureError`` when rows share their keys, and when a hidden count follows from shown ones whatever
    else is hidden.
    """
    for name, frame in frames.items():
        _check_keys(frame, rules[name])
    frames = {name: frame.reset_index(drop=True) for name, frame in frames.items()}
    few = history.few_rows(frames, rules, links, minimum_group=thresholds.minimum_group) if history is not None else {}
    try:
        system = mean_system(frames, links.means) if links.means is not None else None
        alike = all_alike(frames, links.means) if links.means is not None else {}
        secret = _secret_rows(frames, rules, thresholds, (few, alike))
        hidden_rows = _rows_to_hide(frames, rules, links, thresholds, ties, closed or {}, secret, system)
    except UnhideableError as error:
        raise DisclosureError(f"a mean cannot be hidden: {error}") from None
    ledger = build_ledger(frames, rules, links, hidden_rows, thresholds)
    if links.means is not None and links.means.table in frames:
        table = links.means.table
        ledger.hidden_places |= intervals_to_hide(frames[table], links.means, hidden_rows[table])
    for nearly in links.nearly:
        if nearly.table in frames:
            ledger.hidden_places |= rows_beside(frames, nearly, minimum_group=thresholds.minimum_group)
    for moment in links.moments:
        relate_moments(ledger, frames, moment)
    if history is not None:
        relate_earlier(ledger, frames, rules, history, thresholds)
    try:
        narrow = widen(ledger)
    except UnprotectedError as error:
        if history is not None and not history.strict:  # hide all that differs from then
            strict = replace(history, strict=True)
            return protect_tables(frames, rules, links, thresholds, ties, closed, strict)
        raise DisclosureError(f"cannot be hidden: {error}") from None
    tables = _blank(frames, rules, hidden_rows, ledger)
    return Protected(tables, rules, ledger, frozenset(narrow), system, secret)


def _secret_rows(
    frames: Mapping[str, pd.DataFrame],
    rules: Mapping[str, TableRule],
    thresholds: Thresholds,
    others: Sequence[Mapping[str, Mask]],
) -> dict[str, Mask]:
    """Rows whose figures must not be known: of too few, of mostly one, and ``others`` by table."""
    secret = {}
    for name, frame in frames.items():
        told = dominated_rows(frame, rules[name], dominance_share=thresholds.dominance_share)
        for other in others:
            told = told | other[name] if name in other else told
        secret[name] = small_group_rows(frame, rules[name], None, minimum_group=thresholds.minimum_group, few=told)
    return secret


def _rows_to_hide(
    frames: Mapping[str, pd.DataFrame],
    rules: Mapping[str, TableRule],
    links: Links,
    thresholds: Thresholds,
    ties: Sequence[Tie],
    closed: Mapping[str, Mask],
    secret: Mapping[str, Mask],
    system: MeanSystem | None,
) -> dict[str, Mask]:
    """Whole rows: the ``secret`` ones, what gives them away, and what is ``closed`` for other reasons."""
    minimum = thresholds.minimum_group
    hidden: dict[str, Mask] = {
        name: small_group_rows(frame, rules[name], links.levels_of(name), minimum_group=minimum, few=secret[name])
        for name, frame in frames.items()
    }
    for name, rows in closed.items():
        hidden[name] = hidden[name] | rows
    while True:
        hidden = tied_rows(frames, hidden, ties)
        before = {name: mask.copy() for name, mask in hidden.items()}
        if system is not None:
            close_means(system, hidden, secret)
        if all((before[name] == mask).all() for name, mask in hidden.items()):
            return hidden


def _check_keys(frame: pd.DataFrame, rule: TableRule) -> None:
    """One row per combination of keys: more would be rows of persons."""
    twice = frame.duplicated(list(rule.keys)).sum() if rule.keys else 0
    if twice:
        raise DisclosureError(
            f"table {rule.name}: {twice} rows repeat the keys of another row ({', '.join(rule.keys)})"
        )


def _blank(
    frames: Mapping[str, pd.DataFrame], rules: Mapping[str, TableRule], hidden_rows: Mapping[str, Mask], ledger: Ledger
) -> dict[str, pd.DataFrame]:
    tables = {}
    for name, frame in frames.items():
        numbers = list(rules[name].numbers)
        table = frame.astype(dict.fromkeys(numbers, "float64"))
        table[MARK] = ""
        table.loc[hidden_rows[name], numbers] = np.nan
        table.loc[hidden_rows[name], MARK] = "group"
        tables[name] = table
    blanks = {place for cell in ledger.hidden for place in ledger.cells[cell].blanks} | ledger.hidden_places
    rows_by_column: dict[tuple[str, str], list[int]] = defaultdict(list)
    for name, row, column in sorted(blanks):
        rows_by_column[name, column].append(row)
    for (name, column), rows in rows_by_column.items():
        tables[name].loc[rows, column] = np.nan
    for name, table in tables.items():
        _mark(table, frames[name], rules[name])
    return tables


def _mark(table: pd.DataFrame, frame: pd.DataFrame, rule: TableRule) -> None:
    """Say of each row whether all, some or none of its figures are hidden."""
    numbers = list(rule.numbers)
    if not numbers:
        return
    had = frame[numbers].notna().to_numpy()
    has = table[numbers].notna().to_numpy()
    some = (had & ~has).any(axis=1)
    without_base = some & ~has[:, : len(rule.bases)].any(axis=1) if rule.bases else np.zeros(len(table), dtype=bool)
    table.loc[some, MARK] = "cell"
    table.loc[without_base, MARK] = "group"


def audit(protected: Protected, thresholds: Thresholds) -> None:
    """Work out from the shown figures alone what an outsider could, and raise ``DisclosureError`` if it is too much.

    Exact elimination (fractions) finds hidden cells that follow from the shown ones; linear programming finds ranges
    that are too narrow. What is shown is read from the tables, not from the list of what was meant to be hidden.
    """
    for name, table in protected.tables.items():
        _check_keys(table, protected.rules[name])
        _check_rows(table, protected.rules[name])
    if protected.means is not None:
        shown_means = {
            name: protected.tables[name][column].notna().to_numpy() for name, column in protected.means.columns.items()
        }
        if spot := too_closely_told(protected.means, shown_means, protected.secret):
            raise DisclosureError(f"a hidden mean can be told too closely: table {spot[0]}, row {spot[1] + 1}")
    ledger = protected.ledger
    columns = {
        (name, str(column)): table[column].notna().to_numpy(dtype=bool)
        for name, table in protected.tables.items()
        for column in table
    }
    shown = {
        number for number, cell in enumerate(ledger.cells) if any(_is_shown(columns, place) for place in cell.shows)
    }
    if open_secrets := [number for number in sorted(shown) if ledger.cells[number].need]:
        raise DisclosureError(f"a figure that must be hidden is shown: {place_of(ledger, open_secrets[0])}")
    seen = Ledger(ledger.cells, ledger.relations, set(range(len(ledger.cells))) - shown, ledger.at)
    relations = [r for r in active_relations(seen) if all(_is_shown(columns, p) for p in r.moment)]
    parts = components(seen.hidden, relations)
    known = wide_enough(seen, parts, protected.narrow)
    for component, around in parts:
        secret = [cell for cell in sorted(component) if ledger.cells[cell].need]
        if not secret:
            continue
        followed = determined(component, around) & set(secret)
        if followed:
            raise DisclosureError(f"a hidden figure follows by subtraction: {place_of(ledger, min(followed))}")
        reach = Reach(seen, component, around)
        for cell in [cell for cell in secret if not known.get(cell)]:
            width = 1 if cell in protected.narrow else min(ledger.cells[cell].need, thresholds.minimum_group)
            try:
                wide = reach.is_wide(cell, width)
            except UnprotectedError as error:
                raise DisclosureError(f"the shown figures contradict each other: {error}") from None
            if not wide:
                raise DisclosureError(f"a hidden figure can be told too closely: {place_of(ledger, cell)}")


def _check_rows(table: pd.DataFrame, rule: TableRule) -> None:
    """A row whose base is hidden shows no figure at all."""
    marked = table[MARK] == "group"
    if table.loc[marked, list(rule.numbers)].notna().any(axis=None):
        raise DisclosureError(f"table {rule.name}: a row of a hidden group shows a figure")


def _is_shown(columns: Mapping[tuple[str, str], Mask], place: Place) -> bool:
    """Whether the figure at ``place`` can be read; ``columns``: by table and column, which rows have a figure."""
    name, row, column = place
    # the two sides of a share are read from the share
    key = (name, column) if (name, column) in columns else (name, column.removeprefix("not "))
    return bool(columns[key][row])


def determined(component: frozenset[int], relations: Sequence[Relation]) -> set[int]:
    """Cells of ``component`` with one possible value by the exact relations alone (Gauss-Jordan in fractions).

    A row of the reduced matrix with a single entry fixes that cell.
    """
    matrix = []
    for relation in relations:
        if relation.tolerance == 0:
            row: dict[int, Fraction] = {}
            for cell, times in relation.terms:
                if cell in component:
                    row[cell] = row.get(cell, Fraction(0)) + Fraction(times)
            matrix.append({cell: times for cell, times in row.items() if times})
    return {next(iter(row)) for row in _reduced(matrix) if len(row) == 1}


def _reduced(matrix: Sequence[dict[int, Fraction]]) -> list[dict[int, Fraction]]:
    """The rows of the reduced echelon form of sparse rows (column to value), short rows first for few new entries."""
    done: dict[int, dict[int, Fraction]] = {}
    holding: dict[int, set[int]] = defaultdict(set)  # by column, the pivots of the rows it is in
    for row in sorted(matrix, key=len):
        row = dict(row)
        for column in [column for column in row if column in done]:
            _subtract(row, done[column], row[column])
        if not row:
            continue
        pivot = min(row, key=lambda column: (len(holding[column]), column))
        lead = row[pivot]
        row = {column: value / lead for column, value in row.items()}
        for other in sorted(holding.pop(pivot, ())):
            before = set(done[other])
            _subtract(done[other], row, done[other][pivot])
            for column in before ^ set(done[other]):
                (holding[column].add if column in done[other] else holding[column].discard)(other)
        done[pivot] = row
        for column in row:
            holding[column].add(pivot)
    return list(done.values())


def _subtract(row: dict[int, Fraction], other: Mapping[int, Fraction], times: Fraction) -> None:
    """Take ``times`` the ``other`` row from ``row``, in place."""
    for column, value in other.items():
        left = row.get(column, Fraction(0)) - times * value
        if left:
            row[column] = left
        else:
            row.pop(column, None)

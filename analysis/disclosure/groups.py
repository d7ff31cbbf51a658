"""Rows that stand on too few persons, and the rows that would give those away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.disclosure.rules import Levels, TableRule, Tie

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


def small_group_rows(
    frame: pd.DataFrame, rule: TableRule, levels: Levels | None, *, minimum_group: int, few: Mask | None = None
) -> Mask:
    """Rows of ``frame`` to hide: those with a base of 1 to ``minimum_group - 1``, and parts of a whole that would
    otherwise follow by subtraction.

    A mean of everybody, the sizes and the means of all other parts give the mean of a hidden part; so what is hidden
    of one whole must be at least two parts and ``minimum_group`` persons together. Persons who belong to no part are
    a part that is never shown; when they are too few themselves, a part is hidden for their sake, unless
    ``levels.outside`` says otherwise (``outside_places``). ``few``: rows that are hidden for other reasons, and must
    not follow either.
    """
    hidden = np.zeros(len(frame), dtype=bool) if few is None else few.copy()
    for base in rule.bases:
        sizes = frame[base].to_numpy(dtype=float)
        hidden |= (sizes > 0) & (sizes < minimum_group)
    if levels is None:
        return hidden
    families = list(families_of(frame, rule, levels))
    before = -1
    while before != hidden.sum():
        before = int(hidden.sum())
        for whole, parts in families:
            for base in rule.bases:
                sizes = frame[base].to_numpy(dtype=float)
                mend_outside = levels.outside is None
                _close(sizes, whole, parts, hidden, minimum_group=minimum_group, mend_outside=mend_outside)
    return hidden


def outside_places(
    frame: pd.DataFrame, rule: TableRule, levels: Levels | None, *, minimum_group: int
) -> set[tuple[str, int, str]]:
    """Figures of wholes to hide because they and their parts give away the 1 to ``minimum_group - 1`` persons of no
    part: the columns ``levels.outside``."""
    if levels is None or not levels.outside:
        return set()
    return {
        (rule.name, row, column)
        for whole, parts in families_of(frame, rule, levels)
        for base in rule.bases
        if 0 < _outside(frame[base].to_numpy(dtype=float), whole, parts) < minimum_group
        for row in whole
        for column in levels.outside
    }


def _outside(sizes: np.ndarray, whole: Sequence[int], parts: Sequence[Sequence[int]]) -> float:
    """How many persons of the whole belong to no part; 0 when the whole is not there."""
    return max(_smallest(sizes, whole) - sum(_smallest(sizes, rows) for rows in parts), 0.0)


def _close(
    sizes: np.ndarray,
    whole: Sequence[int],
    parts: Sequence[Sequence[int]],
    hidden: Mask,
    *,
    minimum_group: int,
    mend_outside: bool,
) -> None:
    """Hide further ``parts`` (lists of row numbers) in place until the hidden ones protect one another."""
    size = [_smallest(sizes, rows) for rows in parts]
    outside = _outside(sizes, whole, parts)
    closed = [i for i, rows in enumerate(parts) if size[i] > 0 and hidden[list(rows)].any()]
    small_outside = mend_outside and 0 < outside < minimum_group
    if not closed and not small_outside:
        return
    open_parts = sorted((i for i in range(len(parts)) if size[i] > 0 and i not in closed), key=lambda i: (size[i], i))
    while open_parts and (sum(size[i] for i in closed) + outside < minimum_group or len(closed) + (outside > 0) < 2):
        closed.append(open_parts.pop(0))
    for i in closed:
        hidden[list(parts[i])] = True


def _smallest(sizes: np.ndarray, rows: Sequence[int]) -> float:
    """The smallest base above zero among ``rows``; 0 when there is none."""
    found = [float(sizes[row]) for row in rows if sizes[row] > 0]
    return min(found, default=0.0)


def families_of(frame: pd.DataFrame, rule: TableRule, levels: Levels) -> Iterator[tuple[list[int], list[list[int]]]]:
    """For every whole: its rows, and the rows of each of its parts. Rows of one part share a base."""
    grain = rule.partition if rule.counts and rule.partition else rule.keys
    others = [key for key in grain if key not in levels.keys]
    whole_by_group: dict[tuple[str, ...], list[int]] = {}
    parts_by_division: dict[tuple[tuple[str, ...], str], dict[str, list[int]]] = {}
    names = frame[list(levels.keys)].astype(str).to_numpy()
    groups = frame[others].astype(str).to_numpy()
    for row in range(len(frame)):
        group = tuple(groups[row])
        if tuple(names[row]) == levels.whole:
            whole_by_group.setdefault(group, []).append(row)
            continue
        division = names[row][0] if len(levels.keys) > 1 else ""
        parts_by_division.setdefault((group, division), {}).setdefault(names[row][-1], []).append(row)
    for (group, _), parts in parts_by_division.items():
        yield whole_by_group.get(group, []), list(parts.values())


def tied_rows(frames: Mapping[str, pd.DataFrame], hidden: Mapping[str, Mask], ties: Sequence[Tie]) -> dict[str, Mask]:
    """``hidden`` with the rows that would give a hidden row away (``ties``)."""
    result = {name: mask.copy() for name, mask in hidden.items()}
    texts: dict[tuple[str, str], np.ndarray] = {}

    def matching(table: str, row: Mapping[str, str]) -> Mask:
        mask = np.ones(len(frames[table]), dtype=bool)
        for column, value in row.items():
            if (table, column) not in texts:
                texts[table, column] = frames[table][column].astype(str).to_numpy(dtype=object)
            mask &= texts[table, column] == value
        return mask

    for tie in ties:
        if tie.table not in frames or tie.source not in frames or not result[tie.source].any():
            continue
        if (result[tie.source] & matching(tie.source, tie.source_row)).any():
            result[tie.table] |= matching(tie.table, tie.row)
    return result

"""What means, standard deviations and shares at the ends say of the distribution they describe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.disclosure.ledger import NEVER, TOLERANCE, Cell, Ledger, Place, Relation
from analysis.disclosure.rules import Moment


def relate_moments(ledger: Ledger, frames: Mapping[str, pd.DataFrame], link: Moment) -> None:
    """State in ``ledger`` what the figures of ``link`` say of the counts of the distribution they describe: a rounded
    mean and standard deviation are two more sums over it, a share at either end is one of its counts. Where everybody
    answered alike they are hidden."""
    if link.table not in frames or link.distribution not in frames:
        return
    table, distribution = frames[link.table], frames[link.distribution]
    codes = pd.to_numeric(distribution[link.value], errors="coerce").to_numpy(dtype=float)
    counts_by_row = distribution[link.count].to_numpy(dtype=float)
    wanted = np.isfinite(codes)
    for column, value in link.where.items():
        wanted &= (distribution[column].astype(str) == value).to_numpy()
    rows_by_group: dict[tuple[str, ...], list[int]] = defaultdict(list)
    groups = distribution[list(link.by)].astype(str).to_numpy()
    for row in map(int, np.flatnonzero(wanted)):
        if (link.distribution, row, link.count) in ledger.at:
            rows_by_group[tuple(groups[row])].append(row)
    turned = np.full(len(table), bool(link.turned))
    for column, value in link.turned.items():
        turned &= (table[column].astype(str) == value).to_numpy()
    figures = table[[link.base, link.mean, link.sd]].to_numpy(dtype=float)
    for row, group in enumerate(table[list(link.by)].astype(str).to_numpy()):
        rows = rows_by_group.get(tuple(group), [])
        n, mean, sd = map(float, figures[row])
        places = (link.table, row, link.mean), (link.table, row, link.sd)
        if sd < 0.5 * 10.0**-link.decimals:  # everybody answered alike, and the mean says what
            ledger.hidden_places.update(places)
        if not rows or not np.isfinite([n, mean]).all():
            continue
        counts = counts_by_row[rows]
        ends = (int(codes[rows].argmin()), int(codes[rows].argmax()))
        _relate_ends(
            ledger, link, row=row, ends=ends[::-1] if turned[row] else ends, counts=counts, rows=rows, n=n,
        )  # fmt: skip
        code = _as_scored(codes[rows], counts, mean)
        if code is not None and counts.sum() == n:
            cells = [ledger.at[link.distribution, r, link.count] for r in rows]
            ledger.relations += _moment_relations(cells, code, n, mean, sd, places, decimals=link.decimals)


def _relate_ends(
    ledger: Ledger, link: Moment, *, row: int, ends: tuple[int, int], counts: np.ndarray, rows: Sequence[int], n: float
) -> None:
    """The ``n`` persons of whom a share answered at one end are among the distribution's at that end, whose base may be
    somewhat larger: the difference is nobody, or up to as many as the bases differ by.

    ``ends``: the places among ``rows`` of the lowest and the highest answer as scored.
    """
    more = float(counts.sum() - n)
    for column, end in zip((link.lowest, link.highest), ends, strict=True):
        share, whole = ledger.at.get((link.table, row, column)), ledger.at[link.distribution, rows[end], link.count]
        if share is None:
            continue
        rest = ledger.cells[whole].value - ledger.cells[share].value
        if not 0 <= rest <= more:
            continue  # not the same persons
        terms = [(whole, 1.0), (share, -1.0)]
        if more > 0:
            of_end, of_others = (ledger.add(Cell(size, (), (), NEVER), hidden=True) for size in (rest, more - rest))
            ledger.relations.append(Relation(((of_end, 1.0), (of_others, 1.0)), more))
            terms.append((of_end, -1.0))
        ledger.relate(terms, leftover=False)


def _moment_relations(
    cells: Sequence[int],
    code: np.ndarray,
    n: float,
    mean: float,
    sd: float,
    places: tuple[Place, Place],
    *,
    decimals: int,
) -> list[Relation]:
    """What a mean and a standard deviation of ``n`` answers, rounded to ``decimals``, say of the counts of ``code``.

    With the mean ``m ± e`` (e: half a unit of the last decimal) ``sum(code * count) = n m ± n e``; and
    ``sum((code - m)^2 * count) = (n - 1) sd^2``, up to what the rounding of m and sd adds.
    """
    half, shown = 0.5 * 10.0**-decimals, round(mean, decimals)
    found = [Relation(tuple(zip(cells, code.tolist(), strict=True)), n * shown, n * half, places[:1])]
    if np.isfinite(sd) and n > 1:
        rounded = round(sd, decimals)
        squares = tuple(zip(cells, ((code - shown) ** 2).tolist(), strict=True))
        tolerance = (n - 1) * (2 * rounded * half + half**2) + n * half**2
        found.append(Relation(squares, (n - 1) * rounded**2, tolerance, (places[1], places[0])))
    return found


def _as_scored(code: np.ndarray, counts: np.ndarray, mean: float) -> np.ndarray | None:
    """The codes whose mean is ``mean``: as asked, or reversed; None when neither is."""
    n = counts.sum()
    if n == 0:
        return None
    for candidate in (code, code.min() + code.max() - code):
        if abs(candidate @ counts / n - mean) < TOLERANCE:
            return np.asarray(candidate)
    return None

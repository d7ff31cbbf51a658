"""Means of overlapping groups of persons: what the shown ones say of the hidden ones.

Every group (a project, the projects of a corporation, of a type or all; in one wave or in all) is made of the same
smallest groups: the persons of one unit in one wave. Its mean is a weighted mean of theirs, published within half a
unit of its last decimal, and no score lies outside the scale. So an outsider has a linear system, whatever way the
groups overlap. Where it leaves a mean that must be hidden (of too few persons, or of mostly one) a range narrower than
declared, further means are hidden: of those that narrow it, the smallest group whose hiding is enough.

How many persons a group has is taken as known even where it is hidden: it often can be guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from analysis.disclosure.groups import Mask
from analysis.disclosure.rules import GroupMeans

Atom = tuple[str, str]
"""A unit and a wave: the smallest group. The unit ``""``: persons of whom no unit is known."""
Spot = tuple[str, int]
"""Table and row number."""

UNKNOWN: Atom = ("", "")
SLACK = 1e-7


class UnhideableError(Exception):
    """A mean stays too closely known though nothing is left to hide."""


@dataclass(frozen=True)
class GroupMean:
    """A mean, ``value`` within ``half``, of the smallest groups with ``weights`` that add up to one; ``n`` persons."""

    spot: Spot
    value: float
    half: float
    weights: Mapping[Atom, float]
    n: float


@dataclass(frozen=True)
class MeanSystem:
    """Every published mean by outcome; ``ranges``: lowest and highest score by outcome; ``width``: to be left of it.

    ``columns``: where each table has its means."""

    means: Mapping[str, Sequence[GroupMean]]
    ranges: Mapping[str, tuple[float, float]]
    width: float
    columns: Mapping[str, str]

    def needed(self, outcome: str) -> float:
        """How wide the range of a hidden mean of ``outcome`` must be, in its own units."""
        low, high = self.range_of(outcome)
        return self.width * (high - low)

    def range_of(self, outcome: str) -> tuple[float, float]:
        """Lowest and highest score; where that is not known, of the means."""
        values = [mean.value for mean in self.means[outcome]]
        return self.ranges.get(outcome, (min(values), max(values)))


def mean_system(frames: Mapping[str, pd.DataFrame], link: GroupMeans) -> MeanSystem:
    """The means of ``link.table``, and those of other tables that are of the same groups (``link.same``)."""
    frame = frames.get(link.table)
    if frame is None or frame.empty:
        return MeanSystem({}, link.ranges, link.width, {})
    sizes, truth = _smallest_groups(frame, link)
    waves = sorted({wave for known in sizes.values() for _, wave in known})
    found: dict[str, list[GroupMean]] = defaultdict(list)
    keys = frame[[link.outcome, link.division, link.group, link.wave]].astype(str).itertuples(index=False, name=None)
    figures = frame[[link.base, link.mean]].to_numpy(dtype=float)
    for row, (outcome, division, group, wave) in enumerate(keys):
        units = link.units_of(division, group, {unit for unit, _ in sizes[outcome]})
        weights = _each_unit_once(sizes[outcome], units, waves if wave == link.whole else [wave])
        found[outcome].append(_group_mean((link.table, row), figures[row], link.decimals, weights))
    for same in link.same:
        if same.table not in frames:
            continue
        other = frames[same.table]
        named = other[[same.outcome, same.trait, same.level]].astype(str).itertuples(index=False, name=None)
        figures = other[[same.base, same.mean]].to_numpy(dtype=float)
        for row, (outcome, trait, level) in enumerate(named):
            units = link.units_of(trait, level, {unit for unit, _ in sizes[outcome]})
            weights = (
                _each_person_once(sizes[outcome], units, waves, float(figures[row, 0]))
                if same.by_persons
                else _each_unit_once(sizes[outcome], units, waves)
            )
            found[outcome].append(_group_mean((same.table, row), figures[row], same.decimals, weights))
    # a mean that is not what the smallest groups make it says nothing of them
    means = {o: [one for one in some if _agrees(one, truth.get(o, {}))] for o, some in found.items()}
    columns = {link.table: link.mean} | {same.table: same.mean for same in link.same if same.table in frames}
    return MeanSystem({o: some for o, some in means.items() if some}, link.ranges, link.width, columns)


def _smallest_groups(
    frame: pd.DataFrame, link: GroupMeans
) -> tuple[dict[str, dict[Atom, float]], dict[str, dict[Atom, float]]]:
    """Size and mean of every smallest group, by outcome."""
    sizes: dict[str, dict[Atom, float]] = defaultdict(dict)
    truth: dict[str, dict[Atom, float]] = defaultdict(dict)
    rows = frame[(frame[link.division].astype(str) == link.unit) & (frame[link.wave].astype(str) != link.whole)]
    named = rows[[link.outcome, link.group, link.wave]].astype(str).itertuples(index=False, name=None)
    for (outcome, unit, wave), (n, mean) in zip(named, rows[[link.base, link.mean]].to_numpy(dtype=float), strict=True):
        if n > 0 and np.isfinite(mean):
            sizes[outcome][unit, wave], truth[outcome][unit, wave] = float(n), float(mean)
    return sizes, truth


def _each_unit_once(sizes: Mapping[Atom, float], units: Iterable[str], waves: Sequence[str]) -> dict[Atom, float]:
    """Weights of the mean over ``units`` of the mean of each one's persons in ``waves``."""
    by_unit = {unit: {(unit, wave): sizes[unit, wave] for wave in waves if (unit, wave) in sizes} for unit in units}
    there = {unit: of for unit, of in by_unit.items() if of}
    return {
        atom: size / sum(of.values()) / len(there) for _, of in sorted(there.items()) for atom, size in of.items()
    }  # fmt: skip


def _each_person_once(
    sizes: Mapping[Atom, float], units: Iterable[str], waves: Sequence[str], n: float
) -> dict[Atom, float]:
    """Weights of the mean of ``n`` persons: those of ``units`` in ``waves``, the others of no known unit."""
    known = {(unit, wave): sizes[unit, wave] for unit in sorted(units) for wave in waves if (unit, wave) in sizes}
    rest = n - sum(known.values())
    if not known or rest < 0:
        return {}
    return {atom: size / n for atom, size in known.items()} | ({UNKNOWN: rest / n} if rest else {})


def _group_mean(spot: Spot, figures: np.ndarray, decimals: int, weights: Mapping[Atom, float]) -> GroupMean:
    n, value = map(float, figures)
    return GroupMean(spot, round(value, decimals), 0.5 * 10.0**-decimals, weights, n)


def _agrees(mean: GroupMean, truth: Mapping[Atom, float]) -> bool:
    if not mean.weights or not np.isfinite(mean.value):
        return False
    if UNKNOWN in mean.weights:
        return True
    return abs(sum(w * truth[atom] for atom, w in mean.weights.items()) - mean.value) <= mean.half + SLACK


def close_means(system: MeanSystem, hidden: Mapping[str, Mask], secret: Mapping[str, Mask]) -> None:
    """Hide further rows in ``hidden``, in place, until every ``secret`` mean has the range it needs; then show again
    those, the largest group first, that need not have been.

    Raises ``UnhideableError`` when a mean has not its range though nothing that narrows it is left to hide.
    """
    for outcome, means in system.means.items():
        secrets = [mean for mean in means if secret[mean.spot[0]][mean.spot[1]]]
        added: list[GroupMean] = []
        for mean in secrets:
            while True:
                low, high, narrowing = told(system, outcome, mean, hidden)
                if high - low >= system.needed(outcome) - SLACK:
                    break
                if not narrowing:
                    raise UnhideableError(f"table {mean.spot[0]}, row {mean.spot[1] + 1}")
                added.append(min(narrowing, key=lambda one: (one.spot[0] != mean.spot[0], one.n, one.spot)))
                hidden[added[-1].spot[0]][added[-1].spot[1]] = True
        for one in sorted(added, key=lambda one: (-one.n, one.spot)):
            table, row = one.spot
            hidden[table][row] = False
            hidden[table][row] = not all(_is_wide(system, outcome, mean, hidden) for mean in secrets)


def _is_wide(system: MeanSystem, outcome: str, mean: GroupMean, hidden: Mapping[str, Mask]) -> bool:
    low, high, _ = told(system, outcome, mean, hidden)
    return high - low >= system.needed(outcome) - SLACK


def too_closely_told(system: MeanSystem, shown: Mapping[str, Mask], secret: Mapping[str, Mask]) -> Spot | None:
    """The first ``secret`` mean that is among the ``shown`` ones, or follows from them too closely."""
    hidden = {table: ~mask for table, mask in shown.items()}
    for outcome, means in system.means.items():
        for mean in means:
            table, row = mean.spot
            if not secret[table][row]:
                continue
            low, high, _ = told(system, outcome, mean, hidden)
            if shown[table][row] or high - low < system.needed(outcome) - 2 * SLACK:
                return mean.spot
    return None


def told(
    system: MeanSystem, outcome: str, mean: GroupMean, hidden: Mapping[str, Mask]
) -> tuple[float, float, list[GroupMean]]:
    """The lowest and highest value ``mean`` can have given the means of ``outcome`` that are not hidden, and those of
    them that keep it from being lower or higher."""
    shown = [one for one in system.means[outcome] if not hidden[one.spot[0]][one.spot[1]]]
    atoms = sorted({atom for one in [*shown, mean] for atom in one.weights})
    matrix = np.asarray([[one.weights.get(atom, 0.0) for atom in atoms] for one in shown]).reshape(-1, len(atoms))
    value, half = (np.asarray([getattr(one, name) for one in shown]) for name in ("value", "half"))
    target = np.asarray([mean.weights.get(atom, 0.0) for atom in atoms])
    ends, narrowing = [], np.zeros(len(shown), dtype=bool)
    for sign in (1.0, -1.0):
        solution = linprog(
            sign * target, A_ub=np.vstack([matrix, -matrix]) if shown else None,
            b_ub=np.concatenate([value + half, half - value]) + SLACK if shown else None,
            bounds=system.range_of(outcome), method="highs",
        )  # fmt: skip
        if solution.status != 0:
            raise UnhideableError(f"table {mean.spot[0]}, row {mean.spot[1] + 1}: {solution.message}")
        ends.append(sign * float(solution.fun))
        if shown:
            pressing = np.abs(solution.ineqlin.marginals) > SLACK
            narrowing |= pressing[: len(shown)] | pressing[len(shown) :]
    return ends[0], ends[1], [one for one, presses in zip(shown, narrowing, strict=True) if presses]


def all_alike(frames: Mapping[str, pd.DataFrame], link: GroupMeans) -> dict[str, Mask]:
    """Rows in which everybody has the same score, which the mean then says of everybody; by table."""
    found: dict[str, Mask] = {}
    if link.table in frames:
        frame = frames[link.table]
        low, high = (frame[column].to_numpy(dtype=float) for column in link.interval)
        of_persons = (frame[link.division].astype(str) == link.unit).to_numpy()
        found[link.table] = of_persons & (high - low < 10.0**-link.decimals)
    for same in link.same:
        if same.sd and same.table in frames:
            sd = frames[same.table][same.sd].to_numpy(dtype=float)
            found[same.table] = sd < 0.5 * 10.0**-same.decimals
    return found


def intervals_to_hide(frame: pd.DataFrame, link: GroupMeans, hidden: Mask) -> set[tuple[str, int, str]]:
    """Ends of intervals around means of several units, one of which is hidden: the spread of the units' means and
    their mean give two hidden ones together."""
    keys = frame[[link.outcome, link.division, link.group, link.wave]].astype(str).itertuples(index=False, name=None)
    told_of = list(keys)
    gone = {
        (o, group, wave)
        for (o, division, group, wave), h in zip(told_of, hidden, strict=True)
        if h and division == link.unit
    }
    if not gone:
        return set()
    all_units = {group for _, division, group, _ in told_of if division == link.unit}
    return {
        (link.table, row, column)
        for row, (outcome, division, group, wave) in enumerate(told_of)
        if division != link.unit
        and any((outcome, unit, wave) in gone for unit in link.units_of(division, group, all_units))
        for column in link.interval
    }

"""What earlier published reports say of a row: whether few persons stand between its figures then and now.

Whoever keeps an earlier report subtracts it from this one. Where one resident was erased in between, or a late
questionnaire came in, every count differs by that person's answer. Rows with the same keys are compared by the waves
behind them. Waves with the same checksum hold the same persons:

``same``     all of them: the persons are the same, and figures differ by method alone
``added``    some came: the difference is these waves' persons, as many as the bases differ by
``removed``  some went: likewise
``changed``  a checksum differs, or some came and others went: who differs is not known

A row is hidden when it stands on 1 to ``minimum_group - 1`` persons more or fewer than then. In a changed wave one
may have gone and another come, so an equal base is hidden too; where the bases differ by ``minimum_group`` or more, at
least so many persons differ, whoever they are. Several reports together are weighed too, where they add up to the waves
of this one. Not seen: sums of reports that leave a whole wave over beside few persons of a changed one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from analysis.disclosure.groups import Mask, families_of
from analysis.disclosure.rules import Levels, Links, TableRule

Kind = Literal["same", "added", "removed", "changed"]
Waves = Mapping[str, str]
"""Checksum by wave, in the order of the study."""

ALL, UNTIL = "all", "until:"


@dataclass(frozen=True)
class Earlier:
    """One earlier report: its waves, and its tables as they were published (hidden figures empty)."""

    name: str
    waves: Waves
    tables: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class WaveColumn:
    """Where a table says of which waves a row is.

    ``where``: only rows with these values, others are of all waves. ``until``: rows with these values are of the waves
    until then. A cell ``all`` (or one that names no wave) is of all waves, ``until:<wave>`` of those until then."""

    column: str
    where: Mapping[str, str] = field(default_factory=dict)
    until: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Follow:
    """Rows of ``table`` have no base of their own, or a rough one: they go where those of ``source`` with the same
    ``by`` go."""

    table: str
    source: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A row now and then: where it stood then, what happened to its waves, and which these were then."""

    row_then: int
    kind: Kind
    waves: Waves = field(default_factory=dict)


@dataclass(frozen=True)
class Rough:
    """A table whose only telling base is ``column``, published to so many persons (``to``)."""

    column: str
    to: int


@dataclass(frozen=True)
class History:
    """All ``earlier`` reports beside the ``waves`` of this one; ``rough``: by table, where bases are not exact."""

    waves: Waves
    earlier: Sequence[Earlier]
    columns: Mapping[str, WaveColumn] = field(default_factory=dict)
    follows: Sequence[Follow] = ()
    rough: Mapping[str, Rough] = field(default_factory=dict)
    strict: bool = False
    """Whether every row with other persons than then is taken to differ by few."""

    def few_rows(
        self, frames: Mapping[str, pd.DataFrame], rules: Mapping[str, TableRule], links: Links, *, minimum_group: int
    ) -> dict[str, Mask]:
        """Rows of every table that differ from an earlier report by few persons.

        Where a whole does, so may its parts that were hidden then: shown now, they would add up to it.
        """
        few = {name: self._few_of(frame, rules[name], minimum_group=minimum_group) for name, frame in frames.items()}
        for name, frame in frames.items():
            few[name] |= self._parts_of_few(frame, rules[name], links.levels_of(name), few[name])
        for follow in self.follows:
            if follow.table in frames and follow.source in frames:
                few[follow.table] = few[follow.table] | _following(frames, few, follow)
        return few

    def pairs(self, frame: pd.DataFrame, rule: TableRule, then: Earlier) -> dict[int, Pair]:
        """The rows of ``frame`` that an earlier report had too."""
        earlier = then.tables.get(rule.name)
        if earlier is None or not set(rule.keys) <= set(earlier.columns):
            return {}
        place = {key: row for row, key in enumerate(keys_of(earlier, rule.keys))}
        covers_now = self.covers(frame, rule.name, self.waves)
        covers_then = self.covers(earlier, rule.name, then.waves)
        found = {}
        for row, key in enumerate(keys_of(frame, rule.keys)):
            if key in place:
                now = {wave: self.waves[wave] for wave in covers_now[row]}
                before = {wave: then.waves[wave] for wave in covers_then[place[key]]}
                found[row] = Pair(place[key], kind_of(now, before), before)
        return found

    def covers(self, frame: pd.DataFrame, table: str, waves: Waves) -> list[tuple[str, ...]]:
        """Which of ``waves`` every row of ``frame`` is of."""
        everything = tuple(waves)
        declared = self.columns.get(table)
        if declared is None or declared.column not in frame:
            return [everything] * len(frame)
        narrowed, until = _matches(frame, declared.where), _matches(frame, declared.until)
        until &= bool(declared.until)
        found = []
        for row, cell in enumerate(frame[declared.column].astype(str)):
            name = cell.removeprefix(UNTIL)
            if not narrowed[row] or name not in waves:
                # a wave that is not there has nobody; every other word is of all waves
                found.append(everything if not narrowed[row] or name in (ALL, "-") else ())
            elif until[row] or cell.startswith(UNTIL):
                found.append(everything[: everything.index(name) + 1])
            else:
                found.append((name,))
        return found

    def _parts_of_few(self, frame: pd.DataFrame, rule: TableRule, levels: Levels | None, few: Mask) -> Mask:
        found = np.zeros(len(frame), dtype=bool)
        if levels is None or not few.any():
            return found
        families = list(families_of(frame, rule, levels))
        for then in self.earlier:
            pairs = self.pairs(frame, rule, then)
            for base in rule.bases:
                if not pairs or base not in then.tables[rule.name]:
                    continue
                before = figures_of(then.tables[rule.name], base)
                hidden = {r for r, p in pairs.items() if p.kind != "same" and np.isnan(before[p.row_then])}
                for whole, parts in families:
                    if few[whole].any():
                        found[[row for rows in parts for row in rows if row in hidden]] = True
        return found

    def _few_of(self, frame: pd.DataFrame, rule: TableRule, *, minimum_group: int) -> Mask:
        few = np.zeros(len(frame), dtype=bool)
        rough = self.rough.get(rule.name)
        bases = rule.bases if rough is None else (rough.column,)
        margin = minimum_group + (0 if rough is None else rough.to)
        paired = [(then, pairs) for then in self.earlier if (pairs := self.pairs(frame, rule, then))]
        if self.strict:
            few[[row for _, pairs in paired for row, pair in pairs.items() if pair.kind != "same"]] = True
        for base in bases:
            now = figures_of(frame, base)
            sides = []
            for then, pairs in paired:
                if base not in then.tables[rule.name]:
                    continue
                before = figures_of(then.tables[rule.name], base)
                covers = self.covers(then.tables[rule.name], rule.name, then.waves)
                for row, pair in pairs.items():
                    difference = abs(now[row] - before[pair.row_then])  # empty where it was hidden then
                    few[row] |= difference < margin and (pair.kind == "changed" or (rough is None and difference > 0))
                sides.append({
                    row: ({wave: then.waves[wave] for wave in covers[pair.row_then]}, before[pair.row_then])
                    for row, pair in pairs.items()
                    if np.isfinite(before[pair.row_then])
                })  # fmt: skip
            if len(sides) > 1:
                few |= self._few_of_several(frame, rule.name, now, sides, margin)
        return few

    def _few_of_several(
        self,
        frame: pd.DataFrame,
        table: str,
        now: np.ndarray,
        sides: Sequence[Mapping[int, tuple[Waves, float]]],
        margin: int,
    ) -> Mask:
        """Rows whose waves several earlier reports add up to, but for few persons of changed waves; ``sides``: by
        report and row, its waves and its base."""
        few = np.zeros(len(frame), dtype=bool)
        known: dict[tuple[object, ...], np.ndarray | None] = {}
        for row, cover in enumerate(self.covers(frame, table, self.waves)):
            there = [side[row] for side in sides if row in side]
            if len(there) < 2:
                continue
            key = tuple((wave, self.waves[wave]) for wave in cover), tuple(tuple(waves.items()) for waves, _ in there)
            if key not in known:
                known[key] = changed_sum(*key)
            times = known[key]
            if times is not None:
                few[row] = abs(now[row] - float(times @ np.asarray([n for _, n in there]))) < margin
        return few


def _following(frames: Mapping[str, pd.DataFrame], few: Mapping[str, Mask], follow: Follow) -> Mask:
    frame, source = frames[follow.table], frames[follow.source]
    gone = {key for key, hidden in zip(keys_of(source, follow.by), few[follow.source], strict=True) if hidden}
    return np.asarray([key in gone for key in keys_of(frame, follow.by)], dtype=bool)


def kind_of(now: Waves, then: Waves) -> Kind:
    """What happened to the waves behind a row."""
    if any(then[wave] != checksum for wave, checksum in now.items() if wave in then):
        return "changed"
    came, went = now.keys() - then.keys(), then.keys() - now.keys()
    if came and went:
        return "changed"
    return "added" if came else "removed" if went else "same"


def changed_sum(now: Sequence[tuple[str, str]], then: Sequence[Sequence[tuple[str, str]]]) -> np.ndarray | None:
    """How often to take each of ``then`` (waves with checksums) so that they have the same waves as ``now``, but not
    all with the same checksum; None when there is no such sum."""
    waves = sorted({wave for side in (now, *then) for wave, _ in side})
    parts = np.asarray([[float(any(w == wave for w, _ in side)) for side in then] for wave in waves])
    whole = np.asarray([float(any(w == wave for w, _ in now)) for wave in waves])
    times: np.ndarray = np.linalg.lstsq(parts, whole, rcond=None)[0]
    if np.abs(parts @ times - whole).max(initial=0.0) > 1e-9:
        return None
    versions = sorted({version for side in (now, *then) for version in side})
    there = np.asarray([[float(version in side) for side in then] for version in versions])
    same = np.asarray([float(version in now) for version in versions])
    return times if np.abs(there @ times - same).max(initial=0.0) > 1e-9 else None


def keys_of(frame: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """The values of ``columns``, row by row."""
    return [tuple(row) for row in frame[list(columns)].astype(str).to_numpy()]


def figures_of(frame: pd.DataFrame, column: str) -> np.ndarray:
    """A column of numbers, NaN where hidden."""
    return frame[column].to_numpy(dtype=float, na_value=np.nan)


def _matches(frame: pd.DataFrame, values: Mapping[str, str]) -> Mask:
    mask = np.ones(len(frame), dtype=bool)
    for column, value in values.items():
        mask &= (frame[column].astype(str) == value).to_numpy()
    return mask

"""Answers that lie far from those of the wave before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.wave_shift import Sample, Shift, icc_between, item_rest, shift_between, units_of
from pipeline.declare import Instrument
from pipeline.declare.params import ShiftParams
from pipeline.intake.checks.earlier import StoredWave
from pipeline.intake.checks.scales import against_their_scale, ends_of, keyed_answers
from pipeline.intake.checks.subject import Subject
from pipeline.intake.problems import Problem

_MOST_ROWS = 5_000
_MIRRORED = 0.5
"""Turned round, the answers must lie this much nearer to the earlier ones."""


def far_from_before(subject: Subject, stored: Sequence[StoredWave]) -> list[Problem]:
    """Items answered otherwise than in the wave before (same corporation and questionnaire, the latest to begin before
    this one; else the pool's other waves), and items whose answers look mirrored."""
    wave = subject.expected.wave
    before, called = _before(subject, stored)
    if wave is None or not before:
        return []
    earlier = pd.concat([w.ingested_by_person for w in before], ignore_index=True)
    items = [name for name in subject.items if all(name in w.items for w in before)]
    expected, new = subject.expected, _some(subject.ingested_by_person)
    found = compare(new, _some(earlier), expected.instrument, items, expected.params.shift)
    shares = {name: {"share": round(100 * shift.variation)} for name, shift in found.shifted.items()}
    return [
        *(subject.problem("item_turned", name) for name in found.mirrored),
        *(subject.problem("item_shifted", name, details=share | called) for name, share in shares.items()),
    ]


def _some(by_person: pd.DataFrame) -> pd.DataFrame:
    """All persons, or ``_MOST_ROWS`` of them, evenly spread: more make no distribution better known."""
    return by_person.iloc[:: max(1, -(-len(by_person) // _MOST_ROWS))]


@dataclass(frozen=True)
class Found:
    """``shifted``: items that lie far from before; ``mirrored``: items that would not, were they turned round."""

    shifted: Mapping[str, Shift]
    mirrored: list[str]


def compare(
    new: pd.DataFrame, old: pd.DataFrame, instrument: Instrument, items: Sequence[str], params: ShiftParams
) -> Found:
    """Compare ``items`` of two frames with one row a person (columns: the items and ``project``).

    An item is far from before when that is no chance (``alpha`` shared among the items) and large enough to matter.
    What runs against its own scale is told as such already, and left out here.
    """
    answers, earlier = new[list(items)].astype(float), old[list(items)].astype(float)
    told = against_their_scale(answers, instrument, params)
    new_units, old_units = units_of(new["project"]), units_of(old["project"])
    far: dict[str, Shift] = {}
    for name in items:
        if name in told or min(answers[name].count(), earlier[name].count()) < params.minimum_n:
            continue
        codes = [float(c.value) for c in instrument.categories_of(instrument.field_named(name))]
        sides = Sample.of(answers[name], new_units), Sample.of(earlier[name], old_units)
        icc = icc_between(*sides, icc=params.icc, icc_same_project=params.icc_same_project)
        shift = shift_between(*sides, codes=codes, icc=icc)
        large = abs(shift.mean) >= params.mean or shift.variation >= params.variation
        if large and shift.pvalue < params.alpha / len(items):
            far[name] = shift
    mirrored = _mirrored(far, answers, instrument, params)
    return Found({name: shift for name, shift in far.items() if name not in mirrored}, mirrored)


def _mirrored(
    far: Mapping[str, Shift], answers: pd.DataFrame, instrument: Instrument, params: ShiftParams
) -> list[str]:
    """Of the items that lie far away, those that lie near once they are turned round.

    An item that goes along with the rest of its scale was not turned alone: it counts only where at least half of the
    scale's items are mirrored with it.
    """
    nearer = [name for name, shift in far.items() if shift.mirrored < _MIRRORED * shift.variation]
    doubted: set[str] = set()
    for construct in instrument.constructs:
        names = [name for name in construct.items if name in answers.columns]
        along = {
            n
            for n, c in item_rest(keyed_answers(answers[names], instrument), alpha=params.alpha).items()
            if c.lower > 0
        }
        if 2 * len(set(nearer) & set(names)) < len(names):
            doubted |= along
    return [name for name in nearer if name not in doubted]


def _before(subject: Subject, stored: Sequence[StoredWave]) -> tuple[list[StoredWave], dict[str, str | int]]:
    """The waves to compare with, and what to call them."""
    wave = subject.expected.wave
    if wave is None:
        return [], {}
    readable = [
        w for w in stored
        if w.ingested_by_person is not None and w.wave.instrument == wave.instrument and w.wave.origin == wave.origin
    ]  # fmt: skip
    own = [
        w for w in readable
        if w.of_corporation(wave.corporation) and w.wave.pool == wave.pool
        and w.wave.fieldwork.start < wave.fieldwork.start
    ]  # fmt: skip
    if own:
        latest = max(own, key=lambda w: w.wave.fieldwork.start)
        return [latest], dict(latest.called(wave.corporation))
    others = [w for w in readable if w.wave.pool == wave.pool]
    return others, {"which_nl": "de andere golven van deze groep", "which_en": "the other waves of this pool"}


__all__ = ["Found", "compare", "ends_of", "far_from_before"]

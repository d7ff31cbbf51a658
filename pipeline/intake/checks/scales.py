"""Items that run against the scale they belong to: a scale of answers that was turned round."""

from __future__ import annotations

import pandas as pd

from analysis.wave_shift import turned_items
from pipeline.declare import Instrument
from pipeline.declare.params import ShiftParams
from pipeline.intake.checks.subject import Subject
from pipeline.intake.problems import Problem


def turned(subject: Subject) -> list[Problem]:
    """Items that go down where the rest of their scale goes up, by the scoring key."""
    if subject.expected.study is None or not subject.items:
        return []
    names = against_their_scale(subject.answers(), subject.expected.instrument, subject.expected.params.shift)
    return [subject.problem("item_turned", name) for name in subject.items if name in names]


def against_their_scale(answers: pd.DataFrame, instrument: Instrument, params: ShiftParams) -> set[str]:
    """Names of such items among the columns of ``answers``; ``alpha`` is shared among all of them, and an
    item with fewer than ``minimum_n`` answers is not judged."""
    found: set[str] = set()
    alpha = params.alpha / max(answers.shape[1], 1)
    for construct in instrument.constructs:
        names = [name for name in construct.items if name in answers.columns]
        keyed = keyed_answers(answers[names], instrument)
        found |= set(turned_items(keyed, alpha=alpha, ends=dict.fromkeys(names, 1.0), fewest=params.minimum_n))
    return found


def ends_of(instrument: Instrument, name: str) -> tuple[float, float]:
    """Lowest and highest code of an item."""
    codes = [float(category.value) for category in instrument.categories_of(instrument.field_named(name))]
    return min(codes), max(codes)


def keyed_answers(answers: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """``answers`` with reversed items turned, and every item from 0 (lowest code) to 1."""
    keyed = {}
    for name in answers.columns:
        low, high = ends_of(instrument, name)
        place = (answers[name] - low) / (high - low)
        keyed[name] = 1 - place if instrument.field_named(name).reversed else place
    return pd.DataFrame(keyed, index=answers.index)

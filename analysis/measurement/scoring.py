"""From answers to scale scores, by each scale's own rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Item:
    """One item: the lowest and highest code of its answer scale, and whether it is worded the other way round."""

    name: str
    lower: float
    upper: float
    reversed: bool = False


@dataclass(frozen=True)
class Scale:
    """Items that are scored together.

    ``rule`` ``mean`` or ``sum``; the score is multiplied by ``multiply``. ``minimum_answered``: ``all`` items, at least
    ``half`` of them, or at least that many. ``lower`` and ``upper``: the declared range of the score.
    """

    name: str
    items: tuple[Item, ...]
    rule: Literal["mean", "sum"]
    multiply: float
    minimum_answered: Literal["all", "half"] | int
    lower: float
    upper: float

    @property
    def item_names(self) -> list[str]:
        """Names of the items, in order."""
        return [item.name for item in self.items]

    @property
    def n_required(self) -> int:
        """How many items must be answered for a score (half of five is three)."""
        match self.minimum_answered:
            case "all":
                return len(self.items)
            case "half":
                return (len(self.items) + 1) // 2
            case number:
                return number


@dataclass(frozen=True)
class Difference:
    """A score that is the mean of the ``plus`` scores less the mean of the ``minus`` scores."""

    name: str
    plus: tuple[str, ...]
    minus: tuple[str, ...]


def reverse(answers: pd.Series[float], *, lower: float, upper: float) -> pd.Series[float]:
    """Answers counted from the other end: ``lower + upper - answer``. Half points stay half points."""
    return lower + upper - answers


def reversed_where_declared(answers_by_person: pd.DataFrame, items: Sequence[Item]) -> pd.DataFrame:
    """The items' answers (persons by items, floats, NaN without an answer), reversed items turned round."""
    return pd.DataFrame(
        {
            item.name: reverse(answers_by_person[item.name].astype(float), lower=item.lower, upper=item.upper)
            if item.reversed
            else answers_by_person[item.name].astype(float)
            for item in items
        },
        index=answers_by_person.index,
    )


def scale_score(answers_by_person: pd.DataFrame, scale: Scale) -> pd.Series[float]:
    """Scores by person from answers after reversal; NaN where fewer items are answered than the scale requires.

    A mean is over the answered items. A sum with items missing (where the scale allows it) is prorated: the sum of the
    answered items times the number of items over the number answered.
    """
    answers = answers_by_person[scale.item_names]
    n_answered = answers.notna().sum(axis=1)
    n_answered = n_answered.where((n_answered > 0) & (n_answered >= scale.n_required))
    times = len(scale.items) if scale.rule == "sum" else 1
    # divided last, so that a complete sum stays a whole number and the mean of equal answers is that answer
    return answers.sum(axis=1) * times / n_answered * scale.multiply


def difference_score(scores_by_person: pd.DataFrame, difference: Difference) -> pd.Series[float]:
    """Mean of some scores less the mean of others, by person; NaN unless every score in it is there.

    A mean over whichever scores happen to be there would compare different things for different persons.
    """
    plus = scores_by_person[list(difference.plus)].mean(axis=1, skipna=False)
    if not difference.minus:
        return plus
    return plus - scores_by_person[list(difference.minus)].mean(axis=1, skipna=False)


def scores(answers_by_person: pd.DataFrame, scales: Sequence[Scale], differences: Sequence[Difference]) -> pd.DataFrame:
    """Every scale score and difference score by person, one column each, in the order given."""
    by_name: Mapping[str, pd.Series[float]] = {scale.name: scale_score(answers_by_person, scale) for scale in scales}
    frame = pd.DataFrame(by_name, index=answers_by_person.index)
    for difference in differences:
        frame[difference.name] = difference_score(frame, difference)
    return frame

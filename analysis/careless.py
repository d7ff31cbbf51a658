"""Answers given without care, and the same answers given twice.

Three indices that look at different things, each a flag and none a reason to delete anybody: translated questionnaires
and honest straightlining make deletion a bias (Curran 2016, Journal of Experimental Social Psychology 66, 4-19;
Meade & Craig 2012, Psychological Methods 17, 437-455, who advise several indices together). A person counts as careless
when at least two of the three agree.

All indices are taken of the codes as asked, before any reversal: who does not read does not reverse either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

LONGSTRING_MINIMUM_ITEMS = 6
"""Fewer items in a row are honestly answered alike, when all of them point the same way."""
IRV_MINIMUM_ITEMS = 6
"""A spread over fewer answers says nothing."""
CONTRADICTION_REACH = 0.25
"""Both answers must lie within this part of the answer scale's same end (codes 4 and 5, or 1 and 2, of 1 to 5)."""
INDICES_THAT_MUST_AGREE = 2

_ROUNDING = 1e-9


@dataclass(frozen=True)
class OpposedItems:
    """Items of one scale of which some are worded the other way round: who agrees with both contradicts themself."""

    straight: tuple[str, ...]
    reversed: tuple[str, ...]


def longest_run_share(answers: pd.DataFrame) -> pd.Series[float]:
    """Longest run of equal answers as a share of the answers given, by person; columns in the order asked.

    Items without an answer are skipped. NaN where fewer than ``LONGSTRING_MINIMUM_ITEMS`` were answered.
    The *longstring* index (Johnson 2005, Journal of Research in Personality 39, 103-129; Curran 2016), taken within a
    block of like items.
    """
    values = answers.to_numpy(dtype=float)
    last = np.full(len(values), np.nan)
    run = np.zeros(len(values), dtype=int)
    longest = np.zeros(len(values), dtype=int)
    for column in values.T:
        answered = ~np.isnan(column)
        run = np.where(answered, np.where(column == last, run + 1, 1), run)
        last = np.where(answered, column, last)
        longest = np.maximum(longest, run)
    n_answered = (~np.isnan(values)).sum(axis=1)
    share = np.where(n_answered >= LONGSTRING_MINIMUM_ITEMS, longest / np.maximum(n_answered, 1), np.nan)
    return pd.Series(share, index=answers.index)


def intra_individual_sd(answers: pd.DataFrame, ranges: Mapping[str, tuple[float, float]]) -> pd.Series[float]:
    """Standard deviation (n - 1) of each person's own answers, in points of a five-point scale.

    ``ranges`` gives the lowest and highest code of each item; codes are stretched onto 1 to 5 first, so that answer
    scales of different length can stand together. NaN where fewer than ``IRV_MINIMUM_ITEMS`` were answered.
    *Intra-individual response variability* (Dunn et al. 2018, Journal of Business and Psychology 33, 105-121).
    """
    points = 1 + 4 * _positions(answers, ranges)
    return points.std(axis=1, ddof=1).where(points.notna().sum(axis=1) >= IRV_MINIMUM_ITEMS)


def contradiction_share(
    answers: pd.DataFrame, ranges: Mapping[str, tuple[float, float]], opposed: Sequence[OpposedItems]
) -> pd.Series[float]:
    """Share of the reversed items that a person answered like the straight items of the same scale.

    An answer contradicts when it and the mean of the scale's straight items lie near the same end of the answer scale
    (``CONTRADICTION_REACH``). NaN where no reversed item can be judged. Semantic antonyms (Meade & Craig 2012).
    """
    columns: list[npt.NDArray[np.float64]] = []
    for scale in opposed:
        position = _positions(answers[[*scale.straight, *scale.reversed]], ranges)
        straight = position[list(scale.straight)].mean(axis=1).to_numpy()
        for name in scale.reversed:
            other = position[name].to_numpy()
            high = (straight >= 1 - CONTRADICTION_REACH - _ROUNDING) & (other >= 1 - CONTRADICTION_REACH - _ROUNDING)
            low = (straight <= CONTRADICTION_REACH + _ROUNDING) & (other <= CONTRADICTION_REACH + _ROUNDING)
            judged = ~np.isnan(straight) & ~np.isnan(other)
            columns.append(np.where(judged, (high | low).astype(float), np.nan))
    if not columns:
        return pd.Series(np.nan, index=answers.index)
    return pd.DataFrame(np.column_stack(columns), index=answers.index).mean(axis=1)


def careless_flags(
    answers: pd.DataFrame,
    *,
    ranges: Mapping[str, tuple[float, float]],
    runs: Sequence[Sequence[str]],
    opposed: Sequence[OpposedItems],
    longstring_share: float,
    minimum_irv: float,
) -> pd.DataFrame:
    """Flags by person: ``flag_longstring``, ``flag_irv``, ``flag_contradiction`` and ``careless`` (bool).

    ``runs`` are the blocks in which a long string is looked for, each the items in the order asked. Longstring: in any
    block the longest run covers at least ``longstring_share`` of the answers. IRV: below ``minimum_irv`` five-point
    points. Contradiction: more than half of the reversed items that can be judged, so that one badly translated item
    flags nobody where there are two. ``careless``: at least two of the three. What cannot be judged is not flagged.
    """
    flags = pd.DataFrame(False, index=answers.index, columns=["flag_longstring", "flag_irv", "flag_contradiction"])
    for names in runs:
        flags["flag_longstring"] |= longest_run_share(answers[list(names)]) >= longstring_share - _ROUNDING
    flags["flag_irv"] = intra_individual_sd(answers, ranges) < minimum_irv
    flags["flag_contradiction"] = contradiction_share(answers, ranges, opposed) > 0.5
    flags["careless"] = flags.sum(axis=1) >= INDICES_THAT_MUST_AGREE
    return flags


def repeated_answers(answers: pd.DataFrame, background: pd.DataFrame, *, minimum_answers: int) -> pd.Series[bool]:
    """Whether a person's answers and background are, to the last cell, those of somebody before them.

    Only persons with at least ``minimum_answers`` answers that are not all the same code are compared: with few
    answers, or all of them alike, two people may simply agree.
    """
    comparable = (answers.notna().sum(axis=1) >= minimum_answers) & (answers.nunique(axis=1) > 1)
    compared = pd.concat([answers, background], axis=1)[comparable]
    return compared.duplicated(keep="first").reindex(answers.index, fill_value=False).astype(bool)


def _positions(answers: pd.DataFrame, ranges: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """Where each answer lies on its answer scale, 0 (lowest code) to 1 (highest)."""
    lower = pd.Series({name: ranges[name][0] for name in answers.columns})
    upper = pd.Series({name: ranges[name][1] for name in answers.columns})
    return (answers.astype(float) - lower) / (upper - lower)

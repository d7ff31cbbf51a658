"""The outcome under a specification: scores by person, and how far persons truly differ on what they measure.

Observed scores are the instrument's own, or sums of complete answers. Measured first, a score estimates the factor
without bias whatever the factor's causes are, so that regressing it on observed variables is local SAM with the
measurement taken as known (Rosseel & Loh 2022; Croon 2002), and its error only widens intervals. Effects are told in
standard deviations of the outcome among persons: of the score itself for observed scores, of the factor (the score's
variance less that of its error) for those measured first.

A derived score is the mean of some scales less that of others. Factors are then put in the metric of their items (the
mean loading is one; Little, Slegers & Card 2006), as the observed difference is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.scoring import Scale, scale_score
from analysis.multiverse.factors import UnansweredError, factor_of
from analysis.multiverse.frames import Analysed
from analysis.multiverse.inputs import Inputs, scales_behind
from analysis.multiverse.specification import Specification

Array = npt.NDArray[np.floating[Any]]
Answers = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Score:
    """``values`` (m, n): scores of n persons, one row, or one an imputation; NaN (in all rows) where there is none.
    ``error`` (m,): the variance of the scores' error, nil for observed scores."""

    values: Array
    error: Array

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Who has a score, (n,)."""
        return np.asarray(~np.isnan(self.values[0]))

    def only(self, kept: npt.NDArray[np.bool_]) -> Score:
        """Of those who are ``kept`` (n,)."""
        return Score(self.values[:, kept], self.error)

    def sd(self) -> float:
        """How far persons differ on what is measured, over imputations; raises ``UnansweredError`` where, errors apart,
        they do not."""
        variance = float(np.mean(self.values.var(axis=1, ddof=1) - self.error))
        if not variance > 0:
            raise UnansweredError("inadmissible" if self.error.any() else "refused", "no_variation")
        return float(np.sqrt(variance))


def weights_of(outcome: str, inputs: Inputs) -> dict[str, float]:
    """The scales that ``outcome`` is made of, and what each counts for."""
    difference = inputs.differences.get(outcome)
    if difference is None:
        return dict.fromkeys(scales_behind(outcome, inputs), 1.0)
    plus = {name: 1 / len(difference.plus) for name in difference.plus}
    return plus | {name: -1 / len(difference.minus) for name in difference.minus}


def score_of(outcome: str, who: Analysed, s: Specification, inputs: Inputs) -> Score:
    """Scores on ``outcome`` of the persons ``who`` by ``s``; joint estimators get the scores that measurement first
    would give. Raises ``UnansweredError`` where there are none."""
    if s.score == "mean" and s.missing == "listwise":
        return _observed(outcome, who, inputs)
    weights = weights_of(outcome, inputs)
    scales = {name: inputs.scales[name] for name in weights}
    answers = answers_of(list(scales.values()), who, s, inputs)
    if s.score in ("mean", "sum"):
        rules = {
            n: scale if s.score == "mean" else replace(scale, minimum_answered="all") for n, scale in scales.items()
        }
        parts = [weights[n] * _scored(answers[n], scale) for n, scale in rules.items()]
        return Score(np.sum(parts, axis=0), np.zeros(len(parts[0])))
    factors = {
        name: factor_of(answers[name], ordinal=s.score == "ordinal", minimum_n=inputs.minimum_n) for name in scales
    }
    values = np.sum([weights[name] * factor.scores for name, factor in factors.items()], axis=0)
    error = np.sum([weights[name] ** 2 * factor.error for name, factor in factors.items()], axis=0)
    return Score(values, np.full(len(values), error))


def answers_of(scales: Sequence[Scale], who: Analysed, s: Specification, inputs: Inputs) -> dict[str, Answers]:
    """Answers (m, n, items) to each scale, as ``s`` deals with missing ones.

    ``imputation``: filled in m times for who answered something of every scale. ``fiml``: as they are. ``listwise``:
    nobody's who left an item of any of the scales open.
    """
    items = [item for scale in scales for item in scale.item_names]
    ends = np.cumsum([0, *(len(scale.items) for scale in scales)])
    absent = [item for item in items if item not in inputs.persons.columns]
    if absent:
        raise UnansweredError("refused", "no_data")
    if s.missing == "imputation":
        imputed = inputs.imputed[s.residents if s.residents in inputs.imputed else "analysed"]
        if not set(items) <= set(imputed.items):
            raise UnansweredError("refused", "no_data")
        # who answered nothing of a scale was not asked it, or did not want to: nothing is made up for them
        given = ~np.isnan(inputs.persons[items].to_numpy(dtype=float)[who.rows])
        some = [given[:, a:b].any(axis=1) for a, b in pairwise(ends)]
        every = np.where(np.all(some, axis=0)[:, None], imputed.answers(who.rows, items), np.nan)
    else:
        every = inputs.persons[items].to_numpy(dtype=float)[who.rows][None]
        if s.missing == "listwise":
            every = np.where(np.isnan(every).any(axis=2, keepdims=True), np.nan, every)
    return {scale.name: every[:, :, a:b] for scale, (a, b) in zip(scales, pairwise(ends), strict=True)}


def _observed(outcome: str, who: Analysed, inputs: Inputs) -> Score:
    """The score as it stands in the persons frame."""
    if outcome not in inputs.persons.columns:
        raise UnansweredError("refused", "no_data")
    return Score(inputs.persons[outcome].to_numpy(dtype=float)[who.rows][None], np.zeros(1))


def _scored(answers: Answers, scale: Scale) -> Array:
    """Scores (m, n) by the scale's rule."""
    m, n, p = answers.shape
    frame = pd.DataFrame(answers.reshape(m * n, p), columns=scale.item_names)
    return scale_score(frame, scale).to_numpy(dtype=float).reshape(m, n)

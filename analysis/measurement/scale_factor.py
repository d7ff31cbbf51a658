"""The one factor of a scale, from every answer that was given, and the scores of persons on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.measurement.factor_scores import (
    METHODS,
    FactorScores,
    Measurement,
    Method,
    factor_scores,
    measurements_of,
)
from analysis.measurement.scoring import Scale
from analysis.sem import ModelError, fit

FactorProblem = Literal[
    "too_few",  # fewer persons than asked for answered anything of the scale
    "single_item",  # one item is no factor
    "two_items",  # two items do not identify one
    "constant_item",  # an item everybody answered alike, or nobody answered, is left out
    "not_estimable",  # the model cannot be fitted to these answers
    "not_converged",  # no solution was found
    "inadmissible",  # the solution cannot be true
    "zero_residual",  # an item is wholly the factor: Bartlett scores are not defined
]
FACTOR_PROBLEMS: tuple[FactorProblem, ...] = get_args(FactorProblem)

_ITEMS_TO_IDENTIFY = 3


@dataclass(frozen=True)
class ScaleFactor:
    """The one-factor model of a scale, the factor with mean 0 and standard deviation 1 among those it was fitted to.

    ``measurement``: ``None`` where there is no solution that can be true; its loadings point up on the whole. Its items
    are those of the scale that vary. ``problem``: a code, or nothing; with ``constant_item`` there may be a
    measurement.
    """

    measurement: Measurement | None
    problem: FactorProblem | None = None

    def problem_of(self, method: Method) -> FactorProblem | None:
        """What stands in the way of scores by ``method``, or beside them."""
        if method == "bartlett" and self.measurement is not None and not self.measurement.has_unique_parts:
            return "zero_residual"
        return self.problem

    def scores(self, answers_by_person: pd.DataFrame, scale: Scale, *, method: Method) -> FactorScores | None:
        """Scores of the persons given (answers after reversal), from every answer of whoever answered as many items as
        ``scale`` requires, NaN for others; ``None`` where there are none by this method (``problem_of``)."""
        if self.measurement is None or self.problem_of(method) == "zero_residual":
            return None
        enough = answers_by_person[scale.item_names].notna().sum(axis=1) >= scale.n_required
        answers = answers_by_person.loc[:, list(self.measurement.items)].astype(float).where(enough)
        return factor_scores(self.measurement, answers.to_numpy(), method=method)


def scale_factor(answers_by_person: pd.DataFrame, scale: Scale, *, minimum_n: int) -> ScaleFactor:
    """Fit one factor to all answers of the persons given (after reversal), by maximum likelihood of every answer.

    Whoever left an item open counts with the others (FIML: missing at random given the answers to the scale's other
    items). No fit to fewer than ``minimum_n`` persons with an answer.
    """
    answers = answers_by_person[scale.item_names].astype(float).dropna(how="all")
    varying = answers.loc[:, answers.nunique() > 1].dropna(how="all")
    if len(scale.items) < _ITEMS_TO_IDENTIFY:
        return ScaleFactor(None, "two_items" if len(scale.items) == 2 else "single_item")
    if len(varying) < minimum_n:
        return ScaleFactor(None, "too_few" if len(answers) < minimum_n else "constant_item")
    if varying.shape[1] < _ITEMS_TO_IDENTIFY:
        return ScaleFactor(None, "constant_item")
    # items under plain names, so that no item name can be read as syntax
    plain = varying.set_axis([f"x{j}" for j in range(varying.shape[1])], axis=1)
    try:
        result = fit(f"F =~ {' + '.join(plain.columns)}", plain, missing="fiml", std_lv=True)
    except ModelError:
        return ScaleFactor(None, "not_estimable")
    if not (result.converged and result.admissible):
        return ScaleFactor(None, "inadmissible" if result.converged else "not_converged")
    found = _upwards(measurements_of(result)[""], varying.columns)
    return ScaleFactor(found, "constant_item" if varying.shape[1] < len(scale.items) else None)


def factor_score_columns(
    answers_by_person: pd.DataFrame, scale: Scale, *, fitted_to: pd.Series[bool], minimum_n: int
) -> pd.DataFrame:
    """``<scale>_regression``, ``<scale>_regression_se``, ``<scale>_bartlett``, ``<scale>_bartlett_se`` by person.

    In standard deviations of the factor among those the model is ``fitted_to``, whose mean is 0. NaN throughout where
    there is no such model, and for who answered fewer items than the scale requires.
    """
    factor = scale_factor(answers_by_person[fitted_to], scale, minimum_n=minimum_n)
    columns = {}
    for method in METHODS:
        made = factor.scores(answers_by_person, scale, method=method)
        nothing = np.full(len(answers_by_person), np.nan)
        columns[f"{scale.name}_{method}"] = nothing if made is None else made.scores[:, 0]
        columns[f"{scale.name}_{method}_se"] = nothing if made is None else made.se[:, 0]
    return pd.DataFrame(columns, index=answers_by_person.index)


def factor_score_summary(
    answers_by_person: pd.DataFrame, score: pd.Series[float], scale: Scale, *, minimum_n: int
) -> pd.DataFrame:
    """One row a method: ``method n_obs se determinacy r_scale problem``, of the persons it is fitted to.

    ``n_obs`` persons have a factor score; ``se`` is the mean of its standard errors, ``r_scale`` its correlation with
    the scale ``score`` (NaN where that does not vary). No figures, and the problem ``too_few``, from fewer than
    ``minimum_n``.
    """
    factor = scale_factor(answers_by_person, scale, minimum_n=minimum_n)
    rows = []
    for method in METHODS:
        made, problem = factor.scores(answers_by_person, scale, method=method), factor.problem_of(method)
        scored = np.zeros(len(score), bool) if made is None else ~np.isnan(made.scores[:, 0])
        figures = dict.fromkeys(("se", "determinacy", "r_scale"), np.nan)
        if made is not None and scored.sum() < minimum_n:
            problem = "too_few"
        elif made is not None:
            observed = score.to_numpy(dtype=float)[scored]
            varies = np.ptp(observed) > 0
            figures = {
                "se": float(made.se[scored, 0].mean()), "determinacy": float(made.determinacy()[0]),
                "r_scale": float(np.corrcoef(made.scores[scored, 0], observed)[0, 1]) if varies else np.nan,
            }  # fmt: skip
        rows.append({"method": method, "n_obs": int(scored.sum()), **figures, "problem": problem or ""})
    return pd.DataFrame(rows)


def _upwards(found: Measurement, items: pd.Index) -> Measurement:
    """The same model with the factor turned so that its loadings point up on the whole, and the items' own names."""
    turn = -1.0 if found.loadings.sum() < 0 else 1.0
    return Measurement(
        tuple(map(str, items)), found.factors, found.loadings * turn, found.residual, found.item_means, found.mean,
        found.covariance,
    )  # fmt: skip

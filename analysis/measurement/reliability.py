"""How consistently the items of a scale measure one thing, and what would have gone wrong if they did not.

Everything here is of answers after reversal. What stands in the way of a figure is a fact beside it (``problems.py``),
never an exception and never a silently low number. The parts: ``alpha``, ``items``, ``factor`` and ``omega``,
``ordinal_reliability``, ``correlations``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from analysis.measurement.alpha import (
    alpha_interval,
    alpha_of_covariance,
    cronbach_alpha,
    mean_inter_item,
    standardised_alpha,
)
from analysis.measurement.correlations import fisher_interval, score_correlations
from analysis.measurement.factor import (
    FIT_MEASURES,
    ITEMS_TO_IDENTIFY,
    LOADING_COLUMNS,
    Missing,
    OneFactor,
    one_factor,
)
from analysis.measurement.items import (
    alpha_if_dropped,
    complete_answers,
    covariance,
    item_problems,
    item_rest_correlations,
    item_statistics,
    varying,
)
from analysis.measurement.omega import omega_total
from analysis.measurement.ordinal_reliability import OrdinalReliability, ordinal_reliability
from analysis.measurement.problems import PROBLEMS, Problem, in_order
from analysis.measurement.scoring import Scale

__all__ = [
    "FIT_MEASURES", "LOADING_COLUMNS", "PROBLEMS", "OneFactor", "OrdinalReliability", "Problem", "ScaleReliability",
    "alpha_if_dropped", "alpha_interval", "alpha_of_covariance", "complete_answers", "cronbach_alpha",
    "fisher_interval", "item_problems", "item_rest_correlations", "item_statistics", "mean_inter_item",
    "omega_total", "one_factor", "ordinal_reliability", "scale_reliability", "score_correlations",
    "standardised_alpha",
]  # fmt: skip

_ROUNDING = 1e-9


@dataclass(frozen=True)
class ScaleReliability:
    """One scale in one group.

    ``n_obs`` persons answered every item (alpha, omega); ``n_scored`` have a score (mean, sd, shares).
    ``alpha_standardised`` is alpha of the correlations, of two items their Spearman-Brown coefficient.
    """

    n_obs: int
    n_scored: int
    n_items: int
    alpha: float
    alpha_ci_lower: float
    alpha_ci_upper: float
    alpha_standardised: float
    mean_inter_item: float
    mean: float
    sd: float
    floor_share: float
    ceiling_share: float
    problems: tuple[Problem, ...]
    factor: OneFactor
    ordinal: OrdinalReliability = field(default_factory=OrdinalReliability)


def scale_reliability(
    answers_by_person: pd.DataFrame,
    score: pd.Series[float],
    scale: Scale,
    *,
    minimum_n: int,
    confidence: float,
    missing: Missing = "listwise",
    clusters: pd.Series | None = None,
    ordinal: bool = True,
) -> ScaleReliability:
    """Reliability of ``scale`` from the persons given (``answers_by_person``: after reversal; ``score``: their scores).

    Figures from fewer than ``minimum_n`` persons are NaN, with the problem ``too_few``. Alpha, omega and the ordinal
    figures stand on those who answered every item; with ``missing="fiml"`` the factor model and omega use every answer
    given. ``clusters``: one value a person, for the interval of omega (``factor.one_factor``). ``ordinal=False`` leaves
    the ordinal figures out.
    """
    complete, scored = complete_answers(answers_by_person, scale), score.dropna()
    enough, enough_scores = len(complete) >= minimum_n, len(scored) >= minimum_n
    vary = varying(complete) if enough else complete.iloc[:, :0]
    factor = OneFactor("too_few")
    if enough:
        answers = vary if missing == "listwise" else _given(answers_by_person, vary)
        factor = one_factor(
            answers, n_declared=len(scale.items), confidence=confidence, missing=missing,
            clusters=None if clusters is None else clusters.reindex(answers.index),
        )  # fmt: skip
    by_rank = ordinal_reliability(vary) if ordinal else OrdinalReliability()
    found = _problems_of_size(len(scale.items), enough=enough and enough_scores)
    found |= _problems_of_items(complete, vary) if enough else set()
    if "perfect_correlation" not in found:  # which explains why no model was fitted
        found |= {factor.problem, by_rank.problem}
    return ScaleReliability(
        n_obs=len(complete), n_scored=len(scored), n_items=len(scale.items), **_alpha(vary, confidence=confidence),
        **_score_statistics(scored if enough_scores else scored.iloc[:0], scale),
        problems=in_order(found), factor=factor, ordinal=by_rank,
    )  # fmt: skip


def _given(answers_by_person: pd.DataFrame, vary: pd.DataFrame) -> pd.DataFrame:
    """The answers to the items that vary of everybody who gave any."""
    return answers_by_person[list(vary.columns)].astype(float).dropna(how="all")


def _alpha(vary: pd.DataFrame, *, confidence: float) -> dict[str, float]:
    """Alpha with its interval, alpha of the correlations, and their mean."""
    covariances, alpha = covariance(vary), cronbach_alpha(vary)
    lower, upper = alpha_interval(alpha, n_obs=len(vary), n_items=vary.shape[1], confidence=confidence)
    return {
        "alpha": alpha, "alpha_ci_lower": lower, "alpha_ci_upper": upper,
        "alpha_standardised": standardised_alpha(covariances), "mean_inter_item": mean_inter_item(covariances),
    }  # fmt: skip


def _problems_of_items(complete: pd.DataFrame, vary: pd.DataFrame) -> set[str | None]:
    """Codes that any of the items has."""
    codes = item_problems(complete, item_rest_correlations(vary))
    return {code for joined in codes.tolist() for code in joined.split(";") if code}


def _problems_of_size(n_items: int, *, enough: bool) -> set[str | None]:
    """What is too few: persons, or items."""
    found: set[str | None] = set() if enough else {"too_few"}
    if n_items < ITEMS_TO_IDENTIFY:
        found.add("two_items" if n_items == 2 else "single_item")
    return found


def _score_statistics(scored: pd.Series[float], scale: Scale) -> dict[str, float]:
    """Mean, standard deviation and the shares of scores at the ends of the scale's range; NaN for nobody."""
    return {
        "mean": float(scored.mean()),
        "sd": float(scored.std(ddof=1)),
        "floor_share": float((scored <= scale.lower + _ROUNDING).mean()),
        "ceiling_share": float((scored >= scale.upper - _ROUNDING).mean()),
    }

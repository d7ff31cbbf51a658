"""How consistently the items of a scale measure one thing, and what would have gone wrong if they did not.

Everything here is of answers after reversal. What stands in the way of a figure is a fact beside it (``PROBLEMS``),
never an exception and never a silently low number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import pingouin
from scipy import stats

from analysis.measurement.scoring import Scale
from analysis.sem import ModelError, fit

Problem = Literal[
    "too_few",  # fewer persons than asked for: no figures
    "single_item",  # one item: consistency is not defined
    "two_items",  # alpha alone, and only as good as the two items are alike (Spearman-Brown); no factor model
    "constant_item",  # an item everybody answered alike is left out of alpha, omega and the factor model
    "negative_item_rest",  # an item goes against the others: probably it should have been reversed
    "not_estimable",  # the factor model cannot be fitted to these answers
    "not_converged",  # the factor model found no solution
    "inadmissible",  # the factor model's solution cannot be true
]
PROBLEMS: tuple[str, ...] = get_args(Problem)

FIT_MEASURES = ["chisq", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr"]

_ITEMS_TO_IDENTIFY = 3
_ROUNDING = 1e-9


@dataclass(frozen=True)
class OneFactor:
    """The one-factor model of a scale.

    ``loadings``: standardised, positive on the whole, by item (columns ``loading loading_ci_lower loading_ci_upper``).
    ``measures`` holds ``FIT_MEASURES`` where there is something to test.
    ``message``: a code of ``Problem``, ``just_identified``, or the estimator's sentence. ``converged`` and
    ``admissible`` are ``None`` where no model was fitted. An inadmissible solution has no numbers.
    """

    message: str
    problem: Problem | None = None
    converged: bool | None = None
    admissible: bool | None = None
    df: int | None = None
    omega: float = np.nan
    loadings: pd.DataFrame = field(default_factory=pd.DataFrame)
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ScaleReliability:
    """One scale in one group.

    ``n_obs`` persons answered every item (alpha, omega); ``n_scored`` have a score (mean, sd, shares).
    """

    n_obs: int
    n_scored: int
    n_items: int
    alpha: float
    alpha_ci_lower: float
    alpha_ci_upper: float
    mean: float
    sd: float
    floor_share: float
    ceiling_share: float
    problems: tuple[str, ...]
    factor: OneFactor


def scale_reliability(
    answers_by_person: pd.DataFrame, score: pd.Series[float], scale: Scale, *, minimum_n: int, confidence: float
) -> ScaleReliability:
    """Reliability of ``scale`` from the persons given (``answers_by_person``: after reversal; ``score``: their scores).

    Figures from fewer than ``minimum_n`` persons are NaN, with the problem ``too_few``.
    """
    complete = complete_answers(answers_by_person, scale)
    scored = score.dropna()
    enough = len(complete) >= minimum_n
    varying = _varying(complete) if enough else complete.iloc[:, :0]
    factor = one_factor(varying, n_declared=len(scale.items), confidence=confidence) if enough else OneFactor("too_few")
    alpha = cronbach_alpha(varying)
    lower, upper = alpha_interval(alpha, n_obs=len(varying), n_items=varying.shape[1], confidence=confidence)
    found = {factor.problem, *(item_problems(complete, item_rest_correlations(varying)) if enough else ())}
    if not enough or len(scored) < minimum_n:
        found.add("too_few")
    if len(scale.items) < _ITEMS_TO_IDENTIFY:
        found.add("two_items" if len(scale.items) == 2 else "single_item")
    return ScaleReliability(
        n_obs=len(complete), n_scored=len(scored), n_items=len(scale.items),
        alpha=alpha, alpha_ci_lower=lower, alpha_ci_upper=upper,
        **_score_statistics(scored if len(scored) >= minimum_n else scored.iloc[:0], scale),
        problems=tuple(code for code in PROBLEMS if code in found), factor=factor,
    )  # fmt: skip


def complete_answers(answers_by_person: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """The answers (persons by items, floats) of those who answered every item of ``scale``."""
    return answers_by_person[scale.item_names].astype(float).dropna()


def cronbach_alpha(complete: pd.DataFrame) -> float:
    """Cronbach's (1951) alpha of complete answers (persons by items); NaN with fewer than two items or persons."""
    if complete.shape[1] < 2 or len(complete) < 2:
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(pingouin.cronbach_alpha(complete)[0])


def alpha_interval(alpha: float, *, n_obs: int, n_items: int, confidence: float) -> tuple[float, float]:
    """Interval of alpha: ``1 - (1 - alpha) F`` with n - 1 and (n - 1)(k - 1) degrees of freedom.

    Feldt, Woodruff & Salih (1987, Applied Psychological Measurement 11, 93-103). pingouin's own interval is the same
    but rounded to three decimals. NaN where alpha is.
    """
    if np.isnan(alpha):
        return np.nan, np.nan
    df1, df2 = n_obs - 1, (n_obs - 1) * (n_items - 1)
    tail = (1 - confidence) / 2
    lower = 1 - (1 - alpha) * stats.f.isf(tail, df1, df2)
    upper = 1 - (1 - alpha) * stats.f.isf(1 - tail, df1, df2)
    return float(lower), float(upper)


def item_rest_correlations(complete: pd.DataFrame) -> pd.Series[float]:
    """Correlation of each item with the sum of the others (corrected item-total); NaN where an item does not vary."""
    values = complete.to_numpy(dtype=float)
    total = values.sum(axis=1)
    return pd.Series(
        [_correlation(values[:, j], total - values[:, j]) for j in range(values.shape[1])],
        index=complete.columns,
        dtype=float,
    )


def alpha_if_dropped(complete: pd.DataFrame) -> pd.Series[float]:
    """Alpha of the other items, by item; NaN where fewer than two items would be left."""
    return pd.Series({name: cronbach_alpha(complete.drop(columns=name)) for name in complete.columns}, dtype=float)


def item_problems(complete: pd.DataFrame, item_rest: pd.Series[float]) -> pd.Series[str]:
    """What is wrong with each item (a code of ``Problem``, else empty), from its correlation with the others."""
    problems = pd.Series("", index=complete.columns, dtype="str")
    problems[~_varies(complete)] = "constant_item"
    problems[(item_rest.reindex(complete.columns) < 0).to_numpy()] = "negative_item_rest"
    return problems


def item_statistics(answers_by_person: pd.DataFrame, scale: Scale, *, minimum_n: int) -> pd.DataFrame:
    """One row an item: ``item n_obs mean sd item_rest alpha_if_dropped problem``, from those who answered every item.

    No figures, and the problem ``too_few``, from fewer than ``minimum_n`` persons.
    """
    complete = complete_answers(answers_by_person, scale)
    frame = pd.DataFrame(
        {"n_obs": len(complete), "mean": np.nan, "sd": np.nan, "item_rest": np.nan, "alpha_if_dropped": np.nan},
        index=pd.Index(complete.columns, name="item"),
    )
    if len(complete) < minimum_n:
        return frame.assign(problem="too_few").reset_index()
    varying = _varying(complete)
    frame["mean"], frame["sd"] = complete.mean(), complete.std(ddof=1)
    frame["item_rest"] = item_rest_correlations(varying).reindex(frame.index)
    frame["alpha_if_dropped"] = alpha_if_dropped(varying).reindex(frame.index)
    frame["problem"] = item_problems(complete, frame["item_rest"])
    return frame.reset_index()


def omega_total(loadings: npt.NDArray[np.float64], residual_variances: npt.NDArray[np.float64]) -> float:
    """McDonald's omega of the sum of the items: ``(sum lambda)^2 / ((sum lambda)^2 + sum theta)``.

    ``loadings`` in the items' own units with the factor's variance 1, and the residual variances. McDonald (1999), Test
    theory: a unified treatment.
    """
    common = float(loadings.sum()) ** 2
    return common / (common + float(residual_variances.sum()))


def one_factor(varying: pd.DataFrame, *, n_declared: int, confidence: float) -> OneFactor:
    """Fit one factor to complete answers of items that vary; ``n_declared`` is how many items the scale has.

    Three items give loadings and omega but nothing to test (df = 0); fewer give nothing.
    """
    if varying.shape[1] < _ITEMS_TO_IDENTIFY:
        if varying.shape[1] < n_declared:
            return OneFactor("constant_item")
        return OneFactor("two_items" if n_declared == 2 else "single_item")
    # items under plain names, so that no item name can be read as syntax
    plain = varying.set_axis([f"x{j}" for j in range(varying.shape[1])], axis=1)
    try:
        result = fit(f"F =~ {' + '.join(plain.columns)}", plain, confidence=confidence)
    except ModelError as error:
        return OneFactor(_with_item_names(str(error), varying), "not_estimable")
    df = int(result.fit["df"])
    if not (result.converged and result.admissible):
        problem: Problem = "inadmissible" if result.converged else "not_converged"
        message = _with_item_names(result.message, varying)
        return OneFactor(message, problem, result.converged, result.admissible, df)
    parameters = result.parameters
    loadings = parameters[parameters["op"] == "=~"]
    residuals = parameters[(parameters["op"] == "~~") & parameters["lhs"].isin(plain.columns)]
    constant = "constant_item" if varying.shape[1] < n_declared else ""
    return OneFactor(
        message=constant or ("" if df else "just_identified"),
        converged=True, admissible=True, df=df,
        omega=omega_total(loadings["std_lv"].to_numpy(dtype=float), residuals["est"].to_numpy(dtype=float)),
        loadings=_oriented(loadings, varying.columns),
        measures={name: result.fit[name] for name in FIT_MEASURES} if df else {},
    )  # fmt: skip


def score_correlations(scores_by_person: pd.DataFrame, *, minimum_n: int, confidence: float) -> pd.DataFrame:
    """Pearson correlations of every pair of scores: ``scale_a scale_b n_obs r ci_lower ci_upper``.

    Over the persons who have both; NaN below ``minimum_n`` persons or where a score does not vary. Fisher's interval,
    which takes persons as independent.
    """
    rows = []
    for a, b in combinations(scores_by_person.columns, 2):
        both = scores_by_person[[a, b]].dropna().to_numpy(dtype=float)
        r = _correlation(both[:, 0], both[:, 1]) if len(both) >= minimum_n else np.nan
        rows.append((a, b, len(both), r, *fisher_interval(r, n_obs=len(both), confidence=confidence)))
    return pd.DataFrame(rows, columns=["scale_a", "scale_b", "n_obs", "r", "ci_lower", "ci_upper"])


def fisher_interval(r: float, *, n_obs: int, confidence: float) -> tuple[float, float]:
    """Interval of a correlation by Fisher's (1915) z; NaN where ``r`` is or with fewer than four persons."""
    if np.isnan(r) or n_obs <= 3:
        return np.nan, np.nan
    if abs(r) >= 1 - _ROUNDING:
        return r, r
    reach = float(stats.norm.ppf(0.5 + confidence / 2)) / np.sqrt(n_obs - 3)
    return float(np.tanh(np.arctanh(r) - reach)), float(np.tanh(np.arctanh(r) + reach))


def _varies(complete: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each item was not answered alike by everybody."""
    values = complete.to_numpy(dtype=float)
    return values.max(axis=0) > values.min(axis=0) if len(values) else np.zeros(values.shape[1], dtype=bool)


def _varying(complete: pd.DataFrame) -> pd.DataFrame:
    """The items that not everybody answered alike."""
    return complete.loc[:, _varies(complete)]


def _correlation(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Pearson's r; NaN where either does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))


def _score_statistics(scored: pd.Series[float], scale: Scale) -> dict[str, float]:
    """Mean, standard deviation and the shares of scores at the ends of the scale's range; NaN for nobody."""
    return {
        "mean": float(scored.mean()),
        "sd": float(scored.std(ddof=1)),
        "floor_share": float((scored <= scale.lower + _ROUNDING).mean()),
        "ceiling_share": float((scored >= scale.upper - _ROUNDING).mean()),
    }


def _oriented(loadings: pd.DataFrame, items: pd.Index) -> pd.DataFrame:
    """Standardised loadings with their interval by item; the factor's direction is free, so most point up."""
    columns = ["std_all", "std_all_ci_lower", "std_all_ci_upper"]
    if loadings["std_all"].sum() < 0:
        loadings = loadings.assign(
            std_all=-loadings["std_all"],
            std_all_ci_lower=-loadings["std_all_ci_upper"],
            std_all_ci_upper=-loadings["std_all_ci_lower"],
        )
    return (
        loadings[columns]
        .set_axis(items, axis=0)
        .set_axis(["loading", "loading_ci_lower", "loading_ci_upper"], axis=1)
        .astype(float)
    )


def _with_item_names(message: str, varying: pd.DataFrame) -> str:
    """The estimator's sentence with the items' own names back in it."""
    return re.sub(r"\bx(\d+)\b", lambda match: str(varying.columns[int(match[1])]), message)

"""Each item beside the others of its scale. Answers (persons by items) are those after reversal."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.alpha import alpha_of_covariance, correlations_of
from analysis.measurement.problems import Problem, in_order
from analysis.measurement.scoring import Scale

Array = npt.NDArray[np.floating[Any]]

FIGURES = ["mean", "sd", "floor_share", "ceiling_share", "item_rest", "alpha_if_dropped"]
_ROUNDING = 1e-9


def complete_answers(answers_by_person: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """The answers (persons by items, floats) of those who answered every item of ``scale``."""
    return answers_by_person[scale.item_names].astype(float).dropna()


def covariance(answers: pd.DataFrame) -> Array:
    """Covariances of the items (k, k), divisor n - 1; NaN with fewer than two persons."""
    if len(answers) < 2:
        return np.full((answers.shape[1],) * 2, np.nan)
    return np.atleast_2d(np.cov(answers.to_numpy(dtype=float), rowvar=False))


def varying(complete: pd.DataFrame) -> pd.DataFrame:
    """The items that not everybody answered alike."""
    return complete.loc[:, _varies(complete)]


def item_rest_correlations(complete: pd.DataFrame) -> pd.Series[float]:
    """Correlation of each item with the sum of the others (corrected item-total, psych's ``r.drop``); NaN where either
    does not vary.

    psych's ``r.cor`` is another thing, which is not offered: the correlation with the whole sum, the item included,
    its variance replaced by what the other items explain of it (the squared multiple correlation).
    """
    return pd.Series(item_rest_of_covariance(covariance(complete)), index=complete.columns, dtype=float)


def item_rest_of_covariance(covariances: Array) -> Array:
    """Correlations (k,) of each item with the sum of the others from covariances (k, k); NaN where either does not
    vary."""
    variance, with_all = np.diag(covariances), covariances.sum(axis=1)
    of_rest = covariances.sum() - 2 * with_all + variance
    both = variance * of_rest
    # a rest whose variance is rounding is nil
    vary = (variance > 0) & (of_rest > _ROUNDING * variance.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(vary, (with_all - variance) / np.sqrt(np.abs(both)), np.nan)
    result: Array = np.clip(r, -1, 1)
    return result


def alpha_if_dropped(complete: pd.DataFrame) -> pd.Series[float]:
    """Alpha of the other items, by item; NaN where fewer than two items would be left."""
    return pd.Series(alpha_if_dropped_of_covariance(covariance(complete)), index=complete.columns, dtype=float)


def alpha_if_dropped_of_covariance(covariances: Array) -> Array:
    """Alpha of the other items (k,) from covariances (k, k); NaN where fewer than two items would be left."""
    others = ~np.eye(len(covariances), dtype=bool)
    return np.array([alpha_of_covariance(covariances[np.ix_(keep, keep)]) for keep in others], dtype=float)


def perfect_pairs(covariances: Array) -> list[tuple[int, int]]:
    """Pairs of items (by number) with a correlation of 1 or -1."""
    r = correlations_of(covariances)
    return [(i, j) for i, j in combinations(range(len(r)), 2) if abs(r[i, j]) >= 1 - _ROUNDING]


def item_problems(complete: pd.DataFrame, item_rest: pd.Series[float]) -> pd.Series[str]:
    """What is wrong with each item: codes of ``problems.py`` joined by ``;``, else empty."""
    found: dict[object, set[Problem]] = {name: set() for name in complete.columns}
    for name, varies in zip(complete.columns, _varies(complete), strict=True):
        if not varies:
            found[name].add("constant_item")
    for against in item_rest.index[item_rest < 0]:
        found[against].add("negative_item_rest")
    vary = varying(complete)
    for pair in perfect_pairs(covariance(vary)):
        for at in pair:
            found[vary.columns[at]].add("perfect_correlation")
    return pd.Series({name: ";".join(in_order(codes)) for name, codes in found.items()}, dtype="str")


def item_statistics(answers_by_person: pd.DataFrame, scale: Scale, *, minimum_n: int) -> pd.DataFrame:
    """One row an item: ``item n_obs``, ``FIGURES`` and ``problem``, from those who answered every item of the scale.

    Shares are of answers at the lowest and highest code. No figures, and the problem ``too_few``, from fewer than
    ``minimum_n`` persons. An item everybody answered alike takes no part in the figures of the others.
    """
    complete = complete_answers(answers_by_person, scale)
    index = pd.Index(complete.columns, name="item")
    if len(complete) < minimum_n:
        nothing = pd.DataFrame(np.nan, index=index, columns=FIGURES)
        return nothing.assign(n_obs=len(complete), problem="too_few").reset_index()
    vary, values = varying(complete), complete.to_numpy(dtype=float)
    covariances = covariance(vary)
    item_rest = pd.Series(item_rest_of_covariance(covariances), index=vary.columns)
    dropped = pd.Series(alpha_if_dropped_of_covariance(covariances), index=vary.columns)
    lower, upper = (np.array([getattr(item, end) for item in scale.items]) for end in ("lower", "upper"))
    return pd.DataFrame(
        {
            "n_obs": len(complete), "mean": values.mean(axis=0), "sd": values.std(axis=0, ddof=1),
            "floor_share": (values <= lower + _ROUNDING).mean(axis=0),
            "ceiling_share": (values >= upper - _ROUNDING).mean(axis=0),
            "item_rest": item_rest.reindex(index), "alpha_if_dropped": dropped.reindex(index),
            "problem": item_problems(complete, item_rest),
        },
        index=index,
    ).reset_index()  # fmt: skip


def _varies(complete: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each item was not answered alike by everybody."""
    values = complete.to_numpy(dtype=float)
    return values.max(axis=0) > values.min(axis=0) if len(values) else np.zeros(values.shape[1], dtype=bool)

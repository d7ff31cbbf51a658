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
    columns = [answers_by_person[name].to_numpy(dtype=float, na_value=np.nan) for name in scale.item_names]
    values = np.column_stack(columns)
    there = ~np.isnan(values).any(axis=1)
    return pd.DataFrame(values[there], index=answers_by_person.index[there], columns=scale.item_names)


def covariance(answers: pd.DataFrame) -> Array:
    """Covariances of the items (k, k), divisor n - 1; NaN with fewer than two persons."""
    if len(answers) < 2:
        return np.full((answers.shape[1],) * 2, np.nan)
    return np.atleast_2d(np.cov(answers.to_numpy(dtype=float), rowvar=False))


def varying(complete: pd.DataFrame) -> pd.DataFrame:
    """The items that not everybody answered alike."""
    varies = _varies(complete)
    return complete if varies.all() else complete.loc[:, varies]


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
    varies = _varies(complete)
    codes = _codes_of_items(
        varies, item_rest.reindex(complete.columns[varies]).to_numpy(dtype=float), covariance(varying(complete))
    )
    return pd.Series(dict(zip(complete.columns, codes, strict=True)), dtype="str")


def _codes_of_items(varies: npt.NDArray[np.bool_], item_rest: Array, covariances: Array) -> list[str]:
    """``item_problems`` of k items from whether each ``varies`` (k,), and the item-rest correlations and covariances of
    those that do."""
    found: list[set[Problem]] = [set() if one else {"constant_item"} for one in varies]
    place = np.flatnonzero(varies)
    for at in place[item_rest < 0]:
        found[at].add("negative_item_rest")
    for pair in perfect_pairs(covariances):
        for at in pair:
            found[place[at]].add("perfect_correlation")
    return [";".join(in_order(codes)) for codes in found]


def item_statistics(answers_by_person: pd.DataFrame, scale: Scale, *, minimum_n: int) -> pd.DataFrame:
    """One row an item: ``item n_obs``, ``FIGURES`` and ``problem``, from those who answered every item of the scale.

    Shares are of answers at the lowest and highest code. No figures, and the problem ``too_few``, from fewer than
    ``minimum_n`` persons. An item everybody answered alike takes no part in the figures of the others.
    """
    return pd.DataFrame(item_columns(complete_answers(answers_by_person, scale), scale, minimum_n=minimum_n))


def item_columns(complete: pd.DataFrame, scale: Scale, *, minimum_n: int) -> dict[str, Any]:
    """The columns of ``item_statistics``, a value an item each, from complete answers."""
    k, items = complete.shape[1], list(complete.columns)
    if len(complete) < minimum_n:
        nothing = {name: np.full(k, np.nan) for name in FIGURES}
        return {"item": items, **nothing, "n_obs": [len(complete)] * k, "problem": ["too_few"] * k}
    varies, values = _varies(complete), complete.to_numpy(dtype=float)
    covariances, item_rest, dropped = covariance(varying(complete)), np.full(k, np.nan), np.full(k, np.nan)
    item_rest[varies] = item_rest_of_covariance(covariances)
    dropped[varies] = alpha_if_dropped_of_covariance(covariances)
    lower, upper = (np.array([getattr(item, end) for item in scale.items]) for end in ("lower", "upper"))
    return {
        "item": items, "n_obs": [len(complete)] * k, "mean": values.mean(axis=0), "sd": values.std(axis=0, ddof=1),
        "floor_share": (values <= lower + _ROUNDING).mean(axis=0),
        "ceiling_share": (values >= upper - _ROUNDING).mean(axis=0),
        "item_rest": item_rest, "alpha_if_dropped": dropped,
        "problem": _codes_of_items(varies, item_rest[varies], covariances),
    }  # fmt: skip


def _varies(complete: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each item was not answered alike by everybody."""
    values = complete.to_numpy(dtype=float)
    return values.max(axis=0) > values.min(axis=0) if len(values) else np.zeros(values.shape[1], dtype=bool)

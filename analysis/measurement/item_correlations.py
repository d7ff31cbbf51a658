"""Correlations of items in the ways in which incomplete and ordered answers can be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from analysis.sem import ModelError
from analysis.sem.fiml import MissingData, check_coverage, saturated
from analysis.sem.polychoric import Pairs, keep_from_one, solve

Array = npt.NDArray[np.float64]
Missing = Literal["listwise", "pairwise", "fiml"]


def item_correlations(
    answers_by_person: pd.DataFrame, *, missing: Missing = "listwise", ordered: bool = False
) -> Array:
    """Correlations (p, p) of the items that are the columns of ``answers_by_person``.

    ``listwise`` from those who answered every item, ``pairwise`` each from those who answered both of its items,
    ``fiml`` by maximum likelihood from every answer. ``ordered``: polychoric correlations, whose thresholds come from
    everybody who answered the item (pairwise) or all (listwise); NaN where the likelihood still rises at ±0.999. NaN
    where an item does not vary.

    Raises ``ModelError`` for an unknown ``missing``, ordered answers with ``fiml``, and answers from which maximum
    likelihood finds no moments.
    """
    if missing not in get_args(Missing):
        raise ModelError(f"missing {missing!r} is not known: choose from {', '.join(get_args(Missing))}.")
    if ordered and missing == "fiml":
        raise ModelError("Polychoric correlations come from listwise or pairwise answers, not fiml.")
    x = answers_by_person.to_numpy(dtype=float)
    if missing == "listwise":
        x = x[~np.isnan(x).any(axis=1)]
    if ordered:
        return _polychoric(x)
    if missing == "fiml":
        return _by_likelihood(x[~np.isnan(x).all(axis=1)], list(answers_by_person.columns))
    return _pairwise(x)


def _pairwise(x: Array) -> Array:
    """Covariances of those who answered both items over the standard deviations of those who answered each, as lavaan's
    ``lavCor`` has them; where answers are complete, the product-moment correlations."""
    p = x.shape[1]
    cov = np.full((p, p), np.nan)
    for j in range(p):
        for i in range(j + 1):
            both = x[~np.isnan(x[:, [i, j]]).any(axis=1)][:, [i, j]]
            if len(both) > 1:
                cov[i, j] = cov[j, i] = np.cov(both.T)[0, 1]
    variance = np.diag(cov)
    sd = np.sqrt(np.where(variance > 0, variance, np.nan))
    return np.asarray(cov / np.outer(sd, sd))


def _by_likelihood(x: Array, names: Sequence[str]) -> Array:
    missing = MissingData(x)
    check_coverage(missing, names)
    moments = saturated(missing)
    if not moments.converged:
        raise ModelError(
            "Maximum likelihood finds no moments of these answers: too few persons answered them together."
        )
    sd = np.sqrt(np.diag(moments.cov))
    return np.asarray(moments.cov / np.outer(sd, sd), dtype=float)


def _polychoric(x: Array) -> Array:
    """Polychoric correlations (p, p) of categories in any coding, NaN where not answered, pair by pair."""
    p = x.shape[1]
    found = np.eye(p)
    answers = [np.unique(x[~np.isnan(x[:, v]), v]) for v in range(p)]
    size = max((len(a) for a in answers), default=0)
    for j in range(p):
        for i in range(j):
            both = ~np.isnan(x[:, [i, j]]).any(axis=1)
            if min(len(answers[i]), len(answers[j])) < 2 or not both.any():
                found[i, j] = found[j, i] = np.nan
                continue
            counts = np.zeros((1, size, size))
            np.add.at(counts[0], tuple(np.searchsorted(answers[v], x[both, v]) for v in (i, j)), 1.0)
            binary = np.array([len(answers[i]) == 2 and len(answers[j]) == 2])
            pairs = Pairs.of(
                counts=keep_from_one(counts, binary),
                first=_thresholds(x[:, i], answers[i], size)[None], second=_thresholds(x[:, j], answers[j], size)[None],
            )  # fmt: skip
            r, _ = solve(pairs, np.zeros(1))
            found[i, j] = found[j, i] = r[0]
    for v in range(p):
        found[v, v] = 1.0 if len(answers[v]) > 1 else np.nan
    return found


def _thresholds(answers: Array, categories: Array, size: int) -> Array:
    """Normal quantiles (size - 1,) of the cumulative shares, +∞ beyond the item's own categories."""
    given = answers[~np.isnan(answers)]
    below = np.array([(given <= category).mean() for category in categories[:-1]])
    found: Array = np.full(size - 1, np.inf)
    found[: len(below)] = ndtri(below)
    return found

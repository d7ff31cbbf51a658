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
    """Polychoric correlations (p, p) of categories in any coding, NaN where not answered; all pairs solved together."""
    p = x.shape[1]
    answers = [np.unique(x[~np.isnan(x[:, v]), v]) for v in range(p)]
    sizes = np.array([len(a) for a in answers])
    size = int(sizes.max(initial=1))
    i, j = np.tril_indices(p, -1)
    use = (sizes[i] > 1) & (sizes[j] > 1)
    counts = np.zeros((len(i), size, size))
    for n in np.flatnonzero(use):
        pair = (i[n], j[n])
        both = x[~np.isnan(x[:, pair]).any(axis=1)]
        np.add.at(counts[n], tuple(np.searchsorted(answers[v], both[:, v]) for v in pair), 1.0)
    use &= counts.sum(axis=(1, 2)) > 0
    thresholds = np.array([_thresholds(x[:, v], answers[v], size) for v in range(p)])
    found = np.where(np.eye(p, dtype=bool) & (sizes > 1), 1.0, np.nan)
    if use.any():
        at = (i[use], j[use])
        binary = (sizes[at[0]] == 2) & (sizes[at[1]] == 2)
        pairs = Pairs.of(counts=keep_from_one(counts[use], binary), first=thresholds[at[0]], second=thresholds[at[1]])
        found[at] = found[at[::-1]] = solve(pairs, np.zeros(int(use.sum())))[0]
    return found


def _thresholds(answers: Array, categories: Array, size: int) -> Array:
    """Normal quantiles (size - 1,) of the cumulative shares, +∞ beyond the item's own categories."""
    given = answers[~np.isnan(answers)]
    below = np.array([(given <= category).mean() for category in categories[:-1]])
    found: Array = np.full(size - 1, np.inf)
    found[: len(below)] = ndtri(below)
    return found

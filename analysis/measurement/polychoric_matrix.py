"""Polychoric correlation matrices of many sets of answers to the same items, solved together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from analysis.sem.polychoric import Pairs, keep_from_one, solve

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]


def category_codes(values: Array) -> tuple[IntArray, IntArray]:
    """Codes 0, 1, … (b, k, n) of answers (b, k, n), and how many categories each item has (k,).

    Categories are those somebody chose in the first of the b sets; the others hold the same answers in another order.
    """
    categories = [np.unique(answers) for answers in values[0]]
    codes = np.stack([np.searchsorted(c, values[:, item]) for item, c in enumerate(categories)], axis=1)
    return codes, np.array([len(c) for c in categories])


def polychoric_matrices(codes: IntArray, sizes: IntArray) -> Array:
    """Polychoric correlations (b, k, k) of category codes (b, k, n), items with ``sizes`` (k,) categories.

    Two steps (Olsson 1979, Psychometrika 44, 443-460), as the engine takes them (``analysis/sem/polychoric.py``); every
    set has the same thresholds, since all hold the same answers in another order. A matrix is NaN throughout where a
    pair has no estimate (its correlation reaches ±1).
    """
    b, k, n = codes.shape
    size = int(sizes.max())
    i, j = np.tril_indices(k, -1)
    onto = (codes[:, :, None] == np.arange(size)[:, None]).astype(float).reshape(b, k * size, n)
    joint = (onto @ np.swapaxes(onto, 1, 2)).reshape(b, k, size, k, size)
    counts = joint[:, i, :, j, :].transpose(1, 0, 2, 3).reshape(-1, size, size)
    thresholds = _thresholds(codes[0], sizes)
    pairs = Pairs.of(
        counts=keep_from_one(counts, np.tile((sizes[i] == 2) & (sizes[j] == 2), b)),
        first=np.tile(thresholds[i], (b, 1)), second=np.tile(thresholds[j], (b, 1)),
    )  # fmt: skip
    centred = codes - codes.mean(axis=-1, keepdims=True)
    scaled = centred / np.linalg.norm(centred, axis=-1, keepdims=True)
    start = (scaled @ np.swapaxes(scaled, 1, 2))[:, i, j].reshape(-1)
    r = solve(pairs, start)[0].reshape(b, len(i))
    result = np.tile(np.eye(k), (b, 1, 1))
    result[:, i, j] = result[:, j, i] = r
    result[np.isnan(r).any(axis=1)] = np.nan
    return result


def _thresholds(codes: IntArray, sizes: IntArray) -> Array:
    """Normal quantiles of the cumulative shares (k, K - 1), +∞ beyond an item's own."""
    size = int(sizes.max())
    shares = np.stack([np.bincount(answers, minlength=size) for answers in codes]) / codes.shape[1]
    cumulative = np.clip(np.cumsum(shares, axis=1)[:, :-1], 0.0, 1.0)
    return np.where(np.arange(size - 1) >= (sizes - 1)[:, None], np.inf, ndtri(cumulative))

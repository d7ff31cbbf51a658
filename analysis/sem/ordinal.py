"""Ordered items: thresholds, polychoric correlations and Γ, for a sample and for many resamples of it.

Order of the moments: thresholds item by item, then correlations in ``np.tril_indices(p, -1)`` order, as in
``GroupModel.vector``. Persons who left an item of the model open take no part (listwise): pairwise use of incomplete
ordered answers is not offered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from analysis.sem.bivariate_normal import normal_density
from analysis.sem.errors import ModelError
from analysis.sem.polychoric import LIMIT, Pairs, influence, keep_from_one, solve

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
Mask = npt.NDArray[np.bool_]

# so many resamples at a time that their tables stay in the processor's cache
_CELLS_AT_ONCE = 400_000


@dataclass(frozen=True)
class OrdinalMoments:
    """Moments of one group's p ordered items.

    ``thresholds`` (t,) with ``threshold_item`` (t,) their items, ``correlations`` (c,) and as a matrix (p, p), and
    ``gamma`` (t + c, t + c): N times the asymptotic covariance of thresholds and correlations. ``remarks`` say what a
    careful reader should know of them.
    """

    thresholds: Array
    threshold_item: npt.NDArray[np.intp]
    correlations: Array
    gamma: Array
    correlation_matrix: Array
    remarks: tuple[str, ...] = ()


class ResampledMoments(NamedTuple):
    """Moments of B resamples: ``thresholds`` (B, t), ``correlations`` (B, c), and the diagonal of Γ (B, t + c) where
    asked for. A resample without moments (a category nobody in it chose, a correlation of ±1) is NaN throughout."""

    thresholds: Array
    correlations: Array
    gamma_diagonal: Array | None = None


def ordinal_moments(
    codes: IntArray, names: Sequence[str], *, categories: Sequence[Sequence[float]] | None = None, group: str = ""
) -> OrdinalMoments:
    """Moments from category codes (n, p), 0, 1, …, of the items ``names``, by the two steps of Olsson (1979) with the
    asymptotic covariance of Muthén (1984).

    ``categories`` are every item's answers by code, as they stand in the data; without it the codes themselves up to
    the highest found. Γ is the mean over persons of the product of their influences, divisor n. In 2 by 2 tables with
    one empty cell half an answer is moved into it (``polychoric.keep_from_one``); empty cells of larger tables stay.

    Raises ``ModelError`` naming the item, category and ``group`` for an item that does not vary and a category nobody
    chose, and the pair whose correlation reaches ±1.
    """
    where = f" in group {group}" if group else ""
    answers = [list(range(int(c) + 1)) for c in codes.max(axis=0)] if categories is None else categories
    sizes = np.array([len(a) for a in answers])
    _check_answers(codes, names, answers, where)
    found = _moments(codes, np.ones((1, len(codes))), sizes)
    lost = np.isnan(found.correlations[0])
    if lost.any():
        raise ModelError(_perfect(names, lost, where))
    items, steps = _threshold_layout(sizes)
    i, j = np.tril_indices(len(sizes), -1)
    matrix = np.eye(len(sizes))
    matrix[i, j] = matrix[j, i] = found.correlations[0]
    return OrdinalMoments(
        found.thresholds[0][items, steps], items, found.correlations[0], _gamma(found, codes, items, steps), matrix,
        _remarks(names, found, matrix, where),
    )  # fmt: skip


def resampled_moments(
    codes: IntArray, weights: Array, *, n_categories: Sequence[int] | None = None, gamma_diagonal: bool = False
) -> ResampledMoments:
    """Moments of B resamples of the persons with category codes (n, p), each person ``weights`` (B, n) times in them.

    The contingency tables of all resamples come from one matrix product an item, their correlations from one stacked
    Newton iteration. ``n_categories`` (p,) counts the items' categories, by default those found in ``codes``. The
    diagonal of Γ is what DWLS weighs by. Agrees with ``ordinal_moments`` of the resampled persons.
    """
    sizes = np.array(codes.max(axis=0) + 1 if n_categories is None else n_categories)
    items, steps = _threshold_layout(sizes)
    n_pairs = codes.shape[1] * (codes.shape[1] - 1) // 2
    at_once = max(1, _CELLS_AT_ONCE // max(1, n_pairs * int(sizes.max()) ** 2))
    start = _moments(codes, np.ones((1, len(codes))), sizes).correlations[0]
    parts = []
    for first in range(0, len(weights), at_once):
        found = _moments(codes, weights[first : first + at_once], sizes, start)
        thresholds = found.thresholds[:, items, steps]
        diagonal = _gamma_diagonal(found, items, steps) if gamma_diagonal else np.zeros((len(thresholds), 0))
        lost = ~np.isfinite(thresholds).all(axis=1) | np.isnan(found.correlations).any(axis=1)
        row = np.concatenate([thresholds, found.correlations, diagonal], axis=1)
        row[lost] = np.nan
        parts.append(row)
    whole = np.concatenate(parts) if parts else np.zeros((0, (len(items) + n_pairs) * (2 if gamma_diagonal else 1)))
    t, c = len(items), n_pairs
    return ResampledMoments(whole[:, :t], whole[:, t : t + c], whole[:, t + c :] if gamma_diagonal else None)


@dataclass(frozen=True)
class _Moments:
    """Padded moments of B weightings of p items with at most K categories: ``shares`` (B, p, K), ``thresholds``
    (B, p, K - 1), +∞ beyond an item's own, ``correlations`` (B, c), ``halved`` (B·c,) the
    pairs with half an answer moved into an empty cell, ``pairs`` all B·c tables with the probabilities
    ``below`` (B·c, K - 1, K - 1) at their corners; ``n`` (B,)."""

    shares: Array
    thresholds: Array
    correlations: Array
    halved: Mask
    pairs: Pairs
    below: Array
    n: Array

    def influence_of_thresholds(self) -> Array:
        """Each category's influence on the thresholds, ``(1[answer ≤ k] - P_k)/φ(τ_k)``, (B, p, K - 1, K)."""
        size = self.shares.shape[-1]
        below = np.tril(np.ones((size - 1, size)))
        gap = below - np.cumsum(self.shares, axis=-1)[..., :-1, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            raw = gap / normal_density(self.thresholds)[..., None]
        result: Array = np.where(np.isfinite(self.thresholds)[..., None], raw, 0.0)
        return result

    def influence_of_pairs(self) -> Array:
        """Each cell's influence on its pair's correlation, (B, c, K, K)."""
        p, size = self.thresholds.shape[1], self.shares.shape[-1]
        i, j = np.tril_indices(p, -1)
        own = self.influence_of_thresholds()
        by_first, by_second = (own[:, at].reshape(-1, size - 1, size) for at in (i, j))
        table = influence(self.pairs, self.correlations.reshape(-1), self.below, by_first, by_second)
        return table.reshape(len(self.n), len(i), size, size)


def _moments(codes: IntArray, weights: Array, sizes: IntArray, start: Array | None = None) -> _Moments:
    """Thresholds and correlations of weighted persons; NaN correlations where there is no maximum."""
    p, size = codes.shape[1], int(sizes.max())
    n = weights.sum(axis=1)
    shares = np.stack([weights @ _indicator(codes[:, v], size) for v in range(p)], axis=1) / n[:, None, None]
    cumulative = np.cumsum(shares, axis=-1)[..., :-1]
    beyond = np.arange(size - 1) >= (sizes - 1)[:, None]
    thresholds = np.where(beyond, np.inf, ndtri(np.clip(cumulative, 0.0, 1.0)))
    i, j = np.tril_indices(p, -1)
    # a resample without somebody in each category has no moments: its tables are left out
    whole = ((shares > 0) | (np.arange(size) >= sizes[:, None])).all(axis=(1, 2))
    counts = _tables(codes, weights, size)
    pairs = Pairs.of(
        counts=counts.reshape(-1, size, size),
        first=thresholds[:, i].reshape(-1, size - 1), second=thresholds[:, j].reshape(-1, size - 1),
    )  # fmt: skip
    use = np.repeat(whole, len(i))
    binary = np.tile((sizes[i] == 2) & (sizes[j] == 2), len(n))
    begin = np.tile(_start(codes) if start is None else np.where(np.isnan(start), _start(codes), start), len(n))
    r, below = np.full(len(use), np.nan), np.full(pairs.inside.shape, np.nan)
    fitted = replace(pairs, counts=keep_from_one(pairs.counts, binary))
    if use.any():
        r[use], below[use] = solve(fitted.take(use), begin[use])
    halved = (fitted.counts != pairs.counts).any(axis=(1, 2))
    return _Moments(shares, thresholds, r.reshape(len(n), -1), halved, pairs, below, n)


def _start(codes: IntArray) -> Array:
    """Product-moment correlations of the codes, (c,): somewhat nearer to nil than the polychoric ones."""
    p = codes.shape[1]
    if p < 2:
        return np.zeros(0)
    return np.asarray(np.corrcoef(codes.T))[np.tril_indices(p, -1)]


def _indicator(codes: IntArray, size: int) -> Array:
    """1 where a person has a code, (n, size)."""
    result: Array = (codes[:, None] == np.arange(size)).astype(float)
    return result


def _tables(codes: IntArray, weights: Array, size: int) -> Array:
    """Contingency tables of all pairs, (B, c, size, size); rows are the answers to the pair's later item."""
    n, p = codes.shape
    i, j = np.tril_indices(p, -1)
    if len(weights) == 1:
        onto = _indicator(codes.reshape(-1), size).reshape(n, p * size)
        joint = ((onto * weights[0][:, None]).T @ onto).reshape(p, size, p, size)
        return np.asarray(joint[i, :, j, :])[None]
    tables = np.zeros((len(weights), len(i), size, size))
    for later in range(1, p):
        cell = codes[:, later, None] * size + codes[:, :later]
        pairs = np.flatnonzero(i == later)
        at_once = max(1, _CELLS_AT_ONCE * 10 // (later * size * size))
        for first in range(0, n, at_once):
            persons = slice(first, first + at_once)
            onto = _indicator(cell[persons].reshape(-1), size * size).reshape(-1, later * size * size)
            tables[:, pairs] += (weights[:, persons] @ onto).reshape(len(weights), later, size, size)
    return tables


def _threshold_layout(sizes: IntArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Item and number, from 0, of every threshold, (t,) each."""
    items = np.repeat(np.arange(len(sizes)), sizes - 1)
    steps = np.concatenate([np.arange(size - 1) for size in sizes])
    return items.astype(np.intp), steps.astype(np.intp)


def _gamma(found: _Moments, codes: IntArray, items: IntArray, steps: IntArray) -> Array:
    """Γ of one weighting by ones, (t + c, t + c): the mean over persons of the product of their influences."""
    size = len(items) + found.correlations.shape[1]
    by_answer = found.influence_of_thresholds()[0][items, steps], found.influence_of_pairs()[0]
    total = np.zeros((size, size))
    at_once = max(1, _CELLS_AT_ONCE * 10 // size)
    for first in range(0, len(codes), at_once):
        person = _by_person(*by_answer, codes[first : first + at_once], items)
        total += person.T @ person
    return total / len(codes)


def _by_person(of_thresholds: Array, of_pairs: Array, codes: IntArray, items: IntArray) -> Array:
    """Influences (n, t + c) of persons with these codes, from those of categories (t, K) and cells (c, K, K)."""
    i, j = np.tril_indices(codes.shape[1], -1)
    on_correlations = of_pairs[np.arange(len(i)), codes[:, i], codes[:, j]]
    return np.concatenate([of_thresholds[np.arange(len(items)), codes[:, items]], on_correlations], axis=1)


def moment_influences(codes: IntArray, *, n_categories: Sequence[int] | None = None) -> Array:
    """Each person's influence on the thresholds and correlations of ``ordinal_moments``, (n, t + c): their mean is nil,
    and the mean of their products is Γ. ``n_categories`` (p,) as in ``resampled_moments``."""
    sizes = np.array(codes.max(axis=0) + 1 if n_categories is None else n_categories)
    found = _moments(codes, np.ones((1, len(codes))), sizes)
    items, steps = _threshold_layout(sizes)
    return _by_person(found.influence_of_thresholds()[0][items, steps], found.influence_of_pairs()[0], codes, items)


def _gamma_diagonal(found: _Moments, items: IntArray, steps: IntArray) -> Array:
    """The diagonal of Γ of every weighting, (B, t + c): ``P(1-P)/φ²`` of thresholds, mean squares over the cells."""
    cumulative = np.cumsum(found.shares, axis=-1)[:, items, steps]
    with np.errstate(divide="ignore", invalid="ignore"):
        first = cumulative * (1 - cumulative) / normal_density(found.thresholds[:, items, steps]) ** 2
        table = found.influence_of_pairs()
        second = (found.pairs.counts.reshape(table.shape) * table**2).sum(axis=(2, 3)) / found.n[:, None]
    return np.concatenate([first, second], axis=1)


def _check_answers(codes: IntArray, names: Sequence[str], answers: Sequence[Sequence[float]], where: str) -> None:
    """Refuse items with categories nobody chose."""
    for v, name in enumerate(names):
        chosen = np.bincount(codes[:, v], minlength=len(answers[v])) > 0
        if chosen.sum() < 2:
            raise ModelError(f"{name} does not vary{where} among the persons used: leave it out of the model.")
        if not chosen.all():
            empty = ", ".join(f"{answers[v][int(k)]:g}" for k in np.flatnonzero(~chosen))
            raise ModelError(
                f"Nobody{where} chose {empty} on the ordered item {name}: its thresholds cannot be estimated. Merge"
                f" {'it' if (~chosen).sum() == 1 else 'them'} with a neighbouring category (in every group), or leave"
                " the item out."
            )


def _remarks(names: Sequence[str], found: _Moments, matrix: Array, where: str) -> tuple[str, ...]:
    """What was done to the answers, and what their correlations cannot be."""
    remarks = []
    if found.halved.any():
        remarks.append(
            f"Nobody{where} gave one of the four pairs of answers to {_pairs(names, found.halved)}: half an answer is"
            " moved there (margins kept, as lavaan does), without which the correlation would be ±1."
        )
    if len(matrix) > 1 and np.linalg.eigvalsh(matrix)[0] < 0:
        remarks.append(
            f"The matrix of polychoric correlations{where} is not positive definite: there are few persons for so many"
            " items or categories."
        )
    return tuple(remarks)


def _pairs(names: Sequence[str], which: Mask) -> str:
    """The first pairs of ``which`` (c,) by name."""
    i, j = np.tril_indices(len(names), -1)
    return ", ".join(f"{names[j[k]]} and {names[i[k]]}" for k in np.flatnonzero(which)[:5])


def _perfect(names: Sequence[str], lost: Mask, where: str) -> str:
    return (
        f"The polychoric correlation of {_pairs(names, lost)} is beyond ±{LIMIT}{where}: the answers to one"
        " (nearly) follow from those to the other. Merge rare categories, or leave one of them out of the model."
    )

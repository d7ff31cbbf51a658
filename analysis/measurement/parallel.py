"""How many dimensions a set of items has: parallel analysis (Horn 1965, Psychometrika 30, 179-185).

As many dimensions count as have eigenvalues above those of answers with the same distributions that have nothing to do
with each other: every column of the answers shuffled on its own (Buja & Eyuboglu 1992, Multivariate Behavioral Research
27, 509-540). ``components`` takes the eigenvalues of the correlations; ``factors`` those of the correlations with
squared multiple correlations in the diagonal (Humphreys & Montanelli 1975, Multivariate Behavioral Research 10,
193-205), which leaves out what each item has alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.ordinal_reliability import MOST_CATEGORIES
from analysis.measurement.polychoric_matrix import category_codes, polychoric_matrices

Array = npt.NDArray[np.floating[Any]]
Method = Literal["components", "factors"]
Answers = Literal["continuous", "ordered"]
METHODS: tuple[Method, ...] = get_args(Method)

Problem = Literal[
    "too_few",  # fewer persons than asked for: no figures
    "few_items",  # fewer than two items that vary: no figures
    "constant_item",  # an item that everybody answered alike is left out
    "two_items",  # two items have one dimension at most
    "many_categories",  # too many different answers to an item to see them as ordered categories: no figures
    "perfect_correlation",  # polychoric: one item's answers follow from another's: no figures
    "singular",  # an item's answers follow from the others': no squared multiple correlations, no figures for factors
    "no_reference",  # hardly any shuffled answers have such eigenvalues: no reference
]
PROBLEMS: tuple[str, ...] = get_args(Problem)

SMALLEST = 1e-8
"""A correlation matrix with an eigenvalue below this is not told from a singular one."""
_NUMBERS_AT_ONCE = 400_000
_SHARE_OF_DRAWS_NEEDED = 0.9


@dataclass(frozen=True)
class ParallelAnalysis:
    """Dimensions of k items in the answers of ``n_obs`` persons, the largest first.

    ``eigenvalues``, ``reference`` (the quantile asked for) and ``reference_mean`` (k,); ``kept`` (k,) is true for the
    leading eigenvalues above the reference. All are empty where ``problems`` leave no figures.
    """

    method: Method
    answers: Answers
    n_obs: int
    n_items: int
    problems: tuple[str, ...]
    eigenvalues: Array
    reference: Array
    reference_mean: Array
    kept: npt.NDArray[np.bool_]

    @property
    def n_kept(self) -> int | None:
        """How many dimensions there are; ``None`` where it is not known."""
        return int(self.kept.sum()) if len(self.kept) else None


def parallel_analysis(
    answers_by_person: pd.DataFrame,
    *,
    minimum_n: int,
    quantile: float,
    draws: int,
    seed: np.random.SeedSequence,
    answers: Answers = "continuous",
) -> dict[Method, ParallelAnalysis]:
    """Both methods, from the persons who answered every item (columns of ``answers_by_person``).

    ``answers`` ``ordered`` takes polychoric correlations. The reference is the ``quantile`` of ``draws`` shuffles. What
    stands in the way is in ``problems`` (``Problem``), never an exception.
    """
    complete = answers_by_person.dropna()
    values = complete.to_numpy(dtype=float)
    varying = values[:, np.ptp(values, axis=0) > 0] if len(values) else values[:, :0]
    found = {"constant_item"} if len(values) and varying.shape[1] < values.shape[1] else set()
    if len(values) < max(minimum_n, 2):
        found = {"too_few"}
    elif varying.shape[1] < 2:
        found.add("few_items")
    elif varying.shape[1] == 2:
        found.add("two_items")
    if answers == "ordered" and any(len(np.unique(column)) > MOST_CATEGORIES for column in varying.T):
        found.add("many_categories")
    if found & {"too_few", "few_items", "many_categories"}:
        return {m: _without_figures(m, answers, len(values), values.shape[1], found) for m in METHODS}
    by_item = np.ascontiguousarray(varying.T)
    observed = correlations_of(by_item[None], answers)[0]
    shuffled = np.concatenate(
        [correlations_of(part, answers) for part in shuffles(by_item, draws, np.random.default_rng(seed))]
    )
    return {m: _of_method(m, answers, len(values), observed, shuffled, quantile, found) for m in METHODS}


def shuffles(values: Array, draws: int, rng: np.random.Generator) -> Iterator[Array]:
    """``values`` (k, n) ``draws`` times with the rows shuffled against each other, (some draws, k, n) at a time.

    The first row stays as it is: whom its answers belong to does not matter once the others are shuffled.
    """
    at_once = max(1, _NUMBERS_AT_ONCE // values.size)
    for first in range(0, draws, at_once):
        part = np.repeat(values[None], min(at_once, draws - first), axis=0)
        rng.permuted(part[:, 1:], axis=-1, out=part[:, 1:])
        yield part


def correlations_of(values: Array, answers: Answers) -> Array:
    """Correlation matrices (b, k, k) of b sets of answers (b, k, n): the same answers to k items, none constant, in
    another order in every set.

    ``ordered``: polychoric; NaN where a pair's correlation reaches ±1.
    """
    if answers == "ordered":
        return polychoric_matrices(*category_codes(values))
    centred = values - values[0].mean(axis=-1, keepdims=True)
    scaled = centred / np.linalg.norm(centred[0], axis=-1, keepdims=True)
    result: Array = scaled @ np.swapaxes(scaled, 1, 2)
    at = np.arange(values.shape[1])
    result[:, at, at] = 1.0
    return result


def eigenvalues_of(correlations: Array, method: Method) -> Array:
    """Eigenvalues (..., k), largest first, of correlation matrices (..., k, k), reduced for ``factors``.

    NaN for a matrix that is NaN, and for factors where it is singular or not positive definite.
    """
    usable = np.asarray(np.isfinite(correlations).all(axis=(-2, -1)))
    if method == "factors":
        safe = np.where(usable[..., None, None], correlations, np.eye(correlations.shape[-1]))
        usable &= np.linalg.eigvalsh(safe)[..., 0] > SMALLEST
    k = correlations.shape[-1]
    matrices = np.where(usable[..., None, None], correlations, np.eye(k))
    if method == "factors":
        matrices[..., np.arange(k), np.arange(k)] = squared_multiple_correlations(matrices)
    values = np.linalg.eigvalsh(matrices)[..., ::-1]
    return np.where(usable[..., None], values, np.nan)


def squared_multiple_correlations(correlations: Array) -> Array:
    """Share of each item's variance that the others explain (..., k): ``1 - 1/diag(R^-1)`` (Guttman 1953)."""
    inverse = np.linalg.inv(correlations)
    return 1 - 1 / np.diagonal(inverse, axis1=-2, axis2=-1)


def leading(above: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """True for the first ones up to the first that is false."""
    return np.logical_and.accumulate(above)


def _of_method(
    method: Method, answers: Answers, n_obs: int, observed: Array, shuffled: Array, quantile: float, found: set[str]
) -> ParallelAnalysis:
    """The eigenvalues of ``observed`` (k, k) against those of ``shuffled`` (draws, k, k)."""
    k = len(observed)
    eigenvalues = eigenvalues_of(observed, method)
    if np.isnan(eigenvalues).any():
        problem = "perfect_correlation" if np.isnan(observed).any() else "singular"
        return _without_figures(method, answers, n_obs, k, found | {problem})
    drawn = eigenvalues_of(shuffled, method)
    usable = drawn[~np.isnan(drawn).any(axis=1)]
    if len(usable) < _SHARE_OF_DRAWS_NEEDED * len(drawn):
        return _without_figures(method, answers, n_obs, k, found | {"no_reference"})
    reference = np.quantile(usable, quantile, axis=0)
    return ParallelAnalysis(
        method, answers, n_obs, k, _ordered(found), eigenvalues, reference, usable.mean(axis=0),
        leading(eigenvalues > reference),
    )  # fmt: skip


def _without_figures(method: Method, answers: Answers, n_obs: int, n_items: int, found: set[str]) -> ParallelAnalysis:
    none = np.zeros(0)
    return ParallelAnalysis(
        method, answers, n_obs, n_items, _ordered(found), none, none, none, np.zeros(0, dtype=np.bool_)
    )


def _ordered(found: set[str]) -> tuple[str, ...]:
    return tuple(code for code in PROBLEMS if code in found)

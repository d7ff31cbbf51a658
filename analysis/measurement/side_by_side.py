"""Exploratory factors beside the scales they should be: which factor is which scale's, and which items do not fit in.

A loading is salient from .32 on, a tenth of the item's variance (Tabachnick & Fidell, Using multivariate statistics).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Array = npt.NDArray[np.floating[Any]]

ItemProblem = Literal[
    "constant_item",  # everybody answered alike: not in the solution
    "heywood",  # the factors explain it entirely, which is too good to be true
    "other_factor",  # its highest loading is on a factor that is not its scale's
    "cross_loading",  # salient loadings on two factors or more
    "weak_loading",  # no salient loading
]
ITEM_PROBLEMS: tuple[ItemProblem, ...] = get_args(ItemProblem)

SALIENT = 0.32


def factor_scales(loadings: Array, items: Sequence[str], scales: Mapping[str, Collection[str]]) -> list[str]:
    """The scale that each factor (column of ``loadings``, k by m) is, empty where none is clear.

    Scales and factors are paired so that the items' loadings on their scale's factor, by size, are highest in the mean
    over items, summed over pairs (assignment problem; Kuhn 1955). A pair with a mean below ``SALIENT`` is not clear.
    """
    names = [name for name, own in scales.items() if set(own) & set(items)]
    means = np.array([np.abs(loadings[[item in scales[name] for item in items]]).mean(axis=0) for name in names])
    found = [""] * loadings.shape[1]
    if names:
        for scale, factor in zip(*linear_sum_assignment(-means), strict=True):
            if means[scale, factor] >= SALIENT:
                found[int(factor)] = names[int(scale)]
    return found


def item_problems(
    loadings: Array,
    items: Sequence[str],
    scales: Mapping[str, Collection[str]],
    *,
    factor_scale: Sequence[str],
    heywood: npt.NDArray[np.bool_],
) -> dict[str, tuple[ItemProblem, ...]]:
    """What is wrong with each item of a solution, from its loadings on the factors that are ``factor_scale``'s."""
    problems: dict[str, tuple[ItemProblem, ...]] = {}
    for row, item in enumerate(items):
        size = np.abs(loadings[row])
        highest = factor_scale[int(size.argmax())]
        wrong = {
            "heywood": bool(heywood[row]),
            "other_factor": item not in scales.get(highest, ()),
            "cross_loading": (size >= SALIENT).sum() > 1,
            "weak_loading": not (size >= SALIENT).any(),
        }
        problems[item] = tuple(code for code in ITEM_PROBLEMS if wrong.get(code))
    return problems


def congruence(first: Array, second: Array) -> float:
    """Tucker's (1951) coefficient of congruence of two factors' loadings (k,), ``Σab/√(Σa²Σb²)``; .95 and above is the
    same factor (Lorenzo-Seva & ten Berge 2006, Methodology 2, 57-64). NaN where either has no loading.
    """
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float(first @ second) / size if size > 0 else np.nan

"""What can stand in the way of a figure on reliability: codes that stand beside an empty figure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

Problem = Literal[
    "too_few",  # fewer persons than asked for: no figures
    "single_item",  # one item: consistency is not defined
    "two_items",  # alpha alone, and only as good as the two items are alike (Spearman-Brown); no factor model
    "constant_item",  # an item everybody answered alike is left out of alpha, omega and the factor models
    "negative_item_rest",  # an item goes against the others: probably it should have been reversed
    "perfect_correlation",  # the answers to one item follow from those to another: no factor model
    "not_estimable",  # the factor model cannot be fitted to these answers
    "not_converged",  # the factor model found no solution
    "inadmissible",  # the factor model's solution cannot be true
    "many_categories",  # too many different answers to an item to see them as ordered categories
    "ordinal_not_estimable",  # no polychoric correlations, or no factor model of them
    "ordinal_not_converged",  # the factor model for ordered answers found no solution
    "ordinal_inadmissible",  # the factor model for ordered answers has a solution that cannot be true
]
PROBLEMS: tuple[Problem, ...] = get_args(Problem)


def in_order(found: Collection[str | None]) -> tuple[Problem, ...]:
    """The codes among ``found``, each once, in the order of ``PROBLEMS``."""
    return tuple(code for code in PROBLEMS if code in found)

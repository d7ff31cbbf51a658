"""Which groups can be compared: who takes part in a ladder, and what stands in the way of the others.

A level that is too small, leaves an item unanswered or answers one all alike is left out, named with its reason, and
the ladder goes over the others where at least two remain. With a category that nobody of a group chose thresholds
cannot be compared: it is merged with its neighbour in every group alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

Refusal = Literal[
    "single_group",  # nothing to compare: one level, or none, has answers
    "too_few_items",  # a factor of one or two items has no loadings to compare
    "too_few",  # fewer persons than asked for (ordered answers: who answered every item)
    "unanswered_item",  # nobody of the level answered an item: a language in which it was not asked
    "constant_item",  # everybody of the level gave the same answer to an item
    "not_estimable",  # no model: items that follow from each other, or a category with too few persons
    "not_converged",  # this step's model found no solution
    "inadmissible",  # this step's solution cannot be true (a negative variance)
    "not_reached",  # a step before this one does not hold, not even partially
]
Array = npt.NDArray[np.float64]
REFUSALS: tuple[str, ...] = get_args(Refusal)

LEVEL = "level"
FEWEST_ITEMS = 3


@dataclass(frozen=True)
class LadderGroups:
    """``answers``: one row a person who takes part, the items and the column ``LEVEL``, level by level in order.

    ``n_by_level``: persons of every level that takes part. ``omitted``: levels left out and why. ``merged``: items of
    which categories were merged. ``refused`` says why nothing can be compared (then the rest is for counting only).
    """

    answers: pd.DataFrame
    n_by_level: dict[str, int]
    omitted: dict[str, Refusal]
    merged: tuple[str, ...] = ()
    refused: Refusal | None = None


def ladder_groups(
    answers_by_person: pd.DataFrame,
    level: pd.Series[str],
    *,
    items: Sequence[str],
    levels: Sequence[str],
    minimum_n: int,
    ordered: bool = False,
) -> LadderGroups:
    """Who can be compared over ``level`` (one value a person, missing when not known).

    ``levels``: those to compare, the reference first; one that no person has is passed over. For ``ordered`` answers
    everybody with every item answered takes part, else everybody with any.
    """
    columns = list(items)
    answered = answers_by_person[columns].astype(float)
    at = level.astype(object).to_numpy()
    there = answered.notna().to_numpy()
    has_any, has_all = there.any(axis=1), there.all(axis=1)
    takes_part = has_all if ordered else has_any
    of_level = {name: at == name for name in levels}
    present = [name for name in levels if of_level[name].any()]
    values = answered.to_numpy()
    omitted: dict[str, Refusal] = {}
    for name in present:
        reason = _why_not(values[has_any & of_level[name]], values[takes_part & of_level[name]], minimum_n)
        if reason is not None:
            omitted[name] = reason
    kept = [name for name in present if name not in omitted]
    shown = kept if len(kept) > 1 else present
    rows = [np.flatnonzero(takes_part & of_level[name]) for name in shown]
    order = np.concatenate([np.zeros(0, dtype=np.intp), *rows])
    taking_part = answered.iloc[order].assign(**{LEVEL: at[order]})
    n_by_level = {name: len(own) for name, own in zip(shown, rows, strict=True)}
    refused: Refusal | None = None
    if len(present) < 2:
        refused = "single_group"
    elif len(items) < FEWEST_ITEMS:
        refused = "too_few_items"
    elif len(kept) < 2:
        refused = min(omitted.values(), key=REFUSALS.index)
    merged: tuple[str, ...] = ()
    if ordered and refused is None:
        taking_part, merged = _merged(taking_part, items)
        if (taking_part[columns].max() == taking_part[columns].min()).any():
            refused = "constant_item"
    return LadderGroups(taking_part, n_by_level, omitted, merged, refused)


def _why_not(answered: Array, used: Array, minimum_n: int) -> Refusal | None:
    """Why a level cannot take part: ``answered`` (persons, items) are its persons with any answer, ``used`` those who
    would take part."""
    if np.isnan(answered).all(axis=0).any():
        return "unanswered_item"
    if len(used) < minimum_n:
        return "too_few"
    return "constant_item" if (np.fmax.reduce(used) == np.fmin.reduce(used)).any() else None


def _merged(answers: pd.DataFrame, items: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Categories counted from 0 so that each was chosen in every group, and the items where that took merging.

    A category that nobody of a group chose goes to its neighbour towards the middle of the answers that were given.
    """
    result, merged = answers.copy(), []
    group_codes = pd.factorize(answers[LEVEL])[0]
    for item in items:
        codes = np.unique(answers[item], return_inverse=True)[1]
        counts = np.zeros((group_codes.max() + 1, codes.max() + 1), dtype=int)
        np.add.at(counts, (group_codes, codes), 1)
        group_of = np.arange(counts.shape[1])  # the category each code is part of
        while counts.shape[1] > 1 and (counts == 0).any():
            k = int(np.flatnonzero((counts == 0).any(axis=0))[0])
            into = k + 1 if k < counts.shape[1] / 2 else k - 1
            counts[:, into] += counts[:, k]
            group_of[group_of == k] = into
            group_of -= group_of > k
            counts = np.delete(counts, k, axis=1)
        if counts.shape[1] < len(group_of):
            merged.append(item)
        result[item] = group_of[codes].astype(float)
    return result, tuple(merged)

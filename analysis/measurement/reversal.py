"""Would it have been noticed had a scale been scored without its reversals? And does anything speak against them now?

An item that is counted the wrong way round correlates negatively with the sum of the others. That names the item whose
reversal was forgotten, the one that was declared reversed and is not, and the one that the sender had reversed already.
A scale of which every item is reversed is its own mirror image: its items correlate as before. There the only witness
is another scale that is known to be higher where this one is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.measurement.reliability import (
    complete_answers,
    cronbach_alpha,
    fisher_interval,
    item_rest_correlations,
)
from analysis.measurement.scoring import Scale, reversed_where_declared, scale_score

ReversalProblem = Literal[
    "too_few",  # fewer persons than asked for: no figures
    "single_item",  # one item has no others to go against
    "constant_item",  # an item everybody answered alike goes with or against nothing
    "negative_item_rest",  # an item goes against the others: its reversal is missing, too much, or was done before
    "against_other",  # the scale goes against the one it should agree with: perhaps all of it was reversed before
    "other_unclear",  # whether the scale goes with or against the one it should agree with cannot be told
]
REVERSAL_PROBLEMS: tuple[ReversalProblem, ...] = get_args(ReversalProblem)

Witness = Literal["items", "other", ""]


@dataclass(frozen=True)
class Consistency:
    """How the items of a scale go together, from those who answered all of them: alpha of the items that vary, and the
    lowest correlation of an item with the sum of the others. NaN where there is none."""

    alpha: float
    lowest_item_rest: float

    @property
    def named(self) -> bool:
        """Whether an item goes against the others, which is the named problem ``negative_item_rest``."""
        return self.lowest_item_rest < 0


@dataclass(frozen=True)
class Agreement:
    """Correlation ``r`` of two scores over the ``n_obs`` persons who have both, with Fisher's interval (which takes
    persons as independent)."""

    n_obs: int
    r: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True)
class ReversalCheck:
    """One scale with its reversals (``now``) and without (``unreversed``).

    ``items``: the reversed ones. ``n_obs`` persons answered all items of the scale. ``agreement`` (``None`` without
    another scale) is that of the scores as they are. ``noticed_by`` what would have told: ``items`` an item against the
    others, ``other`` the interval of the correlation with the other scale below zero, or nothing.
    """

    items: tuple[str, ...]
    n_obs: int
    all_reversed: bool
    now: Consistency
    unreversed: Consistency
    agreement: Agreement | None
    noticed_by: Witness
    problems: tuple[ReversalProblem, ...]


def reversal_check(
    answers_by_person: pd.DataFrame, scale: Scale, *, other: Scale | None, minimum_n: int, confidence: float
) -> ReversalCheck:
    """Check the reversals of ``scale`` in answers after reversal; ``other``: a scale that must agree with it.

    Without reversals means without any: those of ``other`` are undone too. No figures from fewer than ``minimum_n``.
    """
    reversed_items = [item for item in scale.items if item.reversed]
    turned = {item.name: item for s in (scale, other) if s is not None for item in s.items}
    as_asked = reversed_where_declared(answers_by_person, list(turned.values()))
    complete, backwards = complete_answers(answers_by_person, scale), complete_answers(as_asked, scale)
    now, unreversed = (_consistency(answers, minimum_n=minimum_n) for answers in (complete, backwards))
    agreement, mirrored = (
        None if other is None else _agreement(answers, scale, other, minimum_n=minimum_n, confidence=confidence)
        for answers in (answers_by_person, as_asked)
    )
    noticed_by: Witness = "items" if unreversed.named else "other" if _against(mirrored) else ""
    found = _problems(complete, now, agreement, minimum_n=minimum_n)
    return ReversalCheck(
        items=tuple(item.name for item in reversed_items), n_obs=len(complete),
        all_reversed=len(reversed_items) == len(scale.items), now=now, unreversed=unreversed, agreement=agreement,
        noticed_by=noticed_by, problems=tuple(code for code in REVERSAL_PROBLEMS if code in found),
    )  # fmt: skip


def _consistency(complete: pd.DataFrame, *, minimum_n: int) -> Consistency:
    vary = complete.loc[:, complete.nunique() > 1]
    if len(complete) < minimum_n or vary.shape[1] < 2:
        return Consistency(np.nan, np.nan)
    return Consistency(cronbach_alpha(vary), float(item_rest_correlations(vary).min()))


def _agreement(
    answers_by_person: pd.DataFrame, scale: Scale, other: Scale, *, minimum_n: int, confidence: float
) -> Agreement:
    pair = [scale_score(answers_by_person, one) for one in (scale, other)]
    both = pd.concat(pair, axis=1).dropna().to_numpy(dtype=float)
    vary = len(both) >= max(minimum_n, 2) and bool((np.ptp(both, axis=0) > 0).all())
    r = float(np.clip(np.corrcoef(both.T)[0, 1], -1, 1)) if vary else np.nan
    return Agreement(len(both), r, *fisher_interval(r, n_obs=len(both), confidence=confidence))


def _against(agreement: Agreement | None) -> bool:
    """Whether the two scores go against each other beyond doubt."""
    return agreement is not None and agreement.ci_upper < 0


def _problems(
    complete: pd.DataFrame, now: Consistency, agreement: Agreement | None, *, minimum_n: int
) -> Collection[ReversalProblem]:
    """What can be said against the reversals as they are, and what stands in the way of saying it."""
    found: set[ReversalProblem] = set()
    if len(complete) < minimum_n or (agreement is not None and agreement.n_obs < minimum_n):
        found.add("too_few")
    if complete.shape[1] < 2:
        found.add("single_item")
    if len(complete) >= minimum_n and (complete.nunique() < 2).any():
        found.add("constant_item")
    if now.named:
        found.add("negative_item_rest")
    if _against(agreement):
        found.add("against_other")
    elif agreement is not None and not np.isnan(agreement.r) and not agreement.ci_lower > 0:
        found.add("other_unclear")
    return found

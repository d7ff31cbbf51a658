"""What all specifications say together: three statistics of a specification curve against what chance would give.

Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4, 1208-1214 (step 3, joint inference). Specifications of one
claim are fitted to much the same data, so their p-values cannot be counted up. Instead the whole curve is computed
again without an effect, many times, and it is asked how often chance does what the data did. A row of a matrix of draws
is such a curve: all specifications under the same reassignment of traits to projects (``scheme`` ``permutation``), or
under the same signs of the projects' shares (``signs``). The first row is the one found. The tests look one way, to the
side that the claim is on, and a p-value is the share of rows, the one found among them, that are at least as extreme.

The statistics need, in every row, how large an estimate is by the standards of its specification. These are taken from
the column itself: an estimate is divided by the root mean square of its column, and is significant when at most
``alpha / 2`` of its column are at least as large. As the column is the same set of numbers whichever of its rows were
the one found, every row is judged alike, which keeps the test exact. For signs this is studentising within the draw:
flips change no square, so the t-statistic of the shares is an increasing function of the sum over the root mean square.
No standard errors of reassigned data are needed, which latent specifications do not have.

The share that is significant knows no difference between large and very large: where specifications agree, they are
significant together in ``alpha / 2`` of all draws, and its p-value cannot be much smaller than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.multiverse.outcome import Array, Found
from analysis.multiverse.signs import sign_vectors, units_of

_TIES = 1e-9
"""Statistics that differ by less, relative to their spread, are equal: sums in another order."""


@dataclass(frozen=True)
class JointTest:
    """The three p-values, one-sided towards the claim; ``minimum_pvalue``: the smallest that there can be.

    ``n_joint``: specifications that take part. ``scheme``: ``permutation`` | ``signs`` | empty where there is no test
    (fewer than two draws or no specification); p-values are then NaN. ``exact``: ``yes`` where the draws are all there
    are, ``no``, or empty.
    """

    n_joint: int
    pvalue_median: float
    pvalue_share: float
    pvalue_stouffer: float
    minimum_pvalue: float
    n_draws: int
    exact: Literal["", "yes", "no"]
    scheme: Literal["", "permutation", "signs"]


NO_TEST = JointTest(0, np.nan, np.nan, np.nan, np.nan, 0, "", "")


def joint_test(
    found: Sequence[Found], *, sign: int, alpha: float, n_draws: int, seed: int, all_permuted: bool
) -> JointTest:
    """The joint test of one claim.

    Parameters
    ----------
    found : the specifications of one claim; those with ``permuted`` estimates take part, or where none has any, those
        with an ``influence``. An assignment under which a specification has no estimate is judged by the others.
    sign : the side that the claim is on, 1 or -1.
    alpha : two-sided level at which an estimate counts as significant.
    n_draws, seed : of the signs (``sign_vectors``).
    all_permuted : whether the permuted estimates are those of all reassignments there are.
    """
    fitted = [one for one in found if one.status == "ok"]
    columns = [one.permuted for one in fitted if one.permuted is not None and bool(np.isfinite(one.permuted[:1]).all())]
    if columns:
        return _tested(sign * np.column_stack(columns), alpha=alpha, exact=all_permuted, scheme="permutation")
    influences = [one.influence for one in fitted if one.influence]
    if not influences:
        return NO_TEST
    signs = sign_vectors(units_of(influences), n=n_draws, seed=seed)
    return _tested(sign * signs.estimates(influences), alpha=alpha, exact=signs.exact, scheme="signs")


def _tested(draws: Array, *, alpha: float, exact: bool, scheme: Literal["permutation", "signs"]) -> JointTest:
    """The test from the matrix of estimates (draws, specifications) turned to the claimed side, the one found first."""
    if len(draws) < 2:
        return NO_TEST
    median, share, stouffer = statistics(draws, alpha=alpha)
    return JointTest(
        n_joint=draws.shape[1],
        pvalue_median=share_at_least(median),
        pvalue_share=share_at_least(share),
        pvalue_stouffer=share_at_least(stouffer),
        minimum_pvalue=1 / len(draws),
        n_draws=len(draws),
        exact="yes" if exact else "no",
        scheme=scheme,
    )


def statistics(draws: Array, *, alpha: float) -> tuple[Array, Array, Array]:
    """Of every row of ``draws`` (draws, specifications): the median estimate, the share of its estimates that are
    significant on the claimed side, and the average z (Stouffer's, over the root of how many there are).

    NaN: no estimate; the row is judged by those it has, and says nothing (0) where it has none.
    """
    there = np.isfinite(draws)
    n = np.maximum(there.sum(axis=1), 1)
    spread = np.sqrt(np.nanmean(draws**2, axis=0))
    z = np.divide(draws, spread, out=np.zeros_like(draws), where=there & (spread > 0))
    significant = np.column_stack([shares_at_least(column) <= alpha / 2 for column in draws.T])
    median = np.array([np.median(row[own]) if own.any() else 0.0 for row, own in zip(draws, there, strict=True)])
    return median, (significant & there).sum(axis=1) / n, z.sum(axis=1) / np.sqrt(n)


def share_at_least(statistic: Array) -> float:
    """The share of values that are at least as large as the first, itself included."""
    return float(np.mean(statistic >= statistic[0] - _tolerance(statistic)))


def shares_at_least(values: Array) -> Array:
    """For each of ``values`` the share of all of them that are at least as large, (n,); NaN are not counted."""
    known = np.sort(values[np.isfinite(values)])
    smaller = np.searchsorted(known, values - _tolerance(known), side="left")
    return 1.0 - smaller / len(known)


def _tolerance(values: Array) -> float:
    return _TIES * float(np.max(np.abs(values)))

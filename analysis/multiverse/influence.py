"""Each project's share of an estimate: what its persons add to it if there were no effect.

To first order an estimate is a sum over persons. With a person's influence ψ (``solutions.Solution.moves``, carried
through the derivative of what is reported) the influences at the estimate sum to nil: they say how each person pulls it
away from where it is. Where it would be without an effect person i pulls by ``ψ_i + h_i θ``, θ the estimate and h the
person's part of the information on it, which sums to one: the score of the hypothesis with every other parameter at its
best (the effective score of Hemerik, Goeman & Finos 2020, J. R. Stat. Soc. B 82, 841; for a regression coefficient the
cross product of residualised predictor and outcome). Projects' sums of these are the shares: together they are the
estimate, and those of projects whose signs could as well be the other ones have a mean of nil.

h is taken from the persons' squared influences, which is what information is where the model holds. Shares made at the
estimate alone (h nil) are too small with few projects, since the estimate has adapted to every one of them, and a test
that flips their signs finds too much; these keep the level without further correction (tests/benchmarks/README.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]


def shares(influence: Array, estimates: Array, units: IntArray, *, n_units: int) -> Array:
    """The units' shares (k, n_units) of k estimates.

    ``influence`` (n, k): the persons' influences on the ``estimates`` (k,); ``units`` (n,): each person's unit, 0, 1,
    … Rows sum to the estimates.
    """
    # what an optimiser leaves of nothing is taken off, so that shares sum to the estimate to the last digits
    centred = influence - influence.mean(axis=0)
    squares = centred**2
    total = squares.sum(axis=0)
    even = np.full_like(squares, 1 / len(squares))
    information = np.divide(squares, total, out=even, where=total > 0)
    by_person = centred + information * estimates
    return np.array([np.bincount(units, by_person[:, k], minlength=n_units) for k in range(len(estimates))])

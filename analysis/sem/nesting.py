"""Whether one model is a special case of another, and where in the larger model the smaller one's solution lies.

A model is nested in another when the other reproduces, exactly, the moments the first one implies (the NET procedure of
Bentler & Satorra 2010). The larger model is therefore fitted to the smaller one's implied moments. This asks nothing of
how parameters are named or scaled: marker or unit variance, labels, ``group_equal`` or ``==``, delta or theta. It is
shown at one solution, not for every conceivable one.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated, estimate
from analysis.sem.implied import GroupModel
from analysis.sem.loss import Loss, NormalLoss, QuadraticLoss
from analysis.sem.observed import Array, IntArray
from analysis.sem.table import Row

# a discrepancy per person that only rounding and where an optimiser stops can explain
_REPRODUCED = 1e-9


def at_restricted(restricted: Estimated, free: Estimated) -> Estimated:
    """``free`` at the point where it implies the moments of ``restricted``: same table and sample, other θ and basis.

    Both must be solutions for the same persons and variables. Raises ``ModelError`` when no such point is found: the
    models are not nested.
    """
    loss = _loss_on(restricted, free)
    # nothing here asks how many persons there were: the moments are a population's
    for start in _starts(restricted, free):
        found = estimate(free.table, free.sample, free.options, start=start, loss=loss)
        if found.converged and abs(found.objective) < _REPRODUCED:
            return replace(free, theta=found.theta, basis=found.basis, at_bound=found.at_bound)
    raise ModelError(
        "The models are not nested: the less restricted one cannot reproduce what the more restricted one implies, so"
        " the difference of their χ² says nothing. Compare them by AIC or BIC."
    )


def moment_order(source: Estimated, target: Estimated) -> IntArray:
    """Where in ``source.implied.vector`` each moment of ``target.implied.vector`` stands: groups and variables may come
    in another order. Raises ``ModelError`` when the two models do not have the same moments."""
    place: dict[Hashable, int] = {}
    for name, model in zip(source.table.groups, source.implied.groups, strict=True):
        for moment in _moments(model):
            place[name, moment] = len(place)
    wanted = [
        (name, moment)
        for name, model in zip(target.table.groups, target.implied.groups, strict=True)
        for moment in _moments(model)
    ]
    if set(wanted) != set(place):
        raise ModelError("The two models do not speak of the same moments: their χ² cannot be compared.")
    return np.array([place[moment] for moment in wanted], dtype=np.intp)


def _moments(model: GroupModel) -> list[Hashable]:
    """What each element of a group's ``vector`` is."""
    names = model.observed
    if model.ordered:
        within: dict[int, int] = {}
        thresholds: list[Hashable] = []
        for item in model.threshold_item.tolist():
            within[item] = within.get(item, 0) + 1
            thresholds.append((names[item], within[item]))
        return [*thresholds, *(frozenset((names[i], names[j])) for i, j in zip(*model.strict, strict=True))]
    means: list[Hashable] = [(name,) for name in names] if model.means else []
    return [*means, *(frozenset((names[i], names[j])) for i, j in zip(*model.tril, strict=True))]


def _loss_on(restricted: Estimated, free: Estimated) -> Loss:
    """How far the larger model is from the smaller one's moments: zero where it reproduces them."""
    implied = free.implied
    if free.table.ordered:
        moments = np.asarray(restricted.implied.vector(restricted.theta))[moment_order(restricted, free)]
        sizes = np.cumsum([len(_moments(model)) for model in implied.groups])[:-1]
        targets = np.split(moments, sizes)
        return QuadraticLoss(implied, targets, [np.ones(len(t)) for t in targets], free.sample.shares)
    at = [restricted.table.observed.index(name) for name in free.table.observed]
    own = dict(zip(restricted.table.groups, restricted.implied.moments(restricted.theta), strict=True))
    covs = [own[name][0][np.ix_(at, at)] for name in free.table.groups]
    means = [own[name][1][at] for name in free.table.groups]
    return NormalLoss(implied, covs, means, free.sample.shares)


def _starts(restricted: Estimated, free: Estimated) -> list[Array]:
    """Where to start from: the smaller solution read row by row, then the larger one's own solution."""
    values = restricted.reported.rows(restricted.theta)
    groups = restricted.table.groups
    at = {(groups[row.group], *_name(row)): float(v) for row, v in zip(restricted.table.rows, values, strict=True)}
    theta = free.theta.copy()
    for row in free.table.rows:
        if row.index is not None:
            # what a model does not mention it holds at zero
            absent = 0.0 if row.op in ("=~", "~", "~~", "~1") and row.lhs != row.rhs else float(theta[row.index])
            theta[row.index] = at.get((free.table.groups[row.group], *_name(row)), absent)
    return [theta, free.theta]


def _name(row: Row) -> tuple[str, str, str]:
    """A row's parameter; a covariance has no direction."""
    swap = row.op == "~~" and row.rhs < row.lhs
    return (row.op, row.rhs, row.lhs) if swap else (row.op, row.lhs, row.rhs)

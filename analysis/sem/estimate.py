"""From a parameter table and a sample to a solution: the point on which errors, tests and indices build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

import numpy as np

from analysis.sem.asymptotic import empirical_gamma, normal_weight
from analysis.sem.constraints import Constraints
from analysis.sem.errors import ModelError
from analysis.sem.implied import ImpliedMoments
from analysis.sem.layout import Matrices
from analysis.sem.loss import Loss, MissingLoss, NormalLoss, QuadraticLoss
from analysis.sem.observed import Array, GroupSample, Sample
from analysis.sem.optimise import Mask, Solution, solve
from analysis.sem.options import Options
from analysis.sem.standardise import Reported
from analysis.sem.start import mirrored, starting_values
from analysis.sem.table import ParameterTable


@dataclass(frozen=True)
class Estimated:
    """A solution and all it came from.

    ``theta`` (n_free,); ``basis`` (n_free, d) spans the directions the constraints that hold leave free, ``n_active``
    of them inequalities; ``objective`` is F; ``at_bound`` (n_free,) marks parameters a bound holds. ``converged`` says
    whether it is a minimum: nothing may be read from θ when it is not.
    """

    table: ParameterTable
    sample: Sample
    options: Options
    implied: ImpliedMoments
    loss: Loss
    constraints: Constraints | None
    theta: Array
    basis: Array
    objective: float
    converged: bool
    iterations: int
    at_bound: Mask
    n_active: int = 0

    @cached_property
    def matrices(self) -> tuple[Matrices, ...]:
        """The model matrices of every group at the solution."""
        return tuple(group.matrices(self.theta) for group in self.implied.groups)

    @cached_property
    def jacobians(self) -> tuple[Array, ...]:
        """∂ω/∂θ' (p*, n_free) of every group at the solution, read-only."""
        found = tuple(group.jacobian(self.theta) for group in self.implied.groups)
        for jacobian in found:
            jacobian.flags.writeable = False
        return found

    @cached_property
    def kept(self) -> dict[str, Array]:
        """What errors, tests and comparisons of this solution all need; see ``once``."""
        return {}

    @cached_property
    def reported(self) -> Reported:
        """What is reported of the model, as functions of θ."""
        return Reported(self.implied)

    @property
    def npar(self) -> int:
        """Free parameters less equality constraints: a model's own number, whatever bounds and inequalities hold."""
        return int(self.basis.shape[1]) + self.n_active

    @property
    def n(self) -> int:
        """Persons in all groups."""
        return self.sample.n

    @property
    def n_scale(self) -> int:
        """What errors divide by and RMSEA counts: N for maximum likelihood, N less one a group for least squares, whose
        moments are unbiased (as lavaan does, with ordered items too)."""
        return self.n - (len(self.table.groups) if isinstance(self.loss, QuadraticLoss) else 0)

    @property
    def df(self) -> int:
        """Moments of the modelled variables minus free parameters."""
        return n_moments(self.table) - self.npar


def once(of_solution: Callable[[Estimated], Array]) -> Callable[[Estimated], Array]:
    """``of_solution``, a matrix that is a function of a solution alone, computed once for each solution and read-only.

    Errors, the scaled test and every comparison with another model need the same few matrices.
    """

    @wraps(of_solution)
    def computed_once(estimated: Estimated) -> Array:
        name, kept = of_solution.__name__, estimated.kept
        if name not in kept:
            kept[name] = of_solution(estimated)
            kept[name].flags.writeable = False
        return kept[name]

    return computed_once


def n_moments(table: ParameterTable) -> int:
    """Sample moments the model speaks of: those of the covariates, which it takes as given, do not count."""
    p, px = len(table.observed), len(table.covariates)
    if table.ordered:
        thresholds = sum(1 for row in table.rows if row.op == "|")
        return thresholds + len(table.groups) * (p * (p - 1) // 2)
    per_group = p * (p + 1) // 2 - px * (px + 1) // 2 + (p - px if table.means else 0)
    return len(table.groups) * per_group


def n_needed(table: ParameterTable) -> int:
    """How many parameters the normal likelihood has to find in the persons' differences: more persons than these are
    needed.

    A variable's own intercept takes its mean and leaves the covariances as they are, so it does not count: asking for
    means, or for clusters, asks for nobody more.
    """
    if table.constraints:
        return table.n_free
    rows_of = Counter(row.index for row in table.rows if row.index is not None)
    own = [
        row for row in table.rows
        if row.op == "~1" and row.lhs in table.observed and row.index is not None and rows_of[row.index] == 1
    ]  # fmt: skip
    return table.n_free - len(own)


def loss_of(implied: ImpliedMoments, sample: Sample, options: Options) -> Loss:
    """The discrepancy an estimator minimises, on this sample."""
    discrepancy = options.recipe.discrepancy
    if discrepancy == "ML":
        if sample.missing == "fiml" and not all(group.complete for group in sample.groups):
            return MissingLoss.of(implied, sample)
        return NormalLoss.of(implied, sample)
    means = implied.table.means
    targets = [sample_vector(group, means=means) for group in sample.groups]
    weights = [_weight(group, discrepancy, means=means) for group in sample.groups]
    return QuadraticLoss(implied, targets, weights, least_squares_shares(sample), sample.shares)


def least_squares_shares(sample: Sample) -> Array:
    """The groups' weights in the least-squares discrepancy, (groups,): (n_g - 1)/N, so that N·F is Σ (n_g - 1) F_g, the
    statistic of unbiased covariances (Browne 1974) and of lavaan, with ordered items too."""
    sizes = np.array([group.n for group in sample.groups])
    return np.asarray((sizes - 1) / sizes.sum())


def sample_vector(group: GroupSample, *, means: bool) -> Array:
    """The moments a model is fitted to, (p*,), in the order of ``GroupModel.vector``."""
    if group.ordinal is not None:
        return np.concatenate([group.ordinal.thresholds, group.ordinal.correlations])
    lower = group.cov[np.tril_indices(len(group.cov))]
    return np.concatenate([group.mean, lower]) if means else lower


def _weight(group: GroupSample, discrepancy: str, *, means: bool) -> Array:
    """The weight of least squares: a diagonal (p*,) or a matrix (p*, p*)."""
    if discrepancy == "ULS":
        return np.ones(len(sample_vector(group, means=means)))
    if discrepancy == "GLS":
        return normal_weight(group.cov, means=means)
    if group.ordinal is not None:
        return np.asarray(1 / np.diag(group.ordinal.gamma))
    if group.data is None:
        raise ModelError("estimator dwls needs the persons' answers: moments alone do not say how precise they are.")
    return np.asarray(1 / np.diag(empirical_gamma(group.data, means=means)))


def estimate(
    table: ParameterTable,
    sample: Sample,
    options: Options,
    *,
    start: Array | None = None,
    loss: Loss | None = None,
    thorough: bool = True,
) -> Estimated:
    """Fit a table to a sample. ``start`` (n_free,) takes the place of the usual starting values, ``loss`` of the
    estimator's own discrepancy; without ``thorough`` the search gives up sooner (``optimise.solve``).

    Raises ``ModelError`` for more parameters than moments, or no more persons than parameters in maximum likelihood.
    """
    if n_moments(table) - table.n_free + _n_equalities(table) < 0:
        raise ModelError(
            f"The model has {table.n_free - _n_equalities(table)} free parameters and only {n_moments(table)} moments"
            " to estimate them from: fix or leave out some."
        )
    implied = ImpliedMoments(table, sample) if loss is None else loss.implied
    loss = loss_of(implied, sample, options) if loss is None else loss
    constraints = Constraints(table) if table.constraints else None
    if table.n_free == 0:
        empty = np.zeros(0)
        value = float(loss.value_and_gradient(empty)[0])
        solution = Solution(empty, value, bool(np.isfinite(value)), 0, np.zeros((0, 0)), np.zeros(0, dtype=bool))
    else:
        begun = _start(table, sample, loss) if start is None else start
        lower, upper = bounds_of(table)
        asked: dict[str, Any] = {"n_obs": sample.n, "constraints": constraints, "lower": lower, "upper": upper}
        solution = solve(loss, begun, **asked, thorough=thorough)
        other = None if solution.converged or not thorough else mirrored(table, begun, solution.theta)
        if other is not None and (second := solve(loss, other, **asked)).converged:
            solution = second
    return Estimated(
        table, sample, options, implied, loss, constraints, solution.theta, solution.basis, solution.value,
        solution.converged, solution.iterations, solution.at_bound, solution.n_active,
    )  # fmt: skip


def _start(table: ParameterTable, sample: Sample, loss: Loss) -> Array:
    """Where to start. For incomplete answers where the model's fit to their saturated moments leads, which costs a
    fraction of a step with the answers themselves (the second stage of Yuan & Bentler 2000, without its errors)."""
    usual = starting_values(table, sample)
    if not isinstance(loss, MissingLoss) or table.constraints or not all(g.saturated.converged for g in sample.groups):
        return usual
    h1 = [group.saturated for group in sample.groups]
    second_stage = NormalLoss(loss.implied, [h.cov for h in h1], [h.mean for h in h1], sample.shares)
    lower, upper = bounds_of(table)
    found = solve(second_stage, usual, n_obs=sample.n, lower=lower, upper=upper, thorough=False)
    return found.theta if found.converged else usual


def bounds_of(table: ParameterTable) -> tuple[Array, Array]:
    """Lower and upper bounds of θ, (n_free,) each; the narrowest of the rows that share a parameter."""
    lower, upper = [-np.inf] * table.n_free, [np.inf] * table.n_free
    for row in table.rows:
        if row.index is not None:
            lower[row.index] = max(lower[row.index], row.lower)
            upper[row.index] = min(upper[row.index], row.upper)
    return np.array(lower), np.array(upper)


def _n_equalities(table: ParameterTable) -> int:
    return sum(1 for constraint in table.constraints if constraint.kind == "==")

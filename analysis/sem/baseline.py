"""The baseline and the saturated model a fit is measured against.

Baseline: variances (and means, thresholds) free, nothing related but the covariates among themselves; its solution is
known in closed form, so it costs no optimisation. Saturated: the sample's own moments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analysis.sem.asymptotic import moment_deviations, normal_weight, normal_weighted
from analysis.sem.clusters import independent_sums
from analysis.sem.estimate import Estimated, estimate, loss_of, n_moments
from analysis.sem.fiml import saturated_information, saturated_scores
from analysis.sem.implied import ImpliedMoments
from analysis.sem.loss import MissingLoss
from analysis.sem.observed import Array, GroupSample, Sample
from analysis.sem.table import ParameterTable, Row


@dataclass(frozen=True)
class Saturated:
    """One group's moments without a model: ``mean`` (p,), ``cov`` (p, p) and, as ``discrepancy``, twice the
    log-likelihood per person with its sign turned, without constants (as the loss counts it). ``converged`` is False
    where incomplete answers have no such moments, and numbers are then NaN. ``means``: whether means are modelled."""

    group: GroupSample
    mean: Array
    cov: Array
    discrepancy: float
    means: bool
    converged: bool = True

    @cached_property
    def trace(self) -> float:
        """tr(B₁A₁⁻¹) with A₁ the observed information and B₁ the covariance of the scores of what is independent."""
        if not self.group.complete:
            return float(np.trace(np.linalg.solve(self.information, self.meat)))
        if self.group.cluster is not None:
            # A₁ is W: the mean square, in its metric, of the clusters' summed deviations from the sample's moments
            sums = independent_sums(moment_deviations(self.group.answers, means=self.means), self.group)
            return float((sums.T * normal_weighted(self.cov, sums.T, means=self.means)).sum()) / self.group.n
        centred = self.group.answers - self.mean
        distances = (centred * np.linalg.solve(self.cov, centred.T).T).sum(axis=1)
        p = len(self.cov)
        return 0.5 * float(np.mean(distances**2) - p) + (p if self.means else 0)

    @cached_property
    def information(self) -> Array:
        """A₁: observed information of one person on means and covariances, (p + p*, p + p*)."""
        if self.group.complete:
            return normal_weight(self.cov, means=True)
        return saturated_information(self.group.missing_data, self.mean, self.cov)

    @cached_property
    def meat(self) -> Array:
        """B₁: covariance of the scores of what is independent, per person, (p + p*, p + p*)."""
        scores = saturated_scores(self.group.missing_data, self.mean, self.cov)
        independent = independent_sums(scores, self.group)
        meat: Array = independent.T @ independent / self.group.n
        return meat


def baseline(estimated: Estimated) -> Estimated:
    """The baseline model of a fit, on the same sample by the same discrepancy."""
    table = baseline_table(estimated.table)
    implied = ImpliedMoments(table, estimated.sample)
    loss = loss_of(implied, estimated.sample, estimated.options)
    theta = np.zeros(table.n_free)
    for row in table.rows:
        if row.index is not None:
            theta[row.index] = _closed_form(row, table, estimated.sample.groups[row.group])
    if estimated.options.recipe.discrepancy == "GLS":
        return estimate(table, estimated.sample, estimated.options, start=theta, loss=loss)
    value = float(loss.value_and_gradient(theta)[0])
    return replace(
        estimated, table=table, implied=implied, loss=loss, constraints=None, theta=theta, basis=np.eye(table.n_free),
        objective=value, converged=True, iterations=0, at_bound=np.zeros(table.n_free, dtype=bool), n_active=0,
    )  # fmt: skip


def independence_discrepancy(table: ParameterTable, sample: Sample) -> float:
    """F of the baseline for complete answers and maximum likelihood: ``Σ_y log s_yy + log|S_xx| - log|S|`` over the
    groups, with x the variables that only predict, which are related among themselves, and y the others."""
    joint = [i for i, name in enumerate(table.observed) if name in table.covariates or name in table.exogenous]
    apart = [i for i in range(len(table.observed)) if i not in joint]
    found = 0.0
    for share, group in zip(sample.shares, sample.groups, strict=True):
        together = np.linalg.slogdet(group.cov[np.ix_(joint, joint)])[1] if joint else 0.0
        alone = np.log(group.cov.diagonal()[apart]).sum()
        found += float(share) * float(alone + together - np.linalg.slogdet(group.cov)[1])
    return found


def baseline_table(table: ParameterTable) -> ParameterTable:
    """Variances, intercepts and thresholds of the observed variables, and the covariates' moments."""
    rows: list[Row] = []
    n_free = 0
    for g in range(len(table.groups)):
        drafts = [Row(v, "~~", v, g) for v in table.observed if v not in table.covariates and v not in table.ordered]
        drafts += [Row(v, "~~", v, g, fixed=1.0) for v in table.ordered]
        free = [v for v in table.exogenous if v not in table.covariates]
        drafts += [Row(a, "~~", b, g) for n, a in enumerate(free) for b in free[:n]]
        drafts += [row for row in table.rows if row.group == g and row.from_sample]
        drafts += [
            replace(row, label="", index=None, fixed=None) for row in table.rows if row.group == g and row.op == "|"
        ]
        drafts += [Row(v, "~*~", v, g, fixed=1.0) for v in table.ordered]
        if table.means:
            drafts += [
                Row(v, "~1", "", g, fixed=0.0 if v in table.ordered else None)
                for v in table.observed
                if v not in table.covariates
            ]
        for row in drafts:
            if row.is_free:
                row = Row(row.lhs, row.op, row.rhs, g, index=n_free)
                n_free += 1
            rows.append(row)
    return ParameterTable(
        tuple(rows), table.groups, table.observed, (), table.covariates, table.ordered, table.means,
        table.parameterization, {}, (), n_free,
    )  # fmt: skip


def _closed_form(row: Row, table: ParameterTable, group: GroupSample) -> float:
    """The baseline estimate of one parameter: nothing is related, so each variable speaks for itself."""
    at = table.observed.index(row.lhs)
    if row.op == "|":
        ordinal = group.ordered
        return float(ordinal.thresholds[ordinal.threshold_item == table.ordered.index(row.lhs)][int(row.rhs[1:]) - 1])
    if group.complete:
        return float(group.mean[at] if row.op == "~1" else group.cov[at, table.observed.index(row.rhs)])
    values = group.answers[:, at]
    values = values[~np.isnan(values)]
    return float(values.mean() if row.op == "~1" else values.var())


def baseline_df(table: ParameterTable) -> int:
    """Degrees of freedom of the baseline model, counted without building ``baseline_table``."""
    own = sum(1 for v in table.observed if v not in table.covariates and v not in table.ordered)
    related = sum(1 for v in table.exogenous if v not in table.covariates)
    each = own * (2 if table.means else 1) + related * (related - 1) // 2
    return n_moments(table) - len(table.groups) * each - sum(1 for row in table.rows if row.op == "|")


def saturated_moments(estimated: Estimated) -> list[Saturated]:
    """The saturated model, group by group; computed once for all models of a sample."""
    means, incomplete = estimated.table.means, isinstance(estimated.loss, MissingLoss)
    kept = estimated.sample.kept
    key = ("saturated", means, incomplete)
    if key not in kept:
        kept[key] = [_saturated(group, means=means, incomplete=incomplete) for group in estimated.sample.groups]
    return list(kept[key])


def _saturated(group: GroupSample, *, means: bool, incomplete: bool) -> Saturated:
    if not incomplete:
        constant = float(np.linalg.slogdet(group.cov)[1]) + len(group.mean)
        return Saturated(group, group.mean, group.cov, constant, means)
    h1 = group.saturated
    discrepancy = -2 * float(h1.loglik) / group.n - group.missing_data.n_answers * np.log(2 * np.pi) / group.n
    converged = bool(h1.converged)
    return Saturated(group, h1.mean, h1.cov, discrepancy if converged else np.nan, means, converged)

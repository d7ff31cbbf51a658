"""Each person's part of the derivative of the log-likelihood, and what information matrices it gives."""

from __future__ import annotations

import numpy as np

from analysis.sem.clusters import independent_sums
from analysis.sem.estimate import Estimated, once
from analysis.sem.fiml import casewise_scores
from analysis.sem.implied import add_columns
from analysis.sem.loss import hessian
from analysis.sem.observed import Array


def person_scores(estimated: Estimated) -> list[Array]:
    """∂ log-likelihood of a person / ∂θ, one array (n_g, n_free) a group, for normal data, complete or not.

    With ``Σ_a = l r' + r l'`` and ``y = Σ⁻¹(x - μ)`` a score is ``(y'l)(y'r) - l'Σ⁻¹r + y'μ_a``. Without a mean
    structure deviations are from the group's sample means.
    """
    result: list[Array] = []
    for sample, model in zip(estimated.sample.groups, estimated.implied.groups, strict=True):
        m = model.matrices(estimated.theta)
        f = model.factors(estimated.theta, m)
        if not sample.complete:
            by_cell = casewise_scores(sample.missing_data, m.sigma, m.mu, f.left, f.right, f.mean)
        else:
            inverse = np.linalg.inv(m.sigma)
            y = (sample.answers - (m.mu if model.means else sample.mean)) @ inverse
            by_cell = (y @ f.left) * (y @ f.right) - ((inverse @ f.left) * f.right).sum(axis=0)
            if model.means:
                by_cell += y @ f.mean
        scores = np.zeros((sample.n, model.n_free))
        add_columns(scores, f.index, by_cell)
        result.append(scores)
    return result


@once
def score_meat(estimated: Estimated) -> Array:
    """B, (n_free, n_free): the covariance of what is independent, persons' or clusters' scores, per person."""
    meat = np.zeros((estimated.table.n_free, estimated.table.n_free))
    for scores, group in zip(person_scores(estimated), estimated.sample.groups, strict=True):
        independent = independent_sums(scores, group)
        meat += independent.T @ independent
    return meat / estimated.n


@once
def expected_information(estimated: Estimated) -> Array:
    """Expected information of one person, (n_free, n_free): half the expected Hessian of F."""
    return estimated.loss.curvature(estimated.theta) / 2


@once
def observed_information(estimated: Estimated) -> Array:
    """Observed information of one person, (n_free, n_free): half the exact Hessian of F."""
    return hessian(estimated.loss, estimated.theta) / 2

"""How much each cluster tells of the parameters, as the model has it: its part of the expected information.

Given covariates x a person's outcomes are normal with mean ``ι + Πx`` and covariance Ω, and the information on θ is

    ``½ tr(Ω⁻¹Ω_a Ω⁻¹Ω_b) + E(ι_a + Π_a x)'Ω⁻¹(ι_b + Π_b x)``

with the expectation over the cluster's own covariates: the first term is the same for everybody, and what clusters
differ in are the mean products of (1, x). Without covariates persons of a group are alike.
"""

from __future__ import annotations

import numpy as np

from analysis.sem.estimate import Estimated
from analysis.sem.observed import Array

_STEP = 1e-30


def cluster_information(estimated: Estimated) -> Array:
    """Each cluster's part of the expected information of complete data given its covariates, (clusters, n_free,
    n_free), in the order of the clusters' codes, whatever group they are in."""
    parts: dict[int, Array] = {}
    x = list(estimated.table.given)
    for g, group in enumerate(estimated.sample.groups):
        alike, by_mean = _of_person(estimated, g, x)
        answers = group.answers[:, x]
        for code in np.unique(group.clusters).tolist():
            own = answers[group.clusters == code]
            products = _products(own, means=estimated.table.means)
            with_products = np.tensordot(by_mean, products, axes=1).reshape(len(by_mean), -1)
            part = len(own) * (alike + with_products @ by_mean.reshape(len(by_mean), -1).T)
            parts[code] = parts.get(code, 0.0) + part
    return np.array([parts[code] for code in sorted(parts)])


def _products(x: Array, *, means: bool) -> Array:
    """Mean products of (1, x) of persons with covariates (n, k); without a mean structure those of deviations."""
    design = np.column_stack([np.ones(len(x)), x]) if means else x - x.mean(axis=0)
    products: Array = design.T @ design / len(x)
    return products


def _of_person(estimated: Estimated, g: int, x: list[int]) -> tuple[Array, Array]:
    """What is alike for all persons of a group, (n_free, n_free), and the derivatives of ``L'(ι, Π)`` with LL' = Ω⁻¹,
    (n_free, outcomes, 1 + covariates); without a mean structure those of ``L'Π``."""
    q = len(estimated.theta)
    model = estimated.implied.groups[g]
    stack = np.repeat(estimated.theta.astype(complex)[None], q, axis=0)
    stack[np.arange(q), np.arange(q)] += 1j * _STEP
    moved = model.matrices(stack)
    sigma, mu = estimated.implied.moments(estimated.theta)[g]
    y = [i for i in range(len(sigma)) if i not in x]
    slopes = np.linalg.solve(sigma[np.ix_(x, x)], sigma[np.ix_(x, y)]).T
    d_sigma = np.broadcast_to(np.imag(moved.sigma) / _STEP, (q, *sigma.shape))
    d_xy = d_sigma[:, np.array(x, dtype=np.intp)[:, None], y]
    d_slopes = np.swapaxes(np.linalg.solve(sigma[np.ix_(x, x)], d_xy), 1, 2)
    carried = d_slopes @ sigma[np.ix_(x, y)]
    d_left = d_sigma[:, np.array(y)[:, None], y] - carried - slopes @ d_xy
    root = np.linalg.cholesky(np.linalg.inv(sigma[np.ix_(y, y)] - slopes @ sigma[np.ix_(x, y)]))
    turned = (root.T @ d_left @ root).reshape(q, -1)
    by_mean = d_slopes
    if estimated.table.means:
        d_mu = np.broadcast_to(np.imag(moved.mu) / _STEP, (q, len(mu)))
        by_mean = np.concatenate([(d_mu[:, y] - d_slopes @ mu[x])[:, :, None], d_slopes], axis=2)
    return turned @ turned.T / 2, root.T @ by_mean

"""Errors that allow for clusters, and for how few they are: CR0 to CR3 with small-sample degrees of freedom.

With u_g the summed scores of cluster g, A the information of all persons and A_g the cluster's part of it, the
sandwich is ``A⁻¹ [Σ_g M_g u_g u_g' M_g'] A⁻¹``. CR0 leaves the scores as they are (M_g = I) and is too small with few
clusters: the estimate has adapted to every cluster. CR2 undoes that exactly when clusters do not matter, ``M_g = (I -
A_g A⁻¹)^(-½)`` in the metric of A (Bell & McCaffrey 2002; for estimating equations Kauermann & Carroll 2001); CR3,
``(I - A_g A⁻¹)⁻¹``, approximates the jackknife over clusters (Mancl & DeRouen 2001). Degrees of freedom are
Satterthwaite's under the working model cov(u_g) = A_g (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018, eq. 11), made
exact where there are very few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.sem.observed import Array, GroupSample, IntArray
from analysis.sem.t_reference import equivalent_df, satterthwaite

Kind = Literal["CR0", "CR1", "CR2", "CR3"]
_FULL_LEVERAGE = 1 - 1e-9
_ALIKE = 1e-13
FEW = 4.0  # degrees of freedom: with fewer, Satterthwaite's are not to be relied on (Tipton 2015)


@dataclass(frozen=True)
class ClusterCovariance:
    """``vcov`` (q, q) of the parameters. ``information`` (d, d) and ``parts`` (clusters, d, d) are in the directions
    ``basis`` (q, d) the constraints leave free, ``adjustments`` (clusters, d, d) are the M_g."""

    vcov: Array
    kind: Kind
    n_clusters: int
    basis: Array
    information: Array
    parts: Array
    adjustments: Array

    def degrees_of_freedom(self, jacobian: Array) -> Array:
        """Degrees of freedom of each row of ``jacobian`` (k, q) times θ, (k,); NaN for a row that does not vary,
        or is not a number.

        Satterthwaite's; where these are fewer than ``FEW`` those of the t with the exact 95 % interval under the
        working model (``t_reference``). CR0 has none of its own: a plain number of clusters less one.
        """
        contrasts = jacobian @ self.basis
        if self.kind in ("CR0", "CR1"):
            moves = np.abs(contrasts).max(axis=1, initial=0.0) > 0
            return np.where(moves, self.n_clusters - 1.0, np.nan)
        known = np.isfinite(contrasts).all(axis=1)  # a negative variance has no standardised solution to vary
        weights = np.zeros((len(contrasts), self.n_clusters))
        weights[known] = self.weights(contrasts[known])
        total = weights.sum(axis=1)
        df = np.full(len(contrasts), np.nan)
        varies = total > 1e-12 * np.abs(total).max(initial=0.0)
        df[varies] = satterthwaite(weights[varies])
        for k in np.flatnonzero(df < FEW):
            df[k] = equivalent_df(weights[k])
        return df

    def weights(self, contrasts: Array) -> Array:
        """The λ (k, clusters) of which the squared error of each contrast (k, d) is the weighted sum of χ² variables
        with one degree of freedom: the covariance of the clusters' adjusted residuals, diagonalised."""
        towards = np.linalg.solve(self.information, contrasts.T)  # (d, k)
        w = np.einsum("gab,ak->gbk", self.adjustments, towards)
        aw = np.einsum("gab,gbk->gak", self.parts, w)
        half = np.linalg.solve(self.information, aw.transpose(1, 0, 2).reshape(len(self.information), -1))
        half = half.reshape(aw.shape[1], aw.shape[0], aw.shape[2]).transpose(1, 0, 2)
        omega = -np.einsum("gak,hak->kgh", aw, half)
        at = np.arange(self.n_clusters)
        omega[:, at, at] += np.einsum("gak,gak->kg", w, aw)
        found: Array = np.maximum(np.linalg.eigvalsh((omega + omega.transpose(0, 2, 1)) / 2), 0.0)
        return found


def independent_sums(contributions: Array, group: GroupSample) -> Array:
    """What is independent of each other in a group: persons' contributions (n, k) as they are, or with clusters their
    sums over each of the J clusters times √(J/(J - 1)), (J, k): the convention of lavaan and Mplus. Samples have no
    group with a single cluster."""
    if group.cluster is None:
        return contributions
    sums = cluster_sums(contributions, group.cluster)
    corrected: Array = sums * np.sqrt(len(sums) / (len(sums) - 1))
    return corrected


def cluster_sums(contributions: Array, cluster: IntArray) -> Array:
    """Sums of the rows (n, k) over each cluster, (J, k), clusters in the order of their codes."""
    codes = np.unique(cluster, return_inverse=True)[1]
    sums = np.zeros((int(codes.max()) + 1, contributions.shape[1]))
    np.add.at(sums, codes, contributions)
    return sums


def cluster_covariance(
    *, scores: Array, clusters: IntArray, bread: Array, basis: Array, parts: Array, kind: Kind
) -> ClusterCovariance:
    """The sandwich of ``kind``.

    ``scores`` (n, q): each person's derivative of the log-likelihood at the solution; ``clusters`` (n,): codes 0, 1, …
    without gaps; ``bread`` (q, q): the inverse information of all persons on the free directions; ``basis`` (q, d):
    those directions; ``parts`` (clusters, q, q): each cluster's part of the (expected) information.
    """
    n_clusters = int(clusters.max()) + 1
    summed = np.zeros((n_clusters, scores.shape[1]))
    np.add.at(summed, clusters, scores)
    reduced_parts = np.swapaxes(basis, 0, 1) @ parts @ basis
    information = reduced_parts.sum(axis=0)
    d = basis.shape[1]
    adjustments: Array = np.broadcast_to(np.eye(d), (n_clusters, d, d))
    if kind in ("CR2", "CR3"):
        adjustments = _adjustments(reduced_parts, information, -0.5 if kind == "CR2" else -1.0)
    adjusted = np.einsum("gab,gb->ga", adjustments, summed @ basis)
    meat = adjusted.T @ adjusted
    if kind == "CR1":
        meat *= n_clusters / (n_clusters - 1)
    inner = np.linalg.pinv(basis) @ bread @ np.linalg.pinv(basis).T if basis.shape[0] != d else bread
    vcov = basis @ (inner @ meat @ inner) @ basis.T
    return ClusterCovariance((vcov + vcov.T) / 2, kind, n_clusters, basis, information, reduced_parts, adjustments)


def _adjustments(parts: Array, information: Array, power: float) -> Array:
    """``(I - A_g A⁻¹)^power`` by way of the symmetric ``A^(-½) A_g A^(-½)``, whose eigenvalues are the leverages.
    Where clusters differ in their sizes alone, these are the shares of persons in every direction."""
    d = len(information)
    share = np.trace(parts, axis1=1, axis2=2) / np.trace(information)
    if (np.abs(parts - share[:, None, None] * information) <= _ALIKE * np.abs(information)).all() and share.max() < 1:
        return np.asarray(((1 - share) ** power)[:, None, None] * np.eye(d))
    values, vectors = np.linalg.eigh(information)
    root = (vectors * np.sqrt(np.maximum(values, 1e-300))) @ vectors.T
    inverse_root = (vectors / np.sqrt(np.maximum(values, 1e-300))) @ vectors.T
    leverage, axes = np.linalg.eigh(inverse_root @ parts @ inverse_root)
    # where a cluster alone determines a direction its scores are nil there: the generalised inverse leaves them so
    full = leverage > _FULL_LEVERAGE
    factors = np.where(full, 0.0, (1 - np.clip(np.where(full, 0.0, leverage), 0.0, None)) ** power)
    symmetric = (axes * factors[:, None, :]) @ np.swapaxes(axes, 1, 2)
    adjusted: Array = root @ symmetric @ inverse_root
    return adjusted

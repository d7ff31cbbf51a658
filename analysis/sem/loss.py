"""What is minimised: the discrepancy between the sample's moments and the model's.

A model over several groups has one parameter vector and the discrepancy ``F(θ) = Σ_g (n_g/N) F_g(θ)``; the statistic
is N·F. Losses take one θ (n_free,) or a stack (…, n_free); the sample's moments may be stacks of the same leading
shape, so that many resamples are fitted together. Gradients work on complex θ (exact Hessians by complex steps).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

from analysis.sem.fiml import MissingData, expected_information, value_and_seeds
from analysis.sem.implied import GroupModel, ImpliedMoments, add_columns
from analysis.sem.layout import AnyArray, Matrices
from analysis.sem.observed import Array, Sample

_STEP = 1e-30


class Loss(Protocol):
    """A discrepancy and its derivatives."""

    implied: ImpliedMoments

    def value_and_gradient(self, theta: AnyArray) -> tuple[AnyArray, AnyArray]:
        """F (…,), infinite outside the parameter space, and ∂F/∂θ (…, n_free)."""
        ...

    def gradient(self, theta: AnyArray) -> AnyArray:
        """∂F/∂θ (…, n_free), for complex θ too."""
        ...

    def curvature(self, theta: Array) -> Array:
        """The expected Hessian of F at one θ, (n_free, n_free), positive semi-definite."""
        ...


def hessian(loss: Loss, theta: Array) -> Array:
    """The exact Hessian of F at one θ, (n_free, n_free), by complex steps on the gradient (Squire & Trapp 1998)."""
    q = len(theta)
    stack = np.repeat(theta.astype(complex)[None], q, axis=0)
    stack[np.arange(q), np.arange(q)] += 1j * _STEP
    columns = np.imag(loss.gradient(stack)) / _STEP
    result: Array = (columns + columns.T) / 2
    return result


class NormalLoss:
    """Maximum likelihood on complete data, per group ``log|Σ| + tr(SΣ⁻¹) - log|S| - p + (m-μ)'Σ⁻¹(m-μ)`` (Bollen 1989,
    eq. 4.20 and 8A). ``covs`` (…, p, p), ``means`` (…, p) and ``shares`` (…, groups) may be stacks."""

    def __init__(
        self, implied: ImpliedMoments, covs: Sequence[AnyArray], means: Sequence[AnyArray], shares: AnyArray
    ) -> None:
        self.implied, self.covs, self.means, self.shares = implied, list(covs), list(means), shares
        self.constant = sum(
            shares[..., g] * (np.linalg.slogdet(cov)[1] + cov.shape[-1]) for g, cov in enumerate(self.covs)
        )

    @classmethod
    def of(cls, implied: ImpliedMoments, sample: Sample) -> NormalLoss:
        """The loss on a sample's own moments."""
        return cls(implied, [g.cov for g in sample.groups], [g.mean for g in sample.groups], sample.shares)

    def value_and_gradient(self, theta: AnyArray) -> tuple[AnyArray, AnyArray]:
        if theta.ndim == 1:
            return self._at_one(theta)
        total = np.zeros(theta.shape[:-1]) - self.constant
        gradient = np.zeros(theta.shape)
        for g, group in enumerate(self.implied.groups):
            m = group.matrices(theta)
            inverse, logdet = inverse_and_logdet(m.sigma)
            dsigma, dmu, fit = self._seeds(g, m, group, inverse)
            total = total + self.shares[..., g] * np.where(fit > 0, logdet + fit, np.inf)
            group.add_to(gradient, self._weighted(g, group.pull(theta, dsigma, dmu, m)))
        return total, gradient

    def _at_one(self, theta: Array) -> tuple[AnyArray, AnyArray]:
        """``value_and_gradient`` at one θ, which the search spends its time on."""
        total, gradient = -self.constant, np.zeros(len(theta))
        for share, g, group in zip(self.shares, range(len(self.covs)), self.implied.groups, strict=True):
            m = group.matrices(theta)
            inverse, logdet = inverse_and_logdet(m.sigma)
            second, dmu = self.covs[g], None
            if group.means:
                gap = self.means[g] - m.mu
                second, dmu = second + gap[:, None] * gap, -2 * share * inverse.dot(gap)
            fit = np.vdot(inverse, second)
            total = total + (share * (logdet + fit) if fit > 0 else np.inf)
            dsigma = share * (inverse - inverse.dot(second).dot(inverse))
            group.add_to(gradient, group.pull(theta, dsigma, dmu, m))
        return total, gradient

    def gradient(self, theta: AnyArray) -> AnyArray:
        result = np.zeros(theta.shape, dtype=theta.dtype)
        for g, group in enumerate(self.implied.groups):
            m = group.matrices(theta)
            dsigma, dmu, _ = self._seeds(g, m, group, np.linalg.inv(m.sigma))
            group.add_to(result, self._weighted(g, group.pull(theta, dsigma, dmu, m)))
        return result

    def _weighted(self, g: int, by_cell: AnyArray) -> AnyArray:
        weighted: AnyArray = self.shares[..., g, None] * by_cell
        return weighted

    def _seeds(
        self, g: int, m: Matrices, group: GroupModel, inverse: AnyArray
    ) -> tuple[AnyArray, AnyArray | None, AnyArray]:
        """∂F_g to Σ and μ, and tr(TΣ⁻¹) with T the second moments about μ, from Σ⁻¹ ``inverse``."""
        second = self.covs[g]
        dmu = None
        if group.means:
            gap = self.means[g] - m.mu
            second = second + gap[..., :, None] * gap[..., None, :]
            dmu = -2 * (inverse @ gap[..., None])[..., 0]
        fit: AnyArray = (inverse * second).sum((-2, -1))
        return inverse - inverse @ second @ inverse, dmu, fit

    def curvature(self, theta: Array) -> Array:
        result = np.zeros((self.implied.n_free, self.implied.n_free))
        for g, group in enumerate(self.implied.groups):
            m = group.matrices(theta)
            add_square(result, group, normal_information(group, theta, m), 2 * float(self.shares[g]))
        return result


def inverse_and_logdet(sigma: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Σ⁻¹ (…, p, p) and log|Σ| (…,) of real Σ (…, p, p); log|Σ| is infinite, and Σ⁻¹ means nothing, where one Σ alone
    is not positive definite and where one of a stack has no positive determinant.

    One Σ goes straight to LAPACK: its matrices are so small that looking after stacks would cost more than the work.
    """
    if sigma.ndim > 2:
        sign, logdet = np.linalg.slogdet(sigma)
        return np.linalg.inv(sigma), np.where(sign > 0, logdet, np.inf)
    root, failed = dpotrf(sigma, lower=1)
    if failed:
        return sigma, np.asarray(np.inf)
    inverse_root, _ = dtrtri(root, lower=1)
    return inverse_root.T @ inverse_root, 2 * np.log(root.diagonal()).sum()


def normal_information(group: GroupModel, theta: Array, m: Matrices | None = None) -> Array:
    """Expected information of one person by free cell, (cells, cells): ``½ tr(Σ⁻¹ Σ_a Σ⁻¹ Σ_b) + μ_a' Σ⁻¹ μ_b``
    (Magnus & Neudecker 1988). Raises ``numpy.linalg.LinAlgError`` where Σ is not positive definite.

    With Σ_a = l_a r_a' + r_a l_a' the trace is a product of inner products in the metric of Σ⁻¹.
    """
    m = group.matrices(theta) if m is None else m
    f = group.factors(theta, m)
    root, failed = dpotrf(m.sigma, lower=1)
    if failed:
        raise np.linalg.LinAlgError("Σ is not positive definite")
    root, _ = dtrtri(root, lower=1)
    left, right, mean = root @ f.left, root @ f.right, root @ f.mean
    crossed = left.T @ right
    result: Array = (left.T @ left) * (right.T @ right) + crossed * crossed.T
    if group.means:
        result += mean.T @ mean
    return result


def add_square(target: Array, group: GroupModel, by_cell: Array, weight: float) -> None:
    """Add ``weight`` times a matrix by free cell (cells, cells) to one by parameter (n_free, n_free), in place.

    The cells are those of ``group.factors``.
    """
    index = group.factor_index
    if group.unique_factors:
        target[group.factor_square] += weight * by_cell
        return
    wide = np.zeros((len(index), len(target)))
    add_columns(wide, index, by_cell)
    tall = np.zeros((len(target), len(target)))
    add_columns(tall, index, wide.T)
    target += weight * tall


class QuadraticLoss:
    """Weighted least squares, per group ``(s - ω)' W (s - ω)`` (Browne 1984, eq. 2.3): GLS, ULS, DWLS, WLS.

    ``targets`` (…, p*) are the sample's moments; a weight is a matrix (p*, p*) or the diagonal of one (p*,). With
    ``diagonal`` every weight is a diagonal and may be a stack of them (…, p*), which a matrix's shape must not be left
    to tell from a matrix: p* resamples would look like one. ``shares`` weigh the groups in F, ``information_shares`` in
    the expected Hessian, where they differ (lavaan: (n_g - 1)/N in F, n_g/N in the information). Raises ``ValueError``
    for a weight of another shape.
    """

    def __init__(
        self,
        implied: ImpliedMoments,
        targets: Sequence[AnyArray],
        weights: Sequence[AnyArray],
        shares: AnyArray,
        information_shares: Array | None = None,
        *,
        diagonal: bool = False,
    ) -> None:
        self.implied, self.targets, self.weights, self.shares = implied, list(targets), list(weights), shares
        self.information_shares = shares if information_shares is None else information_shares
        self._diagonal = [diagonal or w.ndim == 1 for w in self.weights]
        for weight, target, is_diagonal in zip(self.weights, self.targets, self._diagonal, strict=True):
            n = target.shape[-1]
            if weight.shape[-1] != n or not (is_diagonal or weight.shape == (n, n)):
                raise ValueError(f"a weight of {n} moments is a matrix or its diagonal, not of shape {weight.shape}")

    def _residual(self, g: int, group: GroupModel, theta: AnyArray) -> tuple[AnyArray, AnyArray]:
        """s - ω and W(s - ω)."""
        gap = self.targets[g] - group.vector(theta)
        return gap, self.weights[g] * gap if self._diagonal[g] else gap @ self.weights[g]

    def value_and_gradient(self, theta: AnyArray) -> tuple[AnyArray, AnyArray]:
        total = np.zeros(theta.shape[:-1])
        gradient = np.zeros(theta.shape)
        for g, group in enumerate(self.implied.groups):
            gap, weighted = self._residual(g, group, theta)
            share = np.asarray(self.shares[..., g])
            total = total + share * (gap * weighted).sum(-1)
            group.add_to(gradient, share[..., None] * group.pull_vector(theta, -2 * weighted))
        return np.where(np.isfinite(total), total, np.inf), gradient

    def gradient(self, theta: AnyArray) -> AnyArray:
        result = np.zeros(theta.shape, dtype=theta.dtype)
        for g, group in enumerate(self.implied.groups):
            weighted = self._residual(g, group, theta)[1]
            share = np.asarray(self.shares[..., g])
            group.add_to(result, share[..., None] * group.pull_vector(theta, -2 * weighted))
        return result

    def curvature(self, theta: Array) -> Array:
        result = np.zeros((self.implied.n_free, self.implied.n_free))
        for g, group in enumerate(self.implied.groups):
            delta = group.jacobian(theta)
            weighted = self.weights[g][:, None] * delta if self._diagonal[g] else self.weights[g] @ delta
            result += 2 * float(self.information_shares[g]) * (delta.T @ weighted)
        return result


class MissingLoss:
    """Full-information maximum likelihood: minus twice the observed-data log-likelihood per person, without constants
    (Arbuckle 1996, eq. 3). ``weights`` are resampling counts, one array (…, n_g) a group."""

    def __init__(
        self,
        implied: ImpliedMoments,
        data: Sequence[MissingData],
        shares: AnyArray,
        weights: Sequence[AnyArray] | None = None,
    ) -> None:
        self.implied, self.data, self.shares, self.weights = implied, list(data), shares, weights

    @classmethod
    def of(cls, implied: ImpliedMoments, sample: Sample) -> MissingLoss:
        """The loss on a sample's own answers."""
        return cls(implied, [g.missing_data for g in sample.groups], sample.shares)

    def _seeds(self, g: int, m: Matrices, value: bool) -> tuple[AnyArray, AnyArray, AnyArray]:
        weights = None if self.weights is None else self.weights[g]
        return value_and_seeds(self.data[g], m.sigma, m.mu, weights, value=value)

    def value_and_gradient(self, theta: AnyArray) -> tuple[AnyArray, AnyArray]:
        total, gradient = np.zeros(theta.shape[:-1]), np.zeros(theta.shape)
        for g, group in enumerate(self.implied.groups):
            m = group.matrices(theta)
            value, dsigma, dmu = self._seeds(g, m, True)
            share = np.asarray(self.shares[..., g])
            total = total + share * value
            group.add_to(gradient, share[..., None] * group.pull(theta, dsigma, dmu, m))
        return total, gradient

    def gradient(self, theta: AnyArray) -> AnyArray:
        result = np.zeros(theta.shape, dtype=theta.dtype)
        for g, group in enumerate(self.implied.groups):
            m = group.matrices(theta)
            _, dsigma, dmu = self._seeds(g, m, False)
            share = np.asarray(self.shares[..., g])
            group.add_to(result, share[..., None] * group.pull(theta, dsigma, dmu, m))
        return result

    def curvature(self, theta: Array) -> Array:
        result = np.zeros((self.implied.n_free, self.implied.n_free))
        for g, group in enumerate(self.implied.groups):
            m = group.matrices(theta)
            f = group.factors(theta, m)
            by_cell = expected_information(self.data[g], m.sigma, f.left, f.right, f.mean)
            add_square(result, group, by_cell, 2 * float(self.shares[g]))
        return result

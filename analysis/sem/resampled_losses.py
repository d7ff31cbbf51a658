"""The discrepancies of ``loss`` for stacks of resamples, from counts of the persons.

Each loss makes a ``Part`` of a group's counts, once, and evaluates the stack from the parts of all groups. Values leave
out what does not depend on θ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

from analysis.sem.fiml import value_and_seeds
from analysis.sem.implied import ImpliedMoments
from analysis.sem.observed import Array, GroupSample, Sample
from analysis.sem.options import Options
from analysis.sem.ordinal import resampled_moments
from analysis.sem.stacked_normal import StackedMoments, normal_value_and_gradient


class Part(Protocol):
    """What a loss needs of one group in B resamples."""

    def take(self, index: Any) -> Self:
        """Those that ``index`` selects."""
        ...


class ResampledLoss(Protocol):
    """A discrepancy of B resamples."""

    def shares(self, sizes: Array) -> Array:
        """The groups' weights in F, (B, groups), from their numbers of persons."""
        ...

    def part(self, g: int, counts: Array) -> Part:
        """What is needed of group ``g`` under ``counts`` (B, n_g)."""
        ...

    def value_and_gradient(self, parts: Sequence[Any], shares: Array, theta: Array) -> tuple[Array, Array]:
        """F (B,) less what does not depend on θ, and ∂F/∂θ (B, n_free), at ``theta`` (B, n_free)."""
        ...

    def constant(self, parts: Sequence[Any], shares: Array) -> Array | float:
        """What ``value_and_gradient`` leaves out, (B,)."""
        ...


def resampled_loss(implied: ImpliedMoments, sample: Sample, options: Options) -> ResampledLoss:
    """The stacked counterpart of ``estimate.loss_of``."""
    match options.recipe.discrepancy:
        case "ML" if sample.missing == "fiml" and not all(group.complete for group in sample.groups):
            return IncompleteLoss(implied, sample)
        case "ML":
            return CompleteLoss(implied, sample)
        case "GLS":
            return GeneralisedLoss(implied, sample)
        case discrepancy:
            return DiagonalLoss(implied, sample, weighted=discrepancy == "DWLS")


class _Products:
    """A group's answers about their centre and the products of pairs, so that counts give moments."""

    def __init__(self, group: GroupSample) -> None:
        self.centre = group.mean
        self.centred = group.answers - group.mean
        self.tril = np.tril_indices(self.centred.shape[1])
        self.pairs = self.centred[:, self.tril[0]] * self.centred[:, self.tril[1]]

    def lower(self, counts: Array) -> tuple[Array, Array]:
        """Means from the centre (B, p), and covariances, divisor n, in ``np.tril_indices`` order (B, p*)."""
        n = counts.sum(axis=1)[:, None]
        i, j = self.tril
        mean = counts @ self.centred / n
        return mean, counts @ self.pairs / n - mean[:, i] * mean[:, j]

    def moments(self, counts: Array, *, unbiased: bool = False) -> StackedMoments:
        """Means and covariances."""
        mean, lower = self.lower(counts)
        if unbiased:
            lower = unbiased_of(lower, counts)
        p = mean.shape[1]
        cov = np.empty((len(mean), p, p))
        cov[:, self.tril[0], self.tril[1]] = cov[:, self.tril[1], self.tril[0]] = lower
        return StackedMoments(mean + self.centre, cov)


def unbiased_of(values: Array, counts: Array) -> Array:
    """Covariances (B, …) with divisor n - 1 from those with divisor n."""
    n = counts.sum(axis=1)
    result: Array = values * (n / (n - 1)).reshape(-1, *[1] * (values.ndim - 1))
    return result


class CompleteLoss:
    """Maximum likelihood on complete answers."""

    def __init__(self, implied: ImpliedMoments, sample: Sample) -> None:
        self.implied, self._products = implied, [_Products(group) for group in sample.groups]

    def shares(self, sizes: Array) -> Array:
        """n_g/N."""
        return np.asarray(sizes / sizes.sum(axis=1, keepdims=True))

    def part(self, g: int, counts: Array) -> StackedMoments:
        """Means and covariances."""
        return self._products[g].moments(counts)

    def value_and_gradient(self, parts: Sequence[StackedMoments], shares: Array, theta: Array) -> tuple[Array, Array]:
        """As ``loss.NormalLoss``, without its constant."""
        return normal_value_and_gradient(self.implied, parts, shares, theta)

    def constant(self, parts: Sequence[StackedMoments], shares: Array) -> Array:
        """``-Σ share (log|S| + p)``."""
        total = np.zeros(len(shares))
        for g, part in enumerate(parts):
            total -= shares[:, g] * (np.linalg.slogdet(part.cov)[1] + part.cov.shape[-1])
        return total


class IncompleteLoss:
    """Full-information maximum likelihood."""

    def __init__(self, implied: ImpliedMoments, sample: Sample) -> None:
        self.implied, self._data = implied, [group.missing_data for group in sample.groups]

    def shares(self, sizes: Array) -> Array:
        """n_g/N."""
        return np.asarray(sizes / sizes.sum(axis=1, keepdims=True))

    def part(self, g: int, counts: Array) -> Part:
        """The answers under the counts (``patterns.Weighted``)."""
        return self._data[g].weighted(counts)

    def value_and_gradient(self, parts: Sequence[Any], shares: Array, theta: Array) -> tuple[Array, Array]:
        """As ``loss.MissingLoss``."""
        total, gradient = np.zeros(len(theta)), np.zeros(theta.shape)
        for g, (group, weighted) in enumerate(zip(self.implied.groups, parts, strict=True)):
            m = group.matrices(theta)
            value, dsigma, dmu = value_and_seeds(self._data[g], m.sigma, m.mu, weighted)
            total += shares[:, g] * value
            group.add_to(gradient, shares[:, g, None] * group.pull(theta, dsigma, dmu, m))
        return total, gradient

    def constant(self, parts: Sequence[Any], shares: Array) -> float:  # noqa: ARG002 - every discrepancy has one
        """Nothing is left out."""
        return 0.0


@dataclass(frozen=True)
class InvertedMoments:
    """A group's moments (B, p), (B, p, p), and the ``inverse`` of its covariance matrices; NaN where there is none."""

    moments: StackedMoments
    inverse: Array

    def take(self, index: Any) -> InvertedMoments:
        """Those that ``index`` selects."""
        return InvertedMoments(self.moments.take(index), self.inverse[index])


class GeneralisedLoss:
    """Generalised least squares, ``½ tr[(I - S⁻¹Σ)²] + (m - μ)'S⁻¹(m - μ)`` a group (Browne 1974, eq. 6)."""

    def __init__(self, implied: ImpliedMoments, sample: Sample) -> None:
        self.implied, self._products = implied, [_Products(group) for group in sample.groups]

    def shares(self, sizes: Array) -> Array:
        """(n_g - 1)/N, as ``estimate.least_squares_shares``."""
        return np.asarray((sizes - 1) / sizes.sum(axis=1, keepdims=True))

    def part(self, g: int, counts: Array) -> InvertedMoments:
        """Means, covariances (divisor n - 1) and their inverses."""
        moments = self._products[g].moments(counts, unbiased=True)
        values = np.linalg.eigvalsh(moments.cov)
        regular = values[:, 0] > 1e-12 * values[:, -1]
        cov = np.where(regular[:, None, None], moments.cov, np.eye(moments.cov.shape[-1]))
        return InvertedMoments(moments, np.where(regular[:, None, None], np.linalg.inv(cov), np.nan))

    def value_and_gradient(self, parts: Sequence[InvertedMoments], shares: Array, theta: Array) -> tuple[Array, Array]:
        """As ``loss.QuadraticLoss`` with normal weights, without making them."""
        total, gradient = np.zeros(len(theta)), np.zeros(theta.shape)
        for g, (group, part) in enumerate(zip(self.implied.groups, parts, strict=True)):
            m = group.matrices(theta)
            left = np.eye(group.p) - part.inverse @ m.sigma
            value = 0.5 * np.einsum("bij,bji->b", left, left)
            dmu = None
            if group.means:
                gap = part.moments.mean - m.mu
                along = (part.inverse @ gap[..., None])[..., 0]
                value += np.einsum("bi,bi->b", gap, along)
                dmu = -2 * along
            total += shares[:, g] * value
            group.add_to(gradient, shares[:, g, None] * group.pull(theta, -left @ part.inverse, dmu, m))
        return total, gradient

    def constant(self, parts: Sequence[Any], shares: Array) -> float:  # noqa: ARG002 - every discrepancy has one
        """Nothing is left out."""
        return 0.0


@dataclass(frozen=True)
class Targets:
    """A group's moment vectors (B, p*) and their diagonal weights (B, p*)."""

    target: Array
    weight: Array

    def take(self, index: Any) -> Targets:
        """Those that ``index`` selects."""
        return Targets(self.target[index], self.weight[index])


class DiagonalLoss:
    """Unweighted and diagonally weighted least squares, ``Σ w (s - ω)²`` a group, of continuous or ordered answers."""

    def __init__(self, implied: ImpliedMoments, sample: Sample, *, weighted: bool) -> None:
        self.implied, self._sample, self._weighted = implied, sample, weighted
        self._ordered = bool(implied.table.ordered)
        self._products = [] if self._ordered else [_Products(group) for group in sample.groups]

    def shares(self, sizes: Array) -> Array:
        """(n_g - 1)/N, as ``estimate.least_squares_shares``."""
        return np.asarray((sizes - 1) / sizes.sum(axis=1, keepdims=True))

    def part(self, g: int, counts: Array) -> Targets:
        """Moments, and how precise they are."""
        return self._of_ordered(g, counts) if self._ordered else self._of_continuous(g, counts)

    def _of_ordered(self, g: int, counts: Array) -> Targets:
        codes = self._sample.groups[g].answers.astype(np.intp)
        found = resampled_moments(codes, counts, gamma_diagonal=self._weighted)
        target = np.concatenate([found.thresholds, found.correlations], axis=1)
        weight = np.ones_like(target) if found.gamma_diagonal is None else _inverses(found.gamma_diagonal)
        return Targets(target, weight)

    def _of_continuous(self, g: int, counts: Array) -> Targets:
        products, means = self._products[g], self.implied.table.means
        mean, lower = products.lower(counts)
        target = unbiased_of(lower, counts)
        variance = fourth_order_variances(products.centred, counts, mean, lower) if self._weighted else None
        if means:
            target = np.concatenate([mean + products.centre, target], axis=1)
            if variance is not None:
                diagonal = products.tril[0] == products.tril[1]
                variance = np.concatenate([lower[:, diagonal], variance], axis=1)
        return Targets(target, np.ones_like(target) if variance is None else _inverses(variance))

    def value_and_gradient(self, parts: Sequence[Targets], shares: Array, theta: Array) -> tuple[Array, Array]:
        """As ``loss.QuadraticLoss`` with a diagonal weight."""
        total, gradient = np.zeros(len(theta)), np.zeros(theta.shape)
        for g, (group, part) in enumerate(zip(self.implied.groups, parts, strict=True)):
            gap = part.target - group.vector(theta)
            weighted = part.weight * gap
            total += shares[:, g] * np.einsum("bi,bi->b", gap, weighted)
            group.add_to(gradient, shares[:, g, None] * group.pull_vector(theta, -2 * weighted))
        return total, gradient

    def constant(self, parts: Sequence[Any], shares: Array) -> float:  # noqa: ARG002 - every discrepancy has one
        """Nothing is left out."""
        return 0.0


def fourth_order_variances(centred: Array, counts: Array, mean: Array, lower: Array) -> Array:
    """The diagonal of Γ for covariances, ``m_iijj - s_ij²`` about each resample's means, (B, p*).

    ``centred`` (n, p) are answers about any centre, ``mean`` (B, p) the resamples' means from there and ``lower``
    (B, p*) their covariances. Fourth moments about the mean are expanded in those about the centre.
    """
    i, j = np.tril_indices(centred.shape[1])
    n = counts.sum(axis=1)[:, None]
    x, y = centred[:, i], centred[:, j]
    a, b = mean[:, i], mean[:, j]
    fourth, third, other, second, left, right = (
        counts @ product / n for product in (x**2 * y**2, x**2 * y, x * y**2, x * y, x**2, y**2)
    )
    about = fourth - 2 * b * third - 2 * a * other + b**2 * left + a**2 * right + 4 * a * b * second - 3 * (a * b) ** 2
    result: Array = about - lower**2
    return result


def _inverses(variance: Array) -> Array:
    """Weights; NaN, so that no solution is found, where a moment does not vary."""
    return np.where(variance > 0, 1 / np.where(variance > 0, variance, 1.0), np.nan)

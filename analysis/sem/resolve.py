"""The solution of every resample: together where the model allows it, one by one where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.sem.constraints import null_space
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated, bounds_of, estimate
from analysis.sem.implied import GroupModel
from analysis.sem.loss import hessian
from analysis.sem.observed import Array
from analysis.sem.resample import Resampler, Resamples, sizes_of
from analysis.sem.sam import JointEstimated
from analysis.sem.stacked import minimise
from analysis.sem.standardise import Reported

Mask = npt.NDArray[np.bool_]

_PRECISION = 2e-6  # standard errors between a resample's solution and what is taken for it
_ACTIVE = 1e-7
_EDGE = 1e-8
_SINGULAR = 1e-10
_WELL_POSED = 1e-6
_LITTLE = 1e-3
_NUMBERS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Solutions:
    """Solutions of B resamples: ``theta`` (B, q + k) with the moments of the covariates behind the free parameters, NaN
    where nothing was found; ``converged`` (B,); ``admissible`` (B,), as ``admissible.inadmissible`` judges a solution;
    ``statistic`` N·F (B,) where asked for, else NaN."""

    theta: Array
    converged: Mask
    admissible: Mask
    statistic: Array

    @staticmethod
    def joined(parts: Sequence[Solutions]) -> Solutions:
        """One stack after the other."""
        names = ("theta", "converged", "admissible", "statistic")
        return Solutions(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class Resolver:
    """Solves resamples of the sample a solution came from.

    Together are solved all discrepancies, any number of groups, and linear equality constraints, in the directions they
    leave free. Bounds and inequalities are left aside at first: a resample whose solution obeys them has found its
    solution, the others are solved anew one by one, as are those that did not converge. Models with other constraints
    and SAM are solved one by one altogether.
    """

    def __init__(self, resampler: Resampler) -> None:
        self.resampler = resampler
        estimated = resampler.estimated
        self.constraints = estimated.constraints
        self.lower, self.upper = bounds_of(estimated.table)
        curved = self.constraints is not None and self.constraints.n_equality > 0 and not self.constraints.is_linear
        self.together = estimated.options.estimator != "SAM" and not curved
        self.coordinates = coordinates(estimated) if self.together else np.zeros((resampler.n_free, 0))
        self.reported = Reported(resampler.implied)

    @property
    def at_once(self) -> int:
        """How many resamples are solved at a time, so that memory stays bounded and mostly in the caches."""
        p, groups = len(self.resampler.table.observed), len(self.resampler.sample.groups)
        each = 40 * self.coordinates.shape[1] + groups * 12 * p * p + self.resampler.sample.n
        return int(np.clip(_NUMBERS_AT_ONCE // each, 8, 256))

    def solve(self, counts: Sequence[Array], *, statistic: bool = False) -> Solutions:
        """Solutions of the resamples with ``counts`` (B, n_g) by group."""
        size, r = len(counts[0]), self.resampler
        theta = np.full((size, r.n_free + r.n_covariates), np.nan)
        value = np.full(size, np.nan)
        converged: Mask = np.zeros(size, dtype=bool)
        held: Mask = np.zeros(size, dtype=bool)
        if self.together:
            theta, value, converged = self._together(counts, statistic=statistic)
        for b in np.flatnonzero(~converged):
            alone = self.alone([c[b] for c in counts])
            if alone is not None:
                theta[b], converged[b], held[b] = self._with_covariates(alone, counts, b), True, alone.at_bound.any()
                value[b] = alone.objective if statistic else np.nan
        theta[~converged], value[~converged] = np.nan, np.nan
        admissible = np.zeros(size, dtype=bool)
        admissible[converged] = self._admissible(theta[converged]) & ~held[converged]
        return Solutions(theta, converged, admissible, value * sizes_of(counts).sum(axis=1))

    def _together(self, counts: Sequence[Array], *, statistic: bool) -> tuple[Array, Array, Mask]:
        r = self.resampler
        resamples = r.resamples(counts)
        stack = _Stack(r, resamples, self.coordinates)
        start = np.zeros((len(counts[0]), self.coordinates.shape[1]))
        found = minimise(stack, start, tolerance=self._tolerance())
        theta = stack.theta(found.z)
        converged = found.converged & self._obeys(theta[:, : r.n_free])
        if r.estimated.options.recipe.discrepancy == "ML":
            converged[converged] &= self._possible(theta[converged])
        value = found.value
        if statistic:
            value = value + r.loss.constant(resamples.parts, resamples.shares)
        return theta, value if statistic else np.full(len(theta), np.nan), converged

    def _tolerance(self) -> float:
        """Squared length of a gradient in ``coordinates`` at which a resample is solved.

        In them a parameter's variance is about 2/N for likelihoods and normal weights; unweighted least squares has the
        units of the answers.
        """
        unit, sample = 1.0, self.resampler.sample
        options = self.resampler.estimated.options
        if options.recipe.discrepancy == "ULS" and not self.resampler.table.ordered:
            variance = float(np.mean([np.diag(group.cov).mean() for group in sample.groups]))
            unit = min(variance, variance**2) if self.resampler.table.means else variance**2
        return _PRECISION**2 * 2 * unit / sample.n

    def alone(self, counts: Sequence[Array]) -> Estimated | None:
        """The solution of one resample, counts (n_g,) by group, by the way of a single fit that gives up soon; ``None``
        where none is found."""
        r = self.resampler
        found: Estimated
        try:
            with np.errstate(all="ignore"):
                sample = r.one(counts)
                if isinstance(r.estimated, JointEstimated):
                    found = r.estimated.again(sample, replace(r.estimated.options, errors="none"))
                else:
                    found = estimate(r.estimated.table, sample, r.estimated.options, thorough=False)
        except (ModelError, np.linalg.LinAlgError):
            return None  # a resample may lack what the sample has: a category, a variable that varies
        return found if found.converged else None

    def moved_by(self, counts: Sequence[Array]) -> Array:
        """How far θ and the covariates' moments move for what ``counts`` (B, n_g) leave out, (B, q + k).

        By the derivative: the Newton step for counts a thousandth of the way from everybody once, times a thousand
        (infinitesimal jackknife; Jaeckel 1972). By refits where resamples are not solved together, NaN where one does
        not converge.
        """
        r = self.resampler
        moved = np.full((len(counts[0]), r.n_free + r.n_covariates), np.nan)
        if not self.together:
            covariates = r.covariates(counts)
            for b in range(len(moved)):
                found = self.alone([c[b] for c in counts])
                if found is not None:
                    moved[b] = r.theta - np.concatenate([found.theta, covariates[b]])
            return moved
        resamples = r.resamples([1 - _LITTLE * (1 - c) for c in counts])
        stack = _Stack(r, resamples, self.coordinates)
        _, gradient = stack.value_and_gradient(np.zeros((len(moved), self.coordinates.shape[1])))
        moved[:, : r.n_free] = gradient @ self.coordinates.T
        moved[:, r.n_free :] = r.theta[r.n_free :] - resamples.covariates
        return moved / _LITTLE

    def _with_covariates(self, found: Estimated, counts: Sequence[Array], b: Any) -> Array:
        return np.concatenate([found.theta, self.resampler.covariates([c[b : b + 1] for c in counts])[0]])

    def _obeys(self, theta: Array) -> Mask:
        """Whether bounds and inequalities hold at θ (B, q)."""
        obeys: Mask = np.all((theta >= self.lower - _ACTIVE) & (theta <= self.upper + _ACTIVE), axis=1)
        if self.constraints is not None and self.constraints.n_inequality:
            for b in np.flatnonzero(obeys):
                obeys[b] = (self.constraints.inequality(theta[b]) >= -_ACTIVE).all()
        return obeys

    def _possible(self, theta: Array) -> Mask:
        """Whether Σ is positive definite: a positive determinant alone does not say so."""
        possible: Mask = np.ones(len(theta), dtype=bool)
        for sigma, _ in self.resampler.implied.moments(theta):
            possible &= _smallest(np.broadcast_to(sigma, (len(theta), *sigma.shape[-2:])), 0.0)
        return possible

    def _admissible(self, theta: Array) -> Mask:
        """Whether variances are positive, latent correlations within one, and covariance matrices of latent variables
        and residuals positive, at the solutions (B, q + k)."""
        table = self.resampler.table
        variances = [n for n, row in enumerate(table.rows) if row.op == "~~" and row.lhs == row.rhs]
        admissible: Mask = np.all(self.reported.rows(theta)[:, variances] >= -_EDGE, axis=1)
        for model in self.resampler.implied.groups:
            m = model.matrices(theta)
            at = [model.structural.index(name) for name in table.latent]
            latent = np.broadcast_to(m.structural, (len(theta), model.m, model.m))[:, at][:, :, at]
            admissible = admissible & _within_one(latent) & _smallest(latent, -_EDGE)
            covarying = _covarying(model)
            if not table.ordered and len(covarying):
                residual = np.broadcast_to(m.residual, (len(theta), model.p, model.p))[:, covarying][:, :, covarying]
                admissible = admissible & _smallest(residual, -_EDGE)
        return admissible


class _Stack:
    """Resamples in coordinates z: θ = θ̂ + T z, followed by the moments of each one's covariates."""

    def __init__(self, resampler: Resampler, resamples: Resamples, coordinates: Array) -> None:
        self._resampler, self._resamples, self._coordinates = resampler, resamples, coordinates

    def theta(self, z: Array) -> Array:
        """(B, q + k)."""
        free = self._resampler.estimated.theta + z @ self._coordinates.T
        return np.concatenate([free, self._resamples.covariates], axis=1)

    def value_and_gradient(self, z: Array) -> tuple[Array, Array]:
        """F (B,) and its derivative to z (B, d)."""
        r, s = self._resampler, self._resamples
        value, gradient = r.loss.value_and_gradient(s.parts, s.shares, self.theta(z))
        return value, gradient[:, : r.n_free] @ self._coordinates

    def take(self, index: Any) -> _Stack:
        """Those that ``index`` selects."""
        return _Stack(self._resampler, self._resamples.take(index), self._coordinates)


def coordinates(estimated: Estimated) -> Array:
    """T (q, d) such that T z are the directions that linear equality constraints leave free and the Hessian of F at the
    solution is the identity in z: the observed one where it is positive definite, else the expected one.

    Raises ``ModelError`` for a model that is not identified.
    """
    theta, constraints = estimated.theta, estimated.constraints
    basis: Array = np.eye(len(theta))
    if constraints is not None and constraints.n_equality:
        basis = null_space(constraints.equality_jacobian(theta))
    expected = _root(basis.T @ estimated.loss.curvature(theta) @ basis, _SINGULAR)
    if expected is None:
        raise ModelError("The model is not identified on these data: it has no bootstrap.")
    observed = _root(basis.T @ hessian(estimated.loss, theta) @ basis, _WELL_POSED)
    result: Array = basis @ (expected if observed is None else observed)
    return result


def _root(curvature: Array, least: float) -> Array | None:
    """R (d, d) with ``R R' = curvature⁻¹``; ``None`` where an eigenvalue of the curvature, scaled to a unit diagonal,
    is below ``least``."""
    if not len(curvature):
        return curvature
    diagonal = np.diag(curvature)
    if not (np.isfinite(curvature).all() and (diagonal > 0).all()):
        return None
    scale = np.sqrt(diagonal)
    scaled = curvature / np.outer(scale, scale)
    if np.linalg.eigvalsh(scaled)[0] < least:
        return None
    result: Array = np.linalg.inv(np.linalg.cholesky(scaled)).T / scale[:, None]
    return result


def _smallest(matrices: Array, bound: float) -> Mask:
    """Whether the smallest eigenvalue of each symmetric matrix (B, m, m) is at least ``bound``, above it where it is
    nil: by triangular factors, and eigenvalues only where those do not exist."""
    enough = np.ones(len(matrices), dtype=bool)
    if not matrices.shape[-1]:
        return enough
    try:
        np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        values = np.linalg.eigvalsh(matrices)[:, 0]
        enough = np.asarray(values >= bound if bound else values > bound)
    return enough


def _within_one(cov: Array) -> Mask:
    """Whether all correlations are within one, where variances are positive."""
    variance = np.einsum("bii->bi", cov)
    sd = np.sqrt(np.maximum(variance, 0.0))
    product = sd[:, :, None] * sd[:, None, :]
    beyond = (product > 0) & (np.abs(cov) > product * (1 + _EDGE))
    beyond[:, range(cov.shape[1]), range(cov.shape[1])] = False
    return np.asarray(~beyond.any(axis=(1, 2)))


def _covarying(model: GroupModel) -> list[int]:
    """Observed variables whose residuals covary with another's, by the layout of the model."""
    off = model.base["residual"] - np.diag(np.diag(model.base["residual"])) != 0
    cells = model.cells["residual"]
    apart = cells.i != cells.j
    off[cells.i[apart], cells.j[apart]] = True
    return np.flatnonzero((off | off.T).any(axis=1)).tolist()

"""A model solved three ways, and what each way knows of its errors: by likelihood, measured first, from ordered items.

Each way gives how far every person moves the parameters (``moves``): to first order, what the estimate would lose
without this person. What allows for projects is made of their sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analysis.sem.admissible import Problem, inadmissible
from analysis.sem.cluster_information import cluster_information
from analysis.sem.clusters import cluster_covariance
from analysis.sem.estimate import Estimated
from analysis.sem.inference import Inference, inverse_information, weighted_jacobian
from analysis.sem.options import Errors
from analysis.sem.ordinal import moment_influences
from analysis.sem.sam import SamEstimated
from analysis.sem.sam_errors import influences, sam_inference
from analysis.sem.scores import expected_information, observed_information, person_scores

Array = npt.NDArray[np.floating[Any]]


class Solution(Protocol):
    """A solved model. ``problems``: what stands in the way of believing it; without any there are ``moves`` (n,
    n_free), persons in the order of the sample's groups, and errors of two kinds: ``by_persons`` (independent persons;
    ``robust`` or the estimator's own) and ``by_clusters`` (CR2; needs the sample's clusters)."""

    @property
    def estimated(self) -> Estimated: ...

    @property
    def problems(self) -> tuple[Problem, ...]: ...

    @property
    def moves(self) -> Array: ...

    def by_persons(self, *, robust: bool) -> Inference: ...

    def by_clusters(self) -> Inference: ...


@dataclass(frozen=True)
class ByLikelihood:
    """Maximum likelihood, of complete or of incomplete answers."""

    estimated: Estimated

    @cached_property
    def _identified(self) -> tuple[Array, Problem | None]:
        """The inverse expected information of a person; judged by it, as ``inference.infer`` does."""
        return inverse_information(self.estimated, expected_information(self.estimated))

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is not identified, also by the answers there happen to be, and what cannot be true."""
        unknown = (self._identified[1] or self._observed[1],)
        return (*(problem for problem in unknown if problem is not None), *inadmissible(self.estimated))

    @cached_property
    def _observed(self) -> tuple[Array, Problem | None]:
        """The inverse observed information of a person."""
        return inverse_information(self.estimated, observed_information(self.estimated))

    @property
    def _bread(self) -> Array:
        return self._observed[0]

    @cached_property
    def _scores(self) -> Array:
        return np.concatenate(person_scores(self.estimated))

    @cached_property
    def moves(self) -> Array:
        """Inverse information times score."""
        return self._scores @ self._bread / self.estimated.n

    def by_persons(self, *, robust: bool) -> Inference:
        """The sandwich of persons' scores; or the inverse information, observed where answers are missing."""
        if robust:
            return Inference(self.moves.T @ self.moves, "robust", self._bread)
        incomplete = self.estimated.sample.missing == "fiml"
        bread = self._bread if incomplete else self._identified[0]
        return Inference(bread / self.estimated.n, "standard", bread)

    def by_clusters(self) -> Inference:
        """CR2 of the clusters' scores."""
        e = self.estimated
        codes = np.concatenate([group.clusters for group in e.sample.groups])
        found = cluster_covariance(
            scores=self._scores, clusters=np.unique(codes, return_inverse=True)[1], bread=self._bread / e.n,
            basis=e.basis, parts=cluster_information(e), kind="CR2",
        )  # fmt: skip
        return Inference(found.vcov, "cr2", self._bread, clusters=found)


@dataclass(frozen=True)
class MeasuredFirst:
    """Structural-after-measurement. ``sam``: solved without errors, which are made when asked for."""

    sam: SamEstimated

    @property
    def estimated(self) -> Estimated:
        """Both steps' parameters, as one model."""
        return self.sam.estimated

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Those of both steps, and what is not identified in either."""
        return (*self.sam.problems, *self._moved[1])

    @cached_property
    def _moved(self) -> tuple[Array, tuple[Problem, ...]]:
        s = self.sam
        if s.structural is None or not s.estimated.converged:
            return np.zeros((0, 0)), ()
        found = [inverse_information(b.estimated, observed_information(b.estimated)) for b in s.blocks]
        unknown = tuple(problem for _, problem in found if problem is not None)
        if unknown:
            return np.zeros((0, 0)), unknown
        breads = [bread / s.estimated.n for bread, _ in found]
        return influences(s.parts, s.blocks, breads, s.mappings, s.structural, s.estimated)

    @property
    def moves(self) -> Array:
        """Influences through both steps."""
        return self._moved[0]

    def by_persons(self, *, robust: bool) -> Inference:
        """Two-step errors under normality, or the sandwich of the influences."""
        own = self._errors("standard")
        return Inference(self.moves.T @ self.moves, "robust", own.bread) if robust else own

    def by_clusters(self) -> Inference:
        """CR2 of the clusters' influences."""
        return self._errors("cr2")

    def _errors(self, kind: Errors) -> Inference:
        s = self.sam
        if s.structural is None:
            raise ValueError("there is no structural part to have errors")
        joint = replace(s.estimated, options=replace(s.estimated.options, errors=kind))
        return sam_inference(s.parts, s.blocks, s.mappings, s.structural, joint, self._moved)


@dataclass(frozen=True)
class FromOrdered:
    """Weighted least squares of polychoric correlations and thresholds; one group."""

    estimated: Estimated

    @cached_property
    def _identified(self) -> tuple[Array, Problem | None]:
        return inverse_information(self.estimated, expected_information(self.estimated))

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is not identified, and what cannot be true."""
        found = () if self._identified[1] is None else (self._identified[1],)
        return (*found, *inadmissible(self.estimated))

    @cached_property
    def moves(self) -> Array:
        """Each person's influence on the moments, carried to the parameters that fit them. Least squares counts one
        person less (``Estimated.n_scale``)."""
        (group,) = self.estimated.sample.groups
        sizes = np.bincount(group.ordered.threshold_item) + 1
        on_moments = moment_influences(group.answers.astype(np.intp), n_categories=sizes.tolist())
        toward = weighted_jacobian(self.estimated, 0) @ self._identified[0]
        moves: Array = on_moments @ toward / np.sqrt(self.estimated.n * self.estimated.n_scale)
        return moves

    def by_persons(self, *, robust: bool) -> Inference:
        """The sandwich of the moments' asymptotic covariance, which is the estimator's own."""
        del robust
        return Inference(self.moves.T @ self.moves, "robust_sem", self._identified[0])

    def by_clusters(self) -> Inference:
        """CR2 of the clusters' moves. There are no covariates, so that a cluster's part of the information is that of
        its persons."""
        e, bread = self.estimated, self._identified[0]
        (group,) = e.sample.groups
        codes, sizes = np.unique(group.clusters, return_counts=True)
        information = np.linalg.pinv(bread)
        parts = (sizes / e.n)[:, None, None] * information * e.n
        found = cluster_covariance(
            scores=self.moves @ information * e.n, clusters=np.searchsorted(codes, group.clusters), bread=bread / e.n,
            basis=e.basis, parts=parts, kind="CR2",
        )  # fmt: skip
        return Inference(found.vcov, "cr2", bread, clusters=found)

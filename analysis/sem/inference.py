"""Standard errors of a solution: which information, which sandwich, which degrees of freedom.

All matrices are per person: with information A (half the Hessian of F), its inverse on the directions the constraints
leave free (``bread``), and B the covariance of the persons' scores, the errors are A⁻¹/N, or A⁻¹ B A⁻¹/N.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.sem.admissible import Problem, beyond_theta
from analysis.sem.asymptotic import group_gamma, normal_weight
from analysis.sem.cluster_information import cluster_information
from analysis.sem.clusters import ClusterCovariance, Kind, cluster_covariance
from analysis.sem.estimate import Estimated, once
from analysis.sem.implied import ImpliedMoments
from analysis.sem.loss import QuadraticLoss
from analysis.sem.observed import Array
from analysis.sem.options import Errors, Information
from analysis.sem.positive import well_conditioned_inverse
from analysis.sem.scores import expected_information, observed_information, person_scores, score_meat
from analysis.sem.table import Row

_SINGULAR = 1e-10


@dataclass(frozen=True)
class Inference:
    """``vcov`` (n_free, n_free) of the free parameters, NaN when the model is not identified; ``errors`` says which
    kind; ``problems`` names a parameter that is not identified. ``bread`` (n_free, n_free) is the inverse information
    of one person, ``clusters`` what gives small-sample degrees of freedom."""

    vcov: Array
    errors: str
    bread: Array
    problems: tuple[Problem, ...] = ()
    clusters: ClusterCovariance | None = None

    def degrees_of_freedom(self, jacobian: Array) -> Array:
        """Degrees of freedom of each row of ``jacobian`` (k, n_free) times θ; NaN for a normal reference."""
        if self.clusters is None:
            return np.full(len(jacobian), np.nan)
        return self.clusters.degrees_of_freedom(jacobian)


def errors_of(estimated: Estimated) -> Errors:
    """The kind of errors asked for, or what the estimator stands for. With clusters ``robust``, and no wish at all,
    mean lavaan's ``robust.cluster``: CR0 times J/(J - 1) within each group, with a normal reference."""
    options = estimated.options
    asked = options.recipe.errors if options.errors in (None, "bootstrap") else options.errors
    if options.cluster is not None and (asked == "robust" or options.errors in (None, "bootstrap")):
        return "robust_cluster"
    return asked


def infer(estimated: Estimated) -> Inference:
    """Errors of a converged solution."""
    kind = errors_of(estimated)
    # judged by the expected information: where the data say nothing, rounding may still curve the observed one
    bread, problem = inverse_information(estimated, expected_information(estimated))
    if problem is None and _information_kind(estimated, kind) == "observed":
        bread, problem = inverse_information(estimated, observed_information(estimated))
    if problem is not None or kind == "none":
        problems = (_with_nominal_df(problem, estimated),) if problem is not None else ()
        return Inference(np.full_like(bread, np.nan), kind, bread, problems)
    clusters = None
    if kind == "standard":
        vcov = _standard(estimated, bread)
    elif kind == "robust_sem":
        vcov = bread @ moment_meat(estimated) @ bread / estimated.n_scale
    elif kind in ("robust", "robust_cluster"):
        vcov = bread @ score_meat(estimated) @ bread / estimated.n
    else:
        clusters = _clustered(estimated, kind, bread)
        vcov = clusters.vcov
    return Inference(vcov, kind, bread, (), clusters if kind in ("cr1", "cr2", "cr3") else None)


def _information_kind(estimated: Estimated, kind: Errors) -> Information:
    """The information the errors rest on: the one asked for, or what the errors and the data call for."""
    if estimated.options.information is not None:
        return estimated.options.information
    incomplete = estimated.sample.missing == "fiml"
    robust = kind in ("robust", "robust_cluster", "cr0", "cr1", "cr2", "cr3")
    return "observed" if incomplete or robust else estimated.options.recipe.information


def _with_nominal_df(problem: Problem, estimated: Estimated) -> Problem:
    """The verdict, and what it does to the figures that are given all the same."""
    return replace(
        problem,
        sentence=f"{problem.sentence} Its {estimated.npar} parameters and {estimated.df} degrees of freedom are"
        " counted, not real: there are no errors and no measures of fit.",
    )  # fmt: skip


def inverse_information(estimated: Estimated, information: Array) -> tuple[Array, Problem | None]:
    """``K (K'AK)⁻¹ K'`` of an information A (n_free, n_free), with K the directions that constraints leave free; NaN,
    and a problem that names a parameter, when one can move without changing the fit."""
    basis = estimated.basis
    if basis.shape[1] == 0:
        return np.zeros_like(information), None
    reduced = basis.T @ information @ basis
    scale = np.sqrt(np.maximum(np.diag(reduced), np.finfo(float).tiny))
    scaled = reduced / (scale[:, None] * scale)
    known = well_conditioned_inverse(scaled, _SINGULAR)
    if known is not None:
        return basis @ (known / (scale[:, None] * scale)) @ basis.T, None
    values, vectors = np.linalg.eigh(scaled)
    if values[0] < _SINGULAR:
        # in units of each parameter's own error, which for one that does nothing at all is without end
        units = np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
        direction = np.abs(basis @ (vectors[:, 0] / scale)) * units
        row = estimated.table.first_row(int(np.argmax(direction)))
        group = estimated.table.groups[row.group]
        where = f" in group {group}" if group else ""
        sentence = (
            f"The model is not identified: {row.name} can change without changing the fit{where}. Fix a parameter, or"
            f" give the factor more indicators.{beyond_theta(estimated)}"
        )
        return np.full_like(information, np.nan), Problem("not_identified", row.name, group, sentence)
    inverse = (vectors / values) @ vectors.T / np.outer(scale, scale)
    return basis @ inverse @ basis.T, None


def _standard(estimated: Estimated, bread: Array) -> Array:
    """Errors under the estimator's own assumptions: A⁻¹/N is right where the weight is the inverse of Γ, so for ML and
    GLS with normal data (Browne 1984). ULS takes Γ for the identity and DWLS for diagonal, which no data are; as in
    lavaan these are still called standard, and ``FitResult.notes`` warns of them. Right for both is ``robust_sem``, the
    sandwich with Γ."""
    return bread / estimated.n_scale


def _clustered(estimated: Estimated, kind: Errors, bread: Array) -> ClusterCovariance:
    """Cluster-robust covariance from the persons' scores."""
    scores = np.concatenate(person_scores(estimated))
    codes = np.concatenate([group.clusters for group in estimated.sample.groups])
    kinds: dict[str, Kind] = {"cr0": "CR0", "cr1": "CR1", "cr2": "CR2", "cr3": "CR3"}
    return cluster_covariance(
        scores=scores, clusters=np.unique(codes, return_inverse=True)[1], bread=bread / estimated.n,
        basis=estimated.basis, parts=cluster_information(estimated), kind=kinds[kind],
    )  # fmt: skip


@once
def moment_meat(estimated: Estimated) -> Array:
    """``Σ_g f_g Δ'W Γ W Δ``, (n_free, n_free): what Γ makes of the weighted moments (Satorra & Bentler 1994)."""
    q = estimated.table.n_free
    meat = np.zeros((q, q))
    for g, share in enumerate(estimated.sample.shares):
        weighted = weighted_jacobian(estimated, g)
        gamma = group_gamma(estimated.sample.groups[g], means=estimated.table.means, given=estimated.table.given)
        meat += float(share) * (weighted.T @ gamma @ weighted)
    return meat


def weighted_jacobian(estimated: Estimated, g: int) -> Array:
    """``WΔ`` of one group, (p*, n_free), with the weight of the discrepancy; for maximum likelihood the normal one."""
    delta = estimated.jacobians[g]
    weight = group_weight(estimated, g)
    return weight[:, None] * delta if weight.ndim == 1 else weight @ delta


def group_weight(estimated: Estimated, g: int) -> Array:
    """W of one group: a diagonal (p*,) or a matrix (p*, p*)."""
    if isinstance(estimated.loss, QuadraticLoss):
        weight: Array = estimated.loss.weights[g]
        return weight
    sigma = estimated.matrices[g].sigma
    return normal_weight(sigma, means=estimated.table.means)


def with_free_covariates(estimated: Estimated) -> Estimated:
    """The same solution with the covariates' moments as free parameters.

    Given the covariates the likelihood is the same; what robust statistics sum over all moments then adds up.
    """
    table = estimated.table
    if not any(row.from_sample for row in table.rows):
        return estimated
    rows: list[Row] = []
    values: list[float] = []
    for row in table.rows:
        if row.from_sample:
            group, at = estimated.sample.groups[row.group], table.observed.index
            value = group.mean[at(row.lhs)] if row.op == "~1" else group.cov[at(row.lhs), at(row.rhs)]
            row = replace(row, index=table.n_free + len(values), from_sample=False)
            values.append(float(value))
        rows.append(row)
    k = len(values)
    wider = replace(table, rows=tuple(rows), covariates=(), n_free=table.n_free + k)
    implied = ImpliedMoments(wider, estimated.sample)
    d = estimated.basis.shape[1]
    basis = np.zeros((table.n_free + k, d + k))
    basis[: table.n_free, :d] = estimated.basis
    basis[table.n_free :, d:] = np.eye(k)
    from analysis.sem.estimate import loss_of

    return replace(
        estimated, table=wider, implied=implied, loss=loss_of(implied, estimated.sample, estimated.options),
        theta=np.concatenate([estimated.theta, values]), basis=basis,
        at_bound=np.concatenate([estimated.at_bound, np.zeros(k, dtype=bool)]),
    )  # fmt: skip

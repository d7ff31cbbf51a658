"""Standard errors of local SAM: what the first step leaves uncertain is carried into the second.

Under normality (Rosseel & Loh 2022; Bakk & Kuha 2018), with the joint model's expected information I in blocks
for measurement (1) and structural (2) parameters and Σ₁₁ the covariance of the first step::

    Σ₂₂ = I₂₂⁻¹ + I₂₂⁻¹ I₂₁ Σ₁₁ I₁₂ I₂₂⁻¹,    Σ₁₂ = -Σ₁₁ I₁₂ I₂₂⁻¹

The sandwich stacks the scores that the two steps really solve (Newey & McFadden 1994, sec. 6): with a person's
influence on the first step ψ₁ = A₁⁻¹ s₁, that on the second is ``ψ₂ = A₂₂⁻¹ (s₂ - A₂₁ ψ₁)``, s₂ the score of the
structural model on the person's own ``M(y - ν)(y - ν)'M' - MΘM'``. It does not need I₂₂ to be the information of the
second step, which it is only where the structural part is saturated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.sem.admissible import Problem
from analysis.sem.cluster_information import cluster_information
from analysis.sem.clusters import Kind, cluster_covariance, cluster_sums, independent_sums
from analysis.sem.constraints import null_space
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated
from analysis.sem.implied import add_columns
from analysis.sem.inference import Inference, inverse_information
from analysis.sem.loss import NormalLoss
from analysis.sem.observed import Array, Sample
from analysis.sem.sam_mapping import Block, Mapping, latent_moments, mappings
from analysis.sem.sam_parts import Parts
from analysis.sem.scores import expected_information, observed_information, person_scores

_STEP = 1e-30


def sam_inference(
    parts: Parts,
    blocks: Sequence[Block],
    maps: Sequence[Mapping],
    structural: Estimated,
    joint: Estimated,
    moved: tuple[Array, tuple[Problem, ...]] | None = None,
) -> Inference:
    """Errors of both steps' parameters, of the kind the options ask for; ``moved`` are the ``influences``, where these
    are known.

    Raises ``ModelError`` for a kind SAM does not have, and for sandwiches without the persons' answers.
    """
    kind = _kind(joint)
    breads, problems = _first_step(blocks, kind, joint)
    if problems or kind == "none":
        blank = np.full((joint.table.n_free, joint.table.n_free), np.nan)
        return Inference(blank, kind, blank, problems)
    if kind == "two_step":
        vcov, problems = two_step(parts, blocks, breads, structural, joint)
        return Inference(vcov, kind, vcov * joint.n, problems)
    influence, problems = moved or influences(parts, blocks, breads, maps, structural, joint)
    bread, problem = inverse_information(joint, expected_information(joint))
    if problems or problem is not None:
        found = problems or tuple(p for p in (problem,) if p is not None)
        return Inference(np.full_like(bread, np.nan), kind, bread, found)
    if kind in ("robust", "robust_cluster"):
        return Inference(_summed(joint, influence), kind, bread)
    given = _given_covariates(parts, blocks, breads, maps, structural, joint)
    return _clustered(parts, joint, influence, given, bread, kind)


def _kind(joint: Estimated) -> str:
    """The kind of errors, from the options: as ``inference.errors_of`` has it, two-step ones for standard ones."""
    asked = joint.options.errors
    clustered = joint.options.cluster is not None
    if asked == "robust_sem":
        raise ModelError(f"SAM has no errors {asked}: choose standard (two-step), robust, cr0 to cr3, or bootstrap.")
    if asked in (None, "bootstrap"):
        return "robust_cluster" if clustered else "two_step"
    kind = {"standard": "two_step", "robust": "robust_cluster" if clustered else "robust"}.get(asked, asked)
    if kind not in ("two_step", "none") and any(group.data is None for group in joint.sample.groups):
        raise ModelError(f"se {kind} needs the persons' answers: moments hold none.")
    return kind


def _first_step(blocks: Sequence[Block], kind: str, joint: Estimated) -> tuple[list[Array], tuple[Problem, ...]]:
    """Each block's inverse information of all persons, and what is not identified."""
    asked = joint.options.information or ("expected" if kind == "two_step" else "observed")
    information = observed_information if asked == "observed" else expected_information
    found = [inverse_information(b.estimated, information(b.estimated)) for b in blocks]
    return [bread / joint.n for bread, _ in found], tuple(problem for _, problem in found if problem is not None)


def structural_basis(parts: Parts, structural: Estimated) -> Array:
    """The directions (n_free, d) the structural parameters may move in: those that leave its constraints, and the whole
    variances and means the blocks have fixed, as they are."""
    rows = []
    for held in parts.held:
        model = structural.implied.groups[held.group]
        i = model.observed.index(held.name)
        place = i if held.what == "mean" else i * (i + 1) // 2 + i + (model.p if model.means else 0)
        rows.append(model.jacobian(structural.theta)[place])
    basis = structural.basis
    return basis @ null_space(np.array(rows) @ basis) if rows else basis


def two_step(
    parts: Parts, blocks: Sequence[Block], breads: Sequence[Array], structural: Estimated, joint: Estimated
) -> tuple[Array, tuple[Problem, ...]]:
    """The covariance of θ (n_free, n_free) under normality, and what is not identified. ``breads`` are the blocks'
    covariances, (n_free, n_free) of each block."""
    q = joint.table.n_free
    first = np.zeros((q, q))
    for block, bread in zip(blocks, breads, strict=True):
        own = block.part.own
        at = block.part.index[own]
        first[np.ix_(at, at)] = bread[np.ix_(own, own)]
    information = expected_information(joint) * joint.n
    second = parts.structural.index
    within = replace(structural, basis=structural_basis(parts, structural))
    bread, problem = inverse_information(within, information[np.ix_(second, second)])
    carried = np.zeros((q, q))
    carried[second] = -bread @ information[second]  # what θ₁ does to θ₂; its own columns meet zeros in ``first``
    spread = np.eye(q) + carried
    vcov = spread @ first @ spread.T
    vcov[np.ix_(second, second)] += bread
    return vcov, () if problem is None else (problem,)


def influences(
    parts: Parts,
    blocks: Sequence[Block],
    breads: Sequence[Array],
    maps: Sequence[Mapping],
    structural: Estimated,
    joint: Estimated,
) -> tuple[Array, tuple[Problem, ...]]:
    """Each person's influence on θ, (n, n_free): what the estimate would lose, to first order, without this person; and
    what is not identified."""
    by_block = [np.concatenate(person_scores(block.estimated)) for block in blocks]
    scores = np.concatenate(latent_scores(structural, joint.sample, maps))
    return _both_steps(parts, blocks, breads, maps, structural, joint, by_block, scores)


def _both_steps(
    parts: Parts,
    blocks: Sequence[Block],
    breads: Sequence[Array],
    maps: Sequence[Mapping],
    structural: Estimated,
    joint: Estimated,
    by_block: Sequence[Array],
    scores: Array,
) -> tuple[Array, tuple[Problem, ...]]:
    """ψ (n, n_free) of both steps from the persons' scores in each block, (n, n_free of the block), and in the
    structural part, (n, n_free of that part)."""
    influence = np.zeros((joint.n, joint.table.n_free))
    scores = scores.copy()
    scales = [_error_scale(blocks, parts, joint, g, mapping) for g, mapping in enumerate(maps)]
    for b, (block, bread) in enumerate(zip(blocks, breads, strict=True)):
        of_block = by_block[b] @ bread
        own = block.part.own
        influence[:, block.part.index[own]] = of_block[:, own]
        scores += of_block @ _crossed(parts, blocks, structural, joint, b, scales)
    information = (
        expected_information(structural)
        if joint.options.information == "expected"
        else observed_information(structural)
    )
    bread, problem = inverse_information(structural, information)
    influence[:, parts.structural.index] = scores @ bread / joint.n
    return influence, () if problem is None else (problem,)


def _given_covariates(
    parts: Parts,
    blocks: Sequence[Block],
    breads: Sequence[Array],
    maps: Sequence[Mapping],
    structural: Estimated,
    joint: Estimated,
) -> Array:
    """What of the influences (n, n_free) follows from a person's covariates alone: items' means move with the
    covariates' means, which the model takes as given."""
    table = joint.table
    if not table.covariates or not table.means:
        return np.zeros((joint.n, table.n_free))
    by_block = [np.zeros((joint.n, block.part.table.n_free)) for block in blocks]
    ends = np.cumsum([0, *(group.n for group in joint.sample.groups)])
    x = [table.observed.index(name) for name in table.covariates]
    for g, (group, (sigma, _)) in enumerate(zip(joint.sample.groups, joint.implied.moments(joint.theta), strict=True)):
        if group.data is None:
            continue
        slopes = np.linalg.solve(sigma[np.ix_(x, x)], sigma[x])
        shift = (group.data[:, x] - group.mean[x]) @ slopes
        for block, scores in zip(blocks, by_block, strict=True):
            model = block.estimated.implied.groups[g]
            m = model.matrices(block.estimated.theta)
            f = model.factors(block.estimated.theta, m)
            columns = [table.observed.index(name) for name in model.observed]
            add_columns(
                scores[ends[g] : ends[g + 1]], f.index, np.linalg.solve(m.sigma, shift[:, columns].T).T @ f.mean
            )
    nothing = np.zeros((joint.n, structural.table.n_free))
    return _both_steps(parts, blocks, breads, maps, structural, joint, by_block, nothing)[0]


def latent_scores(structural: Estimated, sample: Sample, maps: Sequence[Mapping]) -> list[Array]:
    """∂ structural log-likelihood of a person / ∂θ₂, one array (n_g, n_free) a group. A person's moments are those of
    the factor scores less their error: ``(y'l)(y'r) - l'W(I + MΘM'W)r + y'μ_a`` with W = Σ⁻¹ and y = W(Mx - μ)."""
    groups = [
        replace(latent, data=(group.data - mapping.origin) @ mapping.matrix.T)
        for latent, group, mapping in zip(structural.sample.groups, sample.groups, maps, strict=True)
        if group.data is not None
    ]
    found = person_scores(replace(structural, sample=replace(structural.sample, groups=tuple(groups))))
    for g, (model, mapping) in enumerate(zip(structural.implied.groups, maps, strict=True)):
        m = model.matrices(structural.theta)
        f = model.factors(structural.theta, m)
        inverse = np.linalg.inv(m.sigma)
        by_error = inverse @ mapping.error @ inverse
        shift = np.zeros((1, model.n_free))
        add_columns(shift, f.index, ((by_error @ f.left) * f.right).sum(axis=0)[None])
        found[g] -= shift
    return found


def _error_scale(blocks: Sequence[Block], parts: Parts, joint: Estimated, g: int, mapping: Mapping) -> float:
    """How much of the error covariance a corrected mapping takes off."""
    thetas = [b.estimated.theta for b in blocks]
    whole = mappings(parts, [b.estimated for b in blocks], joint.sample, thetas)[g].error
    return float(np.trace(mapping.error) / np.trace(whole)) if np.trace(whole) > 0 else 1.0


def _crossed(
    parts: Parts, blocks: Sequence[Block], structural: Estimated, joint: Estimated, b: int, scales: Sequence[float]
) -> Array:
    """∂ of the summed structural scores / ∂ the parameters of block ``b``, (parameters of the block, n_free of the
    structural part), by complex steps; once for each structural solution."""
    kept, name = structural.kept, f"crossed_{b}"
    if name not in kept:
        kept[name] = _derived_crosswise(parts, blocks, structural, joint, b, scales)
    return kept[name]


def _derived_crosswise(
    parts: Parts, blocks: Sequence[Block], structural: Estimated, joint: Estimated, b: int, scales: Sequence[float]
) -> Array:
    thetas: list[Array] = [block.estimated.theta for block in blocks]
    q = len(thetas[b])
    shifted = np.repeat(thetas[b].astype(complex)[None], q, axis=0)
    shifted[np.arange(q), np.arange(q)] += 1j * _STEP
    at = [shifted if k == b else theta for k, theta in enumerate(thetas)]
    maps = mappings(parts, [block.estimated for block in blocks], joint.sample, at, scales)
    moments = [latent_moments(m, g.mean, g.cov) for m, g in zip(maps, joint.sample.groups, strict=True)]
    loss = NormalLoss(
        structural.implied, [cov for _, cov in moments], [eta for eta, _ in moments], joint.sample.shares
    )  # fmt: skip
    second = np.repeat(structural.theta.astype(complex)[None], q, axis=0)
    result: Array = -joint.n / 2 * np.imag(loss.gradient(second)) / _STEP
    return result


def _summed(joint: Estimated, influence: Array) -> Array:
    """The sandwich (n_free, n_free) of what is independent: persons' influences, or clusters' sums of them."""
    ends = np.cumsum([group.n for group in joint.sample.groups])[:-1]
    parts = zip(np.split(influence, ends), joint.sample.groups, strict=True)
    independent = np.concatenate([independent_sums(part, group) for part, group in parts])
    vcov: Array = independent.T @ independent
    return vcov


def _clustered(
    parts: Parts, joint: Estimated, influence: Array, given: Array, bread: Array, kind: str
) -> Inference:  # fmt: skip
    """The sandwich of clusters. Leverages are those of the joint model's information, as persons weigh in both steps
    about as they do in it; what is ``given`` with the covariates has none."""
    codes = np.concatenate([g.cluster for g in joint.sample.groups if g.cluster is not None])
    basis = joint.basis
    information = basis.T @ expected_information(joint) @ basis * joint.n
    moves = _along(parts, joint, influence - given)
    kinds: dict[str, Kind] = {"cr0": "CR0", "cr1": "CR1", "cr2": "CR2", "cr3": "CR3"}
    found = cluster_covariance(
        scores=moves @ information @ basis.T, clusters=np.unique(codes, return_inverse=True)[1],
        bread=bread / joint.n, basis=basis, parts=cluster_information(joint), kind=kinds[kind],
    )  # fmt: skip
    adjusted = np.einsum("gab,gb->ga", found.adjustments, cluster_sums(moves, codes) @ information)
    by_cluster = np.linalg.solve(information, adjusted.T).T @ basis.T
    by_cluster += cluster_sums(influence - moves @ basis.T, codes)
    vcov = by_cluster.T @ by_cluster
    if kind == "cr1":
        vcov *= found.n_clusters / (found.n_clusters - 1)
    return Inference(vcov, kind, bread, (), replace(found, vcov=vcov) if kind != "cr0" else None)


def _along(parts: Parts, joint: Estimated, influence: Array) -> Array:
    """Influences (n, n_free) as moves along ``joint.basis``, (n, d).

    A residual variance or intercept that keeps what its block has fixed follows from the other parameters and from the
    covariates' own moments. With these a person moves it off the basis: the moves are read from the other parameters.
    """
    held = {(h.group, h.name, "~~" if h.what == "variance" else "~1") for h in parts.held}
    follows = [
        row.index for row in joint.table.rows
        if (row.group, row.lhs, row.op) in held and row.rhs in ("", row.lhs) and row.index is not None
    ]  # fmt: skip
    own = np.setdiff1d(np.arange(joint.table.n_free), follows)
    moves: Array = influence[:, own] @ np.linalg.pinv(joint.basis[own]).T
    return moves

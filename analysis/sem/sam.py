"""Local structural-after-measurement (SAM): measurement first, then structure on the latent variables' moments.

Each measurement block is fitted by maximum likelihood. With its loadings Λ and residual covariances Θ the mapping
matrix ``M = (Λ'Θ⁻¹Λ)⁻¹Λ'Θ⁻¹`` gives the latent variables' moments (Rosseel & Loh 2022; Croon 2002)::

    E(η) = M (m - ν),    Var(η) = M (S - Θ) M'

and the structural model is fitted to these by maximum likelihood. What is misspecified in one block stays there.

M is computed as ``(Λ'Σ⁻¹Λ)⁻¹Λ'Σ⁻¹`` with the block's Σ: the same matrix, and defined where a residual variance is nil.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.distributions import chi2
from analysis.sem import indices
from analysis.sem.admissible import Problem, inadmissible, not_converged
from analysis.sem.baseline import baseline, saturated_moments
from analysis.sem.constraints import Constraints
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated, estimate, n_needed
from analysis.sem.implied import ImpliedMoments
from analysis.sem.inference import Inference
from analysis.sem.loss import NormalLoss
from analysis.sem.measures import srmr
from analysis.sem.observed import Array, GroupSample, Sample
from analysis.sem.options import Options
from analysis.sem.sam_errors import sam_inference, structural_basis
from analysis.sem.sam_mapping import Block, Mapping, corrected, latent_moments, mappings, reliability, restricted
from analysis.sem.sam_parts import Part, Parts, split
from analysis.sem.table import ParameterTable

_LEAST = 1e-8
_ROUNDING = 1e-12


@dataclass(frozen=True)
class JointEstimated(Estimated):
    """The whole model at the parameters of both steps. ``parts`` is what it was taken apart into: its ``table`` cannot
    be taken apart anew where rows are free because their block has fixed the whole (``Parts.held``)."""

    parts: Parts | None = None

    def again(self, sample: Sample, options: Options) -> Estimated:
        """The same model estimated from another sample of the same variables and groups."""
        return _estimated(self.parts or split(self.table), sample, options).estimated


@dataclass(frozen=True)
class SamEstimated:
    """A model estimated by local SAM.

    ``estimated`` holds the whole model with one θ, ``structural`` the structural part fitted to the latent variables'
    moments (``None`` where it could not be), ``inference`` the errors (``None`` when not converged), ``fit`` the
    measures of the structural part, named ``structural_…``. ``problems`` and ``notes`` say what a reader must know.
    """

    estimated: JointEstimated
    inference: Inference | None
    parts: Parts
    blocks: tuple[Block, ...]
    mappings: tuple[Mapping, ...]
    structural: Estimated | None
    fit: dict[str, float]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    def measurement(self) -> pd.DataFrame:
        """One row a latent variable and group: ``group``, ``latent``, its ``block`` (all latent variables measured with
        it), the block's ``chisq``, ``df`` and ``pvalue`` over all groups (NaN without degrees of freedom), and the
        ``reliability`` of its factor scores, the share of their variance that is not error (NaN when not converged)."""
        rows = []
        for block in self.blocks:
            pvalue = float(chi2.sf(block.chisq, block.df)) if block.df > 0 else float("nan")
            known = bool(self.mappings)
            for g, group in enumerate(self.parts.table.groups):
                for k, latent in enumerate(block.latents):
                    share = float(block.reliability[g, k]) if known else float("nan")
                    rows.append((group, latent, ", ".join(block.latents), block.chisq, block.df, pvalue, share))
        return pd.DataFrame(rows, columns=["group", "latent", "block", "chisq", "df", "pvalue", "reliability"])

    @property
    def vcov(self) -> Array:
        """Covariance of θ, (n_free, n_free); NaN when there is none."""
        q = self.estimated.table.n_free
        return np.full((q, q), np.nan) if self.inference is None else self.inference.vcov


def estimate_sam(table: ParameterTable, sample: Sample, options: Options) -> SamEstimated:
    """Estimate ``table`` by local SAM.

    Errors are two-step ones under normality (``options.errors`` ``None`` or ``"standard"``), the two-step sandwich of
    persons (``"robust"``) or of clusters (``"cr0"`` to ``"cr3"``; where there are clusters and ``"robust"`` or nothing
    is asked ``"robust_cluster"``, CR0 times J/(J - 1) as in ``inference.errors_of``). With bounds, variances are kept
    from going below zero in both steps, and latent covariances that are not positive are corrected (``corrected``).

    Raises ``ModelError`` for a model that cannot be taken apart (``split``), a block with more parameters than moments,
    no more persons than parameters in a step, and incomplete data.
    """
    return _estimated(split(table), sample, options)


def _estimated(parts: Parts, sample: Sample, options: Options) -> SamEstimated:
    _refuse(sample)
    for part in parts.blocks:
        _refuse_few(part, sample, f"the measurement of {', '.join(part.table.latent)}")
    _refuse_few(parts.structural, sample, "the structural part")
    blocks = tuple(_fitted(part, sample, options) for part in parts.blocks)
    failed = [b for b in blocks if not b.estimated.converged]
    if failed:
        return _unfinished(parts, sample, options, blocks, tuple(_block_not_converged(b) for b in failed))
    try:
        maps = mappings(parts, [b.estimated for b in blocks], sample, [b.estimated.theta for b in blocks])
    except np.linalg.LinAlgError:
        return _unfinished(parts, sample, options, blocks, (_no_mapping(),))
    blocks = tuple(replace(b, reliability=reliability(b, parts, maps, sample)) for b in blocks)
    latent, problems = _latent_sample(parts, sample, maps, bounds=options.bounds)
    if latent is None:
        return _unfinished(parts, sample, options, blocks, problems)
    structural = estimate(parts.structural.table, latent, replace(options, estimator="ML"))
    joint = _joint(parts, blocks, structural, sample, options)
    if not joint.converged:
        return replace(
            _unfinished(parts, sample, options, blocks, (*problems, _structure_not_converged(structural))),
            structural=structural, mappings=tuple(maps),
        )  # fmt: skip
    inference = sam_inference(parts, blocks, maps, structural, joint)
    problems = (*inference.problems, *problems, *inadmissible(joint))
    return SamEstimated(
        joint,
        inference,
        parts,
        blocks,
        tuple(maps),
        structural,
        _structural_fit(parts, structural),
        problems,
        parts.notes,
    )


def _refuse(sample: Sample) -> None:
    if any(group.data is not None and np.isnan(group.data).any() for group in sample.groups):
        raise ModelError("SAM needs complete rows: use missing listwise, or estimator ml with missing fiml.")


def _refuse_few(part: Part, sample: Sample, what: str) -> None:
    """Raise ``ModelError`` where a step has no more persons than parameters."""
    needed = n_needed(part.table)
    if sample.n <= needed:
        raise ModelError(
            f"No more usable rows than parameters in {what} ({needed}, own intercepts apart): more persons are needed."
        )


def _fitted(part: Part, sample: Sample, options: Options) -> Block:
    """A block fitted by maximum likelihood."""
    found = estimate(part.table, restricted(sample, part.table.observed), replace(options, estimator="ML"))
    empty = np.zeros((len(sample.groups), len(part.table.latent)))
    return Block(part.table.latent, part, found, max(found.n * found.objective, 0.0), found.df, empty)


def _latent_sample(
    parts: Parts, sample: Sample, maps: list[Mapping], *, bounds: bool
) -> tuple[Sample | None, tuple[Problem, ...]]:
    """The structural variables' moments as a sample; with ``bounds`` covariances that are not positive are corrected,
    and ``maps`` with them. ``None`` where they are not positive and stay so."""
    problems, groups, failed = [], [], False
    names = parts.structural.table.observed
    for g, group in enumerate(sample.groups):
        eta, cov = latent_moments(maps[g], group.mean, group.cov)
        if _smallest(cov) < _LEAST:
            problems.append(_not_positive(parts, group.name, corrected=bounds))
            if bounds:
                maps[g] = corrected(maps[g], group.cov, sample.n)
                cov = latent_moments(maps[g], group.mean, group.cov)[1]
        failed |= _smallest(cov) <= 0
        groups.append(GroupSample(group.name, group.n, eta, cov))
    if failed:
        return None, tuple(problems)
    return replace(sample, groups=tuple(groups), names=names), tuple(problems)


def _smallest(cov: Array) -> float:
    """The smallest root of a covariance matrix in the metric of its variances; negative when one of these is."""
    variances = np.diag(cov)
    if (variances <= 0).any():
        return -1.0
    root = np.sqrt(variances)
    return float(np.linalg.eigvalsh(cov / np.outer(root, root))[0])


def _joint(
    parts: Parts, blocks: Sequence[Block], structural: Estimated, sample: Sample, options: Options
) -> JointEstimated:
    """The whole model at the parameters of the two steps."""
    table = parts.table
    implied = ImpliedMoments(table, sample)
    theta, at_bound = np.zeros(table.n_free), np.zeros(table.n_free, dtype=bool)
    directions = []
    for part, found in (*((b.part, b.estimated) for b in blocks), (parts.structural, structural)):
        theta[part.index[part.own]] = found.theta[part.own]
        at_bound[part.index[part.own]] = found.at_bound[part.own]
        basis = structural_basis(parts, structural) if found is structural else found.basis
        own = np.zeros((table.n_free, basis.shape[1]))
        own[part.index[part.own]] = basis[part.own]
        directions.append(_spanned(own))
    loss = NormalLoss.of(implied, sample)
    value = float(loss.value_and_gradient(theta)[0])
    return JointEstimated(
        table, sample, options, implied, loss, Constraints(table) if table.constraints else None, theta,
        np.concatenate(directions, axis=1), value, structural.converged and bool(np.isfinite(value)),
        structural.iterations + sum(b.estimated.iterations for b in blocks), at_bound,
        structural.n_active + sum(b.estimated.n_active for b in blocks), parts,
    )  # fmt: skip


def _spanned(directions: Array) -> Array:
    """An orthonormal basis of what the columns span."""
    left, values, _ = np.linalg.svd(directions, full_matrices=False)
    return left[:, values > 1e-9 * max(1.0, values.max(initial=0.0))]


def _structural_fit(parts: Parts, structural: Estimated) -> dict[str, float]:
    """Fit measures of the structural model to the latent variables' moments. What a block has fixed, a variance or a
    mean, is neither data nor parameter here: the numbers are the same however the metric was given."""
    n, groups = structural.n, len(structural.table.groups)
    npar = structural.npar - len(parts.held)
    df = structural.df - parts.n_given + len(parts.held)
    chisq = max(n * structural.objective, 0.0)
    null = baseline(structural)
    both = {
        "chisq": chisq, "df": df, "chisq_baseline": max(n * null.objective, 0.0), "df_baseline": null.df,
    }  # fmt: skip
    found = {
        "npar": npar, "chisq": chisq, "df": df, "pvalue": float(chi2.sf(chisq, df)) if df > 0 else float("nan"),
        "cfi": indices.cfi(**both), "tli": indices.tli(**both),
        "rmsea": indices.rmsea(chisq=chisq, df=df, n=n, groups=groups),
        "srmr": srmr(structural, saturated_moments(structural)),
    }  # fmt: skip
    # what rounding leaves of nothing is nothing
    return {
        f"structural_{name}": float(v) if abs(v) > _ROUNDING else 0.0 for name, v in found.items() if np.isfinite(v)
    }


def _unfinished(
    parts: Parts, sample: Sample, options: Options, blocks: tuple[Block, ...], problems: tuple[Problem, ...]
) -> SamEstimated:
    """What there is when a step leads nowhere: no θ."""
    table = parts.table
    implied = ImpliedMoments(table, sample)
    joint = JointEstimated(
        table, sample, options, implied, NormalLoss.of(implied, sample), None, np.full(table.n_free, np.nan),
        np.eye(table.n_free), float("nan"), False, sum(b.estimated.iterations for b in blocks),
        np.zeros(table.n_free, dtype=bool), parts=parts,
    )  # fmt: skip
    return SamEstimated(joint, None, parts, blocks, (), None, {}, problems, parts.notes)


def _block_not_converged(block: Block) -> Problem:
    names = ", ".join(block.latents)
    sentence = f"The measurement of {names}: {not_converged(block.estimated).sentence}"
    return Problem("not_converged", names, "", sentence)


def _structure_not_converged(structural: Estimated) -> Problem:
    return Problem("not_converged", "", "", f"The structural part: {not_converged(structural).sentence}")


def _no_mapping() -> Problem:
    sentence = (
        "The items do not tell the factors of a block apart: its loadings are nil or proportional. Try fewer factors."
    )
    return Problem("not_identified", "", "", sentence)


def _not_positive(parts: Parts, group: str, *, corrected: bool) -> Problem:
    names = ", ".join(name for name in parts.structural.table.observed if name in parts.table.latent)
    where = f" in group {group}" if group else ""
    done = (
        "Less error was taken off to make it so: read the structural part with care"
        if corrected
        else "There is no structural part to read: try bounds, more persons"
    )
    sentence = (
        f"The covariance matrix of the latent variables ({names}) without measurement error is not positive{where}: the"
        f" items hold more error than common variance, or two factors are one. {done}, or fewer factors."
    )
    return Problem("latent_not_positive", names, group, sentence)

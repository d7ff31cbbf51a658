"""From items to latent variables' moments: the mapping matrix of structural-after-measurement, in every group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import eigh

from analysis.sem.estimate import Estimated
from analysis.sem.layout import AnyArray
from analysis.sem.observed import Array, Sample
from analysis.sem.sam_parts import Part, Parts


@dataclass(frozen=True)
class Mapping:
    """One group's way from items to structural variables: ``matrix`` M (…, k, p), ``origin`` (…, p), what is subtracted
    from the items first, ``error`` MΘM' (…, k, k)."""

    matrix: AnyArray
    origin: AnyArray
    error: AnyArray


@dataclass(frozen=True)
class Block:
    """A fitted measurement block: its ``latents``, its ``part`` of the model, the fit, its χ² (n·F) and degrees of
    freedom, and in every group each latent variable's ``reliability`` (groups, latents): the share of the variance of
    its factor scores M y that is not error."""

    latents: tuple[str, ...]
    part: Part
    estimated: Estimated
    chisq: float
    df: int
    reliability: Array


def restricted(sample: Sample, names: Sequence[str]) -> Sample:
    """The sample with these variables alone."""
    at = [sample.names.index(name) for name in names]
    groups = tuple(
        replace(g, mean=g.mean[at], cov=g.cov[np.ix_(at, at)], data=None if g.data is None else g.data[:, at])
        for g in sample.groups
    )
    return replace(sample, groups=groups, names=tuple(names))


def mappings(
    parts: Parts, blocks: Sequence[Estimated], sample: Sample, thetas: Sequence[AnyArray], scale: Sequence[float] = ()
) -> list[Mapping]:
    """Every group's mapping at the blocks' parameters ``thetas``, (…, n_free) each; works on complex numbers.

    ``scale`` (one number a group) multiplies the error covariance. Raises ``numpy.linalg.LinAlgError`` when a block's
    loadings do not tell its factors apart.
    """
    names, items = parts.structural.table.observed, sample.names
    shape = np.broadcast_shapes(*(t.shape[:-1] for t in thetas))
    dtype = np.result_type(float, *thetas)
    found = []
    for g, group in enumerate(sample.groups):
        matrix = np.zeros((*shape, len(names), len(items)), dtype=dtype)
        error = np.zeros((*shape, len(names), len(names)), dtype=dtype)
        origin = np.zeros((*shape, len(items)), dtype=dtype)
        if not parts.table.means:
            origin[...] = group.mean
        for i, name in enumerate(names):
            if name in items:
                matrix[..., i, items.index(name)] = 1.0
        for block, theta in zip(blocks, thetas, strict=True):
            model = block.implied.groups[g]
            m = model.matrices(theta)
            rows = [names.index(name) for name in model.structural]
            columns = [items.index(name) for name in model.observed]
            weighted = np.linalg.solve(m.sigma, m.loading)
            weighted = np.swapaxes(weighted, -1, -2)
            own = np.linalg.solve(weighted @ m.loading, weighted)
            matrix[..., np.array(rows)[:, None], columns] = own
            error[..., np.array(rows)[:, None], rows] = own @ m.residual @ np.swapaxes(own, -1, -2)
            if parts.table.means:
                origin[..., columns] = model.filled("intercept", theta)
        found.append(Mapping(matrix, origin, error * (scale[g] if len(scale) else 1.0)))
    return found


def latent_moments(mapping: Mapping, mean: Array, cov: Array) -> tuple[AnyArray, AnyArray]:
    """E(η) (…, k) and Var(η) (…, k, k) of items with these moments."""
    gap = mean - mapping.origin
    eta = (mapping.matrix @ gap[..., None])[..., 0]
    return eta, mapping.matrix @ cov @ np.swapaxes(mapping.matrix, -1, -2) - mapping.error


def corrected(mapping: Mapping, cov: Array, n: int) -> Mapping:
    """Less error subtracted, so that Var(η) is positive (Fuller 1987; Rosseel & Loh 2022): with λ the smallest root of
    ``|MSM' - λ MΘM'|``, the error covariance is taken ``λ - 1/(n-1)`` times."""
    total = mapping.matrix @ cov @ mapping.matrix.T
    # 1/λ is the largest root the other way round, where the error covariance may be singular
    smallest = 1 / max(float(eigh(mapping.error, total, eigvals_only=True)[-1]), np.finfo(float).tiny)
    factor = max(min(1.0, smallest - 1 / (n - 1)), 0.0)
    return replace(mapping, error=factor * mapping.error)


def reliability(block: Block, parts: Parts, maps: Sequence[Mapping], sample: Sample) -> Array:
    names = parts.structural.table.observed
    at = [names.index(name) for name in block.latents]
    found = []
    for mapping, group in zip(maps, sample.groups, strict=True):
        total = np.diag(mapping.matrix @ group.cov @ mapping.matrix.T)[at]
        found.append(1 - np.diag(mapping.error)[at] / total)
    return np.array(found)

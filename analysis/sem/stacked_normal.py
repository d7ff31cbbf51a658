"""Normal likelihood of complete data for a stack of resamples, in work that does not grow with the cube of the items.

Where a group's residuals do not covary, Σ = L Ψ L' + Θ with Θ diagonal, ``Σ⁻¹ = Θ⁻¹ - V G V'``, ``V = Θ⁻¹ L``,
``G = Ψ (I + C Ψ)⁻¹``, ``C = L' V`` and ``|Σ| = |Θ| |I + C Ψ|`` (Woodbury 1950). The gradient needs ``W = Σ⁻¹ - Σ⁻¹ T
Σ⁻¹`` (T second moments about μ) only as W L and on its diagonal, so that no p by p matrix is inverted or even made.
Where a residual variance is nil or negative, or residuals covary, Σ is inverted as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.sem.implied import GroupModel, ImpliedMoments
from analysis.sem.observed import Array

_SMALL = 1e-3  # residual variance beside the item's variance below which the short way loses digits


@dataclass(frozen=True)
class StackedMoments:
    """One group's moments in B resamples: ``mean`` (B, p) and ``cov`` (B, p, p), divisor n."""

    mean: Array
    cov: Array

    def take(self, index: Any) -> StackedMoments:
        """Those that ``index`` selects."""
        return StackedMoments(self.mean[index], self.cov[index])


def normal_value_and_gradient(
    implied: ImpliedMoments, moments: Sequence[StackedMoments], shares: Array, theta: Array
) -> tuple[Array, Array]:
    """``Σ_g share_g [log|Σ| + tr(TΣ⁻¹)]`` (B,) and its derivative (B, n_free) at ``theta`` (B, n_free).

    That is the discrepancy of ``loss.NormalLoss`` without what does not depend on θ, so that a resample with a singular
    covariance matrix has a value too. ``shares`` (B, groups). Infinite where |Σ| is not positive.
    """
    total, gradient = np.zeros(len(theta)), np.zeros(theta.shape)
    for g, (group, given) in enumerate(zip(implied.groups, moments, strict=True)):
        value, by_cell = _group(group, given, theta)
        total += shares[:, g] * value
        group.add_to(gradient, shares[:, g, None] * by_cell)
    return total, gradient


def _group(group: GroupModel, given: StackedMoments, theta: Array) -> tuple[Array, Array]:
    """Value (B,) and derivative by free cell (B, cells)."""
    if not _is_diagonal(group):
        return _dense(group, given, theta)
    residual = _residuals(group, theta)
    variance = np.einsum("bii->bi", given.cov)
    usual = (residual > _SMALL * variance).all(axis=1)
    if usual.all():
        return _short(group, given, theta, residual)
    value, by_cell = np.empty(len(theta)), np.empty((len(theta), len(group.index)))
    if usual.any():
        value[usual], by_cell[usual] = _short(group, given.take(usual), theta[usual], residual[usual])
    rest = ~usual
    value[rest], by_cell[rest] = _dense(group, given.take(rest), theta[rest])
    return value, by_cell


def _is_diagonal(group: GroupModel) -> bool:
    """Whether no residuals covary, by the layout of the model."""
    base, cells = group.base["residual"], group.cells["residual"]
    return bool((cells.i == cells.j).all()) and not (base - np.diag(np.diag(base))).any()


def _residuals(group: GroupModel, theta: Array) -> Array:
    """Residual variances (B, p)."""
    residual = np.empty((len(theta), group.p))
    residual[:] = np.diag(group.base["residual"])
    cells = group.cells["residual"]
    residual[:, cells.i] = theta[:, cells.index]
    return residual


@dataclass(frozen=True)
class _Pieces:
    """What of the model matrices the short way needs, each with the stack in front or the same for all."""

    total: Array
    disturbance: Array
    loading_total: Array
    eta: Array
    gap: Array | None

    @classmethod
    def of(cls, group: GroupModel, given: StackedMoments, theta: Array) -> _Pieces:
        loading, disturbance = group.filled("loading", theta), group.filled("disturbance", theta)
        total: Array = np.eye(group.m)
        loading_total = loading
        if group.has_paths:
            total = np.linalg.inv(np.eye(group.m) - group.filled("path", theta))
            loading_total = loading @ total
        eta, gap = group.filled("mean", theta), None
        if group.means:
            eta = (total @ eta[..., None])[..., 0] if group.has_paths else eta
            gap = given.mean - group.filled("intercept", theta) - (loading @ eta[..., None])[..., 0]
        size = len(theta)
        loading_total = np.broadcast_to(loading_total, (size, *loading_total.shape[-2:]))
        return cls(total, disturbance, loading_total, eta, gap)


def _short(group: GroupModel, given: StackedMoments, theta: Array, residual: Array) -> tuple[Array, Array]:
    """By way of matrices of factors by factors."""
    m = _Pieces.of(group, given, theta)
    v = m.loading_total / residual[:, :, None]
    c = np.swapaxes(m.loading_total, 1, 2) @ v
    inner = np.eye(group.m) + c @ m.disturbance
    g = m.disturbance @ np.linalg.inv(inner)
    u = given.cov @ v
    variance = np.einsum("bii->bi", given.cov)
    dmu = None
    if m.gap is not None:
        along = (m.gap[:, None] @ v)[:, 0]
        u += m.gap[:, :, None] * along[:, None, :]
        variance = variance + m.gap**2
        dmu = -2 * (m.gap / residual - (v @ (g @ along[..., None]))[..., 0])
    h = np.swapaxes(v, 1, 2) @ u
    vg = v @ g
    sign, logdet = np.linalg.slogdet(inner)
    fit = (variance / residual).sum(axis=1) - np.einsum("bij,bji->b", g, h)
    value = np.where((sign > 0) & (fit > 0), np.log(residual).sum(axis=1) + logdet + fit, np.inf)
    r = np.eye(group.m) - g @ c
    wl = v @ r - (u @ r) / residual[:, :, None] + vg @ (h @ r)
    diagonal = (1 - variance / residual) / residual
    diagonal += (vg * (2 * u / residual[:, :, None] - v - vg @ h)).sum(axis=2)
    return value, _by_cell(group, m, wl, diagonal, dmu)


def _by_cell(group: GroupModel, m: _Pieces, wl: Array, diagonal: Array, dmu: Array | None) -> Array:
    """Derivatives at the free cells (B, cells), in the order of ``group.index``, from W L (B, p, m), the diagonal of W
    (B, p) and the derivative to μ (B, p)."""
    transposed = np.swapaxes(m.loading_total, 1, 2)
    to_loading = None
    if len(group.cells["loading"].index) or len(group.cells["path"].index):
        to_loading = 2 * wl @ (m.disturbance @ np.swapaxes(m.total, -1, -2))
        if dmu is not None:
            to_loading += dmu[:, :, None] * m.eta[..., None, :]
    columns: list[Array] = []
    for name, cells in group.cells.items():
        if not len(cells.index):
            continue
        if name == "loading" and to_loading is not None:
            columns.append(to_loading[:, cells.i, cells.j])
        elif name == "path" and to_loading is not None:
            columns.append((transposed @ to_loading)[:, cells.i, cells.j])
        elif name == "disturbance":
            columns.append((transposed @ wl)[:, cells.i, cells.j] * np.where(cells.i == cells.j, 1.0, 2.0))
        elif name == "residual":
            columns.append(diagonal[:, cells.i])
        elif name == "intercept" and dmu is not None:
            columns.append(dmu[:, cells.i])
        elif name == "mean" and dmu is not None:
            columns.append((transposed @ dmu[..., None])[:, cells.i, 0])
        else:
            raise ValueError(f"{name} has no place in the likelihood of continuous data")
    return np.concatenate(columns, axis=1) if columns else np.zeros((len(wl), 0))


def _dense(group: GroupModel, given: StackedMoments, theta: Array) -> tuple[Array, Array]:
    """By way of Σ and its inverse."""
    m = group.matrices(theta)
    sigma = np.broadcast_to(m.sigma, given.cov.shape)
    sign, logdet = np.linalg.slogdet(sigma)
    singular = ~(sign > 0)
    if singular.any():
        sigma = np.where(singular[:, None, None], np.eye(group.p), sigma)
    inverse = np.linalg.inv(sigma)
    second, dmu = given.cov, None
    if group.means:
        gap = given.mean - m.mu
        second = second + gap[:, :, None] * gap[:, None, :]
        dmu = -2 * (inverse @ gap[..., None])[..., 0]
    weighted = inverse @ second
    fit = np.einsum("bii->b", weighted)
    value = np.where((sign > 0) & (fit > 0), logdet + fit, np.inf)
    return value, group.pull(theta, inverse - weighted @ inverse, dmu, m)

"""Wald tests: does what somebody claims of the parameters hold, as far as their errors tell.

``W = h(θ)' [H V H']⁻¹ h(θ)`` with h the claims, H their derivatives and V the covariance of the parameters (Wald 1943)
is χ² distributed in large samples. With few clusters V itself is uncertain: CR2 and CR3 errors are then taken for
Wishart distributed with degrees of freedom η that match their variance, which makes W a Hotelling T² and ``(η - r +
1)/(η r) W`` an F with r and η - r + 1 degrees of freedom (the HTZ test: Tipton & Pustejovsky 2015; Pustejovsky & Tipton
2018). For one claim that is the square of the t test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.distributions import chi2
from analysis.distributions import f as f_distribution
from analysis.sem.clusters import ClusterCovariance
from analysis.sem.constraints import Constraints
from analysis.sem.errors import ModelError
from analysis.sem.observed import Array
from analysis.sem.result import FitResult
from analysis.sem.syntax import parse


@dataclass(frozen=True)
class Wald:
    """``statistic`` W with ``df`` claims. ``pvalue`` is that of χ², or, where the errors have small-sample degrees of
    freedom, of ``f`` against F(``df``, ``df_denominator``); these two are NaN for a χ² reference."""

    statistic: float
    df: int
    pvalue: float
    f: float = float("nan")
    df_denominator: float = float("nan")


def wald_test(result: FitResult, constraints: str) -> Wald:
    """Test ``constraints`` (lavaan syntax: ``a == b``, one a line, of labels and defined parameters) on a fitted model.

    Raises ``ModelError`` for a label the model does not have, anything but ``==``, claims that say the same twice or
    what the model already holds, a model without errors, and too few clusters for so many claims.
    """
    if result.inference is None or not np.isfinite(result.vcov).all():
        raise ModelError("A model without a solution, or without standard errors, cannot be tested.")
    statements = parse(constraints)
    wrong = [s for s in statements if s.op != "=="]
    if wrong:
        raise ModelError(f"line {wrong[0].line}: a Wald test takes == constraints, such as a == b.")
    estimated = result.estimated
    compiled = Constraints(replace(estimated.table, constraints=Constraints.read(statements)))
    gap, jacobian = compiled.equality(estimated.theta), compiled.equality_jacobian(estimated.theta)
    _refuse_repeated(jacobian @ result.inference.bread @ jacobian.T, jacobian)
    df, clusters = len(gap), result.inference.clusters
    covariance = jacobian @ result.vcov @ jacobian.T
    if clusters is None:
        statistic = float(gap @ np.linalg.solve(covariance, gap))
        return Wald(statistic, df, float(chi2.sf(statistic, df)))
    eta = hotelling_df(clusters, jacobian)
    if eta <= df - 1:
        raise ModelError(
            f"{clusters.n_clusters} clusters are too few to test {df} constraints at once ({eta:.1f} degrees of"
            " freedom): test them one by one."
        )
    statistic = float(gap @ np.linalg.solve(covariance, gap))
    denominator = eta - df + 1
    f = denominator / (eta * df) * statistic
    return Wald(statistic, df, float(f_distribution.sf(f, df, denominator)), float(f), float(denominator))


def _refuse_repeated(covariance: Array, jacobian: Array) -> None:
    """Raise ``ModelError`` when a claim cannot be tested beside the others, by the claims' model-based
    ``covariance``."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if (scale <= 1e-10 * np.abs(jacobian).max(initial=1.0)).any() or np.linalg.eigvalsh(
        covariance / np.outer(scale, scale)
    )[0] < 1e-10:
        raise ModelError("These constraints say the same twice, or what the model already holds: leave one out.")


def hotelling_df(clusters: ClusterCovariance, jacobian: Array) -> float:
    """η of the claims with derivatives ``jacobian`` (r, n_free), under the working model cov(u_g) = A_g.

    With C V C' standardised by its expectation to D, ``η = r(r + 1) / Σ_st Var(D_st)``; D is a sum over clusters of
    outer products p_g p_g' of normal vectors with known covariances, so that ``Var(D_st) = Σ_gh cov(p_gs, p_hs)
    cov(p_gt, p_ht) + cov(p_gs, p_ht) cov(p_gt, p_hs)``. One claim has those of its t test. CR0 and CR1 take the
    clusters less one.
    """
    if len(jacobian) == 1:
        return float(clusters.degrees_of_freedom(jacobian)[0])
    if clusters.kind in ("CR0", "CR1"):
        return clusters.n_clusters - 1.0
    contrasts = jacobian @ clusters.basis
    r = len(contrasts)
    towards = np.linalg.solve(clusters.information, contrasts.T)  # (d, r)
    w = np.einsum("gab,ar->gbr", clusters.adjustments, towards)  # M_g' A⁻¹ c
    aw = np.einsum("gab,gbr->gar", clusters.parts, w)
    half = np.linalg.solve(clusters.information, aw)
    # the residual scores u_g - A_g A⁻¹ Σ u have covariance A_g [g = h] - A_g A⁻¹ A_h
    omega = -np.einsum("gas,hat->gsht", aw, half)
    at = np.arange(clusters.n_clusters)
    omega[at, :, at, :] += np.einsum("gas,gat->gst", w, aw)
    expected = np.einsum("gsgt->st", omega)
    values, vectors = np.linalg.eigh(expected)
    root = (vectors / np.sqrt(values)) @ vectors.T
    omega = np.einsum("sa,gahb,tb->gsht", root, omega, root)
    same = np.einsum("gshs->sgh", omega)
    variance = np.einsum("sgh,tgh->", same, same) + np.einsum("gsht,gths->", omega, omega)
    return float(r * (r + 1) / variance)

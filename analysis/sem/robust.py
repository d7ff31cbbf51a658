"""What robust fit indices are made of: a statistic N·F that measures misfit as complete, continuous answers would, and
c.

The mean of N·F under a true model is not df but ``k = c·df``, and the indices count what exceeds it::

    CFI = 1 - max(N·F - c·df, 0) / max(N·F₀ - c₀·df₀, N·F - c·df, 0),    RMSEA = √(G max(N·F - c·df, 0) / (N·df))

*Incomplete answers* (Zhang & Savalei 2023): the likelihood ratio counts misfit less where more is missing, so F is the
complete-data discrepancy between the saturated moments β̃ and the model's, at its full-information estimates. *Ordered
answers* (Savalei 2021): F is the normal discrepancy between the polychoric correlations and the model's, at its least
squares estimates. In both θ̂ is found with another weight W_m than F has, W_c, so that the residuals are ``r = A (β̃ -
β)``, ``A = I - ΔE⁻¹Δ'W_m``, ``E = Δ'W_mΔ``, and with J/N = W_m acov(β̃) W_m

    k = N tr(W_c acov(r)) = tr(J W_m⁻¹W_cW_m⁻¹) - 2 tr(E⁻¹Δ'J W_m⁻¹W_cΔ) + tr(E⁻¹Δ'W_cΔ E⁻¹Δ'JΔ)

(sums over groups, weighted by their share, inside every Δ'·Δ). For incomplete normal answers J is W_m, the information
on the moments; without that assumption it is the covariance of the saturated scores. For ordered answers W_m is the
weight of least squares, J = W_mΓW_m, and thresholds have no part in W_c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.sem.asymptotic import normal_weight
from analysis.sem.baseline import Saturated
from analysis.sem.estimate import Estimated
from analysis.sem.inference import group_weight
from analysis.sem.loss import NormalLoss
from analysis.sem.observed import Array
from analysis.sem.optimise import Mask
from analysis.sem.triangle import lower

_SAYS_NOTHING = 1e-8  # a mean per degree of freedom that is rounding


@dataclass(frozen=True)
class Centred:
    """A statistic whose mean under a true model is ``factor`` times ``df``."""

    chisq: float
    df: int
    factor: float


@dataclass(frozen=True)
class _Weights:
    """One group's matrices for the ``moments`` (p*,) that are not given: ``complete`` W_c, ``fitted`` W_m, ``meat`` J
    and ``turned`` J W_m⁻¹ W_c; ``whole`` is the part of k without the model."""

    moments: Mask
    complete: Array
    fitted: Array
    meat: Array
    turned: Array
    whole: float


class IncompleteAnswers:
    """Statistics of models fitted to the same incomplete answers, whose saturated moments are ``h1``. ``normal``:
    whether the answers are taken as normal; ``given``: the positions of covariates, whose own moments do not vary."""

    def __init__(self, h1: Sequence[Saturated], shares: Array, *, normal: bool, given: Sequence[int]) -> None:
        self.h1, self.shares = h1, shares
        self.weights = [_incomplete_weights(saturated, normal=normal, given=given) for saturated in h1]

    def statistic(self, estimated: Estimated) -> Centred:
        """N·F of a model at its estimates, and c."""
        covs, means = [h.cov for h in self.h1], [h.mean for h in self.h1]
        loss = NormalLoss(estimated.implied, covs, means, self.shares)
        chisq = estimated.n * float(loss.value_and_gradient(estimated.theta)[0])
        return _centred(estimated, chisq, self.weights)


def ordered_statistic(estimated: Estimated) -> Centred | None:
    """N·F of a model of ordered answers, and c; ``None`` where a matrix of polychoric correlations, or of the model's,
    is not positive definite, and for a model that says something of thresholds alone (no misfit of correlations)."""
    chisq, weights = 0.0, []
    for g, group in enumerate(estimated.sample.groups):
        ordinal = group.ordered
        model, sample = estimated.implied.groups[g], ordinal.correlation_matrix
        implied = np.eye(model.p)
        correlations = model.vector(estimated.theta)[len(ordinal.thresholds) :]
        implied[model.strict] = implied[model.strict[::-1]] = correlations
        if min(np.linalg.eigvalsh(sample)[0], np.linalg.eigvalsh(implied)[0]) < 1e-8:
            return None
        ratio = np.linalg.solve(implied, sample)
        chisq += group.n * float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - model.p)
        weights.append(_ordered_weights(group_weight(estimated, g), ordinal.gamma, implied))
    found = _centred(estimated, chisq, weights)
    return found if found.factor > _SAYS_NOTHING else None


def _incomplete_weights(h1: Saturated, *, normal: bool, given: Sequence[int]) -> _Weights:
    p = len(h1.mean)
    i, j = lower(p)
    moments = ~np.concatenate([np.isin(np.arange(p), given), np.isin(i, given) & np.isin(j, given)])
    at = np.ix_(moments, moments)
    complete, fitted = normal_weight(h1.cov, means=True)[at], h1.information[at]
    meat = fitted if normal else h1.meat[at]
    ratio = np.linalg.solve(fitted, complete)  # W_m⁻¹ W_c
    turned = complete if normal else meat @ ratio
    return _Weights(moments, complete, fitted, meat, turned, float((ratio.T * np.linalg.solve(fitted, meat)).sum()))


def _ordered_weights(weight: Array, gamma: Array, implied: Array) -> _Weights:
    """From the weight of least squares, a diagonal (p*,), Γ and the model's correlations."""
    i, j = lower(len(implied))
    of_correlations = normal_weight(implied, means=False)[np.ix_(i != j, i != j)]
    first = len(gamma) - len(of_correlations)
    complete = np.zeros_like(gamma)
    complete[first:, first:] = of_correlations
    weighted, moments = weight[:, None] * gamma, np.ones(len(gamma), dtype=bool)
    whole = float((complete * gamma).sum())
    return _Weights(moments, complete, np.diag(weight), weighted * weight, weighted @ complete, whole)


def _centred(estimated: Estimated, chisq: float, weights: Sequence[_Weights]) -> Centred:
    """``chisq`` with its c for the model at its estimates."""
    d, df = estimated.basis.shape[1], estimated.df
    if df == 0:
        return Centred(max(chisq, 0.0), 0, 1.0)
    complete, fitted, meat, turned = (np.zeros((d, d)) for _ in range(4))
    for jacobian, share, w in zip(estimated.jacobians, estimated.sample.shares, weights, strict=True):
        delta = jacobian[w.moments] @ estimated.basis
        for total, matrix in ((complete, w.complete), (fitted, w.fitted), (meat, w.meat), (turned, w.turned)):
            total += share * (delta.T @ matrix @ delta)
    crossed = np.linalg.solve(fitted, complete) * np.linalg.solve(fitted, meat).T
    k = sum(w.whole for w in weights) - 2 * np.trace(np.linalg.solve(fitted, turned)) + crossed.sum()
    return Centred(max(chisq, 0.0), df, float(k) / df)

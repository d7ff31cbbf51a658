"""Direct, indirect and total effects of one variable on another, with delta-method errors.

Total effects are the elements of ``(I - B)⁻¹ - I`` among structural variables and of ``Λ (I - B)⁻¹`` on indicators
(Bollen 1989, p. 381; Sobel 1986); what is not direct is indirect.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from analysis.sem.errors import ModelError
from analysis.sem.implied import AnyArray, GroupModel, ImpliedMoments
from analysis.sem.observed import Array
from analysis.sem.standardise import delta_se

EFFECT_COLUMNS = ["group", "source", "target", "effect", "est", "se", "z", "pvalue", "ci_lower", "ci_upper",
                  "std_all", "std_all_se"]  # fmt: skip
_STEP = 1e-30


def effects(
    implied: ImpliedMoments, theta: Array, vcov: Array, *, source: str, target: str, confidence: float = 0.95
) -> pd.DataFrame:
    """Direct, indirect and total effect of ``source`` on ``target`` in every group: three rows a group.

    ``theta`` (n_free,) and its covariance ``vcov`` (n_free, n_free). An effect no path carries has estimate 0 and no
    standard error. Raises ``ModelError`` for a variable the model does not have.
    """
    known = (*implied.table.latent, *implied.table.observed)
    for name in (source, target):
        if name not in known:
            raise ModelError(f"The model has no variable {name}: it has {', '.join(known)}.")
    if source == target:
        raise ModelError(f"An effect needs two different variables, not {source} twice.")
    q = len(theta)
    stack = np.repeat(theta.astype(complex)[None], q, axis=0)
    stack[np.arange(q), np.arange(q)] += 1j * _STEP
    frames = []
    for name, model in zip(implied.table.groups, implied.groups, strict=True):
        est, std = _triple(model, theta, source, target)
        moved_est, moved_std = _triple(model, stack, source, target)
        se = delta_se(np.imag(moved_est) / _STEP, vcov)
        z = est / se
        half = norm.ppf(0.5 + confidence / 2) * se
        frames.append(
            pd.DataFrame({
                "group": name, "source": source, "target": target, "effect": ["direct", "indirect", "total"],
                "est": est, "se": se, "z": z, "pvalue": 2 * norm.sf(np.abs(z)), "ci_lower": est - half,
                "ci_upper": est + half, "std_all": std, "std_all_se": delta_se(np.imag(moved_std) / _STEP, vcov),
            })[EFFECT_COLUMNS]
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _triple(model: GroupModel, theta: AnyArray, source: str, target: str) -> tuple[AnyArray, AnyArray]:
    """(direct, indirect, total) as estimated and standardised, each (3, …)."""
    m = model.matrices(theta)
    shape = theta.shape[:-1]
    if source not in model.structural:
        nothing = np.zeros((3, *shape), dtype=theta.dtype)
        return nothing, nothing
    j = model.structural.index(source)
    variance = np.broadcast_to(np.diagonal(m.structural, axis1=-2, axis2=-1)[..., j], shape)
    if target in model.structural:
        i = model.structural.index(target)
        direct = model.filled("path", theta)
        total = m.total - np.eye(model.m)
        outcome = np.diagonal(m.structural, axis1=-2, axis2=-1)[..., i]
    else:
        i = model.observed.index(target)
        direct, total = m.loading, m.loading_total
        outcome = np.diagonal(m.sigma, axis1=-2, axis2=-1)[..., i]
    d, t = (np.broadcast_to(x[..., i, j], shape) for x in (direct, total))
    est = np.stack([d, t - d, t])
    est = np.where(np.abs(est) < 1e-14, 0, est)
    return est, est * np.sqrt(variance / outcome)

"""Direct, indirect and total effects of one variable on another, with delta-method errors.

Total effects are the elements of ``(I - B)⁻¹ - I`` among structural variables and of ``Λ (I - B)⁻¹`` on indicators
(Bollen 1989, p. 381; Sobel 1986); what is not direct is indirect. Standardised, they are multiplied by the ratio of the
source's to the target's standard deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sem.errors import ModelError
from analysis.sem.implied import GroupModel, ImpliedMoments
from analysis.sem.layout import AnyArray, Matrices
from analysis.sem.observed import Array
from analysis.sem.result import interval, two_sided
from analysis.sem.standardise import delta_se

if TYPE_CHECKING:
    from analysis.sem.bootstrap import Summary

EFFECT_COLUMNS = [
    "group", "source", "target", "effect", "est", "se", "z", "df_t", "pvalue", "ci_lower", "ci_upper", "std_all",
    "std_all_se", "std_all_df_t", "std_all_ci_lower", "std_all_ci_upper",
]  # fmt: skip
KINDS = ("direct", "indirect", "total")
_STEP = 1e-30


def effects(
    implied: ImpliedMoments,
    theta: Array,
    vcov: Array,
    *,
    source: str,
    target: str,
    confidence: float = 0.95,
    degrees_of_freedom: Callable[[Array], Array] | None = None,
    drawn: Sequence[tuple[Summary, Summary]] | None = None,
) -> pd.DataFrame:
    """Direct, indirect and total effect of ``source`` on ``target`` in every group: three rows a group, with the
    columns ``EFFECT_COLUMNS``.

    ``theta`` (n_free,) and its covariance ``vcov`` (n_free, n_free). ``degrees_of_freedom`` gives those of each row of
    a Jacobian (k, n_free) where errors have a t reference; ``drawn`` is what ``Bootstrap.effects`` found, whose errors
    and intervals then take the place of the delta method's. An effect no path carries has estimate 0 and no standard
    error. Raises ``ModelError`` for a variable the model does not have.
    """
    known = (*implied.table.latent, *implied.table.observed)
    for name in (source, target):
        if name not in known:
            raise ModelError(f"The model has no variable {name}: it has {', '.join(known)}.")
    if source == target:
        raise ModelError(f"An effect needs two different variables, not {source} twice.")
    frames = []
    for g, (name, model) in enumerate(zip(implied.table.groups, implied.groups, strict=True)):
        numbers: dict[str, object] = {"group": name, "source": source, "target": target, "effect": KINDS}
        estimates, jacobians = values_and_jacobians(model, theta, source, target)
        for k, (prefix, est, jacobian) in enumerate(zip(("", "std_all_"), estimates, jacobians, strict=True)):
            se = delta_se(jacobian, vcov)
            df = np.full(len(est), np.nan)
            if degrees_of_freedom is not None:
                df = np.where(np.isfinite(se), degrees_of_freedom(jacobian), np.nan)
            lower, upper = interval(est, se, df, confidence)
            if drawn is not None:
                summary = drawn[g][k]
                se, df, lower, upper = summary.se, np.full(len(est), np.nan), summary.lower, summary.upper
            numbers |= {prefix[:-1] or "est": est, f"{prefix}se": se, f"{prefix}df_t": df}
            numbers |= {f"{prefix}ci_lower": lower, f"{prefix}ci_upper": upper}
            if not prefix:
                numbers |= {"z": est / se, "pvalue": two_sided(est / se, df)}
        frames.append(pd.DataFrame(numbers)[EFFECT_COLUMNS])
    return pd.concat(frames, ignore_index=True)


def values_and_jacobians(
    model: GroupModel, theta: Array, source: str, target: str
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """One group's (direct, indirect, total), as estimated and standardised (3,) each, and their derivatives to θ
    (3, n_free) each, by complex steps (Squire & Trapp 1998)."""
    q = len(theta)
    stack = np.repeat(theta.astype(complex)[None], q, axis=0)
    stack[np.arange(q), np.arange(q)] += 1j * _STEP
    est, std = values(model, theta, source, target)
    moved_est, moved_std = values(model, stack, source, target)
    return (est, std), (np.imag(moved_est) / _STEP, np.imag(moved_std) / _STEP)


def values(model: GroupModel, theta: AnyArray, source: str, target: str) -> tuple[AnyArray, AnyArray]:
    """One group's (direct, indirect, total), as estimated and standardised (3, …) each, for θ (…, n_free)."""
    shape = theta.shape[:-1]
    if source not in model.structural:
        nothing = np.zeros((3, *shape), dtype=theta.dtype)
        return nothing, nothing
    m = model.matrices(theta)
    j = model.structural.index(source)
    if target in model.structural:
        i = model.structural.index(target)
        direct, total = model.filled("path", theta), m.total - np.eye(model.m)
    else:
        i = model.observed.index(target)
        direct, total = m.loading, m.loading_total
    d, t = (np.broadcast_to(x[..., i, j], shape) for x in (direct, total))
    est = np.stack([d, t - d, t])
    # what no chain of paths carries is nothing, not what rounding makes of it
    est = est * _carried(model, i, j, target in model.structural).reshape(3, *[1] * len(shape))
    ratio = _variance(model, m, theta, source) / _variance(model, m, theta, target)
    with np.errstate(invalid="ignore"):
        ratio = np.sqrt(np.where((np.real(ratio) > 0) & np.isfinite(ratio), ratio, np.nan))
    return est, est * np.broadcast_to(ratio, shape)


def _carried(model: GroupModel, i: int, j: int, structural: bool) -> npt.NDArray[np.float64]:
    """Whether a path, a chain of two or more, and either lead from ``j`` to ``i``: ones and zeros (3,)."""
    paths, loadings = (_pattern(model, name) for name in ("path", "loading"))
    reached = paths.copy()
    for _ in range(model.m):
        reached |= (reached.astype(int) @ paths.astype(int)) > 0
    onto = paths if structural else loadings
    direct = bool(onto[i, j])
    indirect = bool((onto[i].astype(int) @ reached.astype(int))[j])
    return np.array([direct, indirect, direct or indirect], dtype=float)


def _pattern(model: GroupModel, name: str) -> npt.NDArray[np.bool_]:
    """Where a matrix is free, or fixed to anything but zero."""
    pattern: npt.NDArray[np.bool_] = model.base[name] != 0
    cells = model.cells[name]
    pattern[cells.i, cells.j] = True
    return pattern


def _variance(model: GroupModel, m: Matrices, theta: AnyArray, name: str) -> AnyArray:
    """The whole variance of a variable, (…,); of an ordered one that of the answer behind it."""
    variance: AnyArray
    if name in model.ordered:
        variance = 1 / model.scales(theta, m.sigma)[..., model.observed.index(name)] ** 2
    elif name in model.structural:
        variance = np.diagonal(m.structural, axis1=-2, axis2=-1)[..., model.structural.index(name)]
    else:
        variance = np.diagonal(m.sigma, axis1=-2, axis2=-1)[..., model.observed.index(name)]
    return variance

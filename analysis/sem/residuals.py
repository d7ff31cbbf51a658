"""What a model leaves of the sample's moments, and how much of each variable it explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.sem.asymptotic import group_gamma, normal_gamma
from analysis.sem.baseline import Saturated, saturated_moments
from analysis.sem.estimate import Estimated, sample_vector
from analysis.sem.inference import group_weight, with_free_covariates
from analysis.sem.loss import MissingLoss, QuadraticLoss
from analysis.sem.observed import Array

RESIDUAL_COLUMNS = ["group", "lhs", "op", "rhs", "sample", "implied", "raw", "normalized", "standardized"]
_NIL = 1e-8


@dataclass(frozen=True)
class _Moments:
    """One group's moments ω (p*,) without a model, their Γ (p*, p*) and the weight W (p*, p*) they were fitted with."""

    vector: Array
    gamma: Array
    weight: Array


def residuals(estimated: Estimated) -> pd.DataFrame:
    """Sample moments less those of the model, a row a moment (``RESIDUAL_COLUMNS``), means first, then covariances;
    thresholds and polychoric correlations of ordered items. With incomplete answers the sample's are the saturated
    ones.

    ``normalized`` divides by the standard error of the sample's moment, ``standardized`` by that of the residual
    itself, so that it is standard normal under a true model (Jöreskog & Sörbom 1981; Maydeu-Olivares 2017): its
    variance is that of ``(I - ΔE⁻¹Δ'W) s``, what other groups do to shared parameters included. Errors are those of
    normal data for estimators with standard errors, else without that assumption. NaN where a model reproduces a
    moment whatever the data.
    """
    wide = with_free_covariates(estimated)
    groups = _moments(wide)
    deltas = [model.jacobian(wide.theta) @ wide.basis for model in wide.implied.groups]
    weighted = [delta.T @ group.weight for delta, group in zip(deltas, groups, strict=True)]
    shares = wide.sample.shares
    information = sum(s * (w @ d) for s, w, d in zip(shares, weighted, deltas, strict=True))
    spread = sum(s * (w @ g.gamma @ w.T) for s, w, g in zip(shares, weighted, groups, strict=True))
    frames = []
    for g, (group, delta) in enumerate(zip(groups, deltas, strict=True)):
        implied = wide.implied.groups[g].vector(wide.theta)
        back = np.linalg.solve(np.asarray(information), delta.T).T
        own = np.diag(group.gamma) / wide.sample.groups[g].n
        shared = ((back @ np.asarray(spread)) * back).sum(axis=1) / wide.n
        left = own - 2 * (back * (weighted[g] @ group.gamma).T).sum(axis=1) / wide.n + shared
        raw = group.vector - implied
        frame = pd.DataFrame(_names(wide, g), columns=RESIDUAL_COLUMNS[:4])
        frame["sample"], frame["implied"], frame["raw"] = group.vector, implied, raw
        frame["normalized"] = raw / np.sqrt(own)
        frame["standardized"] = raw / np.sqrt(np.where(left > _NIL * own, left, np.nan))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def explained(estimated: Estimated) -> pd.DataFrame:
    """R² of every variable something in the model points at, a row a group and variable: ``group``, ``variable``,
    ``r2``.

    1 less the (residual) variance over the variable's whole variance (Bollen 1989, p. 288); NaN for a negative residual
    variance, of which no share can be taken.
    """
    table = estimated.table
    unexplained = estimated.reported.rows(estimated.theta, "std_all")
    pointed = {row.rhs for row in table.rows if row.op == "=~"} | {row.lhs for row in table.rows if row.op == "~"}
    rows = [
        (table.groups[row.group], row.lhs, 1 - share if share >= 0 else np.nan)
        for row, share in zip(table.rows, unexplained, strict=True)
        if row.op == "~~" and row.lhs == row.rhs and row.lhs in pointed
    ]
    return pd.DataFrame(rows, columns=["group", "variable", "r2"])


def _moments(estimated: Estimated) -> list[_Moments]:
    means = estimated.table.means
    robust = estimated.options.test != "standard"
    if isinstance(estimated.loss, MissingLoss):
        return [_of_saturated(h1, robust=robust) for h1 in saturated_moments(estimated)]
    found = []
    for g, group in enumerate(estimated.sample.groups):
        weight = group_weight(estimated, g)
        assumed = not robust and not isinstance(estimated.loss, QuadraticLoss)
        assumed = assumed or group.data is None
        gamma = normal_gamma(group.cov, means=means) if assumed else group_gamma(group, means=means)
        full = np.diag(weight) if weight.ndim == 1 else weight
        found.append(_Moments(sample_vector(group, means=means), gamma, full))
    return found


def _of_saturated(h1: Saturated, *, robust: bool) -> _Moments:
    """Of incomplete answers."""
    vector = np.concatenate([h1.mean, h1.cov[np.tril_indices(len(h1.cov))]])
    inverse = np.linalg.inv(h1.information)
    return _Moments(vector, inverse @ h1.meat @ inverse if robust else inverse, h1.information)


def _names(estimated: Estimated, g: int) -> list[tuple[str, str, str, str]]:
    """(group, lhs, op, rhs) of a group's moments, in the order of ``GroupModel.vector``."""
    names, group = estimated.table.observed, estimated.table.groups[g]
    ordinal = estimated.sample.groups[g].ordinal
    i, j = np.tril_indices(len(names), -1 if ordinal is not None else 0)
    pairs = [(group, names[b], "~~", names[a]) for a, b in zip(i, j, strict=True)]
    if ordinal is None:
        return [(group, v, "~1", "") for v in names] + pairs if estimated.table.means else pairs
    item = [int(k) for k in ordinal.threshold_item]
    nth = [item[: k + 1].count(item[k]) for k in range(len(item))]
    return [(group, names[k], "|", f"t{n}") for k, n in zip(item, nth, strict=True)] + pairs

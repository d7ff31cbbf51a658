"""Data that cannot carry a model, refused with a reason before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.sem.errors import ModelError
from analysis.sem.positive import well_conditioned_inverse

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
_DEPENDENT = 1e-10
_INVOLVED = 0.05
# complete rows a variable, from which on a dependency among them is one among all
_ENOUGH = 5


def where(group: str) -> str:
    """``in group …`` as it stands in a sentence; nothing where there is one group."""
    return f" in group {group}" if group else ""


def check_group_size(n: int, group: str) -> None:
    """Raise ``ModelError`` for a group of nobody or of one."""
    if n < 2:
        who = "is 1 person" if n == 1 else "is nobody"
        raise ModelError(f"There {who} with usable answers{where(group)}: a group needs more.")


def check_answers(names: Sequence[str], data: Array, cov: Array, group: str) -> None:
    """Raise ``ModelError`` for constant and linearly dependent variables, and no more persons than variables.

    ``data`` (n, p) is complete, ``cov`` (p, p) its covariance matrix.
    """
    check_varies(names, data, group)
    if len(data) <= len(names):
        raise ModelError(
            f"{len(data)} complete rows for {len(names)} variables{where(group)}: more persons than variables are"
            " needed."
        )
    check_independent(names, cov, group)


def check_incomplete_answers(names: Sequence[str], data: Array, group: str) -> None:
    """Raise ``ModelError`` for variables nobody answered or that do not vary, pairs fewer than two persons answered
    together, and variables that depend on each other in the complete rows, where there are enough.

    ``data`` (n, p) is NaN where an answer is missing.
    """
    answered = (~np.isnan(data)).astype(float)
    together = answered.T @ answered
    empty = [name for name, n in zip(names, np.diag(together), strict=True) if n == 0]
    if empty:
        raise ModelError(f"Nobody answered {', '.join(empty)}{where(group)}: leave it out of the model.")
    check_varies(names, data, group)
    i, j = np.tril_indices(len(names), -1)
    never = np.flatnonzero(together[i, j] < 2)
    if len(never):
        a, b = names[j[never[0]]], names[i[never[0]]]
        raise ModelError(
            f"Fewer than two persons answered both {a} and {b}{where(group)}: their covariance cannot be estimated."
            " Leave one of them out of the model."
        )
    complete = data[~np.isnan(data).any(axis=1)]
    if len(complete) >= _ENOUGH * len(names) and (np.ptp(complete, axis=0) > 0).all():
        check_independent(names, np.cov(complete, rowvar=False).reshape(len(names), -1), group)


def check_varies(names: Sequence[str], data: Array, group: str) -> None:
    """Raise ``ModelError`` for variables everybody answered alike."""
    constant = np.fmax.reduce(data) == np.fmin.reduce(data)  # which pass over what is missing
    if constant.any():
        shown = ", ".join(name for name, is_constant in zip(names, constant, strict=True) if is_constant)
        raise ModelError(f"{shown} does not vary{where(group)} among the persons used: leave it out of the model.")


def check_independent(names: Sequence[str], cov: Array, group: str) -> None:
    """Raise ``ModelError`` when a covariance matrix (p, p) is not positive definite."""
    nil = [name for name, variance in zip(names, np.diag(cov), strict=True) if not variance > 0]
    if nil:
        raise ModelError(f"{', '.join(nil)} does not vary{where(group)}: leave it out of the model.")
    scale = np.sqrt(np.diag(cov))
    correlations = cov / np.outer(scale, scale)
    if well_conditioned_inverse(correlations, _DEPENDENT) is not None:
        return
    values, vectors = np.linalg.eigh(correlations)
    if values[0] >= _DEPENDENT:
        return
    involved = ", ".join(n for n, w in zip(names, np.abs(vectors[:, 0]), strict=True) if w > _INVOLVED)
    if values[0] < -1e-6:
        raise ModelError(
            f"The matrix of {involved} is not positive definite{where(group)}: no answers can have these moments. Usual"
            " causes: too few decimals, a slip in copying, or pairs taken from different persons."
        )
    raise ModelError(f"{involved} are linearly dependent{where(group)}: leave one of them out of the model.")


def check_clusters(cluster_of: IntArray, group_of: IntArray, groups: Sequence[str]) -> None:
    """Raise ``ModelError`` for clusters that reach over groups, which are then no independent samples, and for a group
    with a single cluster."""
    pairs = np.unique(np.column_stack([cluster_of, group_of]), axis=0)
    n_shared = len(pairs) - len(np.unique(cluster_of))
    if n_shared:
        raise ModelError(
            "Some clusters have persons in more than one group: errors that allow for clusters need every cluster"
            " inside one group. Fit without groups, or without clusters."
        )
    for g, name in enumerate(groups):
        if (pairs[:, 1] == g).sum() < 2:
            raise ModelError(
                f"All persons{where(name)} are in one cluster: errors that allow for clusters need at least two in"
                " every group."
            )

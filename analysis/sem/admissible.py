"""Whether a solution could be true: variances that are variances, correlations that are correlations."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from analysis.sem.implied import Array, ImpliedMoments

_EDGE = 1e-8


def inadmissibility(implied: ImpliedMoments, theta: Array) -> str:
    """A sentence that names the parameter that cannot be true and what to try; empty when there is none.

    Looked for, in this order: a negative variance; a latent correlation beyond one; a covariance matrix of the latent
    variables, then of the residuals, that is not positive.
    """
    table = implied.table
    matrices = implied.matrices(theta)
    for cell in implied.cells:
        if not cell.directed and cell.row == cell.column and cell.index is not None and theta[cell.index] < -_EDGE:
            name = table.names[cell.row]
            return (
                f"The estimated variance of {name} ({name} ~~ {name}) is negative. Usual causes: too few persons, a"
                " factor with too few good items, or two variables that are nearly the same. Try fixing it to a small"
                " positive value, or leave the item out."
            )
    latent = list(range(implied.n_observed, len(table.names)))
    V = matrices.V[np.ix_(latent, latent)]
    sd = np.sqrt(np.clip(np.diag(V), 0, None))
    for (i, a), (j, b) in combinations(enumerate(table.latent), 2):
        if abs(V[i, j]) > sd[i] * sd[j] * (1 + _EDGE):
            return (
                f"The correlation of {a} and {b} ({a} ~~ {b}) is beyond one: the data do not tell them apart. Try them"
                " as one factor."
            )
    if len(latent) and np.linalg.eigvalsh(V)[0] < -_EDGE:
        return (
            f"The covariance matrix of the latent variables ({', '.join(table.latent)}) is not positive: together they"
            " say the same thing twice. Try fewer factors."
        )
    if np.linalg.eigvalsh(matrices.S)[0] < -_EDGE:
        a, b = _largest_residual_correlation(matrices.S, table.names)
        return f"The residuals of {a} and {b} ({a} ~~ {b}) correlate beyond what is possible. Try leaving it out."
    return ""


def _largest_residual_correlation(S: Array, names: list[str]) -> tuple[str, str]:
    sd = np.sqrt(np.maximum(np.diag(S), np.finfo(float).tiny))
    correlation = np.abs(np.tril(S / np.outer(sd, sd), -1))
    i, j = np.unravel_index(int(np.argmax(correlation)), correlation.shape)
    return names[int(j)], names[int(i)]

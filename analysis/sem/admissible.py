"""Whether a solution could be true: variances that are variances, correlations that are correlations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from analysis.sem.estimate import Estimated
from analysis.sem.implied import GroupModel, Matrices
from analysis.sem.observed import Array
from analysis.sem.standardise import Reported

Code = Literal[
    "not_converged", "not_identified", "negative_variance", "correlation_beyond_one", "latent_not_positive",
    "residual_not_positive", "at_bound",
]  # fmt: skip
_EDGE = 1e-8


@dataclass(frozen=True)
class Problem:
    """What is wrong with a solution: a stable ``code``, the ``parameter`` (``lhs op rhs``), its ``group`` and a
    ``sentence`` that says what to try."""

    code: Code
    parameter: str
    group: str
    sentence: str


def not_converged(estimated: Estimated) -> Problem:
    """The verdict on an optimiser that did not arrive."""
    return Problem(
        "not_converged", "", "",
        f"No solution was found in {estimated.iterations} steps: the estimates kept moving. Try fewer parameters, more"
        " persons, or a model without the path or covariance added last.",
    )  # fmt: skip


def inadmissible(estimated: Estimated) -> tuple[Problem, ...]:
    """Everything about a converged solution that cannot be true, group by group; empty when there is nothing.

    Looked for: negative variances; latent correlations beyond one; a covariance matrix of the latent variables, then of
    the residuals, that is not positive; parameters held by a bound. A matrix is only named when no single parameter
    explains it.
    """
    table = estimated.table
    values = Reported(estimated.implied).rows(estimated.theta)
    found: list[Problem] = []
    for row, value in zip(table.rows, values, strict=True):
        held = row.index is not None and bool(estimated.at_bound[row.index])
        if row.op == "~~" and row.lhs == row.rhs and value < -_EDGE:
            found.append(_negative(row.lhs, table.groups[row.group]))
        elif held:
            found.append(_at_bound(f"{row.lhs} {row.op} {row.rhs}", table.groups[row.group]))
    for name, model in zip(table.groups, estimated.implied.groups, strict=True):
        m = model.matrices(estimated.theta)
        found += _latent(model, m, table.latent, name, known=bool(found))
        if not table.ordered:
            found += _residual(model, m.residual, name, known=bool(found))
    return tuple(found)


def _where(group: str) -> str:
    return f" in group {group}" if group else ""


def _negative(name: str, group: str) -> Problem:
    return Problem(
        "negative_variance", f"{name} ~~ {name}", group,
        f"The estimated variance of {name} ({name} ~~ {name}) is negative{_where(group)}. Usual causes: too few"
        " persons, a factor with too few good items, or two variables that are nearly the same. Try fixing it to a small"
        " positive value, --bounds, or leave the item out.",
    )  # fmt: skip


def _at_bound(parameter: str, group: str) -> Problem:
    return Problem(
        "at_bound", parameter, group,
        f"{parameter} is held at its bound{_where(group)}: without the bound it would leave the range of what is"
        " possible. Its interval reaches beyond the bound and says little; try a simpler model, or leave the item out.",
    )  # fmt: skip


def _latent(model: GroupModel, m: Matrices, latent: tuple[str, ...], group: str, *, known: bool) -> list[Problem]:
    """Correlations of latent variables beyond one, or else a covariance matrix that is not positive."""
    at = [model.structural.index(name) for name in latent]
    cov = m.structural[np.ix_(at, at)]
    sd = np.sqrt(np.clip(np.diag(cov), 0, None))
    found = []
    for (i, a), (j, b) in combinations(enumerate(latent), 2):
        if min(sd[i], sd[j]) > 0 and abs(cov[i, j]) > sd[i] * sd[j] * (1 + _EDGE):
            sentence = (
                f"The correlation of {a} and {b} ({a} ~~ {b}) is beyond one{_where(group)}: the data do not tell them"
                " apart. Try them as one factor."
            )
            found.append(Problem("correlation_beyond_one", f"{a} ~~ {b}", group, sentence))
    if not found and not known and len(at) and np.linalg.eigvalsh(cov)[0] < -_EDGE:
        sentence = (
            f"The covariance matrix of the latent variables ({', '.join(latent)}) is not positive{_where(group)}:"
            " together they say the same thing twice. Try fewer factors."
        )
        found.append(Problem("latent_not_positive", ", ".join(latent), group, sentence))
    return found


def _residual(model: GroupModel, residual: Array, group: str, *, known: bool) -> list[Problem]:
    """A residual covariance matrix that is not positive, though every variance is."""
    if known or np.linalg.eigvalsh(residual)[0] >= -_EDGE:
        return []
    sd = np.sqrt(np.maximum(np.diag(residual), np.finfo(float).tiny))
    correlation = np.abs(np.tril(residual / np.outer(sd, sd), -1))
    i, j = np.unravel_index(int(np.argmax(correlation)), correlation.shape)
    a, b = model.observed[int(j)], model.observed[int(i)]
    sentence = (
        f"The residuals of {a} and {b} ({a} ~~ {b}) correlate beyond what is possible{_where(group)}. Try leaving it"
        " out."
    )
    return [Problem("residual_not_positive", f"{a} ~~ {b}", group, sentence)]

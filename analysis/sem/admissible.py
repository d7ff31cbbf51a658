"""Whether a solution could be true: variances that are variances, correlations that are correlations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg.lapack import dpotrf

from analysis.sem.estimate import Estimated
from analysis.sem.implied import GroupModel
from analysis.sem.layout import Matrices
from analysis.sem.observed import Array
from analysis.sem.table import Row

Code = Literal[
    "not_converged", "not_identified", "negative_variance", "correlation_beyond_one", "latent_not_positive",
    "residual_not_positive", "at_bound",
]  # fmt: skip
_EDGE = 1e-8
_UNMET = 1e-4


@dataclass(frozen=True)
class Problem:
    """What is wrong with a solution: a stable ``code``, the ``parameter`` (``lhs op rhs``), its ``group`` and a
    ``sentence`` that says what to try."""

    code: Code
    parameter: str
    group: str
    sentence: str


def not_converged(estimated: Estimated) -> Problem:
    """The verdict on an optimiser that did not arrive, with the parameter that is furthest from where it should be."""
    impossible = _impossible(estimated)
    if impossible:
        return Problem("not_converged", "", "", impossible)
    row = _unsettled(estimated)
    name, group = ("", "") if row is None else (row.name, estimated.table.groups[row.group])
    most = f", most of all {name}{_where(group)}" if name else ""
    return Problem(
        "not_converged", name, group,
        f"No solution was found in {estimated.iterations} steps: the estimates kept moving{most}. Try fewer parameters,"
        f" more persons, or a model without the path or covariance added last.{beyond_theta(estimated)}",
    )  # fmt: skip


def _impossible(estimated: Estimated) -> str:
    """Why no search could have arrived, as a sentence: no moments to begin with, or constraints that do not meet."""
    if not np.isfinite(estimated.objective):
        return (
            "No solution was found: where the search starts the variables' covariance matrix is impossible (a variance"
            " below nil, or a correlation beyond one). Look at the values the model fixes, and at its start() values."
        )
    c = estimated.constraints
    if c is None:
        return ""
    broken = [*np.abs(c.equality(estimated.theta)), *-c.inequality(estimated.theta)]
    if max(broken, default=0.0) < _UNMET:
        return ""
    return "No solution was found in which the model's constraints hold: they may contradict each other. Leave one out."


def beyond_theta(estimated: Estimated) -> str:
    """What may lie behind estimates without end under the theta parameterisation, as a sentence; else nothing."""
    if not estimated.table.ordered or estimated.table.parameterization != "theta":
        return ""
    return (
        " Under the theta parameterisation an item that its factor explains wholly, or more, has no finite loading:"
        " --parameterization delta shows which."
    )


def _unsettled(estimated: Estimated) -> Row | None:
    """The first row of the parameter with the steepest slope in units of its own error; ``None`` where the loss has no
    slope."""
    if not np.isfinite(estimated.theta).all() or not len(estimated.theta):
        return None
    try:
        value, gradient = estimated.loss.value_and_gradient(estimated.theta)
        curvature = estimated.loss.curvature(estimated.theta)
    except np.linalg.LinAlgError:
        return None
    scale = np.sqrt(np.maximum(np.diag(curvature), np.finfo(float).tiny))
    if not (np.isfinite(value) and np.isfinite(gradient).all() and np.isfinite(scale).all()):
        return None
    return estimated.table.first_row(int(np.argmax(np.abs(gradient) / scale)))


def inadmissible(estimated: Estimated) -> tuple[Problem, ...]:
    """Everything about a converged solution that cannot be true, group by group; empty when there is nothing.

    Looked for: negative variances; correlations of latent variables, then of their residuals, beyond one; a covariance
    matrix of the latent variables, then of the items' residuals, that is not positive; parameters held by a bound. A
    matrix is only named when no single parameter explains it. What counts as negative is relative to the variable's
    variance, so that units do not matter.
    """
    table = estimated.table
    rows = list(zip(table.rows, estimated.reported.rows(estimated.theta).tolist(), strict=True))
    held: set[int] = set()
    found: list[Problem] = []
    for g, (name, model) in enumerate(zip(table.groups, estimated.implied.groups, strict=True)):
        m = estimated.matrices[g]
        here: list[Problem] = []
        for row, value in rows:
            if row.group != g:
                continue
            if value < 0 and row.op == "~~" and row.lhs == row.rhs and value < -_EDGE * _variance(model, m, row.lhs):
                here.append(_negative(row.lhs, name))
            elif row.index is not None and bool(estimated.at_bound[row.index]) and row.index not in held:
                held.add(row.index)
                here.append(_at_bound(f"{row.lhs} {row.op} {row.rhs}".strip(), name))
        here += _latent(model, m, table.latent, name, known=bool(here))
        if not table.ordered:
            here += _residual(model, m, name, known=bool(here))
        found += here
    return tuple(found)


def _variance(model: GroupModel, m: Matrices, name: str) -> float:
    """What the model makes of a variable's variance, never nil."""
    if name in model.observed:
        value = m.sigma[model.observed.index(name), model.observed.index(name)]
    else:
        value = m.structural[model.structural.index(name), model.structural.index(name)]
    return max(abs(float(value)), float(np.finfo(float).tiny))


def _where(group: str) -> str:
    return f" in group {group}" if group else ""


def _negative(name: str, group: str) -> Problem:
    return Problem(
        "negative_variance", f"{name} ~~ {name}", group,
        f"The estimated variance of {name} ({name} ~~ {name}) is negative{_where(group)}. Usual causes: too few"
        " persons, a factor with too few good items, or two variables that are nearly the same. Try fixing it to a"
        " small positive value, --bounds, or leave the item out.",
    )  # fmt: skip


def _at_bound(parameter: str, group: str) -> Problem:
    return Problem(
        "at_bound", parameter, group,
        f"{parameter} is held at its bound{_where(group)}: without the bound it would leave the range of what is"
        " possible. Its interval reaches beyond the bound and says little; try a simpler model, or leave the item out.",
    )  # fmt: skip


def _latent(model: GroupModel, m: Matrices, latent: tuple[str, ...], group: str, *, known: bool) -> list[Problem]:
    """Correlations of latent variables, or of what is left of them, beyond one; or else a covariance matrix that is not
    positive."""
    at = [model.structural.index(name) for name in latent]
    cov = m.structural[at][:, at]
    found = [
        Problem(
            "correlation_beyond_one", f"{a} ~~ {b}", group,
            f"The correlation of {a} and {b} ({a} ~~ {b}) is beyond one{_where(group)}: the data do not tell them"
            " apart. Try them as one factor.",
        )
        for a, b in _beyond_one(cov, latent)
    ]  # fmt: skip
    named = {problem.parameter for problem in found}
    found += [
        Problem(
            "correlation_beyond_one", f"{a} ~~ {b}", group,
            f"The residuals of {a} and {b} ({a} ~~ {b}) correlate beyond one{_where(group)}. Try a path between them in"
            " its place, or leave it out.",
        )
        for a, b in _beyond_one(m.disturbance[at][:, at], latent)
        if f"{a} ~~ {b}" not in named
    ]  # fmt: skip
    if not found and not known and len(at) and _smallest_root(cov, cov.diagonal()) < -_EDGE:
        sentence = (
            f"The covariance matrix of the latent variables ({', '.join(latent)}) is not positive{_where(group)}:"
            " together they say the same thing twice. Try fewer factors."
        )
        found.append(Problem("latent_not_positive", ", ".join(latent), group, sentence))
    return found


def _beyond_one(cov: Array, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs of variables with positive variances whose correlation is beyond one."""
    sd = np.sqrt(np.clip(cov.diagonal(), 0, None))
    most = sd[:, None] * sd
    beyond = (most > 0) & (np.abs(cov) > most * (1 + _EDGE))
    return [(names[i], names[j]) for i, j in np.argwhere(np.triu(beyond, 1)).tolist()] if beyond.any() else []


def _smallest_root(cov: Array, variances: Array) -> float:
    """The smallest eigenvalue in the metric of ``variances``, those of nil left as they are; nil for any matrix that is
    positive definite, as its triangular factor shows."""
    if not len(cov) or dpotrf(cov)[1] == 0:
        return 0.0
    sd = np.sqrt(np.abs(variances))
    sd[sd == 0] = 1.0
    return float(np.linalg.eigvalsh(cov / np.outer(sd, sd))[0])


def _residual(model: GroupModel, m: Matrices, group: str, *, known: bool) -> list[Problem]:
    """A residual covariance matrix that is not positive, though every variance is. Judged in the metric of the
    variables themselves, in which a residual variance that rounding leaves a hair below nil is nil."""
    residual = m.residual
    if known or _smallest_root(residual, m.sigma.diagonal()) >= -_EDGE:
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

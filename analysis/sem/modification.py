"""Score tests: what would a model gain if one thing it holds fixed, or equal, were free.

With the score s of the log-likelihood and its expected information I of the larger model at the smaller model's solution,
``LM = s' I⁻¹ s`` is χ² distributed with one degree of freedom a released restriction (Rao 1948; Sörbom 1989), and
``I⁻¹ s`` is by how much the released parameter is expected to change (Saris, Satorra & Sörbom 1987).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analysis.sem.estimate import Estimated, loss_of
from analysis.sem.implied import ImpliedMoments
from analysis.sem.observed import Array
from analysis.sem.standardise import Reported
from analysis.sem.table import ParameterTable, Row

MODIFICATION_COLUMNS = ["group", "lhs", "op", "rhs", "mi", "epc", "pvalue", "std_all"]
RELEASE_COLUMNS = ["group", "lhs", "op", "rhs", "score_test", "df", "pvalue", "epc"]


@dataclass(frozen=True)
class ScoreTest:
    """``statistic`` with ``df`` degrees of freedom, and the expected change of the released parameters (k,)."""

    statistic: float
    df: int
    pvalue: float
    change: Array


def modification_indices(estimated: Estimated, *, minimum: float = 0.0) -> pd.DataFrame:
    """What freeing each absent loading, residual covariance, latent covariance or latent regression would gain.

    One row a parameter and group (``MODIFICATION_COLUMNS``), largest ``mi`` first, those below ``minimum`` left out.
    ``epc`` is the expected change, ``std_all`` the same in the completely standardised metric. A parameter that would
    not be identified has no row. Empty for a solution that did not converge.
    """
    rows = []
    if estimated.converged:
        base = Reported(estimated.implied)
        for row in candidates(estimated.table):
            table, theta = _with_row(estimated, row)
            test = score_test(estimated, table, theta, released=[table.n_free - 1])
            if test is None or test.statistic < minimum:
                continue
            change = float(test.change[0])
            group = estimated.table.groups[row.group]
            scale = _standardising_factor(estimated, base, row)
            rows.append((group, row.lhs, row.op, row.rhs, test.statistic, change, test.pvalue, change * scale))
    frame = pd.DataFrame(rows, columns=MODIFICATION_COLUMNS)
    return frame.sort_values(["mi", "group", "lhs", "op", "rhs"], ascending=[False, *[True] * 4], ignore_index=True)


def release_tests(estimated: Estimated) -> pd.DataFrame:
    """What releasing each parameter from being equal to others would gain: one row a row of the table whose free
    parameter it shares (``RELEASE_COLUMNS``), largest first. ``epc`` is its expected distance from the shared value."""
    rows = []
    shared: dict[int, list[int]] = {}
    for n, row in enumerate(estimated.table.rows):
        if row.index is not None:
            shared.setdefault(row.index, []).append(n)
    for places in shared.values():
        if len(places) < 2 or not estimated.converged:
            continue
        for n in places:
            table, theta = _with_own_parameter(estimated, n)
            test = score_test(estimated, table, theta, released=[table.n_free - 1])
            if test is not None:
                row = estimated.table.rows[n]
                rows.append((
                    estimated.table.groups[row.group], row.lhs, row.op, row.rhs, test.statistic, 1, test.pvalue,
                    float(test.change[0]),
                ))  # fmt: skip
    frame = pd.DataFrame(rows, columns=RELEASE_COLUMNS)
    order = ["score_test", "group", "lhs", "op", "rhs"]
    return frame.sort_values(order, ascending=[False, *[True] * 4], ignore_index=True)


def score_test(
    estimated: Estimated, table: ParameterTable, theta: Array, *, released: Iterable[int]
) -> ScoreTest | None:
    """The test of ``estimated`` against the larger model ``table`` at ``theta`` (table.n_free,), whose parameters
    ``released`` the smaller model holds fixed or equal; ``None`` when the larger model is not identified.

    The first parameters of ``table`` must be those of ``estimated``, whose other constraints stay in force.
    """
    released = list(released)
    implied = ImpliedMoments(table, estimated.sample)
    loss = loss_of(implied, estimated.sample, estimated.options)
    half = estimated.n / 2
    score = -half * loss.gradient(theta)
    information = half * loss.curvature(theta)
    q = len(estimated.theta)
    basis = np.zeros((table.n_free, estimated.npar + len(released)))
    basis[:q, : estimated.npar] = estimated.basis
    basis[released, estimated.npar + np.arange(len(released))] = 1.0
    reduced, slope = basis.T @ information @ basis, basis.T @ score
    scale = np.sqrt(np.maximum(np.diag(reduced), np.finfo(float).tiny))
    if np.linalg.eigvalsh(reduced / np.outer(scale, scale))[0] < 1e-8:
        return None
    step = np.linalg.solve(reduced, slope)
    statistic = float(slope @ step)
    k = len(released)
    return ScoreTest(statistic, k, float(chi2.sf(statistic, k)), step[estimated.npar :])


def candidates(table: ParameterTable) -> list[Row]:
    """Rows a model could have and does not, each free, in every group: loadings, residual covariances of indicators,
    covariances and regressions of latent variables."""
    present = {_key(row) for row in table.rows}
    indicators = [v for v in table.observed if v not in table.covariates]
    structural = {v for row in table.rows if row.op == "~" for v in (row.lhs, row.rhs)}
    pure = [v for v in indicators if v not in structural]
    outcomes = {row.lhs for row in table.rows if row.op == "~"}
    found = []
    for g in range(len(table.groups)):
        drafts = [Row(f, "=~", v, g) for f in table.latent for v in pure]
        drafts += [Row(a, "~~", b, g) for a, b in combinations(pure, 2)]
        drafts += [Row(a, "~~", b, g) for a, b in combinations(table.latent, 2)]
        drafts += [Row(a, "~", b, g) for a in table.latent for b in table.latent if a != b and a in outcomes]
        found += [row for row in drafts if _key(row) not in present]
    return found


def _key(row: Row) -> tuple[int, str, str, str]:
    swap = row.op == "~~" and row.rhs < row.lhs
    return (row.group, row.op, row.rhs, row.lhs) if swap else (row.group, row.op, row.lhs, row.rhs)


def _with_row(estimated: Estimated, row: Row) -> tuple[ParameterTable, Array]:
    """The table with one more free parameter, at zero."""
    table = estimated.table
    larger = replace(table, rows=(*table.rows, replace(row, index=table.n_free)), n_free=table.n_free + 1)
    return larger, np.append(estimated.theta, 0.0)


def _with_own_parameter(estimated: Estimated, n: int) -> tuple[ParameterTable, Array]:
    """The table in which row ``n`` no longer shares its parameter, at the shared value."""
    table = estimated.table
    rows, shared = list(table.rows), table.rows[n].index
    assert shared is not None
    rows[n] = replace(rows[n], index=table.n_free)
    return replace(table, rows=tuple(rows), n_free=table.n_free + 1), np.append(estimated.theta, estimated.theta[shared])


def _standardising_factor(estimated: Estimated, base: Reported, row: Row) -> float:
    """What turns a change of ``row`` into the completely standardised metric."""
    model = estimated.implied.groups[row.group]
    m = model.matrices(estimated.theta)
    place = {name: float(m.sigma[i, i]) for i, name in enumerate(model.observed)}
    residual = {name: float(m.residual[i, i]) for i, name in enumerate(model.observed)}
    for i, name in enumerate(model.structural):
        place[name], residual[name] = float(m.structural[i, i]), float(m.disturbance[i, i])
    if row.op == "~~":
        product = residual[row.lhs] * residual[row.rhs]
        return float(1 / np.sqrt(product)) if product > 0 else float("nan")
    source, target = (row.lhs, row.rhs) if row.op == "=~" else (row.rhs, row.lhs)
    ratio = place[source] / place[target] if place[target] > 0 else -1.0
    return float(np.sqrt(ratio)) if ratio >= 0 else float("nan")

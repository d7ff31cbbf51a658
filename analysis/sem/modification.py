"""Score tests: what would a model gain if something it holds fixed, or equal, were free.

With the score s of the log-likelihood and the expected information I of a larger model at the smaller model's solution,
``LM = s' K (K'IK)⁻¹ K' s`` on the directions K the larger model leaves free is χ² distributed, with as many degrees of
freedom as the larger model has more (Rao 1948; Sörbom 1989), and ``K (K'IK)⁻¹ K' s`` is by how much its parameters are
expected to change (Saris, Satorra & Sörbom 1987). As in lavaan the tests are those of the estimator's own assumptions:
for MLR and MLM that of normal data, for WLSMV and ULSMV only a ranking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.distributions import chi2
from analysis.sem.candidates import candidates, with_free_rows
from analysis.sem.constraints import null_space
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated, loss_of
from analysis.sem.implied import ImpliedMoments
from analysis.sem.observed import Array
from analysis.sem.standardise import Reported
from analysis.sem.syntax import parse
from analysis.sem.table import ParameterTable, Row

MODIFICATION_COLUMNS = ["group", "lhs", "op", "rhs", "mi", "epc", "pvalue", "std_lv", "std_all"]
RELEASE_COLUMNS = ["group", "lhs", "op", "rhs", "score_test", "df", "pvalue", "epc"]
_IDENTIFIED = 1e-8


@dataclass(frozen=True)
class ScoreTest:
    """``statistic`` with ``df`` degrees of freedom, and the expected ``change`` (k,) of each of the larger model's
    parameters in the order of its table (of one for a test that adds or releases one)."""

    statistic: float
    df: int
    pvalue: float
    change: Array


def modification_indices(estimated: Estimated, *, minimum: float = 0.0) -> pd.DataFrame:
    """What freeing each parameter the model fixes or leaves out would gain (``candidates``).

    One row a parameter and group (``MODIFICATION_COLUMNS``), largest ``mi`` first, those below ``minimum`` left out.
    ``epc`` is the expected change; ``std_lv`` and ``std_all`` are the same in the metrics of ``standardise``. What the
    model holds equal stays equal. A parameter that would not be identified has no row. Empty for a solution that did
    not converge, and for a saturated model.
    """
    rows = candidates(estimated.table) if estimated.converged else []
    frame = pd.DataFrame(columns=MODIFICATION_COLUMNS)
    if rows:
        table, theta = with_free_rows(estimated, rows)
        local = _Local(estimated, table, theta)
        reported = Reported(local.implied)
        at = {row.index: n for n, row in enumerate(table.rows)}
        scales = [reported.factors(theta, metric) for metric in ("std_lv", "std_all")]
        groups = estimated.table.groups
        found = []
        for row, index in zip(rows, range(estimated.table.n_free, table.n_free), strict=True):
            test = local.one_more(_unit(table.n_free, index))
            if test is not None and test.statistic >= minimum:
                epc = float(test.change[0])
                standardised = [epc * float(scale[at[index]]) for scale in scales]
                name = (groups[row.group], row.lhs, row.op, row.rhs)
                found.append((*name, test.statistic, epc, test.pvalue, *standardised))
        frame = pd.DataFrame(found, columns=MODIFICATION_COLUMNS)
    return frame.sort_values(["mi", "group", "lhs", "op", "rhs"], ascending=[False, *[True] * 4], ignore_index=True)


def addition_test(estimated: Estimated, terms: str) -> ScoreTest:
    """The score test of adding ``terms`` (lavaan syntax, such as ``F =~ x9``; in every group) to the model at once.

    ``change`` is that of the added parameters, group by group. Raises ``ModelError`` for a parameter the model has
    already, a variable it does not have, and additions that would not be identified.
    """
    _refuse_without_solution(estimated)
    known = {*estimated.table.observed, *estimated.table.latent}
    added = []
    for g in range(len(estimated.table.groups)):
        for statement in parse(terms):
            for term in statement.terms:
                row = Row(statement.lhs, statement.op, "" if statement.op == "~1" else term.name, g)
                if not {row.lhs, row.rhs} - {""} <= known:
                    raise ModelError(f"{row.name}: the model does not have both variables.")
                added.append(row)
    table, theta = with_free_rows(estimated, added)
    local = _Local(estimated, table, theta)
    new = np.eye(table.n_free)[:, estimated.table.n_free :]
    test = local.against(np.column_stack([local.basis, new]))
    if test.df < len(added):
        raise ModelError("The model with these parameters is not identified.")
    return replace(test, change=test.change[estimated.table.n_free :])


def release_tests(estimated: Estimated) -> pd.DataFrame:
    """What releasing each equality would gain, one at a time (``RELEASE_COLUMNS``), largest first.

    One row a row of the table whose free parameter others share (by a label, ``group_equal`` or ``equal()``): it is let
    go from them, and ``epc`` is its expected distance from the shared value. Then one a ``==`` constraint of the model,
    whose ``epc`` is by how much its two sides are expected to differ. An equality without which the model would not be
    identified has no row.
    """
    rows = []
    if estimated.converged:
        split = _split(estimated)
        local = _Local(estimated, split.table, split.theta, split.basis)
        groups = estimated.table.groups
        for n, index in split.own.items():
            row, test = estimated.table.rows[n], local.one_more(_unit(split.table.n_free, index))
            if test is not None:
                change = float(test.change[0])
                rows.append((groups[row.group], row.lhs, row.op, row.rhs, test.statistic, 1, test.pvalue, change))
        for k, constraint in enumerate(c for c in estimated.table.constraints if c.kind == "=="):
            position = len(split.equalities) - split.n_stated + k
            rest = np.delete(split.equalities, position, axis=0)
            test = local.against(null_space(np.concatenate([rest, split.held])))
            if test.df == 1:
                change = float(split.equalities[position] @ test.change)
                rows.append(("", constraint.lhs, "==", constraint.rhs, test.statistic, 1, test.pvalue, change))
    frame = pd.DataFrame(rows, columns=RELEASE_COLUMNS)
    order = ["score_test", "group", "lhs", "op", "rhs"]
    return frame.sort_values(order, ascending=[False, *[True] * 4], ignore_index=True)


def equalities(table: ParameterTable) -> list[str]:
    """Every equality of a model in words: rows that share a parameter, each with the first of them, in the order of the
    table; then the ``==`` constraints. Their positions are what ``release_test`` takes."""
    first: dict[int, Row] = {}
    found = []
    for row in table.rows:
        if row.index is not None:
            if row.index in first:
                found.append(f"{_located(first[row.index], table)} == {_located(row, table)}")
            first.setdefault(row.index, row)
    return found + [c.text for c in table.constraints if c.kind == "=="]


def release_test(estimated: Estimated, released: Sequence[int] | None = None) -> ScoreTest:
    """The score test of releasing several equalities at once: the positions ``released`` in ``equalities``, all of them
    when ``None``.

    ``df`` counts what the larger model really has more: equalities that identify the model (of intercepts, where latent
    means are free) do not count. Raises ``ModelError`` when the model has no equalities, a position does not exist, or
    there is no solution.
    """
    _refuse_without_solution(estimated)
    split = _split(estimated)
    count = len(split.equalities)
    if count == 0:
        raise ModelError("The model holds nothing equal: there is no equality to release.")
    chosen = list(range(count)) if released is None else sorted(set(released))
    if not chosen or chosen[0] < 0 or chosen[-1] >= count:
        raise ModelError(f"The model has {count} equalities: give positions from 0 to {count - 1}.")
    local = _Local(estimated, split.table, split.theta, split.basis)
    rest = np.delete(split.equalities, chosen, axis=0)
    return local.against(null_space(np.concatenate([rest, split.held])))


class _Local:
    """A larger model at the smaller one's solution: score and expected information of all persons, and the directions
    ``basis`` (n_free, d) the smaller model leaves free."""

    def __init__(self, estimated: Estimated, table: ParameterTable, theta: Array, basis: Array | None = None) -> None:
        self.implied = ImpliedMoments(table, estimated.sample)
        loss = loss_of(self.implied, estimated.sample, estimated.options)
        half = estimated.n / 2
        self.score = -half * loss.gradient(theta)
        self.information = half * loss.curvature(theta)
        if basis is None:
            own = _free_directions(estimated)
            basis = np.zeros((table.n_free, own.shape[1]))
            basis[: len(estimated.theta)] = own
        self.basis = basis
        reduced = basis.T @ self.information @ basis
        self._within = basis @ np.linalg.solve(reduced, basis.T) if basis.shape[1] else np.zeros_like(self.information)

    def one_more(self, direction: Array) -> ScoreTest | None:
        """The test of leaving one more ``direction`` (n_free,) free, with its expected change; ``None`` when the larger
        model is not identified."""
        own = self.information @ direction
        whole = float(direction @ own)
        left = whole - float(own @ self._within @ own)
        if left <= _IDENTIFIED * max(whole, np.finfo(float).tiny):
            return None
        slope = float(self.score @ (direction - self._within @ own))
        statistic = slope**2 / left
        return ScoreTest(statistic, 1, float(chi2.sf(statistic, 1)), np.array([slope / left]))

    def against(self, free: Array) -> ScoreTest:
        """The test against the model that leaves the columns of ``free`` (n_free, k) free."""
        inverse, rank = _inverse(free.T @ self.information @ free)
        _, smaller = _inverse(self.basis.T @ self.information @ self.basis)
        change = free @ (inverse @ (free.T @ self.score))
        statistic, df = float(self.score @ change), rank - smaller
        return ScoreTest(statistic, df, float(chi2.sf(statistic, df)) if df > 0 else float("nan"), change)


@dataclass(frozen=True)
class _Split:
    """A model in which every row has a parameter of its own.

    ``basis`` (n_free, d): the directions in which the model moves; ``equalities`` (k, n_free): what holds it together,
    the last ``n_stated`` of them ``==`` constraints; ``held`` (h, n_free): active bounds and inequalities. ``own`` maps
    each row that shares a parameter in the model to the one it has here.
    """

    table: ParameterTable
    theta: Array
    basis: Array
    equalities: Array
    n_stated: int
    held: Array
    own: dict[int, int]


def _split(estimated: Estimated) -> _Split:
    table, q = estimated.table, estimated.table.n_free
    rows, origin, seen = list(table.rows), list(range(q)), set()
    for n, row in enumerate(rows):
        if row.index is not None:
            if row.index in seen:
                rows[n] = replace(row, index=len(origin))
                origin.append(row.index)
            seen.add(row.index)
    onto, basis = np.eye(q)[origin], _free_directions(estimated)
    equal = np.zeros((len(origin) - q, len(origin)))
    for k, first in enumerate(origin[q:]):
        equal[k, first], equal[k, q + k] = 1.0, -1.0
    stated: Array = np.zeros((0, q))
    if estimated.constraints is not None:
        stated = estimated.constraints.equality_jacobian(estimated.theta)
    # what else holds: directions the solution may not take and no equality forbids
    held = null_space(np.concatenate([basis.T, stated])).T
    padded = [np.pad(x, ((0, 0), (0, len(origin) - q))) for x in (stated, held)]
    counts = np.bincount(origin, minlength=q)
    own = {n: row.index for n, row in enumerate(rows) if row.index is not None and counts[origin[row.index]] > 1}
    return _Split(
        replace(table, rows=tuple(rows), constraints=(), n_free=len(origin)), onto @ estimated.theta,
        onto @ basis, np.concatenate([equal, padded[0]]), len(stated), padded[1], own,
    )  # fmt: skip


def _free_directions(estimated: Estimated) -> Array:
    """The directions (n_free, d) in which the solution can move; what is at a bound is held there, as a score that
    leads across the bound is no gain."""
    basis = estimated.basis
    return basis @ null_space(basis[estimated.at_bound]) if estimated.at_bound.any() else basis


def _inverse(matrix: Array) -> tuple[Array, int]:
    """The inverse of an information matrix on the directions that are identified, and how many these are."""
    if not len(matrix):
        return matrix, 0
    scale = np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    kept = values > _IDENTIFIED
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T / np.outer(scale, scale)
    return inverse, int(kept.sum())


def _unit(size: int, index: int) -> Array:
    direction = np.zeros(size)
    direction[index] = 1.0
    return direction


def _located(row: Row, table: ParameterTable) -> str:
    group = table.groups[row.group]
    return f"{row.name} ({group})" if group else row.name


def _refuse_without_solution(estimated: Estimated) -> None:
    if not estimated.converged:
        raise ModelError("A model without a solution cannot be tested.")

"""Reported numbers (as estimated, ``std_lv``, ``std_all``) and their derivatives to the free parameters.

``std_lv``: latent variables have variance one. ``std_all``: observed variables too, covariates included (lavaan's
``std.all``). A loading or regression is multiplied by the ratio of its predictor's to its outcome's standard deviation;
a variance is divided by the variable's whole variance (for a residual: the unexplained share); a covariance is divided
by the square roots of the two (residual) variances; a mean, an intercept or a threshold by the variable's standard
deviation. Defined parameters are evaluated on the standardised values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from analysis.sem.defined import evaluate
from analysis.sem.implied import GroupModel, ImpliedMoments
from analysis.sem.layout import AnyArray
from analysis.sem.observed import Array
from analysis.sem.table import ParameterTable, Row

Metric = Literal["est", "std_lv", "std_all"]
_STEP = 1e-30


class Reported:
    """Every row of a model's table, then every defined parameter, as functions of θ."""

    def __init__(self, implied: ImpliedMoments) -> None:
        table = implied.table
        self.table, self.implied = table, implied
        self._free = np.array([n for n, row in enumerate(table.rows) if row.index is not None], dtype=np.intp)
        self._index = np.array([row.index for row in table.rows if row.index is not None], dtype=np.intp)
        self._fixed = np.zeros(len(table.rows))
        self._groups: list[_Layout] = []
        for g, model in enumerate(implied.groups):
            at = [n for n, row in enumerate(table.rows) if row.group == g]
            self._groups.append(_Layout(model, at, [table.rows[n] for n in at]))
            for n in at:
                if table.rows[n].index is None:
                    self._fixed[n] = _base_value(model, table.rows[n])
        self.labels: dict[str, int] = {}
        for n, row in enumerate(table.rows):
            if row.label:
                self.labels.setdefault(row.label, n)  # of rows that share a label, the first speaks

    def rows(self, theta: AnyArray, metric: Metric = "est") -> AnyArray:
        """The rows of the table in ``metric``, (…, rows), for θ (…, n_free); NaN where a variance is not positive."""
        values = np.empty((*theta.shape[:-1], len(self._fixed)), dtype=theta.dtype)
        values[...] = self._fixed
        values[..., self._free] = theta[..., self._index]
        for layout in self._groups:
            layout.complete(values, theta, metric)
        return values

    def factors(self, theta: Array, metric: Metric) -> Array:
        """What a small change of each row is multiplied by in ``metric``, all else as it is, (rows,)."""
        factors = np.ones(len(self._fixed))
        for layout in self._groups:
            layout.complete(factors, theta, metric)
        return factors

    def values(self, theta: Array, metric: Metric = "est") -> Array:
        """Rows, then defined parameters, at one θ: (rows + defined,)."""
        rows = self.rows(theta, metric)
        return np.concatenate([rows, self._defined(rows)])

    def jacobian(self, theta: Array, metric: Metric = "est") -> Array:
        """Derivative of ``values`` at one θ, (rows + defined, n_free), by complex steps (Squire & Trapp 1998)."""
        q = len(theta)
        if metric == "est" and not any(layout.derived or layout.derived_scales for layout in self._groups):
            rows = np.zeros((len(self._fixed), q))
            rows[self._free, self._index] = 1.0
        else:
            stack = np.repeat(theta.astype(complex)[None], q, axis=0)
            stack[np.arange(q), np.arange(q)] += 1j * _STEP
            rows = np.imag(self.rows(stack, metric)).T / _STEP
        if not self.table.defined:
            return rows
        names = list(self.labels)
        at_labels = self.rows(theta, metric)[[self.labels[name] for name in names]]
        partial = np.empty((len(self.table.defined), len(names)))
        for k in range(len(names)):
            shifted = at_labels.astype(complex)
            shifted[k] += 1j * _STEP
            partial[:, k] = np.imag(self._chain(dict(zip(names, shifted, strict=True)))) / _STEP
        return np.concatenate([rows, partial @ rows[[self.labels[name] for name in names]]])

    def _defined(self, rows: Array) -> Array:
        return np.real(self._chain({name: rows[n] for name, n in self.labels.items()}))

    def _chain(self, by_label: dict[str, complex]) -> AnyArray:
        """Defined parameters in order; a later one may use an earlier one."""
        values = {name: complex(value) for name, value in by_label.items()}
        found = []
        for name, expression in self.table.defined.items():
            values[name] = evaluate(name, expression, values)
            found.append(values[name])
        return np.array(found, dtype=complex)


class _Layout:
    """Where one group's rows find the variances that standardise them."""

    def __init__(self, model: GroupModel, at: Sequence[int], rows: Sequence[Row]) -> None:
        self.model = model
        self.p = model.p
        place = {name: i for i, name in enumerate(model.observed)}
        place |= {name: model.p + i for i, name in enumerate(model.structural)}
        self.names = [*model.observed, *model.structural]
        observed = set(model.observed)
        self.is_observed = np.array([True] * model.p + [name in observed for name in model.structural])
        # a row's factor is w[a] / (w[b] w[c]), with w the whole, then the unexplained standard deviations, then 1
        factors: list[tuple[int, int, int, int]] = []
        k = len(self.names)
        self.scale_rows = []
        # under theta scales are what makes the variances of ordered variables one: computed too
        self.derived_scales: list[tuple[int, int]] = []
        # residual variances of ordered variables under delta are what is left of 1/d²: computed, not looked up
        self.derived: list[tuple[int, int]] = []
        for n, row in zip(at, rows, strict=True):
            match row.op:
                case "=~":
                    factors.append((n, place[row.lhs], place[row.rhs], 2 * k))
                case "~":
                    factors.append((n, place[row.rhs], place[row.lhs], 2 * k))
                case "~~" if row.lhs == row.rhs:
                    factors.append((n, 2 * k, place[row.lhs], place[row.lhs]))
                    if row.lhs in model.ordered and not model.theta_parameterisation:
                        self.derived.append((n, place[row.lhs]))
                case "~~":
                    factors.append((n, 2 * k, k + place[row.lhs], k + place[row.rhs]))
                case "~1" | "|":
                    factors.append((n, 2 * k, place[row.lhs], 2 * k))
                case _:
                    self.scale_rows.append(n)
                    if model.theta_parameterisation:
                        self.derived_scales.append((n, place[row.lhs]))
        self._factors = np.array(factors, dtype=np.intp).reshape(-1, 4).T

    def complete(self, values: AnyArray, theta: AnyArray, metric: Metric) -> None:
        """Fill in derived variances and bring this group's rows of ``values`` (…, rows) to ``metric``, in place."""
        if metric == "est" and not (self.derived or self.derived_scales):
            return
        m = self.model.matrices(theta)
        shape = theta.shape[:-1]
        total = np.concatenate([_diagonal(m.sigma, shape), _diagonal(m.structural, shape)], axis=-1)
        left = np.concatenate([_diagonal(m.residual, shape), _diagonal(m.disturbance, shape)], axis=-1)
        if self.derived:
            # of one type: under complex steps one of the two may have no free part, and be real
            total, left = (x.astype(np.result_type(total, left)) for x in (total, left))
            d = self.model.scales(theta, m.sigma)
            for n, i in self.derived:
                item = i if i < self.p else self.model.observed.index(self.model.structural[i - self.p])
                whole = 1 / d[..., item] ** 2
                left[..., i] = whole - (total[..., i] - left[..., i])
                total[..., i] = whole
                values[..., n] = left[..., i]
        for n, i in self.derived_scales:
            values[..., n] = self.model.scales(theta, m.sigma)[..., self.model.observed.index(self.names[i])]
        if metric == "est":
            return
        total, left = _root(total), _root(left)
        if metric == "std_lv":
            total, left = np.where(self.is_observed, 1.0, total), np.where(self.is_observed, 1.0, left)
        deviations = np.concatenate([total, left, np.ones((*shape, 1))], axis=-1)
        rows, a, b, c = self._factors
        with np.errstate(invalid="ignore"):  # what has no standard deviation standardises to NaN
            values[..., rows] *= deviations[..., a] / (deviations[..., b] * deviations[..., c])
        if metric == "std_all":
            values[..., self.scale_rows] = 1.0


def _diagonal(matrix: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    """Diagonals (…, k) of matrices (…, k, k), with the leading ``shape`` of θ where the matrices do not have it."""
    found = matrix.diagonal(axis1=-2, axis2=-1)
    return found if found.shape[:-1] == shape else np.broadcast_to(found, (*shape, found.shape[-1]))


def _base_value(model: GroupModel, row: Row) -> float:
    """The value of a fixed row."""
    matrix, i, j = model.place(row)
    base = model.base[matrix]
    return float(base[i] if base.ndim == 1 else base[i, j])


def _root(variances: AnyArray) -> AnyArray:
    """Square roots; NaN where the variance is not positive."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.where(np.real(variances) > 0, variances, np.nan))


def delta_se(jacobian: Array, covariance: Array) -> Array:
    """Standard errors by the delta method, one a row of ``jacobian``; NaN for a number that does not vary."""
    variance = ((jacobian @ covariance) * jacobian).sum(axis=1)
    # what is fixed by construction (a standardised factor variance) differs from zero by rounding alone
    floor = 1e-20 * np.maximum(1.0, np.abs(covariance).max(initial=1.0))
    return np.sqrt(np.where(variance > floor, variance, np.nan))


def reported_table(table: ParameterTable) -> list[tuple[str, str, str, str, str, bool]]:
    """(group, lhs, op, rhs, label, free) of every reported number, in the order of ``Reported.values``."""
    rows = [(table.groups[r.group], r.lhs, r.op, r.rhs, r.label, r.index is not None) for r in table.rows]
    return rows + [("", name, ":=", expression, name, False) for name, expression in table.defined.items()]

"""Starting values: near enough to the solution that few steps are needed, and never from chance."""

from __future__ import annotations

import numpy as np

from analysis.sem.observed import Array, GroupSample, Sample
from analysis.sem.table import ParameterTable, Row


def starting_values(table: ParameterTable, sample: Sample) -> Array:
    """θ (n_free,) to start from: what the model's text asks for with ``start()``, else values from the sample.

    Loadings from instrumental variables (FABIN-2, Hägglund 1982, eq. 2.6), regressions and covariances of latent
    variables nil, half of an observed variance unexplained, intercepts and thresholds the sample's.
    """
    theta = np.zeros(table.n_free)
    count = np.zeros(table.n_free)
    at = {name: i for i, name in enumerate(table.observed)}
    by_group: list[list[Row]] = [[] for _ in table.groups]
    for row in table.rows:
        by_group[row.group].append(row)
    for rows, group in zip(by_group, sample.groups, strict=True):
        guess = _Guess(table, rows, group, at)
        for row in rows:
            if row.index is not None:
                theta[row.index] += guess.of(row)
                count[row.index] += 1
    theta /= np.maximum(count, 1)
    for row in table.rows:
        if row.index is not None and row.start is not None:
            theta[row.index] = row.start
    return theta


class _Guess:
    """Guesses for one group's parameters."""

    def __init__(self, table: ParameterTable, rows: list[Row], group: GroupSample, at: dict[str, int]) -> None:
        self.table, self.group, self.at = table, group, at
        self.cov = group.cov
        self.loading: dict[tuple[str, str], float] = {}
        self.variance: dict[str, float] = {}
        self.thresholds = _thresholds_by_item(table, group)
        by_factor: dict[str, list[Row]] = {}
        for row in rows:
            if row.op == "=~":
                by_factor.setdefault(row.lhs, []).append(row)
        for factor, loadings in by_factor.items():
            self._factor(factor, loadings)
        self.explained = {row.rhs for row in rows if row.op == "=~"} | {row.lhs for row in rows if row.op == "~"}

    def _factor(self, factor: str, loadings: list[Row]) -> None:
        """Loadings relative to the marker and the variance of one factor with observed indicators."""
        fixed = next((row for row in loadings if row.index is None and row.fixed and row.rhs in self.at), None)
        marker = fixed or next((row for row in loadings if row.rhs in self.at), None)
        if marker is None:
            return
        scale = float(fixed.fixed) if fixed is not None and fixed.fixed is not None else 1.0
        items = [row.rhs for row in loadings if row.rhs in self.at]
        place = [self.at[name] for name in items]
        block = self.cov[np.ix_(place, place)]
        first = items.index(marker.rhs)
        ratio = np.ones(len(items))
        for j in range(len(items)):
            others = [k for k in range(len(items)) if k not in (first, j)]
            if j != first and others:
                with_marker = block[first, others]
                bottom = float(with_marker @ with_marker)
                ratio[j] = float(with_marker @ block[j, others]) / bottom if bottom > 1e-12 else 1.0
        ratio = np.clip(ratio, -5, 5)
        ratio[np.abs(ratio) < 0.05] = 0.05
        others = [k for k in range(len(items)) if k != first]
        variance = float(np.mean(block[first, others] / ratio[others])) if others else 0.5 * float(block[first, first])
        low, high = 0.1 * float(block[first, first]), 0.9 * float(block[first, first])
        self.variance[factor] = min(max(variance, low), high) / scale**2
        unit = fixed is None  # the variance is fixed instead: loadings carry the metric
        root = np.sqrt(self.variance[factor]) if unit else 1.0
        self.loading |= {(factor, name): scale * float(r) * root for name, r in zip(items, ratio, strict=True)}

    def of(self, row: Row) -> float:
        """The guess for one row."""
        match row.op:
            case "=~":
                return self.loading.get((row.lhs, row.rhs), 1.0)
            case "~~" if row.lhs == row.rhs and row.lhs in self.at:
                variance = float(self.cov[self.at[row.lhs], self.at[row.lhs]])
                return variance * (0.5 if row.lhs in self.explained else 1.0)
            case "~~" if row.lhs == row.rhs:
                return self.variance.get(row.lhs, 0.5)
            case "~~" if row.lhs in self.at and row.rhs in self.at and not {row.lhs, row.rhs} & self.explained:
                return float(self.cov[self.at[row.lhs], self.at[row.rhs]])
            case "~1" if row.lhs in self.at and not self.table.ordered:
                return float(self.group.mean[self.at[row.lhs]])
            case "|":
                return self.thresholds[row.lhs][int(row.rhs[1:]) - 1]
            case "~*~":
                return 1.0
        return 0.0


def _thresholds_by_item(table: ParameterTable, group: GroupSample) -> dict[str, list[float]]:
    if group.ordinal is None:
        return {}
    item = group.ordinal.threshold_item
    return {
        name: [float(t) for t in group.ordinal.thresholds[item == i]] for i, name in enumerate(table.ordered)
    }  # fmt: skip

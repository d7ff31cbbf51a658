"""Starting values: near enough to the solution that few steps are needed, and never from chance."""

from __future__ import annotations

import numpy as np

from analysis.sem.observed import Array, GroupSample, Sample
from analysis.sem.table import ParameterTable, Row

_WEAK = 1e-12
_SMALL = 0.05
_COLLAPSED = 0.05
_FAINT = 0.2
_RETURN = 0.01


def starting_values(table: ParameterTable, sample: Sample) -> Array:
    """θ (n_free,) to start from: what the model's text asks for with ``start()``, else values from the sample.

    Loadings from instrumental variables, regressions and covariances of latent variables nil, half of an observed
    variance unexplained, intercepts and thresholds the sample's. Other units, the same start in them.
    """
    guesses: list[list[float]] = [[] for _ in range(table.n_free)]
    at = {name: i for i, name in enumerate(table.observed)}
    by_group: list[list[Row]] = [[] for _ in table.groups]
    for row in table.rows:
        by_group[row.group].append(row)
    for rows, group in zip(by_group, sample.groups, strict=True):
        guess = _Guess(table, rows, group, at)
        for row in rows:
            if row.index is not None:
                guesses[row.index].append(guess.of(row))
    theta = np.array([sum(found) / max(len(found), 1) for found in guesses])
    for row in table.rows:
        if row.index is not None and row.start is not None:
            theta[row.index] = row.start
    return theta


def mirrored(table: ParameterTable, start: Array, reached: Array) -> Array | None:
    """Where to start a second time, (n_free,), after a search that began at ``start`` and was lost at ``reached``;
    ``None`` where it was not lost in the way this is for.

    A marker that hardly measures its factor says little of the factor's sign. Where the start has it wrong the factor's
    variance goes to nil and its other loadings to infinity, beyond which the solution lies: where they have the other
    sign. So every factor that went this way is turned round, marker apart, and brought back to a size to start from.
    """
    other, found = reached.copy(), False
    for variance in table.rows:
        at = variance.index
        if variance.op != "~~" or variance.lhs != variance.rhs or variance.lhs not in table.latent or at is None:
            continue
        if not 0 < abs(reached[at]) < _COLLAPSED * abs(start[at]):
            continue
        scale, found = -float(np.sqrt(_RETURN * abs(start[at]) / abs(reached[at]))), True
        powers: dict[int, int] = {}
        for row in table.rows:
            if row.group == variance.group and row.index is not None:
                powers.setdefault(row.index, _power(row, variance.lhs))
        for index, power in powers.items():
            other[index] *= scale**power
        other[at] = abs(other[at])
    return other if found else None


def _power(row: Row, factor: str) -> int:
    """With what power of a factor's unit a parameter grows."""
    if row.op == "=~":
        return int(row.rhs == factor) - int(row.lhs == factor)
    if row.op == "~":
        return int(row.lhs == factor) - int(row.rhs == factor)
    return int(row.lhs == factor) + int(row.rhs == factor)


class _Guess:
    """Guesses for one group's parameters, in the units of its variables."""

    def __init__(self, table: ParameterTable, rows: list[Row], group: GroupSample, at: dict[str, int]) -> None:
        self.table, self.group, self.at = table, group, at
        self.cov = group.cov
        self.observed_variance = group.cov.diagonal().tolist()
        self.loading: dict[tuple[str, str], float] = {}
        self.variance: dict[str, float] = {}
        self.thresholds = _thresholds_by_item(table, group)
        by_factor: dict[str, list[Row]] = {}
        for row in rows:
            if row.op == "=~":
                by_factor.setdefault(row.lhs, []).append(row)
        for factor, loadings in by_factor.items():
            self._factor(factor, loadings)
        for factor, loadings in by_factor.items():
            if factor not in self.variance:
                self._higher_factor(factor, loadings)
        self.explained = {row.rhs for row in rows if row.op == "=~"} | {row.lhs for row in rows if row.op == "~"}

    def _factor(self, factor: str, loadings: list[Row]) -> None:
        """Loadings relative to the marker and the variance of one factor with observed indicators."""
        marker = _marker([row for row in loadings if row.rhs in self.at])
        if marker is None:
            return
        items = [row.rhs for row in loadings if row.rhs in self.at]
        place = [self.at[name] for name in items]
        first = items.index(marker.rhs)
        cov = self.cov[place][:, place]
        sd = np.sqrt(cov.diagonal())
        ratio, share = _relative_loadings(cov / (sd[:, None] * sd), first)
        scale = float(marker.fixed or 1.0)
        variance = share * float(sd[first] / scale) ** 2
        # without a fixed loading the variance is fixed instead: loadings carry the metric
        unit = scale if marker.fixed else float(np.sqrt(variance))
        self.variance[factor] = variance if marker.fixed else 1.0
        relative = unit * ratio * sd / sd[first]
        self.loading |= {(factor, name): value for name, value in zip(items, relative.tolist(), strict=True)}

    def _higher_factor(self, factor: str, loadings: list[Row]) -> None:
        """The same for a factor of factors, which are not observed: half the marker's variance, equal shares."""
        known = [row for row in loadings if row.rhs in self.variance]
        marker = _marker(known)
        if marker is None:
            return
        scale = float(marker.fixed or 1.0)
        variance = 0.5 * self.variance[marker.rhs] / scale**2
        unit = scale if marker.fixed else float(np.sqrt(variance))
        self.variance[factor] = variance if marker.fixed else 1.0
        for row in known:
            relative = np.sqrt(self.variance[row.rhs] / self.variance[marker.rhs])
            self.loading[factor, row.rhs] = unit * float(relative)

    def of(self, row: Row) -> float:
        """The guess for one row."""
        match row.op:
            case "=~":
                return self.loading.get((row.lhs, row.rhs), 1.0)
            case "~~" if row.lhs == row.rhs and row.lhs in self.at:
                variance: float = self.observed_variance[self.at[row.lhs]]
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


def _marker(loadings: list[Row]) -> Row | None:
    """The first loading fixed to anything but nil, else the first; ``None`` when there is none."""
    fixed = (row for row in loadings if row.index is None and row.fixed)
    return next(fixed, loadings[0] if loadings else None)


def _relative_loadings(correlations: Array, first: int) -> tuple[Array, float]:
    """Loadings relative to item ``first`` by instrumental variables (FABIN-2, Hägglund 1982, eq. 2.6), and the share of
    its variance that is the factor's, between .1 and .9; all in standardised units."""
    with_marker = correlations[first].copy()
    with_marker[first] = 0.0
    if len(with_marker) > 2 and np.abs(with_marker).max() < _FAINT:
        return _beside_a_faint_marker(correlations, first)
    # over the items other than the marker and the one in question
    top = correlations @ with_marker - with_marker * correlations.diagonal()
    bottom = with_marker @ with_marker - with_marker**2
    known = bottom > _WEAK
    known[first] = False
    ratio = np.where(known, top / np.where(known, bottom, 1.0), 1.0).clip(-5, 5)
    ratio[np.abs(ratio) < _SMALL] = _SMALL
    if len(ratio) == 1:
        return ratio, 0.5
    shares = correlations[first] / ratio
    share = float(shares.sum() - shares[first]) / (len(ratio) - 1)
    return ratio, min(max(share, 0.1), 0.9)


def _beside_a_faint_marker(correlations: Array, first: int) -> tuple[Array, float]:
    """The same where item ``first`` hardly measures the factor, and as an instrument would give no sign to rely on:
    from the principal axis of the others, and what the item has in common with it."""
    apart = np.delete(np.arange(len(correlations)), first)
    others = correlations[np.ix_(apart, apart)] - np.eye(len(apart))
    np.fill_diagonal(others, np.abs(others).max(axis=1))
    values, vectors = np.linalg.eigh(others)
    axis = vectors[:, -1] * np.sqrt(max(values[-1], _WEAK))
    own = float(correlations[first, apart] @ axis / (axis @ axis))
    own = float(np.copysign(max(abs(own), _SMALL), own))
    ratio = np.ones(len(correlations))
    ratio[apart] = np.where(np.abs(axis) < _SMALL, _SMALL, axis) / own
    return ratio, own**2


def _thresholds_by_item(table: ParameterTable, group: GroupSample) -> dict[str, list[float]]:
    if group.ordinal is None:
        return {}
    item = group.ordinal.threshold_item
    return {
        name: [float(t) for t in group.ordinal.thresholds[item == i]] for i, name in enumerate(table.ordered)
    }  # fmt: skip

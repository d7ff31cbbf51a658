"""Resamples of a sample as stacks: how often everybody is in each of them, and what a model needs of that.

A resample is given by counts, one a person. Moments of all resamples come from one matrix product of the counts with
persons' products of answers; nobody's row is copied. Covariates whose distribution is not modelled are fixed to the
moments of their own resample: their moments join the parameter vector, behind the free parameters, one set a resample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated
from analysis.sem.implied import ImpliedMoments
from analysis.sem.observed import Array, GroupSample, Sample
from analysis.sem.ordinal import ordinal_moments
from analysis.sem.resampled_losses import Part, ResampledLoss, resampled_loss
from analysis.sem.table import ParameterTable, Row

By = Literal["case", "cluster"]


@dataclass(frozen=True)
class Resamples:
    """B resamples: ``shares`` (B, groups) of the persons, moments of the ``covariates`` (B, k), and by group what the
    discrepancy needs."""

    shares: Array
    covariates: Array
    parts: tuple[Part, ...]

    def take(self, index: Any) -> Resamples:
        """Those that ``index`` selects."""
        return Resamples(self.shares[index], self.covariates[index], tuple(part.take(index) for part in self.parts))


class Resampler:
    """From counts to a stack of problems like the one a solution came from.

    ``table`` and ``implied`` are the model's with the k moments of its covariates as parameters behind its q free ones:
    its parameter vectors have q + k numbers.
    """

    def __init__(self, estimated: Estimated) -> None:
        if any(group.data is None for group in estimated.sample.groups):
            raise ModelError("The bootstrap needs the persons' answers: moments hold none.")
        if not estimated.converged:
            raise ModelError("The model found no solution on these data: there is nothing to bootstrap.")
        self.estimated, self.sample = estimated, estimated.sample
        self.n_free = estimated.table.n_free
        self.table, self._given = _with_covariates(estimated.table)
        self.implied = ImpliedMoments(self.table, estimated.sample)
        self.unbiased = estimated.options.recipe.discrepancy != "ML" and not estimated.table.ordered

    @cached_property
    def loss(self) -> ResampledLoss:
        """The discrepancy of resamples."""
        return resampled_loss(self.implied, self.sample, self.estimated.options)

    @cached_property
    def theta(self) -> Array:
        """The solution of the sample itself, (q + k,)."""
        once = [np.ones((1, group.n)) for group in self.sample.groups]
        return np.concatenate([self.estimated.theta, self.covariates(once)[0]])

    @property
    def n_covariates(self) -> int:
        """k."""
        return len(self._given)

    def resamples(self, counts: Sequence[Array]) -> Resamples:
        """What the discrepancy needs of the resamples with ``counts``, (B, n_g) by group."""
        parts = tuple(self.loss.part(g, c) for g, c in enumerate(counts))
        return Resamples(self.loss.shares(sizes_of(counts)), self.covariates(counts), parts)

    def covariates(self, counts: Sequence[Array]) -> Array:
        """Moments of the covariates in each resample, (B, k)."""
        found = np.empty((len(counts[0]), len(self._given)))
        for k, (g, i, j) in enumerate(self._given):
            group, n = self.sample.groups[g], counts[g].sum(axis=1)
            x = group.answers[:, i] - group.mean[i]
            mean = counts[g] @ x / n
            if j is None:
                found[:, k] = mean + group.mean[i]
                continue
            y = group.answers[:, j] - group.mean[j]
            found[:, k] = counts[g] @ (x * y) / n - mean * (counts[g] @ y / n)
            if self.unbiased:
                found[:, k] *= n / (n - 1)
        return found

    def one(self, counts: Sequence[Array]) -> Sample:
        """One resample, counts (n_g,) by group, as a sample of its own with everybody's rows repeated.

        Raises ``ModelError`` for ordered items of which nobody in it chose some category.
        """
        pairs = zip(self.sample.groups, counts, strict=True)
        return replace(
            self.sample, groups=tuple(self._one_group(group, np.rint(c).astype(np.intp)) for group, c in pairs)
        )

    def _one_group(self, group: GroupSample, counts: Any) -> GroupSample:
        at = np.repeat(np.arange(group.n), counts)
        data, n = group.answers[at], len(at)
        cluster = None if group.cluster is None else group.cluster[at]
        if group.ordinal is not None:
            categories = [list(range(int(highest) + 1)) for highest in group.answers.max(axis=0)]
            codes = data.astype(np.intp)
            ordinal = ordinal_moments(codes, self.sample.names, categories=categories, group=group.name)
            return GroupSample(group.name, n, group.mean, ordinal.correlation_matrix, data, cluster, ordinal)
        absent = np.isnan(data)
        together = (~absent).T.astype(float) @ ~absent
        mean = np.where(absent, 0.0, data).sum(axis=0) / np.maximum(np.diag(together), 1)
        spread = np.where(absent, 0.0, data - mean)
        cov = spread.T @ spread / np.maximum(together, 1)
        return GroupSample(group.name, n, mean, cov * (n / (n - 1)) if self.unbiased else cov, data, cluster)


def sizes_of(counts: Sequence[Array]) -> Array:
    """Persons by resample and group, (B, groups)."""
    return np.column_stack([c.sum(axis=1) for c in counts])


def _with_covariates(table: ParameterTable) -> tuple[ParameterTable, list[tuple[int, int, int | None]]]:
    """The table with what is fixed to the sample as parameters at the end, and (group, variable, other variable or
    ``None`` for a mean) of each of them."""
    rows: list[Row] = []
    given: list[tuple[int, int, int | None]] = []
    for row in table.rows:
        if not row.from_sample:
            rows.append(row)
            continue
        rows.append(replace(row, index=table.n_free + len(given), from_sample=False, fixed=None))
        other = None if row.op == "~1" else table.observed.index(row.rhs)
        given.append((row.group, table.observed.index(row.lhs), other))
    return replace(table, rows=tuple(rows), n_free=table.n_free + len(given)), given


class Draws:
    """Counts of resamples, drawn with replacement within each group: persons, or whole clusters.

    The groups have streams of random numbers of their own, so that the same seed gives the same resamples however many
    are asked for at a time.
    """

    def __init__(self, sample: Sample, *, by: By, seed: int) -> None:
        self.units = [_units(group, by) for group in sample.groups]
        self._streams = np.random.default_rng(seed).spawn(len(self.units))

    def next(self, size: int) -> list[Array]:
        """Counts of the next ``size`` resamples, (size, n_g) by group."""
        return [_counts(stream, units, size) for stream, units in zip(self._streams, self.units, strict=True)]


def _units(group: GroupSample, by: By) -> Any:
    """Which unit each person comes with, (n,), counted from 0. Raises ``ModelError`` where there is nothing to draw."""
    if by == "case":
        return np.arange(group.n)
    where = f" in group {group.name}" if group.name else ""
    if group.cluster is None:
        raise ModelError("The bootstrap of clusters needs the column of clusters: add --cluster.")
    units = np.unique(group.cluster, return_inverse=True)[1]
    if units.max() < 1:
        raise ModelError(f"There is one cluster{where}: the bootstrap of clusters needs at least two.")
    return units


def _counts(stream: np.random.Generator, units: Any, size: int) -> Array:
    n = int(units.max()) + 1
    drawn = stream.integers(n, size=(size, n))
    drawn += n * np.arange(size)[:, None]
    by_unit = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
    counts: Array = by_unit[:, units].astype(float)
    return counts

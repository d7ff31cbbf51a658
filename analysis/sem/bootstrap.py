"""Bootstrap of a solution: by persons, by clusters, and of a sample in which the model holds (Bollen & Stine).

Resamples are drawn within every group. By clusters, whole clusters are drawn, so that a group's number of persons
varies as it would. A resample that did not converge is counted and left out of all summaries: it has no estimates. One
with an inadmissible solution (a negative variance, a correlation beyond one) is counted and kept: it is what the
estimator gives on data like these, and leaving it out would cut off one tail of the sampling distribution. Numbers that
do not exist at such a solution, as what is standardised by a negative variance, are left out one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from analysis.sem.defined import chained
from analysis.sem.effects import values, values_and_jacobians
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated, loss_of
from analysis.sem.implied import ImpliedMoments
from analysis.sem.intervals import bca, percentile
from analysis.sem.observed import Array, GroupSample
from analysis.sem.options import Interval
from analysis.sem.resample import By, Draws, Resampler
from analysis.sem.resolve import Mask, Resolver, Solutions
from analysis.sem.standardise import Metric, Reported

LEAST = 2  # draws that must have converged for a summary
MANY = 0.05  # share of draws that failed, or are inadmissible, worth a note


@dataclass(frozen=True)
class Summary:
    """What the draws say of each reported number, (rows + defined,) each, in the order of ``Reported.values``.

    ``se`` is the standard deviation (divisor draws - 1), ``bias`` the mean draw less the estimate, ``lower`` and
    ``upper`` the interval, ``n_draws`` how many draws had the number. NaN for numbers that are fixed or do not vary.
    """

    se: Array
    bias: Array
    lower: Array
    upper: Array
    n_draws: npt.NDArray[np.intp]


@dataclass(frozen=True)
class Bootstrap:
    """Draws of a solution. ``theta`` (draws, n_free) holds the estimates, NaN where a draw did not converge;
    ``converged`` and ``admissible`` (draws,) say what became of each."""

    by: By
    theta: Array
    converged: Mask
    admissible: Mask
    resolver: Resolver = field(repr=False)
    _all: Array = field(repr=False)

    @property
    def n_draws(self) -> int:
        """Draws made."""
        return len(self.converged)

    @property
    def n_converged(self) -> int:
        """Draws with a solution: those the summaries rest on."""
        return int(self.converged.sum())

    @property
    def n_inadmissible(self) -> int:
        """Draws with a solution that cannot be true, or is held at a bound; they are among the converged ones."""
        return int((self.converged & ~self.admissible).sum())

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know when many draws failed or are inadmissible."""
        notes = []
        failed = self.n_draws - self.n_converged
        if self.n_converged < LEAST:
            return (
                f"{self.n_converged} of {self.n_draws} bootstrap draws converged: there are no errors and intervals of"
                " draws. Try more draws or a simpler model.",
            )
        if failed > MANY * self.n_draws:
            notes.append(
                f"{failed} of {self.n_draws} bootstrap draws did not converge and are left out: errors and intervals"
                " rest on the samples that were easy to fit and are likely too small. Try a simpler model."
            )
        if self.n_inadmissible > MANY * self.n_draws:
            notes.append(
                f"{self.n_inadmissible} of {self.n_draws} bootstrap draws gave a solution that cannot be true (a"
                " negative variance or a correlation beyond one) or is held at a bound. They are kept, so that no tail"
                " is cut off: read the intervals of variances and standardised values with care."
            )
        return tuple(notes)

    def summary(self, metric: Metric = "est", *, confidence: float = 0.95, kind: Interval = "percentile") -> Summary:
        """Errors, bias and intervals of every reported number in ``metric``.

        ``kind`` chooses percentile intervals or BCa ones, whose acceleration is that of the jackknife over persons
        (over clusters, where those were drawn). Raises ``ModelError`` when fewer than two draws converged.
        """
        jacobian = partial(self._reported.jacobian, self._resampler.theta, metric)
        found = self.summary_of(self.values(metric), self._estimate(metric), jacobian, confidence=confidence, kind=kind)
        se, bias, lower, upper = (
            np.where(self._fixed, np.nan, x) for x in (found.se, found.bias, found.lower, found.upper)
        )
        return Summary(se, bias, lower, upper, found.n_draws)

    def summary_of(
        self, draws: Array, estimate: Array, jacobian: Callable[[], Array], *, confidence: float, kind: Interval
    ) -> Summary:
        """``summary`` of any k numbers: their ``draws`` (converged draws, k), the sample's ``estimate`` (k,), and what
        gives their derivatives (k, n_free and the covariates' moments), which only BCa intervals ask for. Raises
        ``ModelError`` when fewer than two draws converged."""
        if self.n_converged < LEAST:
            raise ModelError(
                f"{self.n_converged} of {self.n_draws} bootstrap draws converged: there is nothing to read."
            )
        finite = np.isfinite(draws)
        n_draws = finite.sum(axis=0)
        with np.errstate(all="ignore"):
            mean = np.where(finite, draws, 0.0).sum(axis=0) / n_draws
            spread = (np.where(finite, draws - mean, 0.0) ** 2).sum(axis=0)
            se = np.sqrt(spread / (n_draws - 1))
        if kind == "percentile":
            lower, upper = percentile(draws, confidence)
        else:
            lower, upper = bca(draws, estimate, self.influence @ jacobian().T, confidence)
        gone = ~(se > 1e-10 * np.maximum(1.0, np.abs(estimate)))
        se, bias, lower, upper = (np.where(gone, np.nan, x) for x in (se, mean - estimate, lower, upper))
        return Summary(se, bias, lower, upper, n_draws)

    def values(self, metric: Metric = "est") -> Array:
        """Every reported number in every draw that converged, (converged draws, rows + defined)."""
        return self._reported_values(self._all[self.converged], metric)

    def effects(
        self, source: str, target: str, *, confidence: float = 0.95, kind: Interval = "percentile"
    ) -> list[tuple[Summary, Summary]]:
        """What the draws say of (direct, indirect, total) effects of one variable on another, as estimated and
        standardised, for each group; see ``effects.effects``."""
        theta, draws = self._resampler.theta, self._all[self.converged]
        found = []
        for model in self._reported.implied.groups:
            estimates, jacobians = values_and_jacobians(model, theta, source, target)
            pair = [
                self.summary_of(drawn.T, estimate, partial(np.asarray, jacobian), confidence=confidence, kind=kind)
                for drawn, estimate, jacobian in zip(
                    values(model, draws, source, target), estimates, jacobians, strict=True
                )
            ]
            found.append((pair[0], pair[1]))
        return found

    @cached_property
    def influence(self) -> Array:
        """How much each unit moves θ and the covariates' moments, (units, q + k), units group by group and centred
        within groups (Davison & Hinkley 1997, §2.7.2 and 3.2.1); see ``Resolver.moved_by``."""
        parts = []
        for units in _left_out(self._resampler, self.by, self.resolver.at_once):
            chunks = [self.resolver.moved_by(counts) for counts in units]
            moved = np.concatenate(chunks)
            parts.append(moved - moved.mean(axis=0))
        return np.concatenate(parts)

    @property
    def _resampler(self) -> Resampler:
        return self.resolver.resampler

    @property
    def _reported(self) -> Reported:
        return self.resolver.reported

    @cached_property
    def _fixed(self) -> Mask:
        """Numbers taken as given: moments of covariates, which have no error of their own."""
        rows = [row.from_sample for row in self._resampler.estimated.table.rows]
        return np.array(rows + [False] * len(self._resampler.table.defined), dtype=bool)

    def _estimate(self, metric: Metric) -> Array:
        return self._reported.values(self._resampler.theta, metric)

    def _reported_values(self, theta: Array, metric: Metric) -> Array:
        """Rows, then defined parameters, (draws, rows + defined)."""
        rows = self._reported.rows(theta, metric)
        labels = {name: rows[:, n].astype(complex) for name, n in self._reported.labels.items()}
        found = chained(self._resampler.table.defined, labels)
        return np.column_stack([rows, *(np.broadcast_to(np.real(v), len(rows)) for v in found.values())])


@dataclass(frozen=True)
class BollenStine:
    """The test of exact fit by resamples of a sample in which the model holds: the ``statistic`` N·F of the sample and
    those of the ``draws`` (NaN where one did not converge), ``converged`` (draws,)."""

    statistic: float
    draws: Array
    converged: Mask

    @property
    def n_draws(self) -> int:
        """Draws made."""
        return len(self.converged)

    @property
    def n_converged(self) -> int:
        """Draws with a solution."""
        return int(self.converged.sum())

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know when many draws failed."""
        failed = self.n_draws - self.n_converged
        if failed <= MANY * self.n_draws:
            return ()
        return (
            f"{failed} of {self.n_draws} draws of the Bollen-Stine test did not converge and are left out: its p-value"
            " rests on the samples that were easy to fit.",
        )

    @property
    def pvalue(self) -> float:
        """``(1 + draws at least as large) / (1 + draws)`` among those that converged, which keeps its level with any
        number of draws (Davison & Hinkley 1997, eq. 4.11); NaN without any."""
        if not self.n_converged:
            return float("nan")
        return (1 + int((self.draws[self.converged] >= self.statistic).sum())) / (1 + self.n_converged)


def bootstrap(estimated: Estimated, *, draws: int, seed: int, by: By = "case") -> Bootstrap:
    """``draws`` resamples of persons (``by="case"``) or of whole clusters (``"cluster"``), solved.

    The same seed gives the same draws. Raises ``ModelError`` for fewer than one draw, published moments, clusters that
    are not there or only one in a group, a solution that did not converge, and a model that is not identified.
    """
    resolver = Resolver(Resampler(estimated))
    found = _solved(resolver, draws=draws, seed=seed, by=by)
    q = estimated.table.n_free
    return Bootstrap(by, found.theta[:, :q], found.converged, found.admissible, resolver, found.theta)


def bollen_stine(estimated: Estimated, *, draws: int, seed: int, by: By = "case") -> BollenStine:
    """The test of Bollen & Stine (1992): answers are transformed so that the model holds in them exactly, resampled,
    and the model fitted to each resample.

    Raises ``ModelError`` for incomplete and for ordered answers, which cannot be transformed so, and as ``bootstrap``.
    """
    resolver = Resolver(Resampler(where_it_holds(estimated)))
    found = _solved(resolver, draws=draws, seed=seed, by=by, statistic=True)
    return BollenStine(estimated.n * estimated.objective, found.statistic, found.converged)


def where_it_holds(estimated: Estimated) -> Estimated:
    """The same solution of a sample in which the model holds exactly, everybody's answers moved by ``fitting``.

    Raises ``ModelError`` for incomplete and for ordered answers.
    """
    sample, options = estimated.sample, estimated.options
    if estimated.table.ordered:
        raise ModelError("The Bollen-Stine test needs continuous answers: ordered ones cannot be transformed to fit.")
    if options.estimator == "SAM":
        raise ModelError("The Bollen-Stine test needs a discrepancy of the whole model, which sam does not have.")
    if any(group.data is None or not group.complete for group in sample.groups):
        raise ModelError("The Bollen-Stine test needs complete answers: use missing listwise.")
    groups = tuple(
        fitting(group, sigma, mu if estimated.table.means else group.mean)
        for group, (sigma, mu) in zip(sample.groups, estimated.implied.moments(estimated.theta), strict=True)
    )
    moved = replace(sample, groups=groups)
    implied = ImpliedMoments(estimated.table, moved)
    return replace(estimated, sample=moved, implied=implied, loss=loss_of(implied, moved, options), objective=0.0)


def fitting(group: GroupSample, sigma: Array, mu: Array) -> GroupSample:
    """A group's answers moved to mean ``mu`` (p,) and covariance ``sigma`` (p, p), their shape kept:
    ``(x - x̄) S^(-½) Σ^(½) + μ`` (Beran & Srivastava 1985; Bollen & Stine 1992, eq. 9)."""
    data = (group.answers - group.mean) @ _power(group.cov, -0.5) @ _power(sigma, 0.5) + mu
    return replace(group, mean=mu, cov=sigma, data=data)


def _power(matrix: Array, exponent: float) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    result: Array = (vectors * np.maximum(values, 0.0) ** exponent) @ vectors.T
    return result


def _solved(resolver: Resolver, *, draws: int, seed: int, by: By, statistic: bool = False) -> Solutions:
    if draws < 1:
        raise ModelError(f"A bootstrap of {draws} draws is none: ask for at least one, better a thousand.")
    source = Draws(resolver.resampler.sample, by=by, seed=seed)
    parts = []
    for first in range(0, draws, resolver.at_once):
        counts = source.next(min(resolver.at_once, draws - first))
        parts.append(resolver.solve(counts, statistic=statistic))
    return Solutions.joined(parts)


def _left_out(resampler: Resampler, by: By, at_once: int) -> Iterator[Iterator[list[Array]]]:
    """By group, counts that leave out one of its units after another, some at a time."""
    source = Draws(resampler.sample, by=by, seed=0)

    def of(g: int) -> Iterator[list[Array]]:
        units = source.units[g]
        for first in range(0, int(units.max()) + 1, at_once):
            out = np.arange(first, min(first + at_once, int(units.max()) + 1))
            counts: list[Array] = [np.ones((len(out), group.n)) for group in resampler.sample.groups]
            counts[g] = (units != out[:, None]).astype(float)
            yield counts

    for g in range(len(source.units)):
        yield of(g)

"""The heterotrait-monotrait ratio of correlations: how items of two scales correlate, over how those of each do.

HTMT (Henseler, Ringle & Sarstedt 2015, Journal of the Academy of Marketing Science 43, 115-135, eq. 6) takes arithmetic
means and so supposes that an item says as much of its scale as any other; HTMT2 (Roemer, Schuberth & Henseler 2021,
Industrial Management & Data Systems 121, 2637-2650) takes geometric means and does not. Both estimate the correlation
of what the scales measure. By default correlations count by their size, so that a reversed item changes nothing; what
their signs say is a fact beside the figure (``sign_problems``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sem.intervals import LEAST_CLUSTERS, expanded_level

Array = npt.NDArray[np.float64]
ResampledUnits = Literal["persons", "projects"]

LEAST_PROJECTS = LEAST_CLUSTERS
"""Fewer projects are not resampled."""

_LEAST_DEFINED = 0.9
_NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Figure:
    """An estimate with its interval; NaN where there is none."""

    est: float = np.nan
    ci_lower: float = np.nan
    ci_upper: float = np.nan


@dataclass(frozen=True)
class PairHtmt:
    """HTMT and HTMT2 of two scales from the ``n_obs`` persons who answered every item of both, of ``n_units`` resampled
    units (``resampled``); ``problems``: codes of ``validity.PROBLEMS``."""

    n_obs: int
    n_units: int = 0
    resampled: ResampledUnits | Literal[""] = ""
    htmt: Figure = field(default_factory=Figure)
    htmt2: Figure = field(default_factory=Figure)
    problems: tuple[str, ...] = ()


def htmt(
    correlations: Array, scales: Sequence[Sequence[int]], *, geometric: bool = False, absolute: bool = True
) -> Array:
    """HTMT of every pair of k scales, (…, k, k), from correlations (…, p, p) of items; ``scales`` (k) holds the
    positions of each scale's items.

    ``geometric``: HTMT2. ``absolute``: of the correlations' sizes. The diagonal is 1. NaN for a scale of one item,
    which has no correlation within, where the means within the two scales are nil or of different signs, and for
    ``geometric`` without ``absolute`` where a correlation that enters is negative. An item that two scales share does
    not enter their ratio with itself.
    """
    r = np.abs(correlations) if absolute else np.asarray(correlations, dtype=float)
    within = [_mean(r[..., i, j], geometric) for i, j in map(_pairs_within, scales)]
    found = np.broadcast_to(np.eye(len(scales)), (*r.shape[:-2], len(scales), len(scales))).copy()
    for b, second in enumerate(scales):
        found[..., b, b] = np.where(np.isfinite(within[b]), 1.0, np.nan)
        for a, first in enumerate(scales[:b]):
            i, j = _pairs_between(first, second)
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = _mean(r[..., i, j], geometric) / np.sqrt(within[a] * within[b])
            found[..., a, b] = found[..., b, a] = np.where(np.isfinite(ratio), ratio, np.nan)
    return found


def sign_problems(correlations: Array, first: Sequence[int], second: Sequence[int]) -> list[str]:
    """What the signs of correlations (p, p) say of two scales: ``negative_within`` where items of one scale correlate
    negatively, ``mixed_signs`` where items of the two correlate positively and negatively."""
    problems = []
    if any((correlations[_pairs_within(scale)] < 0).any() for scale in (first, second)):
        problems.append("negative_within")
    between = correlations[_pairs_between(first, second)]
    if (between < 0).any() and (between > 0).any():
        problems.append("mixed_signs")
    return problems


def htmt_of_pair(
    answers_by_person: pd.DataFrame,
    first: Sequence[str],
    second: Sequence[str],
    *,
    minimum_n: int,
    draws: int,
    confidence: float,
    seed: int | np.random.SeedSequence,
    projects: pd.Series[str] | None = None,
) -> PairHtmt:
    """HTMT and HTMT2 of the scales with items ``first`` and ``second``, with bootstrap intervals.

    From complete answers to both. ``projects`` (of the same persons) are resampled as wholes where there are at least
    ``LEAST_PROJECTS``, and persons whose project is not known are left out; else persons are. The interval is the
    percentile interval in its expanded form (``expanded_level``). An item that does not vary is left out.

    Problems, each beside an empty figure where it stands in the way of one: ``few_complete`` persons, ``single_item``,
    ``constant_item``, ``project_unknown``, ``negative_within`` and ``mixed_signs`` (no HTMT2: it has no meaning where
    some correlations between the scales are negative and others positive), ``few_draws`` (no interval: more than one in
    ten resamples have no ratio).
    """
    complete = answers_by_person[list(dict.fromkeys([*first, *second]))].astype(float).dropna()
    units, problems = _units(complete, projects)
    complete, units = complete[units >= 0], units[units >= 0]
    n_units = len(np.unique(units))
    resampled: ResampledUnits = "persons" if n_units == len(complete) else "projects"
    if len(complete) < minimum_n:
        return PairHtmt(len(complete), problems=("few_complete", *problems))
    varying = list(complete.columns[np.ptp(complete.to_numpy(), axis=0) > 0])
    kept = [[varying.index(name) for name in names if name in varying] for names in (first, second)]
    if len(varying) < complete.shape[1]:
        problems.append("constant_item")
    if min(map(len, kept)) < 2:
        return PairHtmt(len(complete), problems=("single_item", *problems))
    x = complete[varying].to_numpy()
    r = item_correlations_of(x)
    signs = sign_problems(r, *kept)
    drawn = _resampled_correlations(x, units, draws=draws, seed=seed)
    level = expanded_level(n_units, confidence)
    figures = [_figure(r, drawn, kept, level, geometric=geometric) for geometric in (False, True)]
    if any(np.isfinite(figure.est) and np.isnan(figure.ci_lower) for figure in figures):
        problems.append("few_draws")
    plain, geometric = figures[0], Figure() if "mixed_signs" in signs else figures[1]
    return PairHtmt(len(complete), n_units, resampled, plain, geometric, (*problems, *signs))


def item_correlations_of(x: Array) -> Array:
    """Product-moment correlations (p, p) of complete answers (n, p); NaN where an item does not vary."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.atleast_2d(np.asarray(np.corrcoef(x.T), dtype=float))


def _figure(r: Array, drawn: Array, kept: Sequence[Sequence[int]], level: float, *, geometric: bool) -> Figure:
    est = float(htmt(r, kept, geometric=geometric)[0, 1])
    values = htmt(drawn, kept, geometric=geometric)[:, 0, 1]
    defined = values[np.isfinite(values)]
    if not np.isfinite(est) or len(defined) < _LEAST_DEFINED * len(values) or np.isnan(level):
        return Figure(est)
    lower, upper = np.quantile(defined, [level, 1 - level])
    return Figure(est, float(lower), float(upper))


def _units(complete: pd.DataFrame, projects: pd.Series[str] | None) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Which unit each person is resampled with, (n,), -1 for persons left out; and what is to be said of it."""
    everybody = np.arange(len(complete))
    if projects is None:
        return everybody, []
    known, _ = pd.factorize(projects.loc[complete.index], sort=True)
    if len(np.unique(known[known >= 0])) < LEAST_PROJECTS:
        return everybody, []
    return known.astype(np.intp), ["project_unknown"] if (known < 0).any() else []


def _resampled_correlations(
    x: Array, units: npt.NDArray[np.intp], *, draws: int, seed: int | np.random.SeedSequence
) -> Array:
    """Correlations (draws, p, p) of answers (n, p) when ``units`` (n,) are drawn with replacement: sums of products of
    all resamples come from one matrix product of how often each unit was drawn with each unit's own sums."""
    _, own = np.unique(units, return_inverse=True)
    m, p = int(own.max()) + 1, x.shape[1]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    i, j = np.tril_indices(p)
    sums = np.zeros((m, 1 + p + len(i)))
    np.add.at(sums, own, np.concatenate([np.ones((len(z), 1)), z, z[:, i] * z[:, j]], axis=1))
    stream = np.random.default_rng(seed)
    at_once = max(1, _NUMBERS_AT_ONCE // m)
    parts = []
    for start in range(0, draws, at_once):
        counts = stream.multinomial(m, np.full(m, 1 / m), size=min(at_once, draws - start))
        parts.append(_correlations_from(counts.astype(float) @ sums, p))
    return np.concatenate(parts)


def _correlations_from(sums: Array, p: int) -> Array:
    """Correlations (B, p, p) from (B, 1 + p + p(p + 1)/2) numbers of persons, sums and sums of products."""
    mean = sums[:, 1 : p + 1] / sums[:, :1]
    i, j = np.tril_indices(p)
    cov = np.empty((len(sums), p, p))
    cov[:, i, j] = cov[:, j, i] = sums[:, p + 1 :] / sums[:, :1] - mean[:, i] * mean[:, j]
    variance = cov[:, np.arange(p), np.arange(p)]
    # an item that does not vary in a resample: what rounding leaves of its variance is no variance
    sd = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    found: Array = np.clip(cov / (sd[:, :, None] * sd[:, None, :]), -1, 1)
    return found


def _mean(values: Array, geometric: bool) -> Array:
    """Arithmetic or geometric means over the last axis; NaN of nothing, and geometric of a negative number."""
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], np.nan)
    if not geometric:
        return np.asarray(values.mean(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.exp(np.log(values).mean(axis=-1)))


def _pairs_within(scale: Sequence[int]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    at, (i, j) = np.asarray(scale, dtype=np.intp), np.tril_indices(len(scale), -1)
    return at[i], at[j]


def _pairs_between(first: Sequence[int], second: Sequence[int]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    pairs = np.array([(a, b) for a in first for b in second if a != b], dtype=np.intp).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]

"""The factor behind the items of one scale, and scores that estimate it without bias.

Continuous items: one factor by maximum likelihood and Bartlett's scores, ``(Λ'Θ⁻¹Λ)⁻¹Λ'Θ⁻¹(y - ν)``, which are those of
local SAM; who left items open is scored from the others.

Ordered items: one factor by WLSMV from polychoric correlations. A score is the factor's mean given the answers (by
quadrature, the factor standard normal), divided by its reliability ρ, the share of the factor's variance that the
answers tell of: the mean given the answers moves by ρ when the factor moves by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import ndtr

from analysis.multiverse.outcome import Status
from analysis.sem import ModelError
from analysis.sem.admissible import inadmissible
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.moments import GroupMoments, Moments
from analysis.sem.options import Options

Array = npt.NDArray[np.floating[Any]]
_FACTOR = "F"
_NODES = 31
_EDGE = 1e-8


class UnansweredError(Exception):
    """A specification has no answer: ``status`` and ``reason`` say why."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status, self.reason = cast(Status, status), reason


@dataclass(frozen=True)
class FactorScore:
    """``scores`` (m, n), NaN without an answer, in the metric in which the mean loading is one; ``error``: variance of
    score less factor, on average over those who have a score."""

    scores: Array
    error: float


def factor_of(answers: Array, *, ordinal: bool, minimum_n: int) -> FactorScore:
    """Scores of the one factor of ``answers`` (m, n, items; NaN where missing). Imputed answers (m > 1) share one
    measurement, that of all imputations together. Raises ``UnansweredError`` where there is no factor to score."""
    m, n, p = answers.shape
    rows = answers.reshape(m * n, p)
    scored = ~np.isnan(rows).all(axis=1)
    used = rows[scored]
    if len(used) < minimum_n * m:
        raise UnansweredError("refused", "too_few_persons")
    blank = np.isnan(used)
    varying = np.where(blank, -np.inf, used).max(axis=0) > np.where(blank, np.inf, used).min(axis=0)
    if varying.sum() < 3:
        raise UnansweredError("refused", "no_variation")
    used = used[:, varying]
    made, error = (_ordinal if ordinal else _continuous)(used)
    scores = np.full(m * n, np.nan)
    scores[scored] = made
    return FactorScore(scores.reshape(m, n), error)


def one_factor(answers: Array, *, ordinal: bool = False) -> Estimated:
    """The model of one factor of ``answers`` (n, items; every answer given counts, of ordered items whole rows alone),
    the factor's variance one. Raises ``UnansweredError`` where it has no solution, or none that can be true."""
    names = [f"x{j}" for j in range(answers.shape[1])]
    model = f"{_FACTOR} =~ {' + '.join(names)}"
    if not ordinal and not np.isnan(answers).any():
        # complete answers: their covariances say all of it
        moments = GroupMoments(len(answers), tuple(names), np.cov(answers.T))
        return solved(model, Moments((moments,)), Options.checked(std_lv=True))
    options = Options.checked(
        estimator="wlsmv" if ordinal else "ml", missing="listwise" if ordinal else "fiml",
        ordered=tuple(names) if ordinal else (), std_lv=True,
    )  # fmt: skip
    return solved(model, pd.DataFrame(answers, columns=names), options)


def solved(model: str, data: pd.DataFrame | Moments, options: Options, *, start: Array | None = None) -> Estimated:
    """``model`` fitted to ``data``, from ``start`` where given; raises ``UnansweredError`` where it has no solution, or
    none that can be true."""
    try:
        found = estimated_by(*prepared(model, data, options), options, start=start)
    except ModelError as error:
        raise UnansweredError("refused", "not_estimable") from error
    except np.linalg.LinAlgError as error:
        raise UnansweredError("failed", "singular") from error
    if not found.converged:
        raise UnansweredError("not_converged", "not_converged")
    if inadmissible(found):
        raise UnansweredError("inadmissible", inadmissible(found)[0].code)
    return found


def _continuous(answers: Array) -> tuple[Array, float]:
    """Bartlett scores (n,) and the mean variance of their errors."""
    found = one_factor(answers)
    at = found.matrices[0]
    loadings, metric = at.loading[:, 0], float(at.loading[:, 0].mean())
    unique = np.diag(at.residual)
    if (unique < _EDGE * np.diag(at.sigma)).any():
        raise UnansweredError("inadmissible", "zero_residual")
    weight = loadings / metric / unique
    centred = answers - (at.mu if found.table.means else answers.mean(axis=0))
    given = ~np.isnan(answers)
    told = given @ (weight * loadings / metric)  # how much a person's answers tell: one over the variance of the error
    return np.where(given, centred, 0.0) @ weight / told, float(np.mean(1 / told))


def _ordinal(answers: Array) -> tuple[Array, float]:
    """Means of the factor given the answers over their reliability (n,), and the variance of their errors."""
    found = one_factor(answers, ordinal=True)
    loadings = found.matrices[0].loading[:, 0]
    loadings = loadings * (1.0 if loadings.sum() >= 0 else -1.0)
    ordered = found.sample.groups[0].ordered
    thresholds = [ordered.thresholds[ordered.threshold_item == j] for j in range(len(loadings))]
    codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in answers.T]).astype(np.intp)
    # persons with the same answers have the same score
    _, first, pattern_of = np.unique(
        np.ravel_multi_index(tuple(codes.T), tuple(codes.max(axis=0) + 1)), return_index=True, return_inverse=True
    )
    mean, variance = expected_factor(codes[first], loadings, thresholds)
    counts = np.bincount(pattern_of)
    reliability = 1 - float(counts @ variance) / counts.sum()
    metric = float(loadings.mean())
    return metric * mean[pattern_of] / reliability, metric**2 * (1 / reliability - 1)


def expected_factor(codes: npt.NDArray[np.intp], loadings: Array, thresholds: list[Array]) -> tuple[Array, Array]:
    """Mean and variance (n,) of a standard normal factor given answers of ``codes`` (n, items; 0, 1, …), items being
    standard normal with ``loadings`` and cut at ``thresholds`` (a list of increasing numbers an item)."""
    nodes, weights = hermegauss(_NODES)
    log = np.zeros((len(codes), _NODES))
    for j, (loading, cuts) in enumerate(zip(loadings, thresholds, strict=True)):
        ends = np.concatenate([[-np.inf], cuts, [np.inf]])
        below = ndtr((ends[:, None] - loading * nodes) / np.sqrt(1 - loading**2))
        log += np.log(np.maximum(np.diff(below, axis=0), 1e-300))[codes[:, j]]
    posterior = weights * np.exp(log - log.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    mean = posterior @ nodes
    return mean, posterior @ nodes**2 - mean**2

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

from analysis.measurement.factor_scores import Measurement, factor_scores
from analysis.multiverse.outcome import Status
from analysis.sem import ModelError
from analysis.sem.admissible import inadmissible
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.options import Options

Array = npt.NDArray[np.floating[Any]]
_FACTOR = "F"
_NODES = 31


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


def factor_of(answers: Array, *, ordinal: bool, missing: str, minimum_n: int) -> FactorScore:
    """Scores of the one factor of ``answers`` (m, n, items; NaN where missing). Imputed answers (m > 1) share one
    measurement, that of all imputations together. Raises ``UnansweredError`` where there is no factor to score."""
    m, n, p = answers.shape
    rows = answers.reshape(m * n, p)
    scored = ~np.isnan(rows).all(axis=1)
    used = rows[scored]
    if len(used) < minimum_n * m:
        raise UnansweredError("refused", "too_few_persons")
    varying = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in used.T])
    if varying.sum() < 3:
        raise UnansweredError("refused", "no_variation")
    used = used[:, varying]
    made, error = (_ordinal if ordinal else _continuous)(used, missing)
    scores = np.full(m * n, np.nan)
    scores[scored] = made
    return FactorScore(scores.reshape(m, n), error)


def one_factor(answers: Array, *, missing: str = "listwise", ordinal: bool = False) -> Estimated:
    """The model of one factor of ``answers`` (n, items), the factor's variance one. Raises ``UnansweredError`` where it
    has no solution, or none that can be true."""
    names = [f"x{j}" for j in range(answers.shape[1])]
    options = Options.checked(
        estimator="wlsmv" if ordinal else "ml",
        missing="fiml" if missing == "fiml" and np.isnan(answers).any() else "listwise",
        ordered=tuple(names) if ordinal else (),
        std_lv=True,
    )
    return solved(f"{_FACTOR} =~ {' + '.join(names)}", pd.DataFrame(answers, columns=names), options)


def solved(model: str, frame: pd.DataFrame, options: Options, *, start: Array | None = None) -> Estimated:
    """``model`` fitted to ``frame``, from ``start`` where given; raises ``UnansweredError`` where it has no solution, or none that can be true."""
    try:
        found = estimated_by(*prepared(model, frame, options), options, start=start)
    except ModelError as error:
        raise UnansweredError("refused", "not_estimable") from error
    except np.linalg.LinAlgError as error:
        raise UnansweredError("failed", "singular") from error
    if not found.converged:
        raise UnansweredError("not_converged", "not_converged")
    if inadmissible(found):
        raise UnansweredError("inadmissible", inadmissible(found)[0].code)
    return found


def _continuous(answers: Array, missing: str) -> tuple[Array, float]:
    """Bartlett scores (n,) and the mean variance of their errors."""
    found = one_factor(answers, missing=missing)
    at = found.matrices[0]
    loadings = at.loading[:, :1]
    metric = float(loadings.mean())
    measurement = Measurement(
        tuple(found.table.observed), (_FACTOR,), loadings / metric, at.residual,
        at.mu if found.table.means else found.sample.groups[0].mean, np.zeros(1), np.array([[metric**2]]),
    )  # fmt: skip
    if not measurement.has_unique_parts:
        raise UnansweredError("inadmissible", "zero_residual")
    made = factor_scores(measurement, answers, method="bartlett")
    return made.scores[:, 0], float(np.mean(made.se[:, 0] ** 2))


def _ordinal(answers: Array, missing: str) -> tuple[Array, float]:
    """Means of the factor given the answers over their reliability (n,), and the variance of their errors."""
    found = one_factor(answers, missing=missing, ordinal=True)
    loadings = found.matrices[0].loading[:, 0]
    loadings = loadings * (1.0 if loadings.sum() >= 0 else -1.0)
    ordered = found.sample.groups[0].ordered
    thresholds = [ordered.thresholds[ordered.threshold_item == j] for j in range(len(loadings))]
    codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in answers.T]).astype(np.intp)
    patterns, pattern_of = np.unique(codes, axis=0, return_inverse=True)
    mean, variance = expected_factor(patterns, loadings, thresholds)
    counts = np.bincount(pattern_of.reshape(-1))
    reliability = 1 - float(counts @ variance) / counts.sum()
    metric = float(loadings.mean())
    return metric * mean[pattern_of.reshape(-1)] / reliability, metric**2 * (1 / reliability - 1)


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

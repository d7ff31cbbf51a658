"""Where a person stands on a factor, how sure that is, and how well such scores follow the factor.

With y the answers a person gave, and Λ, Θ, μ the rows that belong to them of the model of ``analysis.sem``, factors
with mean κ and covariance Φ, and Σ = ΛΦΛ' + Θ:

    regression   κ + ΦΛ'Σ⁻¹(y - μ)                error variance  Φ - ΦΛ'Σ⁻¹ΛΦ      (Thomson 1938; Thurstone 1935)
    Bartlett     κ + (Λ'Θ⁻¹Λ)⁻¹Λ'Θ⁻¹(y - μ)       error variance  (Λ'Θ⁻¹Λ)⁻¹        (Bartlett 1937)

Lawley & Maxwell (1971), Factor analysis as a statistical method, ch. 8. Who left answers open is scored from the others
(everything above for each pattern of answers), so that their scores are less sure and, by regression, nearer to κ. The
errors are those of a person's place given the parameters; that the parameters are estimated is not in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sem import FitResult, ModelError
from analysis.sem.observed import group_name

Array = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]

Method = Literal["regression", "bartlett"]
METHODS: tuple[Method, ...] = get_args(Method)

_EDGE = 1e-8


@dataclass(frozen=True)
class Measurement:
    """How the answers of one group follow from its factors.

    ``loadings`` Λ (p, m), ``residual`` Θ (p, p), ``item_means`` μ (p,) and the factors' ``mean`` κ (m,) and
    ``covariance`` Φ (m, m), all as the model implies them; ``items`` (p) and ``factors`` (m) name them.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Array
    residual: Array
    item_means: Array
    mean: Array
    covariance: Array

    @cached_property
    def item_covariance(self) -> Array:
        """Σ (p, p), as the model implies it."""
        return np.asarray(self.loadings @ self.covariance @ self.loadings.T + self.residual)

    @cached_property
    def has_unique_parts(self) -> bool:
        """Whether every item, and every sum of items, holds something of its own: Θ is positive definite, so that
        Bartlett scores exist. Judged on the scale of the items."""
        spread = np.sqrt(np.diag(self.item_covariance))
        return bool(np.linalg.eigvalsh(self.residual / np.outer(spread, spread))[0] > _EDGE)


@dataclass(frozen=True)
class FactorScores:
    """Scores of n persons on m factors by one ``method``.

    ``scores`` (n, m): NaN for who gave no answer, and by Bartlett where the answers given do not tell a factor from the
    others. ``answered`` (P, p): the patterns of answers, ``pattern_of`` (n,): who has which. ``error_covariance``
    (P, m, m): of score less factor, by pattern; NaN where there is no score. ``factor_variance`` (m,).
    """

    method: Method
    factors: tuple[str, ...]
    scores: Array
    answered: Mask
    pattern_of: npt.NDArray[np.intp]
    error_covariance: Array
    factor_variance: Array

    @property
    def se(self) -> Array:
        """Standard error of every score, (n, m)."""
        variance = np.diagonal(self.error_covariance, axis1=1, axis2=2)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0))[self.pattern_of])

    def determinacy(self) -> Array:
        """Correlation of the scores with the factors, (m,), as the model has it for the answers these persons gave.

        From the mean error variance e of the scored and the factor's variance φ: √(1 - e/φ) by regression, √(φ/(φ + e))
        by Bartlett (Grice 2001, Psychological Methods 6, 430-450; equal to each other for one factor and complete
        answers). NaN where nobody has a score.
        """
        scored = ~np.isnan(self.scores)
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.where(scored, self.se**2, 0.0).sum(axis=0) / scored.sum(axis=0)
            if self.method == "regression":
                return np.asarray(np.sqrt(np.maximum(1 - error / self.factor_variance, 0.0)))
            return np.asarray(np.sqrt(self.factor_variance / (self.factor_variance + error)))


def measurements_of(result: FitResult) -> dict[str, Measurement]:
    """The measurement model of every group of a fitted model, by group (the name is empty where there is one).

    A factor that other variables explain has the mean and variance that follow. Raises ``ModelError`` for a solution
    that cannot be true or was not found, for ordered items (their answers are no linear function of a factor), and for
    models in which observed variables stand in regressions.
    """
    if not (result.converged and result.admissible):
        raise ModelError(f"No factor scores from this solution. {result.message}")
    estimated = result.estimated
    table = estimated.table
    if table.ordered:
        raise ModelError("Factor scores of ordered items are not made here: fit the items as continuous.")
    if not table.latent:
        raise ModelError("No factor scores: the model has no latent variables.")
    found = {}
    for group, at, sample in zip(
        estimated.implied.groups, estimated.matrices, estimated.sample.groups, strict=True
    ):  # fmt: skip
        promoted = [name for name in group.structural if name not in table.latent]
        if promoted:
            raise ModelError(f"No factor scores where an observed variable stands in a regression: {promoted[0]}.")
        found[sample.name] = Measurement(
            items=tuple(table.observed), factors=tuple(group.structural),
            loadings=at.loading, residual=at.residual, item_means=at.mu if table.means else sample.mean,
            mean=at.eta if table.means else np.zeros(group.m), covariance=at.structural,
        )  # fmt: skip
    return found


def factor_scores(measurement: Measurement, answers: Array, *, method: Method) -> FactorScores:
    """Scores of the persons whose ``answers`` (n, p; NaN where missing) are given.

    Raises ``ValueError`` for an unknown method, and for Bartlett where an item has no residual variance
    (``has_unique_parts``): ask first.
    """
    if method not in METHODS:
        raise ValueError(f"method {method!r}: one of {', '.join(METHODS)}")
    if method == "bartlett" and not measurement.has_unique_parts:
        raise ValueError("Bartlett scores need residual variances above nought")
    n, m = len(answers), len(measurement.factors)
    answered, pattern_of = np.unique(~np.isnan(answers), axis=0, return_inverse=True)
    pattern_of = pattern_of.reshape(-1).astype(np.intp)
    scores, errors = np.full((n, m), np.nan), np.full((len(answered), m, m), np.nan)
    weigh = _regression if method == "regression" else _bartlett
    for pattern, given in enumerate(answered):
        if given.any():
            weights, errors[pattern] = weigh(measurement, given)
            who = pattern_of == pattern
            centred = answers[np.ix_(who, given)] - measurement.item_means[given]
            scores[who] = measurement.mean + centred @ weights.T
    return FactorScores(
        method, measurement.factors, scores, answered, pattern_of, errors, np.diag(measurement.covariance)
    )  # fmt: skip


def predicted(result: FitResult, persons: pd.DataFrame, *, method: Method) -> pd.DataFrame:
    """Scores on every factor of a fitted model with their errors, columns ``<factor>`` and ``<factor>_se``, by person.

    ``persons`` need not be those the model was fitted to; with several groups they have its group column, and who
    belongs to none of its groups has no scores. Raises as ``measurements_of`` and ``factor_scores`` do.
    """
    by_group, column = measurements_of(result), result.estimated.options.group
    factors = next(iter(by_group.values())).factors
    found = pd.DataFrame(np.nan, index=persons.index, columns=[f"{f}{end}" for f in factors for end in ("", "_se")])
    for name, measurement in by_group.items():
        member = np.ones(len(persons), bool) if column is None else _as_named(persons[column]) == name
        answers = persons.loc[member, list(measurement.items)].to_numpy(dtype=float)
        scores = factor_scores(measurement, answers, method=method)
        found.loc[member, list(factors)] = scores.scores
        found.loc[member, [f"{f}_se" for f in factors]] = scores.se
    return found


def _as_named(groups: pd.Series) -> npt.NDArray[np.object_]:
    """Groups as the engine names them; nothing where the group is missing."""
    return groups.map(group_name, na_action="ignore").to_numpy(dtype=object)


def _regression(model: Measurement, given: Mask) -> tuple[Array, Array]:
    """Weights (m, answers given) and error covariance (m, m) of regression scores."""
    towards = model.covariance @ model.loadings[given].T
    weights = np.linalg.solve(model.item_covariance[np.ix_(given, given)], towards.T).T
    return weights, model.covariance - weights @ towards.T


def _bartlett(model: Measurement, given: Mask) -> tuple[Array, Array]:
    """Weights (m, answers given) and error covariance (m, m) of Bartlett scores; NaN for factors these answers do not
    tell from the others."""
    loadings = model.loadings[given]
    root = np.linalg.cholesky(model.residual[np.ix_(given, given)])
    scaled = np.linalg.solve(root, loadings)
    left, singular, right = np.linalg.svd(scaled, full_matrices=False)
    kept = singular > _EDGE * max(float(np.abs(scaled).max(initial=0.0)), np.finfo(float).tiny)
    inverse = (right[kept].T / singular[kept]) @ left[:, kept].T
    weights = np.linalg.solve(root.T, inverse.T).T
    errors = inverse @ inverse.T
    # a factor is told when its own direction lies in what the answers span
    untold = np.abs((right[kept].T @ right[kept]) - np.eye(loadings.shape[1])).max(axis=1) > np.sqrt(_EDGE)
    weights[untold] = np.nan
    errors[untold] = errors[:, untold] = np.nan
    return weights, errors

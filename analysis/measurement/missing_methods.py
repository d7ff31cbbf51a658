"""Means of a scale and effects of traits on it under three ways of dealing with missing answers.

``listwise`` takes whoever answered every item: right where answers are missing completely at random. ``fiml`` uses
every answer to the scale's items, by the normal model without restrictions on them; the mean score is the items' means
weighted as the score weighs them, with delta-method errors. It is right where what is missing depends on answers given
to the scale and on traits in the model. ``imputation`` pools regressions over imputed answers: right where it depends
on anything they were imputed from. Traits are fixed: whoever has no known level of each is left out of the effects.

Errors are of one kind in all three: CR2 by cluster with small-sample degrees of freedom (``analysis/sem/clusters.py``),
or, where there are too few clusters, robust ones of persons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as t_distribution

from analysis.measurement.imputation import pool
from analysis.measurement.scoring import Scale
from analysis.sem import ModelError, fit
from analysis.sem.clusters import cluster_covariance

Array = npt.NDArray[np.floating]
Codes = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]
Method = Literal["listwise", "fiml", "imputation"]
METHODS: tuple[Method, ...] = ("listwise", "fiml", "imputation")

MEAN = "mean"
"""The quantity that is no effect of a trait."""

MINIMUM_CLUSTERS = 4
"""With fewer clusters errors do not allow for them; with fewer in a level the effect of clusters' trait is refused."""


@dataclass(frozen=True)
class Question:
    """What is asked of one scale's ``answers`` (persons by items, NaN where missing; everybody was asked them all).

    ``traits``: each trait's dummy by person (a column a trait, NaN where not known); ``cluster_traits``: those that
    belong to clusters, not to persons. ``clusters``: each person's cluster as a code, None where errors are not to
    allow for clusters (``cluster_codes``). No figures from fewer than ``minimum_n`` persons.
    """

    scale: Scale
    answers: pd.DataFrame
    traits: pd.DataFrame
    cluster_traits: frozenset[str]
    clusters: Codes | None
    minimum_n: int
    confidence: float

    @property
    def item_weight(self) -> float:
        """What one point of an item adds to the score of somebody who answered all."""
        return self.scale.multiply / (len(self.scale.items) if self.scale.rule == "mean" else 1)


@dataclass(frozen=True)
class Estimate:
    """One quantity by one method, from ``n_obs`` persons; figures are NaN where ``problems`` says why there are none.

    ``df``: of the t the interval comes from, infinite where it is the normal's. ``missing_share``: of the variance, due
    to missing answers (imputation alone).
    """

    quantity: str
    method: Method
    n_obs: int
    estimate: float = np.nan
    se: float = np.nan
    df: float = np.nan
    ci_lower: float = np.nan
    ci_upper: float = np.nan
    missing_share: float = np.nan
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Fitted:
    """Coefficients of the score on a design, their errors and degrees of freedom, (k,); or the ``problem``."""

    estimates: Array
    errors: Array
    df: Array
    missing_share: Array
    problem: str = ""


def cluster_codes(clusters: pd.Series) -> Codes | None:
    """Codes of ``clusters``; None where some person's is not known, or there are fewer than ``MINIMUM_CLUSTERS``."""
    codes, names = pd.factorize(clusters, sort=True)
    return None if (codes < 0).any() or len(names) < MINIMUM_CLUSTERS else codes


def estimates(question: Question, filled: Array | None) -> list[Estimate]:
    """The scale's mean and each trait's effect (high less low, the other traits held equal) by every method.

    ``filled``: imputed answers (imputations, persons, items), None where there are too few persons to impute from.
    """
    found = [
        estimate
        for together in ([MEAN], list(question.traits.columns))
        for method in METHODS
        for estimate in _of_method(question, together, method, filled)
    ]
    return sorted(found, key=lambda estimate: quantities(question).index(estimate.quantity))


def quantities(question: Question) -> list[str]:
    """What ``estimates`` estimates: the mean and the effect of each trait."""
    return [MEAN, *question.traits.columns]


def _of_method(question: Question, asked_for: list[str], method: Method, filled: Array | None) -> list[Estimate]:
    traits = [name for name in asked_for if name != MEAN]
    answered = question.answers.notna()
    persons = question.traits[traits].notna().all(axis=1).to_numpy(dtype=bool)
    if method != "imputation":
        enough = answered.all(axis=1) if method == "listwise" else answered.any(axis=1)
        persons = persons & enough.to_numpy(dtype=bool)
    refused = _refusals(question, asked_for, persons)
    if method == "imputation" and filled is None:
        refused = dict.fromkeys(asked_for, "too_few_persons")
    able = [name for name in asked_for if name not in refused]
    n = int(persons.sum())
    found = {name: Estimate(name, method, n, problems=(code,)) for name, code in refused.items()}
    if able:
        dummies = question.traits.loc[persons, [name for name in able if name != MEAN]].to_numpy(dtype=float)
        fitted = _fitted(question, persons, dummies, method, filled)
        beside = _beside(question, method)
        for place, name in enumerate(able, start=int(bool(traits))):
            found[name] = _estimate(Estimate(name, method, n, problems=beside), fitted, place, question, filled)
    return [found[name] for name in asked_for]


def _refusals(question: Question, asked_for: list[str], persons: Mask) -> dict[str, str]:
    """Why quantities cannot be estimated from ``persons``, for those that cannot."""
    traits = [name for name in asked_for if name != MEAN]
    if persons.sum() < max(question.minimum_n, len(traits) + 2):
        return dict.fromkeys(asked_for, "too_few_persons")
    if question.answers.loc[persons].nunique().max() < 2:
        return dict.fromkeys(asked_for, "constant_item")
    refused = {}
    for name in traits:
        dummy = question.traits.loc[persons, name].to_numpy(dtype=float)
        if len(np.unique(dummy)) < 2:
            refused[name] = "no_variation"
        elif name in question.cluster_traits and _fewest_clusters(question, persons, dummy) < MINIMUM_CLUSTERS:
            refused[name] = "too_few_projects"
    able = [name for name in traits if name not in refused]
    design = np.column_stack([np.ones(persons.sum()), question.traits.loc[persons, able].to_numpy(dtype=float)])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        refused |= dict.fromkeys(able, "confounded")
    return refused


def _fewest_clusters(question: Question, persons: Mask, dummy: Array) -> int:
    """Clusters in the level of a trait that has the fewest; 0 where errors do not allow for clusters."""
    if question.clusters is None:
        return 0
    return min(len(np.unique(question.clusters[persons][dummy == level])) for level in (0.0, 1.0))


def _beside(question: Question, method: Method) -> tuple[str, ...]:
    """Codes that stand beside figures."""
    complete = method != "listwise" and bool(question.answers.notna().to_numpy().all())
    return ("nothing_missing",) * complete + ("projects_ignored",) * (question.clusters is None)


def _fitted(question: Question, persons: Mask, dummies: Array, method: Method, filled: Array | None) -> _Fitted:
    clusters = None if question.clusters is None else np.unique(question.clusters[persons], return_inverse=True)[1]
    if method == "fiml":
        return _full_information(question, persons, dummies, clusters)
    design = np.column_stack([np.ones(persons.sum()), dummies])
    if method == "listwise":
        scores = question.answers[persons].sum(axis=1).to_numpy(dtype=float) * question.item_weight
        estimates, errors, df = least_squares(scores[None], design, clusters)
        return _Fitted(estimates[0], errors[0], df, np.full(len(df), np.nan))
    if filled is None:
        raise ValueError("imputation needs imputed answers")
    return _pooled(*least_squares(filled[:, persons].sum(axis=2) * question.item_weight, design, clusters))


def least_squares(scores: Array, design: Array, clusters: Codes | None) -> tuple[Array, Array, Array]:
    """Regressions of m ``scores`` (m, n) on one ``design`` (n, k): coefficients (m, k), their errors (m, k), and the
    degrees of freedom (k,), which are the design's alone. CR2 errors by cluster, or robust ones (HC0)."""
    k = design.shape[1]
    bread = np.linalg.inv(design.T @ design)
    coefficients = scores @ design @ bread
    residuals = scores - coefficients @ design.T
    if clusters is None:
        half = (residuals[:, :, None] * design) @ bread
        return coefficients, np.sqrt((half**2).sum(axis=1)), np.full(k, float(len(design) - k))
    parts = np.stack([design[clusters == c].T @ design[clusters == c] for c in range(clusters.max() + 1)])
    found = [
        cluster_covariance(
            scores=design * one[:, None], clusters=clusters, bread=bread, basis=np.eye(k), parts=parts, kind="CR2"
        )
        for one in residuals
    ]
    errors = np.sqrt([np.diag(one.vcov) for one in found])
    return coefficients, errors, found[0].degrees_of_freedom(np.eye(k))


def _pooled(estimates: Array, errors: Array, df: Array) -> _Fitted:
    """Coefficients (imputations, k) pooled by Rubin's rules; ``df`` are those without missing answers."""
    each = [pool(estimates[:, i], errors[:, i] ** 2, df_complete=float(df[i])) for i in range(len(df))]
    return _Fitted(
        np.array([one.estimate for one in each]), np.array([one.se for one in each]),
        np.array([one.df for one in each]), np.array([one.missing_share for one in each]),
    )  # fmt: skip


def _full_information(question: Question, persons: Mask, dummies: Array, clusters: Codes | None) -> _Fitted:
    """Items on the design by FIML without restrictions, put together as the score puts them together."""
    answers = question.answers[persons].to_numpy(dtype=float)
    k = 1 + dummies.shape[1]
    problem = _problem_of_answers(answers, k)
    if problem:
        return _nothing(k, problem)
    items = [f"i{i}" for i in range(answers.shape[1])]
    traits = [f"t{j}" for j in range(dummies.shape[1])]
    frame = pd.DataFrame(np.column_stack([answers, dummies]), columns=[*items, *traits])
    how: dict[str, object] = {"missing": "fiml", "estimator": "mlr"}
    if clusters is not None:
        frame, how = frame.assign(c=clusters), how | {"cluster": "c", "errors": "cr2"}
    try:
        result = fit(_model(items, traits, question.item_weight), frame, **how)
    except ModelError:
        # every other refusal of data was asked about before: what is left is items that follow from one another
        return _nothing(k, "singular")
    if not result.converged or result.inference is None:
        return _nothing(k, "not_converged")
    rows = result.parameters[result.parameters["op"] == ":="]
    df = rows["df_t"].to_numpy(dtype=float)
    return _Fitted(
        rows["est"].to_numpy(dtype=float), rows["se"].to_numpy(dtype=float),
        np.where(np.isnan(df), np.inf, df), np.full(k, np.nan),
    )  # fmt: skip


def _model(items: list[str], traits: list[str], weight: float) -> str:
    """Every item on every trait, all residuals correlated; the score's coefficients are defined, intercept first."""
    lines = [f"{item} ~ a{item} * 1" for item in items]
    lines += [f"{item} ~ " + " + ".join(f"{t}{item} * {t}" for t in traits) for item in items if traits]
    lines += [f"{item} ~~ " + " + ".join(items[place:]) for place, item in enumerate(items)]
    for name in ("a", *traits):
        lines.append(f"score_{name} := {weight!r} * ({' + '.join(name + item for item in items)})")
    return "\n".join(lines)


def _problem_of_answers(answers: Array, k: int) -> str:
    """Why the normal model of the items has no maximum, or none worth having; empty text when nothing speaks for it."""
    n, p = answers.shape
    answered = (~np.isnan(answers)).astype(float)
    if n <= p * k + p * (p + 1) // 2:
        return "too_few_persons"
    if (answered.T @ answered).min() < 2:
        return "never_together"
    return "constant_item" if (np.nanmax(answers, axis=0) == np.nanmin(answers, axis=0)).any() else ""


def _nothing(k: int, problem: str) -> _Fitted:
    unknown = np.full(k, np.nan)
    return _Fitted(unknown, unknown, unknown, unknown, problem)


def _estimate(empty: Estimate, fitted: _Fitted, place: int, question: Question, filled: Array | None) -> Estimate:
    """``empty`` with the figures of coefficient ``place`` and its interval."""
    if fitted.problem:
        return replace(empty, problems=(fitted.problem,))
    value, se, df, share = (
        float(figures[place]) for figures in (fitted.estimates, fitted.errors, fitted.df, fitted.missing_share)
    )
    level = 0.5 + question.confidence / 2
    half = se * float(t_distribution.ppf(level, df) if np.isfinite(df) else norm.ppf(level))
    # as many as a hundredth of the information that is missing (White, Royston & Wood 2011, §7)
    few = filled is not None and empty.method == "imputation" and 100 * share > len(filled)
    return replace(
        empty, estimate=value, se=se, df=df, ci_lower=value - half, ci_upper=value + half,
        missing_share=share, problems=empty.problems + ("few_imputations",) * few,
    )  # fmt: skip

"""Contrasts of traits of units, and of the differences between their effects, by every method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from analysis.clusters.assignments import assignments
from analysis.clusters.contrast import NAIVE, Array, Contrast, Method, with_interval, with_t_test
from analysis.clusters.design import Compared, Question
from analysis.clusters.kenward_roger import kenward_roger
from analysis.clusters.least_squares import LeastSquares, least_squares
from analysis.clusters.mixed import RandomIntercept, random_intercept
from analysis.clusters.permutation import permutation_test
from analysis.clusters.robust import cluster_robust
from analysis.clusters.unit_means import UnitFit, unit_fit
from analysis.clusters.wild import wild_bootstrap, wild_weights

_ROUNDING = 1e-13
"""A residual variance of this share of the outcome's is nil: what differences of sums of squares leave."""


@dataclass(frozen=True)
class Settings:
    """``confidence`` of intervals; at most ``draws`` assignments or weights; ``seed`` of those that are drawn."""

    confidence: float
    draws: int
    seed: int


def unit_contrasts(data: Compared, methods: Sequence[Method], settings: Settings) -> list[Contrast]:
    """Every question of ``data`` by every one of ``methods`` but ``persons``; refused ones with their code."""
    answers = _Answers(data, settings)
    result = []
    for question in data.questions:
        for method in methods:
            c = Contrast(data.outcome, question.trait, method, len(data.y), question.n_high, question.n_low)
            code = question.naive_refused if method in NAIVE else question.refused
            if code:
                result.append(replace(c, refused=code))
                continue
            if method not in NAIVE:
                c = replace(c, minimum_pvalue=question.minimum_pvalue)
            result.append(answers.by(method)(question, c))
    return result


def drawn_by(seed: int, *what: str) -> list[int]:
    """The seed of one test, by ``what`` it is (not by its place among others)."""
    return [seed, *(crc32(name.encode()) for name in what)]


class _Answers:
    """Each fit once, when it is first needed; then one answer a question and method."""

    def __init__(self, data: Compared, settings: Settings) -> None:
        self._data, self._settings = data, settings
        self._persons: LeastSquares | None = None
        self._units: UnitFit | None = None
        self._mixed: RandomIntercept | None = None

    def by(self, method: Method) -> Callable[[Question, Contrast], Contrast]:
        """The function that fills in a contrast by ``method``."""
        answers: dict[Method, Callable[[Question, Contrast], Contrast]] = {
            "ols": self._naive, "project_means": self._unit_means, "mixed": self._random_intercept,
            "cr2": self._robust, "cr3": self._robust, "permutation": self._permutation, "wild": self._wild,
        }  # fmt: skip
        return answers[method]

    def _fitted(self) -> LeastSquares:
        data = self._data
        self._persons = self._persons or least_squares(data.y - data.y.mean(), data.X, data.cluster)
        return self._persons

    def _t(self, c: Contrast, estimate: float, se: float, df: float) -> Contrast:
        confidence, sd = self._settings.confidence, self._data.sd
        return with_t_test(c, estimate=estimate, se=se, df=df, confidence=confidence, sd=sd)

    def _naive(self, question: Question, c: Contrast) -> Contrast:
        fitted = self._fitted()
        se = float(fitted.naive_se(question.weights[None, :])[0])
        return self._t(c, float(question.weights @ fitted.beta), se, fitted.df)

    def _robust(self, question: Question, c: Contrast) -> Contrast:
        found = cluster_robust(self._fitted(), question.weights[None, :], kind="CR2" if c.method == "cr2" else "CR3")
        return self._t(c, float(found.estimate[0]), float(found.se[0]), float(found.df[0]))

    def _unit_means(self, question: Question, c: Contrast) -> Contrast:
        self._units = self._units or unit_fit(self._data.means, self._data.Z)
        weights, fitted = question.unit_weights, self._units
        return self._t(c, float(weights @ fitted.beta), _error(weights, fitted.covariance), fitted.df)

    def _random_intercept(self, question: Question, c: Contrast) -> Contrast:
        data = self._data
        if len(data.y) <= len(data.units):
            return replace(c, refused="too_few_persons")  # what units share cannot be told from what persons do not
        if self._mixed is None:
            self._mixed = random_intercept(data.y - data.y.mean(), data.X, data.cluster)
        fitted, weights = self._mixed, question.weights
        between, within = fitted.intercept_variance, fitted.residual_variance
        if within <= _ROUNDING * data.sd**2:
            return replace(c, refused="no_variation")
        if not fitted.converged:
            return replace(c, refused="not_converged")
        errors = kenward_roger(data.X, data.cluster, between=between, within=within)
        estimate = float(weights @ fitted.beta)
        return self._t(c, estimate, _error(weights, errors.covariance), errors.df(weights))

    def _permutation(self, question: Question, c: Contrast) -> Contrast:
        draws, confidence = self._settings.draws, self._settings.confidence
        seed = drawn_by(self._settings.seed, "permutation", question.trait)
        permuted = assignments(question.tested, question.strata, draws=draws, seed=seed)
        found = permutation_test(self._data.means, question.tested, question.others, permuted, confidence=confidence)
        least = question.minimum_pvalue if permuted.exact else max(question.minimum_pvalue, 1 / (draws + 1))
        c = replace(c, n_draws=permuted.n_draws, exact="yes" if permuted.exact else "no", minimum_pvalue=least)
        return resampled(c, found.estimate, found.se, found.pvalue, (found.ci_lower, found.ci_upper), self._data.sd)

    def _wild(self, question: Question, c: Contrast) -> Contrast:
        seed = drawn_by(self._settings.seed, "wild", question.trait)
        return wild_contrast(self._fitted(), question.weights, c, sd=self._data.sd, settings=self._settings, seed=seed)


def wild_contrast(
    fitted: LeastSquares, weights: Array, c: Contrast, *, sd: float, settings: Settings, seed: list[int]
) -> Contrast:
    """``c`` by the wild cluster bootstrap of ``weights'beta``."""
    draws = wild_weights(fitted.n_clusters, confidence=settings.confidence, draws=settings.draws, seed=seed)
    found = wild_bootstrap(fitted, weights, draws, confidence=settings.confidence)
    c = replace(c, n_draws=draws.n_draws, exact="yes" if draws.exact else "no", minimum_pvalue=draws.minimum_pvalue)
    return resampled(c, found.estimate, found.se, found.pvalue, (found.ci_lower, found.ci_upper), sd)


def resampled(
    c: Contrast, estimate: float, se: float, pvalue: float, interval: tuple[float, float], sd: float
) -> Contrast:
    """``c`` with what resampling found, without degrees of freedom; refused where nothing varies."""
    if np.isnan(pvalue) or not se > 1e-12 * sd:
        return replace(c, n_draws=np.nan, exact="", refused="no_variation")
    found = replace(c, estimate=estimate, se=se, statistic=estimate / se, pvalue=pvalue)
    return with_interval(found, lower=interval[0], upper=interval[1], sd=sd)


def _error(weights: Array, covariance: Array) -> float:
    return float(np.sqrt(weights @ covariance @ weights))

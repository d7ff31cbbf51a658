"""Reliability of answers seen as cut from something continuous and normal: a sensitivity analysis.

Two different questions. ``alpha`` is Zumbo, Gadermann & Zeisser's (2007, Journal of Modern Applied Statistical Methods
6, 21-29) ordinal alpha: alpha of the polychoric correlations, how consistent the continuous things behind the answers
are. ``omega`` is Green & Yang's (2009, Psychometrika 74, 155-167, eq. 21) categorical omega: how reliable the sum of
the answers as given is, when the factor model holds for what is behind them. The second is about the score people get,
so it is the one to set beside omega; the first is often larger, because nobody has the score it speaks of (Chalmers
2018, Educational and Psychological Measurement 78, 1056-1071). ``omega_continuous``, omega of the polychoric
correlations, is the first question asked of the factor model.

Correlations are the two-step ones of Olsson (1979), as in lavaan: thresholds from each item's own shares, no correction
for empty cells but half an answer in a 2 by 2 table with one; psych::polychoric with ``correct = 0`` means the same
estimate, found less precisely. A category nobody chose has no threshold. Where one is between two that were chosen, a
step of the sum is two answers wide: Green & Yang's sums over thresholds weigh each by the distance of the answers it
parts, which for answers one apart is their formula.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from analysis.measurement.alpha import alpha_of_covariance
from analysis.measurement.factor import ITEMS_TO_IDENTIFY
from analysis.measurement.omega import omega_total
from analysis.measurement.problems import Problem
from analysis.sem import ModelError
from analysis.sem.admissible import inadmissible
from analysis.sem.bivariate_normal import probability
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.inference import infer
from analysis.sem.options import Options
from analysis.sem.ordinal import OrdinalMoments, ordinal_moments

Array = npt.NDArray[np.floating[Any]]

MOST_CATEGORIES = 15


@dataclass(frozen=True)
class OrdinalReliability:
    """``alpha`` of the polychoric ``correlations`` (k, k); ``omega`` of the sum of the answers (Green & Yang), and
    ``omega_observed`` with the polychoric correlations in place of the model's below the line; ``omega_continuous`` of
    what is behind the answers; standardised ``loadings`` by item, positive on the whole. NaN or empty, with the
    ``problem``, where a figure cannot be had."""

    problem: Problem | None = None
    alpha: float = np.nan
    omega: float = np.nan
    omega_observed: float = np.nan
    omega_continuous: float = np.nan
    loadings: pd.Series[float] = field(default_factory=lambda: pd.Series(dtype=float))
    correlations: pd.DataFrame = field(default_factory=pd.DataFrame)


def ordinal_reliability(varying: pd.DataFrame) -> OrdinalReliability:
    """Ordinal alpha, omega and loadings of complete answers (persons by items) to items that vary.

    The factor model is fitted by diagonally weighted least squares, as lavaan's estimates of WLSMV are; it needs three
    items. Fewer than two items have nothing.
    """
    if varying.shape[1] < 2:
        return OrdinalReliability()
    found = [np.unique(answers, return_inverse=True) for answers in varying.to_numpy(dtype=float).T]
    categories, codes = [values for values, _ in found], np.stack([places for _, places in found], axis=1)
    if max(map(len, categories)) > MOST_CATEGORIES:
        return OrdinalReliability("many_categories")
    try:
        if varying.shape[1] < ITEMS_TO_IDENTIFY:
            return _of_moments(ordinal_moments(codes, [str(name) for name in varying.columns]), varying.columns)
        plain = pd.DataFrame(codes, columns=[f"x{j}" for j in range(codes.shape[1])])
        estimated = _solved(plain)
    except ModelError:
        return OrdinalReliability("ordinal_not_estimable")
    return _of_model(estimated, varying.columns, [np.diff(c) for c in categories])


def _solved(codes_by_person: pd.DataFrame) -> Estimated:
    """The one-factor model without errors and measures of fit, which nothing here asks for."""
    items = tuple(codes_by_person.columns)
    options = Options.checked(ordered=items, estimator="dwls", errors="none", std_lv=True)
    return estimated_by(*prepared(f"F =~ {' + '.join(items)}", codes_by_person, options), options)


def green_yang(truth: Array, whole: Array, thresholds: list[Array], steps: list[Array]) -> float:
    """Green & Yang's (2009) omega of the sum of k items: the covariance of two sums that share only the factor, over
    the variance of one.

    ``truth`` (k, k): correlations of two parallel answers to the items, ``lambda lambda'`` (its diagonal too);
    ``whole`` (k, k): correlations of what is behind the answers, ones on the diagonal. ``thresholds`` by item, and
    ``steps`` by item: how much each adds to the item's score when it is passed.
    """
    return _covariance_of_sum(truth, thresholds, steps) / _covariance_of_sum(whole, thresholds, steps)


def _covariance_of_sum(correlations: Array, thresholds: list[Array], steps: list[Array]) -> float:
    """Sum over all pairs of items and their thresholds of ``step step' (P(X <= t, Y <= t') - P(X <= t) P(Y <= t'))``:
    the covariance of passing thresholds is that of not passing them."""
    item = np.repeat(np.arange(len(thresholds)), [len(t) for t in thresholds])
    t, step = np.concatenate(thresholds), np.concatenate(steps)
    r = correlations[np.ix_(item, item)]
    below = np.where(r >= 1, ndtr(np.minimum.outer(t, t)), probability(t[:, None], t[None, :], np.minimum(r, _BELOW_1)))
    return float(step @ (below - np.outer(ndtr(t), ndtr(t))) @ step)


_BELOW_1 = 1 - 1e-12


def _of_moments(moments: OrdinalMoments, items: pd.Index) -> OrdinalReliability:
    matrix = moments.correlation_matrix
    return OrdinalReliability(
        alpha=alpha_of_covariance(matrix), correlations=pd.DataFrame(matrix, index=items, columns=items)
    )


def _of_model(estimated: Estimated, items: pd.Index, steps: list[Array]) -> OrdinalReliability:
    """What a fitted model with standardised factor and delta parameterisation gives: loadings are standardised."""
    moments = estimated.sample.groups[0].ordered
    found = _of_moments(moments, items)
    if not estimated.converged or infer(estimated).problems or inadmissible(estimated):
        problem: Problem = "ordinal_inadmissible" if estimated.converged else "ordinal_not_converged"
        return OrdinalReliability(problem, alpha=found.alpha, correlations=found.correlations)
    rows = estimated.table.rows
    loadings = estimated.theta[[row.index for row in rows if row.op == "=~" and row.index is not None]]
    loadings = -loadings if loadings.sum() < 0 else loadings
    truth = np.outer(loadings, loadings)
    implied = truth.copy()
    np.fill_diagonal(implied, 1.0)
    thresholds = [moments.thresholds[moments.threshold_item == j] for j in range(len(loadings))]
    return OrdinalReliability(
        alpha=found.alpha,
        omega=green_yang(truth, implied, thresholds, steps),
        omega_observed=green_yang(truth, moments.correlation_matrix, thresholds, steps),
        omega_continuous=omega_total(loadings, 1 - loadings**2),
        loadings=pd.Series(loadings, index=items, dtype=float),
        correlations=found.correlations,
    )

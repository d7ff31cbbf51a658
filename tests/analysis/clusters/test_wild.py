"""The wild bootstrap by refitting every draw, and which weights it has."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from analysis.clusters.least_squares import least_squares
from analysis.clusters.wild import wild_bootstrap, wild_coefficients, wild_weights


def data(k: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    cluster = np.repeat(np.arange(k), rng.integers(3, 9, size=k))
    X = np.column_stack([np.ones(len(cluster)), cluster % 2, rng.normal(size=len(cluster))]).astype(float)
    return 0.5 * rng.normal(size=k)[cluster] + rng.normal(size=len(cluster)), X, cluster


def refitted(y: np.ndarray, X: np.ndarray, cluster: np.ndarray, weights: np.ndarray, effect: float) -> float:
    """p of the second coefficient being ``effect``, each draw fitted anew."""

    def t_of(values: np.ndarray) -> float:
        M = np.linalg.inv(X.T @ X)
        beta = M @ X.T @ values
        scores = np.array([X[cluster == g].T @ (values - X @ beta)[cluster == g] for g in range(cluster.max() + 1)])
        return float((beta[1] - effect) / np.sqrt((M @ scores.T @ scores @ M)[1, 1]))

    rest = np.delete(X, 1, axis=1)
    imposed = rest @ np.linalg.lstsq(rest, y - effect * X[:, 1], rcond=None)[0] + effect * X[:, 1]
    draws = [abs(t_of(imposed + w[cluster] * (y - imposed))) for w in weights]
    return float(np.mean(np.array(draws) >= abs(t_of(y)) * (1 - 1e-9)))


@pytest.mark.parametrize("effect", [0.0, 0.4, -1.0])
def test_every_draw_fitted_anew(effect: float) -> None:
    y, X, cluster = data()
    weights = np.array(list(product([1.0, -1.0], repeat=6)))
    fitted = least_squares(y, X, cluster)
    found = wild_coefficients(fitted, np.array([0.0, 1.0, 0.0]), weights).pvalue(effect)
    assert found == pytest.approx(refitted(y, X, cluster, weights, effect), abs=1e-12)


def test_half_of_the_signs_stand_for_all_of_them() -> None:
    y, X, cluster = data(8)
    c, fitted = np.array([0.0, 1.0, 0.0]), least_squares(y, X, cluster)
    half = wild_weights(8, confidence=0.95, draws=9999, seed=0)
    assert half.exact and half.n_draws == 256 and len(half.values) == 128
    assert half.minimum_pvalue == 2 / 256
    assert (half.values[0] == 1).all() and len(np.unique(half.values, axis=0)) == 128
    everything = wild_coefficients(fitted, c, np.array(list(product([1.0, -1.0], repeat=8))))
    assert wild_coefficients(fitted, c, half.values).pvalue() == everything.pvalue()


@pytest.mark.parametrize(
    ("k", "n_draws", "exact", "n_values"),
    [(5, 6**5, True, 6), (6, 999, False, 6), (7, 999, False, 6), (8, 256, True, 2), (12, 999, False, 2)],
)
def test_which_weights(k: int, n_draws: int, exact: bool, n_values: int) -> None:
    found = wild_weights(k, confidence=0.95, draws=9999 if exact else 999, seed=0)
    assert (found.n_draws, found.exact) == (n_draws, exact)
    assert len(np.unique(np.abs(found.values[1:]) * np.sign(found.values[1:]))) == n_values
    assert found.values.mean() == pytest.approx(0, abs=0.2) or exact
    assert len(found.values) == (n_draws // 2 if exact else n_draws + 1)
    np.testing.assert_array_equal(found.values[0], 1.0)


def test_webb_with_all_of_its_values_for_five_clusters() -> None:
    y, X, cluster = data(5)
    weights = wild_weights(5, confidence=0.95, draws=9999, seed=0)
    values = np.sqrt([0.5, 1, 1.5])
    everything = np.array(list(product(np.concatenate([values, -values]), repeat=5)))
    c, fitted = np.array([0.0, 1.0, 0.0]), least_squares(y, X, cluster)
    assert wild_coefficients(fitted, c, weights.values).pvalue() == pytest.approx(
        wild_coefficients(fitted, c, everything).pvalue(), abs=1e-12
    )


def test_stata_s_factor() -> None:
    y, X, cluster = data(8)
    fitted, c = least_squares(y, X, cluster), np.array([0.0, 1.0, 0.0])
    found = wild_bootstrap(fitted, c, wild_weights(8, confidence=0.95, draws=9999, seed=0), confidence=0.95)
    from statsmodels.regression.linear_model import OLS

    theirs = OLS(y, X).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    assert found.estimate == pytest.approx(theirs.params[1])
    assert found.se == pytest.approx(theirs.bse[1])
    assert found.ci_lower < found.estimate < found.ci_upper

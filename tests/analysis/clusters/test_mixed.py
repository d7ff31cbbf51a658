"""Random intercepts beside lme4, and where statsmodels goes astray."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.clusters.mixed import random_intercept

ORACLES = Path(__file__).resolve().parents[2] / "oracles"
REFERENCE = json.loads((ORACLES / "mixed.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("scale", REFERENCE)
def test_lme4(scale: str) -> None:
    wanted = REFERENCE[scale]
    frame = pd.read_csv(ORACLES / "lavaan" / "study_shaped.csv")
    items = wanted["items"] if isinstance(wanted["items"], list) else [wanted["items"]]
    y = frame[items].mean(axis=1).to_numpy()
    traits = [frame["location"] == "in_neighbourhood", frame["construction"] == "repurposed"]
    X = np.column_stack([np.ones(len(frame)), *traits]).astype(float)
    ours = random_intercept(y, X, frame["project"].to_numpy(dtype=object))
    np.testing.assert_allclose(ours.beta, wanted["beta"], rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.covariance)), wanted["se"], rtol=1e-5)
    assert ours.residual_variance == pytest.approx(wanted["residual_variance"], rel=1e-5)
    assert ours.intercept_variance == pytest.approx(wanted["intercept_variance"], rel=1e-4, abs=1e-12)


def _balanced(seed: int = 5, k: int = 8, n: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(k), n)
    trait = (clusters % 2).astype(float)
    y = 0.3 * trait + rng.normal(size=k)[clusters] + rng.normal(size=k * n)
    return y, np.column_stack([np.ones(k * n), trait]), clusters


def test_in_a_balanced_design_the_trait_is_tested_on_cluster_means() -> None:
    y, X, clusters = _balanced()
    fitted = random_intercept(y, X, clusters)
    means = y.reshape(8, 10).mean(axis=1)
    high, low = means[1::2], means[::2]
    assert fitted.beta[1] == pytest.approx(high.mean() - low.mean(), rel=1e-10)
    pooled = (high.var(ddof=1) + low.var(ddof=1)) / 2
    assert np.sqrt(fitted.covariance[1, 1]) == pytest.approx(np.sqrt(pooled * 2 / 4), rel=1e-7)
    within = y.reshape(8, 10).var(axis=1, ddof=1).mean()
    assert fitted.residual_variance == pytest.approx(within, rel=1e-7)
    assert fitted.intercept_variance == pytest.approx(pooled - within / 10, rel=1e-6)


def test_without_variance_between_clusters_it_is_ordinary_least_squares() -> None:
    y, X, clusters = _balanced()
    y = y - y.reshape(8, 10).mean(axis=1)[clusters] + 0.3 * X[:, 1]  # every cluster of a level has the same mean
    fitted = random_intercept(y, X, clusters)
    assert fitted.intercept_variance == 0
    beta, rest, *_ = np.linalg.lstsq(X, y, rcond=None)
    np.testing.assert_allclose(fitted.beta, beta, atol=1e-12)
    assert fitted.residual_variance == pytest.approx(float(rest[0]) / (len(y) - 2))


def test_dependent_columns_are_an_error() -> None:
    y, X, clusters = _balanced()
    with pytest.raises(np.linalg.LinAlgError):
        random_intercept(y, np.column_stack([X, X[:, 1]]), clusters)


def test_statsmodels_lbfgs_is_why_this_exists() -> None:
    """When this fails, statsmodels has mended it, and its model may take the place of ours."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(12), rng.integers(5, 60, size=12))
    trait = (clusters % 2).astype(float)
    X = np.column_stack([np.ones(len(clusters)), trait])
    y = 0.3 * rng.normal(size=12)[clusters] + rng.normal(size=len(clusters))
    ours = random_intercept(y, X, clusters)
    with warnings.catch_warnings(action="ignore"):
        astray = MixedLM(y, X, groups=clusters).fit(reml=True, method="lbfgs")
        right = MixedLM(y, X, groups=clusters).fit(reml=True, method="bfgs")
    assert right.fe_params[1] == pytest.approx(ours.beta[1], abs=1e-4)
    assert astray.converged
    assert abs(astray.fe_params[1] - ours.beta[1]) > 0.1

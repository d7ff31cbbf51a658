"""Intraclass correlation, design effect, effective n."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f

from analysis.clustering import intraclass_correlation


def test_by_hand() -> None:
    # means 2, 5, 8; MSB = 2 * ((2-5)² + 0 + (8-5)²) / 2 = 18; MSW = (2 + 2 + 2) / 3 = 2; n0 = 2
    values = pd.Series([1.0, 3, 4, 6, 7, 9])
    clusters = pd.Series(["a", "a", "b", "b", "c", "c"])
    found = intraclass_correlation(values, clusters, confidence=0.95)
    assert found is not None
    assert (found.n_obs, found.n_clusters) == (6, 3)
    assert found.icc == pytest.approx((18 - 2) / (18 + 2))
    assert found.design_effect == pytest.approx(1 + 0.8)
    assert found.effective_n == pytest.approx(6 / 1.8)
    ratio = 9 / f.ppf(0.975, 2, 3)
    assert found.icc_ci_lower == pytest.approx((ratio - 1) / (ratio + 1))
    ratio = 9 / f.ppf(0.025, 2, 3)
    assert found.icc_ci_upper == pytest.approx((ratio - 1) / (ratio + 1))


def test_unequal_sizes_by_hand() -> None:
    values = pd.Series([1.0, 2, 3, 5, 7])
    clusters = pd.Series(["a", "a", "a", "b", "b"])
    grand = 3.6
    between = 3 * (2 - grand) ** 2 + 2 * (6 - grand) ** 2
    within = (2 + 2) / 3
    n0 = 5 - (9 + 4) / 5
    found = intraclass_correlation(values, clusters, confidence=0.9)
    assert found is not None
    assert found.icc == pytest.approx((between - within) / (between + (n0 - 1) * within))
    assert found.design_effect == pytest.approx(1 + (13 / 5 - 1) * found.icc)


def test_a_negative_correlation_costs_nobody() -> None:
    found = intraclass_correlation(pd.Series([1.0, 5, 1, 5]), pd.Series(list("aabb")), confidence=0.95)
    assert found is not None
    assert found.icc < 0
    assert (found.design_effect, found.effective_n) == (1, 4)


def test_clusters_without_variance_inside() -> None:
    found = intraclass_correlation(pd.Series([1.0, 1, 5, 5]), pd.Series(list("aabb")), confidence=0.95)
    assert found is not None
    assert (found.icc, found.design_effect, found.effective_n) == (1, 2, 2)


def test_unknown_values_and_clusters_do_not_count() -> None:
    values = pd.Series([1.0, 3, 4, 6, 7, 9, np.nan, 100])
    clusters = pd.Series(["a", "a", "b", "b", "c", "c", "c", None])
    found = intraclass_correlation(values, clusters, confidence=0.95)
    assert found is not None and found.n_obs == 6 and found.icc == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("values", "clusters"),
    [([1.0, 2, 3], "aaa"), ([1.0, 2, 3], "abc"), ([2.0, 2, 2, 2], "aabb"), ([np.nan] * 4, "aabb")],
)
def test_nothing_to_estimate(values: list[float], clusters: str) -> None:
    assert intraclass_correlation(pd.Series(values), pd.Series(list(clusters)), confidence=0.95) is None


def test_the_interval_covers_in_unequal_clusters() -> None:
    rng = np.random.default_rng(11)
    sizes = [4, 8, 12, 16, 20, 24, 30, 36, 10, 14, 18, 40]
    clusters = pd.Series(np.repeat(np.arange(12), sizes))
    covered = 0
    for _ in range(300):
        values = np.sqrt(0.1) * rng.normal(size=12)[clusters] + np.sqrt(0.9) * rng.normal(size=len(clusters))
        found = intraclass_correlation(pd.Series(values), clusters, confidence=0.95)
        assert found is not None
        covered += found.icc_ci_lower <= 0.1 <= found.icc_ci_upper
    assert 0.92 <= covered / 300 <= 0.98

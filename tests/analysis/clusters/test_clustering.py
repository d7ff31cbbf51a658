"""ICC(1), ICC(2), design effect, effective n, and intervals that hold for few projects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f

from analysis.clusters.clustering import (
    Clustering,
    OneWay,
    exact_interval,
    intraclass_correlation,
    one_way,
    wald_ratio,
    worth_of_persons,
)

ORACLES = Path(__file__).resolve().parents[2] / "oracles" / "clustering"
REFERENCES: dict[str, Any] = json.loads((ORACLES / "clustering.json").read_text(encoding="utf-8"))
UNEQUAL = {f"{case['file']} {case['outcome']}": case for case in REFERENCES["unequal"]}
FIGURES = [name for name in Clustering.__dataclass_fields__ if name not in ("n_obs", "n_clusters", "problem")]


def clustered(values: list[float], clusters: str, *, confidence: float = 0.95) -> Clustering:
    return intraclass_correlation(pd.Series(values), pd.Series(list(clusters)), confidence=confidence)


def of_case(case: dict[str, Any], **options: Any) -> Clustering:
    answers = pd.read_csv(ORACLES / case["file"])
    return intraclass_correlation(answers[case["outcome"]], answers[case["cluster"]], **{"confidence": 0.95, **options})


def test_by_hand() -> None:
    # means 2, 5, 8; MSB = 2 * ((2-5)² + 0 + (8-5)²) / 2 = 18; MSW = (2 + 2 + 2) / 3 = 2; n0 = 2
    found = clustered([1.0, 3, 4, 6, 7, 9], "aabbcc")
    assert (found.n_obs, found.n_clusters, found.problem) == (6, 3, "")
    assert found.icc == pytest.approx((18 - 2) / (18 + 2))
    assert found.icc2 == pytest.approx(16 / 18)
    assert found.design_effect == pytest.approx(1 + 0.8)
    assert found.effective_n == pytest.approx(6 / 1.8)
    # equal sizes: the F interval
    ratio = 9 / f.ppf(0.975, 2, 3)
    assert found.icc_ci_lower == pytest.approx((ratio - 1) / (ratio + 1))
    assert found.icc2_ci_lower == pytest.approx(1 - 1 / ratio)
    ratio = 9 / f.ppf(0.025, 2, 3)
    assert found.icc_ci_upper == pytest.approx((ratio - 1) / (ratio + 1))
    assert found.icc2_ci_upper == pytest.approx(1 - 1 / ratio)
    assert found.design_effect_ci_lower == 1  # the ICC's lower end is below nil
    assert found.design_effect_ci_upper == pytest.approx(1 + found.icc_ci_upper)
    assert found.effective_n_ci_lower == pytest.approx(6 / found.design_effect_ci_upper)
    assert found.effective_n_ci_upper == 6


def test_unequal_sizes_by_hand() -> None:
    grand = 3.6
    between = 3 * (2 - grand) ** 2 + 2 * (6 - grand) ** 2
    within = (2 + 2) / 3
    n0 = 5 - (9 + 4) / 5
    found = clustered([1.0, 2, 3, 5, 7], "aaabb")
    assert found.icc == pytest.approx((between - within) / (between + (n0 - 1) * within))
    assert found.icc2 == pytest.approx(n0 * found.icc / (1 + (n0 - 1) * found.icc))  # Spearman and Brown
    assert found.design_effect == pytest.approx(1 + (13 / 5 - 1) * found.icc)
    # two clusters: with 1/w1 + 1/w2 = 1/3 + 1/2 + 2θ the F ratio is 16 / (5/6 + 2θ) / MSW
    theta = (16 / within / f.ppf(0.975, 1, 3) - 5 / 6) / 2
    assert found.icc_ci_lower == pytest.approx(theta / (1 + theta))
    theta = (16 / within / f.ppf(0.025, 1, 3) - 5 / 6) / 2
    assert found.icc_ci_upper == pytest.approx(theta / (1 + theta))


@pytest.mark.parametrize("name", UNEQUAL)
def test_as_psych_and_multilevel_find(name: str) -> None:
    case = UNEQUAL[name]
    found = of_case(case, size="mean")
    assert (found.n_obs, found.n_clusters) == (case["n"], case["k"])
    assert found.icc == pytest.approx(case["icc1_psych"], rel=1e-9)
    assert found.icc == pytest.approx(case["icc1_multilevel"], rel=1e-9)
    assert found.icc2 == pytest.approx(case["icc2_psych"], rel=1e-9)
    assert found.icc2 == pytest.approx(case["icc2_multilevel"], rel=1e-9)
    assert of_case(case).icc2 == found.icc2


@pytest.mark.parametrize("name", [name for name, case in UNEQUAL.items() if case["balanced"]])
def test_equal_sizes_as_lme4_finds(name: str) -> None:
    found = of_case(UNEQUAL[name])
    assert max(found.icc, 0) == pytest.approx(UNEQUAL[name]["icc_lme4"], abs=1e-6)
    assert found.icc == pytest.approx(of_case(UNEQUAL[name], size="mean").icc, rel=1e-12)


@pytest.mark.parametrize("name", UNEQUAL)
@pytest.mark.parametrize("level", [0.95, 0.9])
def test_interval_from_the_whole_covariance_matrix(name: str, level: float) -> None:
    # R: residual quadratic form under I + θZZ', of all persons, inverted by a matrix of persons by persons
    case = UNEQUAL[name]
    found = of_case(case, confidence=level)
    lower, upper = case[f"exact{round(100 * level)}"]
    assert found.icc_ci_lower == pytest.approx(min(lower, found.icc), abs=1e-8)
    assert found.icc_ci_upper == pytest.approx(max(upper, found.icc), abs=1e-8)


@pytest.mark.parametrize("name", REFERENCES["equal"])
def test_equal_sizes_as_psych_icc_finds(name: str) -> None:
    case = next(case for case in UNEQUAL.values() if case["file"] == f"{name}.csv")
    found, reference = of_case(case), REFERENCES["equal"][name]
    assert (found.icc, found.icc_ci_lower, found.icc_ci_upper) == pytest.approx(reference["icc1"], abs=1e-8)
    assert (found.icc2, found.icc2_ci_lower, found.icc2_ci_upper) == pytest.approx(reference["icc2"], abs=1e-8)


def test_a_negative_correlation_costs_nobody() -> None:
    found = clustered([1.0, 5, 1, 4], "aabb")
    assert found.icc < 0 and found.problem == "negative_icc"
    assert (found.design_effect, found.effective_n, found.design_effect_ci_lower) == (1, 4, 1)


def test_means_exactly_alike() -> None:
    found = clustered([1.0, 5, 1, 5], "aabb")
    assert found.icc == -1 and found.problem == "negative_icc"
    assert np.isnan(found.icc2)  # nothing between clusters: no reliability to speak of
    assert (found.design_effect, found.effective_n) == (1, 4)


def test_clusters_without_variance_inside() -> None:
    found = clustered([1.0, 1, 5, 5], "aabb")
    assert (found.icc, found.icc2, found.design_effect, found.effective_n) == (1, 1, 2, 2)
    assert found.problem == "perfect_agreement"
    assert np.isnan([found.icc_ci_lower, found.icc_ci_upper, found.design_effect_ci_upper]).all()


def test_perfect_agreement_survives_rounding() -> None:
    found = clustered([0.1, 0.1, 0.1, 0.7, 0.7, 0.7], "aaabbb")
    assert (found.icc, found.problem) == (1, "perfect_agreement")


def test_a_cluster_of_one_tells_of_differences_between_clusters() -> None:
    with_one, without = clustered([1.0, 3, 4, 6, 50], "aabbc"), clustered([1.0, 3, 4, 6], "aabb")
    assert (with_one.n_obs, with_one.n_clusters) == (5, 3)
    assert with_one.icc > without.icc


def test_unknown_values_and_clusters_do_not_count() -> None:
    values = pd.Series([1.0, 3, 4, 6, 7, 9, np.nan, 100])
    clusters = pd.Series(["a", "a", "b", "b", "c", "c", "c", None])
    found = intraclass_correlation(values, clusters, confidence=0.95)
    assert found.n_obs == 6 and found.icc == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("values", "clusters", "problem"),
    [
        ([1.0, 2, 3], "aaa", "too_few_projects"),
        ([1.0], "a", "too_few_projects"),
        ([1.0, 2, 3], "abc", "one_person_each"),
        ([2.0, 2, 2, 2], "aabb", "no_variation"),
        ([0.1] * 6, "aaabbb", "no_variation"),
        ([np.nan] * 4, "aabb", "too_few_projects"),
    ],
)
def test_nothing_to_estimate(values: list[float], clusters: str, problem: str) -> None:
    found = clustered(values, clusters)
    assert found.problem == problem
    assert np.isnan([getattr(found, name) for name in FIGURES]).all()


def test_the_estimate_below_what_the_largest_cluster_allows() -> None:
    # means nearly alike, one large cluster: n0 lets the estimate fall below -1/(n_max - 1)
    case = UNEQUAL["answers.csv alone5"]
    found = of_case(case)
    assert found.icc < -1 / 39
    assert found.icc_ci_lower == found.icc


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=7).filter(lambda sizes: max(sizes) > 1),
    st.integers(0, 10**6),
    st.floats(-50, 50),
    st.floats(0.1, 20),
)
def test_neither_origin_nor_unit_nor_order_matters(sizes: list[int], seed: int, origin: float, unit: float) -> None:
    rng = np.random.default_rng(seed)
    clusters = pd.Series(np.repeat(np.arange(len(sizes)), sizes))
    values = pd.Series(rng.normal(size=len(clusters)) + rng.normal(size=len(sizes))[clusters])
    found = intraclass_correlation(values, clusters, confidence=0.9)
    assert found.icc_ci_lower <= found.icc <= found.icc_ci_upper
    assert 1 <= found.design_effect_ci_lower <= found.design_effect <= found.design_effect_ci_upper
    assert found.effective_n_ci_lower <= found.effective_n <= found.effective_n_ci_upper <= len(values)
    order = rng.permutation(len(values))
    names = clusters.map(lambda cluster: f"p{9 - cluster}")
    changed = intraclass_correlation((origin + unit * values).iloc[order], names.iloc[order], confidence=0.9)
    for name in FIGURES:
        assert getattr(changed, name) == pytest.approx(getattr(found, name), rel=1e-5, abs=1e-6), name


def test_the_ratio_falls_as_the_correlation_rises() -> None:
    found = OneWay(np.array([3.0, 8, 1, 12]), np.array([1.0, 2, 4, 2.5]), between=np.nan, within=1.3)
    ratios = [wald_ratio(found, icc) for icc in np.linspace(-0.09, 0.99, 40)]
    assert (np.diff(ratios) < 0).all()
    lower, upper = exact_interval(found, confidence=0.95)
    assert wald_ratio(found, lower) == pytest.approx(f.ppf(0.975, 3, 20), rel=1e-9)
    assert wald_ratio(found, upper) == pytest.approx(f.ppf(0.025, 3, 20), rel=1e-9)


def test_what_persons_are_worth() -> None:
    effective, reliability = worth_of_persons(np.array([1.0, 5, 21]), icc=0.25)
    assert effective.tolist() == pytest.approx([1, 2.5, 3.5])
    assert reliability.tolist() == pytest.approx([0.25, 0.625, 0.875])
    effective, reliability = worth_of_persons(np.array([1.0, 5]), icc=-0.1)
    assert (effective.tolist(), reliability.tolist()) == ([1, 5], [0, 0])
    assert np.isnan(worth_of_persons(np.array([5.0]), icc=np.nan)).all()


def test_the_interval_covers_in_six_unequal_clusters() -> None:
    rng = np.random.default_rng(11)
    sizes = np.array([2, 5, 10, 20, 40, 60])
    place = np.repeat(np.arange(6), sizes)
    missed = np.zeros(2)
    for _ in range(600):
        values = np.sqrt(0.3) * rng.normal(size=6)[place] + np.sqrt(0.7) * rng.normal(size=len(place))
        lower, upper = exact_interval(one_way(values, place), confidence=0.9)
        missed += [lower > 0.3, upper < 0.3]
    # five in a hundred on either side; three standard errors are 2.7
    assert ((missed / 600 > 0.023) & (missed / 600 < 0.077)).all()

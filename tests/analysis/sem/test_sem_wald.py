"""Wald tests: by hand, beside lavaan's, and with few clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, t
from scipy.stats import f as f_distribution

from analysis.sem import ModelError, fit
from analysis.sem.wald import hotelling_df, wald_test

MEANS = "y1 ~ m1*1\ny2 ~ m2*1\ny1 ~~ y2"


@pytest.mark.parametrize("name", ["labels", "defined-mlr", "groups", "fiml"])
def test_against_lavaan(
    name: str,
    difference_frames: dict[str, pd.DataFrame],
    difference_reference: Callable[[str], Any],
    as_options: Callable[..., Any],
) -> None:
    case = difference_reference("wald")[name]
    result = fit(case["model"], difference_frames[case["data"]], **as_options(case["ours"]))
    for constraints, expected in zip(case["constraints"], case["tests"], strict=True):
        test = wald_test(result, constraints)
        assert test.statistic == pytest.approx(expected["statistic"], rel=1e-5, abs=1e-5)
        assert test.df == expected["df"]
        assert test.pvalue == pytest.approx(expected["pvalue"], rel=1e-4, abs=1e-8)
        assert np.isnan(test.f) and np.isnan(test.df_denominator)


def clustered(n_clusters: int, size: int = 8, seed: int = 4, *, unequal: bool = False) -> pd.DataFrame:
    """Two outcomes with a mean of their own in every cluster, and a covariate of the cluster."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 20, n_clusters) if unequal else np.full(n_clusters, size)
    cluster = np.repeat(np.arange(n_clusters), sizes)
    own = rng.normal(size=(n_clusters, 2)) @ np.array([[0.7, 0.3], [0.0, 0.6]])
    y = own[cluster] + rng.normal(size=(len(cluster), 2)) + 0.2
    trait = rng.normal(size=n_clusters)[cluster]
    return pd.DataFrame({"y1": y[:, 0], "y2": y[:, 1], "x": trait, "z": rng.normal(size=len(cluster)), "c": cluster})


def test_one_claim_is_the_square_of_the_z_test() -> None:
    result = fit("y1 ~ b*x + z", clustered(20))
    row = result.parameters.iloc[0]
    test = wald_test(result, "b == 0.1")
    assert test.statistic == pytest.approx(((row["est"] - 0.1) / row["se"]) ** 2, rel=1e-9)
    assert test.pvalue == pytest.approx(chi2.sf(test.statistic, 1))


@pytest.mark.parametrize("errors", ["cr2", "cr3"])
def test_one_claim_with_few_clusters_is_the_t_test(errors: str) -> None:
    result = fit("y1 ~ b*x + z", clustered(9, unequal=True), cluster="c", errors=errors)
    row = result.parameters.iloc[0]
    test = wald_test(result, "b == 0")
    assert test.df_denominator == pytest.approx(row["df_t"], rel=1e-9)
    assert test.f == pytest.approx((row["est"] / row["se"]) ** 2, rel=1e-9)
    assert test.pvalue == pytest.approx(2 * t.sf(abs(row["est"] / row["se"]), row["df_t"]), rel=1e-9)
    assert test.pvalue > chi2.sf(test.statistic, 1)


def test_several_means_of_equal_clusters_are_hotellings_test() -> None:
    """With clusters of one size the means of clusters are a sample of vectors: CR2 is their covariance, and the test is
    Hotelling's (1931) with clusters less one degrees of freedom."""
    frame = clustered(8)
    result = fit(MEANS, frame, cluster="c", errors="cr2")
    test = wald_test(result, "m1 == 0\nm2 == 0")
    centres = frame.groupby("c")[["y1", "y2"]].mean().to_numpy()
    gap, cov = centres.mean(axis=0), np.cov(centres.T) / len(centres)
    t2 = float(gap @ np.linalg.solve(cov, gap))
    eta, r = len(centres) - 1, 2
    assert test.statistic == pytest.approx(t2, rel=1e-8)
    assert test.df_denominator == pytest.approx(eta - r + 1, rel=1e-8)
    f = (eta - r + 1) / (eta * r) * t2
    assert test.f == pytest.approx(f, rel=1e-8)
    assert test.pvalue == pytest.approx(f_distribution.sf(f, r, eta - r + 1), rel=1e-8)


def test_a_test_of_several_claims_does_not_hang_on_how_they_are_put() -> None:
    result = fit("y1 ~ b*x + d*z + m1*1\ny2 ~ m2*1\ny1 ~~ y2", clustered(12, unequal=True), cluster="c", errors="cr2")
    one = wald_test(result, "b == 0\nm1 == m2")
    other = wald_test(result, "b == m2 - m1\n2*m1 == 2*m2")
    for field in ("statistic", "df", "f", "df_denominator", "pvalue"):
        assert getattr(one, field) == pytest.approx(getattr(other, field), rel=1e-8)


def test_degrees_of_freedom_by_simulated_meat() -> None:
    """η matches the spread of the CR2 covariance under the working model, drawn here from its own definition."""
    result = fit("y1 ~ b*x + d*z + m*1", clustered(7, unequal=True), cluster="c", errors="cr2")
    assert result.inference is not None and result.inference.clusters is not None
    c = result.inference.clusters
    labels = [row.label for row in result.estimated.table.rows if row.index is not None]
    jacobian = np.eye(len(labels))[[labels.index("b"), labels.index("m")]]
    rng = np.random.default_rng(3)
    inverse = np.linalg.inv(c.information)
    roots = [np.linalg.cholesky(p + 1e-12 * np.eye(len(p))) for p in c.parts]
    scores = np.stack([rng.normal(size=(20000, len(inverse))) @ root.T for root in roots], axis=1)
    residual = scores - np.einsum("gab,rb->rga", c.parts @ inverse, scores.sum(axis=1))
    p = np.einsum("gab,rgb->rga", c.adjustments, residual) @ inverse @ (jacobian @ c.basis).T
    drawn = np.einsum("rgs,rgt->rst", p, p)
    values, vectors = np.linalg.eigh(drawn.mean(axis=0))
    root = (vectors / np.sqrt(values)) @ vectors.T
    spread = (root @ drawn @ root).var(axis=0).sum()
    assert hotelling_df(c, jacobian) == pytest.approx(2 * 3 / spread, rel=0.05)
    # the squared error of one claim is a weighted sum of χ² variables: weights and their degrees of freedom agree
    weights = c.weights(jacobian[:1] @ c.basis)[0]
    assert weights.sum() == pytest.approx(drawn[:, 0, 0].mean(), rel=0.02)


def test_cr1_takes_clusters_less_one() -> None:
    result = fit(MEANS, clustered(10), cluster="c", errors="cr1")
    assert wald_test(result, "m1 == 0").df_denominator == 9
    assert wald_test(result, "m1 == 0\nm2 == 0").df_denominator == 8


def test_cr0_is_compared_with_the_large_sample_distribution() -> None:
    test = wald_test(fit(MEANS, clustered(10), cluster="c", errors="cr0"), "m1 == 0\nm2 == 0")
    assert test.pvalue == pytest.approx(chi2.sf(test.statistic, 2))


@pytest.mark.parametrize(
    ("constraints", "what"),
    [
        ("b > 0", "takes == constraints"),
        ("", "is empty"),
        ("nowhere == 0", "no parameter has the label 'nowhere'"),
        ("b == 0\n2*b == 0", "say the same twice"),
        ("b == d\nd == m\nm == b", "say the same twice"),
        ("k == 0.5", "say the same twice, or what the model already holds"),
    ],
)
def test_claims_that_cannot_be_tested(constraints: str, what: str) -> None:
    result = fit("y1 ~ b*x + d*z + m*1\ny2 ~ k*x + 0.5*z\nk == 0.5", clustered(12))
    with pytest.raises(ModelError, match=what):
        wald_test(result, constraints)


def test_too_few_clusters_for_so_many_claims() -> None:
    result = fit(MEANS + "\ny1 ~~ v1*y1\ny2 ~~ v2*y2", clustered(3), cluster="c", errors="cr2")
    with pytest.raises(ModelError, match="3 clusters are too few to test 4 constraints"):
        wald_test(result, "m1 == 0\nm2 == 0\nv1 == 1\nv2 == 1")


def test_a_model_without_errors_is_not_tested() -> None:
    with pytest.raises(ModelError, match="without standard errors"):
        wald_test(fit("y1 ~ b*x", clustered(5), errors="none"), "b == 0")
    with pytest.raises(ModelError, match="without a solution"):
        wald_test(fit("f =~ a*y1 + y2\ny1 ~~ 0*y1\ny2 ~~ 0*y2", clustered(5)), "a == 1")

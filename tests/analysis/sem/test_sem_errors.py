"""Standard errors against closed forms: sandwiches, clusters, and how few of them there are."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import t as t_distribution

from analysis.sem import FitResult, ModelError, fit

Array = npt.NDArray[np.float64]
POWERS = {"cr2": -0.5, "cr3": -1.0}


def clustered(sizes: tuple[int, ...] = (4, 7, 3, 9, 5, 6, 8, 4, 6, 5, 7, 3, 6, 5), seed: int = 1) -> pd.DataFrame:
    """Persons of clusters of these sizes: ``x`` varies within, ``w`` between clusters, ``y`` depends on both."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    shared = rng.normal(size=len(sizes))[cluster]
    x = rng.normal(size=len(cluster)) + 0.5 * shared
    w = np.resize([0.0, 1.0, 1.0, 0.0], len(sizes))[cluster]
    y = 1 + 0.5 * x + 0.3 * w + 0.7 * shared + rng.normal(size=len(cluster))
    return pd.DataFrame({"c": cluster, "x": x, "w": w, "y": y})


def factors(n_clusters: int = 30, seed: int = 4) -> pd.DataFrame:
    """Four items of a factor that clusters share, persons of two groups, clusters within groups."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), 12)
    factor = rng.normal(size=len(cluster)) + 0.5 * rng.normal(size=n_clusters)[cluster]
    items = {f"i{k}": 0.8 * factor + rng.normal(size=len(cluster)) for k in range(1, 5)}
    return pd.DataFrame({"c": cluster, "g": np.where(cluster % 3 == 0, "a", "b"), **items})


@cache
def factor_fit(**options: object) -> FitResult:
    return fit("f =~ i1 + i2 + i3 + i4", factors(), **options)


def regression(frame: pd.DataFrame, kind: str) -> tuple[Array, Array, Array]:
    """(coefficients, errors, degrees of freedom) of least squares of y on 1, x, w with CR0, CR2 or CR3: Bell &
    McCaffrey (2002), Pustejovsky & Tipton (2018), with the identity as working model, as clubSandwich has them.
    Written with matrices of persons, not scores."""
    design = np.column_stack([np.ones(len(frame)), frame["x"], frame["w"]])
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ frame["y"].to_numpy()
    residual = frame["y"].to_numpy() - design @ beta
    maker = np.eye(len(frame)) - design @ bread @ design.T
    parts, rows = [], []
    for code in np.unique(frame["c"]):
        mine = (frame["c"] == code).to_numpy()
        values, vectors = np.linalg.eigh(maker[np.ix_(mine, mine)])
        # the generalised inverse: where a cluster determines a coefficient alone its residuals are nil
        power = np.where(values > 1e-9, np.maximum(values, 1e-9) ** POWERS.get(kind, 0.0), 0.0)
        root = (vectors * power) @ vectors.T if kind in POWERS else np.eye(mine.sum())
        row = bread @ design[mine].T @ root
        parts.append(row @ residual[mine])
        rows.append(row @ maker[mine])  # what of independent errors reaches the coefficients through this cluster
    errors = np.sqrt(np.square(parts).sum(axis=0))
    df = []
    for k in range(3):
        omega = np.array([[a[k] @ b[k] for b in rows] for a in rows])
        df.append(np.trace(omega) ** 2 / np.square(omega).sum())
    return beta, errors, np.array(df)


def slopes_after_intercept(result: FitResult) -> pd.DataFrame:
    """The rows of a regression of y: its intercept, then its slopes."""
    rows = result.parameters[result.parameters["lhs"] == "y"]
    return pd.concat([rows[rows["op"] == "~1"], rows[rows["op"] == "~"]])


# --- sandwiches one can write down
def test_robust_errors_of_a_mean_and_a_variance() -> None:
    y = clustered()["y"].to_numpy()
    rows = fit("y ~~ y\ny ~ 1", clustered(), estimator="MLR").parameters.set_index("op")
    deviations = y - y.mean()
    assert rows.loc["~1", "se"] == pytest.approx(np.sqrt(np.mean(deviations**2) / len(y)), rel=1e-8)
    fourth = np.mean(deviations**4) - np.mean(deviations**2) ** 2
    assert rows.loc["~~", "se"] == pytest.approx(np.sqrt(fourth / len(y)), rel=1e-8)


@pytest.mark.parametrize("kind", ["cr0", "cr2", "cr3"])
def test_errors_of_a_mean_are_those_of_the_clusters_sums(kind: str) -> None:
    frame = clustered()
    rows = fit("y ~~ y\ny ~ 1", frame, estimator="MLR", cluster="c", errors=kind).parameters.set_index("op")
    y, n = frame["y"], len(frame)
    sums = (y - y.mean()).groupby(frame["c"]).sum().to_numpy()
    sizes = frame.groupby("c").size().to_numpy()
    adjusted = sums * (1 - sizes / n) ** POWERS.get(kind, 0.0)
    assert rows.loc["~1", "se"] == pytest.approx(np.sqrt(np.square(adjusted).sum()) / n, rel=1e-8)


def test_equal_clusters_give_the_mean_the_errors_and_degrees_of_freedom_of_their_means() -> None:
    """Clusters of one size are so many observations of a mean: s/√J, with J - 1 degrees of freedom."""
    frame = clustered(sizes=(5,) * 8)
    row = fit("y ~~ y\ny ~ 1", frame, estimator="MLR", cluster="c", errors="cr2").parameters.set_index("op").loc["~1"]
    means = frame.groupby("c")["y"].mean()
    assert row["se"] == pytest.approx(means.std() / np.sqrt(8), rel=1e-8)
    assert row["df_t"] == pytest.approx(7, rel=1e-8)
    upper = row["est"] + t_distribution.ppf(0.975, 7) * row["se"]
    assert row["ci_upper"] == pytest.approx(upper, rel=1e-8)
    assert row["pvalue"] == pytest.approx(2 * t_distribution.sf(abs(row["est"] / row["se"]), 7), rel=1e-6)


@pytest.mark.parametrize("kind", ["cr0", "cr2", "cr3"])
def test_a_regression_has_the_errors_of_least_squares(kind: str) -> None:
    frame = clustered()
    beta, errors, df = regression(frame, kind)
    rows = slopes_after_intercept(fit("y ~ x + w\ny ~ 1", frame, estimator="MLR", cluster="c", errors=kind))
    np.testing.assert_allclose(rows["est"], beta, rtol=1e-8)
    np.testing.assert_allclose(rows["se"], errors, rtol=1e-7)
    if kind == "cr0":
        assert rows["df_t"].isna().all()
    else:
        np.testing.assert_allclose(rows["df_t"], df, rtol=1e-6)


def test_cr3_of_a_regression_leaves_out_a_cluster_at_a_time() -> None:
    frame = clustered()
    whole = regression(frame, "cr0")[0]
    without = np.array([regression(frame[frame["c"] != c], "cr0")[0] for c in np.unique(frame["c"])])
    rows = fit("y ~ x + w\ny ~ 1", frame, estimator="MLR", cluster="c", errors="cr3").parameters
    slopes = rows[rows["op"] == "~"]
    np.testing.assert_allclose(slopes["se"], np.sqrt(np.square(without - whole).sum(axis=0))[1:], rtol=1e-7)


def test_a_coefficient_one_cluster_decides_is_no_trouble() -> None:
    """A trait only one cluster has: its coefficient follows that cluster, whose residuals add up to nothing."""
    frame = clustered().assign(w=lambda d: (d["c"] == 2).astype(float))
    _, errors, df = regression(frame, "cr2")
    rows = fit("y ~ x + w\ny ~ 1", frame, estimator="MLR", cluster="c", errors="cr2").parameters.query("op == '~'")
    np.testing.assert_allclose(rows["se"], errors[1:], rtol=1e-6)
    np.testing.assert_allclose(rows["df_t"], df[1:], rtol=1e-5)


# --- what the kinds have to do with each other
def test_clusters_alone_mean_lavaans_errors() -> None:
    alone, plain = factor_fit(cluster="c", estimator="MLR"), factor_fit(cluster="c", estimator="MLR", errors="cr0")
    cr1 = factor_fit(cluster="c", estimator="MLR", errors="cr1")
    assert (alone.errors, plain.errors, cr1.errors) == ("robust_cluster", "cr0", "cr1")
    np.testing.assert_allclose(alone.vcov, plain.vcov * 30 / 29, rtol=1e-9)
    np.testing.assert_allclose(cr1.vcov, alone.vcov, rtol=1e-9)
    assert alone.parameters["df_t"].isna().all()
    assert set(cr1.parameters["df_t"].dropna()) == {29}
    asked = factor_fit(cluster="c", estimator="MLR", errors="robust")
    np.testing.assert_array_equal(asked.vcov, alone.vcov)


def test_within_groups_each_has_its_own_number_of_clusters() -> None:
    """Nothing held equal: each group is as if alone, and so is its J/(J - 1)."""
    both = factor_fit(cluster="c", estimator="MLR", group="g").parameters
    for name, one in factors().groupby("g"):
        alone = fit("f =~ i1 + i2 + i3 + i4", one, cluster="c", estimator="MLR").parameters
        mine = both[both["group"] == name]
        np.testing.assert_allclose(mine["se"].dropna(), alone["se"].dropna(), rtol=1e-6)


@pytest.mark.parametrize("kind", ["cr2", "cr3"])
def test_groups_that_share_nothing_have_the_small_sample_errors_of_each_alone(kind: str) -> None:
    both = factor_fit(cluster="c", estimator="MLR", group="g", errors=kind).parameters
    for name, one in factors().groupby("g"):
        alone = fit("f =~ i1 + i2 + i3 + i4", one, cluster="c", estimator="MLR", errors=kind).parameters
        mine = both[both["group"] == name]
        np.testing.assert_allclose(mine["se"].dropna(), alone["se"].dropna(), rtol=1e-6)
        np.testing.assert_allclose(mine["df_t"].dropna(), alone["df_t"].dropna(), rtol=1e-5)


def test_persons_as_clusters_have_the_errors_of_persons() -> None:
    frame = factors().assign(c=np.arange(360))
    robust = factor_fit(estimator="MLR", means=True)
    plain = fit("f =~ i1 + i2 + i3 + i4", frame, cluster="c", estimator="MLR", errors="cr0")
    np.testing.assert_allclose(plain.vcov, robust.vcov, rtol=1e-9)
    lavaans = fit("f =~ i1 + i2 + i3 + i4", frame, cluster="c", estimator="MLR")
    np.testing.assert_allclose(lavaans.vcov, robust.vcov * 360 / 359, rtol=1e-9)


def test_adjustments_grow_and_names_of_clusters_do_not_matter() -> None:
    kinds = [factor_fit(cluster="c", estimator="MLR", errors=kind).parameters["se"] for kind in ("cr0", "cr2", "cr3")]
    assert (kinds[0].dropna() < kinds[1].dropna()).all() and (kinds[1].dropna() < kinds[2].dropna()).all()
    renamed = factors().assign(c=lambda d: "project " + ((d["c"] * 7) % 30).astype(str)).sample(frac=1, random_state=3)
    other = fit("f =~ i1 + i2 + i3 + i4", renamed, cluster="c", estimator="MLR", errors="cr2")
    np.testing.assert_allclose(other.parameters["se"], kinds[1], rtol=1e-7)


def test_the_scaled_test_allows_for_clusters_whatever_the_errors() -> None:
    plain = factor_fit(estimator="MLR").fit["chisq_scaling_factor"]
    found = {
        factor_fit(cluster="c", estimator=estimator, errors=kind).fit["chisq_scaling_factor"]
        for estimator in ("ML", "MLR")
        for kind in (None, "cr2", "standard")
    }
    assert len(found) == 1 and found != {plain}


def test_incomplete_answers_in_clusters_have_errors_of_every_kind() -> None:
    frame = factors()
    frame.loc[frame.index % 5 == 0, "i2"] = np.nan
    errors = {
        kind: fit("f =~ i1 + i2 + i3 + i4", frame, estimator="MLR", missing="fiml", cluster="c", errors=kind).parameters
        for kind in ("cr0", "cr2", "cr3")
    }
    assert (errors["cr0"]["se"].dropna() < errors["cr2"]["se"].dropna()).all()
    assert (errors["cr2"]["se"].dropna() < errors["cr3"]["se"].dropna()).all()
    assert errors["cr2"]["df_t"].dropna().between(1, 29 + 1e-9).all()


# --- what a reader is told, and what is refused
def test_few_clusters_are_noted_unless_the_errors_allow_for_it() -> None:
    few, enough = factor_fit(cluster="c", estimator="MLR"), factor_fit(cluster="c", estimator="MLR", errors="cr2")
    assert any("30 clusters are few" in note and "cr2" in note for note in few.notes)
    assert not any("few" in note for note in enough.notes)
    blind = factor_fit(cluster="c", estimator="MLR", errors="standard")
    assert any("do not allow for clusters" in note for note in blind.notes)


def test_a_group_with_one_cluster_is_refused() -> None:
    frame = factors().query("g == 'b' or c == 0")
    with pytest.raises(ModelError, match="group a are in one cluster"):
        fit("f =~ i1 + i2 + i3 + i4", frame, group="g", cluster="c", estimator="MLR")
    with pytest.raises(ModelError, match="group a are in one cluster"):
        fit("f =~ i1 + i2 + i3 + i4", frame, group="g", cluster="c", estimator="MLR", errors="cr2")


@pytest.mark.parametrize("kind", ["cr0", "cr2", "robust_cluster"])
def test_errors_of_clusters_need_clusters(kind: str) -> None:
    with pytest.raises(ModelError, match="column of clusters"):
        factor_fit(estimator="MLR", errors=kind)

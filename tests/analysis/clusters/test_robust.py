"""Cluster-robust errors where they are something else, and by the definition."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.clusters.least_squares import least_squares
from analysis.clusters.robust import Kind, cluster_robust, ols_cr2

Matrix = np.ndarray


def data(sizes: list[int], seed: int = 0) -> tuple[Matrix, Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    trait = (cluster % 2).astype(float)
    X = np.column_stack([np.ones(len(cluster)), trait, rng.normal(size=len(cluster))])
    return rng.normal(size=len(sizes))[cluster] + rng.normal(size=len(cluster)), X, cluster


def test_balanced_clusters_give_the_t_test_of_their_means() -> None:
    y, X, cluster = data([6] * 10)
    means = y.reshape(10, 6).mean(axis=1)
    high, low = means[1::2], means[::2]
    found = ols_cr2(y, X[:, :2], cluster, np.array([[0.0, 1.0]]))
    assert found.se[0] == pytest.approx(np.sqrt(high.var(ddof=1) / 5 + low.var(ddof=1) / 5))
    assert found.df[0] == pytest.approx(8)  # of equal variances, five and five


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_by_the_definition(kind: Kind) -> None:
    """The adjustment of each cluster by its own n by n matrix, and the df by the matrix of all persons."""
    y, X, cluster = data([3, 9, 5, 14, 7, 2, 6, 8])
    M = np.linalg.inv(X.T @ X)
    left = np.eye(len(y)) - X @ M @ X.T
    e, c = left @ y, np.array([0.0, 1.0, -0.5])
    variance, P = 0.0, []
    for g in range(8):
        own = np.flatnonzero(cluster == g)
        values, vectors = np.linalg.eigh(left[np.ix_(own, own)])
        A = (vectors * values ** (-0.5 if kind == "CR2" else -1.0)) @ vectors.T
        a = A @ X[own] @ M @ c
        variance += float(a @ e[own]) ** 2
        P.append(left[:, own] @ a)
    gram = np.array(P) @ np.array(P).T
    found = cluster_robust(least_squares(y, X, cluster), c[None, :], kind=kind)
    assert found.se[0] == pytest.approx(np.sqrt(variance), rel=1e-10)
    assert found.df[0] == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-10)


def test_cr3_is_larger_than_cr2_and_both_than_nothing() -> None:
    y, X, cluster = data([4, 9, 5, 14, 7, 5], seed=3)
    fitted, L = least_squares(y, X, cluster), np.eye(3)
    two, three = (cluster_robust(fitted, L, kind=kind).se for kind in ("CR2", "CR3"))
    assert (three > two).all() and (two > 0).all()


def test_a_cluster_that_alone_tells_a_coefficient_adds_nothing() -> None:
    y, X, cluster = data([5] * 6)
    only = (cluster == 2).astype(float)
    with_it = np.column_stack([X[:, :2], only])
    found = ols_cr2(y, with_it, cluster, np.array([[0.0, 1.0, 0.0]]))
    others = cluster != 2
    codes = np.unique(cluster[others], return_inverse=True)[1]
    without = ols_cr2(y[others], X[others, :2], codes, np.array([[0.0, 1.0]]))
    assert found.se[0] == pytest.approx(without.se[0], rel=1e-7)
    assert found.df[0] == pytest.approx(without.df[0], rel=1e-7)


def test_dependent_columns_are_an_error() -> None:
    y, X, cluster = data([5] * 6)
    with pytest.raises(np.linalg.LinAlgError):
        ols_cr2(y, np.column_stack([X[:, :2], X[:, 1]]), cluster, np.eye(3))

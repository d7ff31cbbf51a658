"""Regression of the means of units on what is known of units: every unit counts once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clusters.contrast import Array, Codes


@dataclass(frozen=True)
class UnitFit:
    """Least squares of k unit means on ``Z`` (k by p): ``beta`` (p), ``covariance`` (p by p, one variance), k - p."""

    beta: Array
    covariance: Array
    df: int


def unit_fit(means: Array, Z: Array) -> UnitFit:
    """Least squares of ``means`` (k) on ``Z`` (k by p, of full rank, p < k); exact for normal, equal variances.

    Raises ``numpy.linalg.LinAlgError`` when the columns of ``Z`` are dependent.
    """
    k, p = Z.shape
    bread = np.linalg.inv(Z.T @ Z)
    beta = bread @ (Z.T @ means)
    residual = means - Z @ beta
    return UnitFit(beta, float(residual @ residual) / (k - p) * bread, k - p)


def adjusted_means(y: Array, covariates: Array, cluster: Codes) -> Array:
    """Mean of ``y`` (n) in each cluster (k), at the same values of ``covariates`` (n by c; c may be 0).

    The first of two steps (Donald & Lang 2007): slopes of the covariates from differences between persons of one
    cluster alone, then ``mean(y) - (mean(x) - overall mean(x))' slopes``. Covariates that do not vary within clusters
    have no such slope and change nothing here.
    """
    size = np.bincount(cluster).astype(float)
    values = np.column_stack([y, covariates])
    means = np.column_stack([np.bincount(cluster, weights=column) / size for column in values.T])
    if covariates.shape[1] == 0:
        return np.asarray(means[:, 0])
    within = values - means[cluster]
    slopes = np.linalg.lstsq(within[:, 1:], within[:, 0], rcond=1e-10)[0]
    return np.asarray(means[:, 0] - (means[:, 1:] - covariates.mean(axis=0)) @ slopes)

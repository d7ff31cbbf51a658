"""The distributions against scipy.stats: the same bits, also where there is no distribution."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from analysis import distributions as own

X = np.array([-np.inf, -8.0, -1.3, -1e-9, 0.0, 1e-9, 0.4, 1.96, 3.2, 40.0, 800.0, np.inf, np.nan])
Q = np.array([1e-300, 1e-12, 0.005, 0.025, 0.3, 0.5, 0.7, 0.975, 0.995, 1 - 1e-12, np.nan])
DF = np.array([0.1, 0.5, 1.0, 2.7, 5.0, 9.8, 30.0, 901.0, 1e9, np.nan])


def same(ours: object, theirs: object) -> None:
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_the_normal() -> None:
    for name in ("pdf", "cdf", "sf"):
        same(getattr(own.norm, name)(X), getattr(stats.norm, name)(X))
    levels = np.array([*Q, 0.0, 1.0, -0.1, 1.1])
    same(own.norm.ppf(levels), stats.norm.ppf(levels))


@pytest.mark.parametrize("df", DF)
def test_those_with_degrees_of_freedom(df: float) -> None:
    same(own.t.sf(X, df), stats.t.sf(X, df))
    same(own.t.ppf(Q, df), stats.t.ppf(Q, df))
    same(own.t.isf(Q, df), stats.t.isf(Q, df))
    same(own.chi2.sf(X, df), stats.chi2.sf(X, df))
    for dfd in DF:
        same(own.f.sf(X, df, dfd), stats.f.sf(X, df, dfd))
        same(own.f.ppf(Q, df, dfd), stats.f.ppf(Q, df, dfd))


@pytest.mark.parametrize("df", [0.0, -2.0])
def test_without_degrees_of_freedom_there_is_no_figure(df: float) -> None:
    for value in (own.t.sf(1.0, df), own.t.ppf(0.9, df), own.chi2.sf(1.0, df), own.f.sf(1.0, df, 3.0)):
        assert np.isnan(value)
    assert np.isnan(own.f.ppf(0.9, 3.0, df))


@pytest.mark.parametrize("stage", ["structure", "directions", "compare", "power", "simulate", "present"])
def test_stages_start_without_scipy_stats(stage: str) -> None:
    code = f"import sys, pipeline.stages.{stage}; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

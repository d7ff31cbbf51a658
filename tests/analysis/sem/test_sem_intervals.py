"""Percentile and BCa intervals: by hand, and those of R's boot."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.sem.intervals import acceleration, bca, percentile, quantiles

ORACLES = Path(__file__).parents[2] / "oracles"


def test_quantiles_stand_between_the_draws_on_the_normal_scale() -> None:
    draws = np.arange(1.0, 20.0)[:, None]  # 19 draws: the level 0.05 is the first, 0.5 the tenth
    found = quantiles(draws, np.array([[0.05], [0.5], [0.95], [0.01], [0.999]]))
    np.testing.assert_allclose(found[:, 0], [1, 10, 19, 1, 19])
    between = quantiles(draws, np.array([[0.075]]))[0, 0]
    z = [-1.6448536269514729, -1.4395314709384563, -1.2815515655446004]  # of 0.05, 0.075, 0.10
    assert between == pytest.approx(1 + (z[1] - z[0]) / (z[2] - z[0]), rel=1e-12)


def test_intervals_are_those_of_boot() -> None:
    r = json.loads((ORACLES / "bootstrap/intervals.json").read_text(encoding="utf-8"))
    draws, estimate = np.array(r["draws"])[:, None], np.array([r["estimate"]])
    for level, perc, accelerated in zip(r["confidence"], r["percentile"], r["bca"], strict=True):
        np.testing.assert_allclose(np.concatenate(percentile(draws, level)), perc, rtol=1e-12)
        found = bca(draws, estimate, np.array(r["influence"])[:, None], level)
        np.testing.assert_allclose(np.concatenate(found), accelerated, rtol=1e-10)


def test_intervals_skip_draws_without_the_number_and_say_when_there_is_none() -> None:
    draws = np.column_stack([np.arange(1.0, 21.0), np.full(20, np.nan)])
    draws[19, 0] = np.nan
    lower, upper = percentile(draws, 0.9)
    np.testing.assert_array_equal(lower, [1, np.nan])
    np.testing.assert_array_equal(upper, [19, np.nan])
    # an estimate all draws lie above has no bias correction
    lower, upper = bca(draws, np.zeros(2), np.array([[1.0, 1.0], [-1.0, -1.0]]), 0.9)
    assert np.isnan([*lower, *upper]).all()


def test_symmetric_influence_has_no_acceleration() -> None:
    np.testing.assert_array_equal(acceleration(np.array([[1.0, 0.0, 2.0], [-1.0, 0.0, -1.0], [0.0, 0.0, -1.0]])),
                                  [0, 0, (8 - 2) / (6 * 6**1.5)])  # fmt: skip

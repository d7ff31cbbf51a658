"""The t reference of clustered errors, exact where degrees of freedom are very few."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import t as t_distribution

from analysis.sem import fit
from analysis.sem.t_reference import equivalent_df, satterthwaite, two_sided_tail


@pytest.mark.parametrize("m", [1, 2, 3, 7])
def test_equal_weights_are_students_t(m: int) -> None:
    weights = np.full(m, 3.0)
    for c in (0.3, 2.0, 12.0):
        assert two_sided_tail(c, weights) == pytest.approx(2 * t_distribution.sf(c, m), rel=1e-8)
    assert equivalent_df(weights) == pytest.approx(m, rel=1e-6)
    assert satterthwaite(weights[None])[0] == pytest.approx(m)


def test_the_tail_of_two_weights_is_a_share_of_the_sphere() -> None:
    """``z² > a x² + b y²`` of three normal variables depends on their direction alone: with k = a cos²φ + b sin²φ it is
    the cap beyond ``cos θ = √(k / (1 + k))``, averaged over φ."""
    weights, c = np.array([1.0, 0.2]), 3.0
    a, b = c**2 * weights / weights.sum()

    def cap(angle: float) -> float:
        k = a * np.cos(angle) ** 2 + b * np.sin(angle) ** 2
        return float(1 - np.sqrt(k / (1 + k)))

    assert two_sided_tail(c, weights) == pytest.approx(quad(cap, 0, np.pi / 2)[0] / (np.pi / 2), rel=1e-9)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=12), st.floats(0.5, 0.999))
def test_the_equivalent_t_has_the_exact_interval(weights: list[float], confidence: float) -> None:
    w = np.array(weights)
    df = equivalent_df(w, confidence)
    assert two_sided_tail(float(t_distribution.isf((1 - confidence) / 2, df)), w) == pytest.approx(
        1 - confidence, rel=1e-5
    )
    assert 1 - 1e-6 <= df <= len(w) + 1e-3
    assert equivalent_df(7 * w, confidence) == pytest.approx(df, rel=1e-5)


def test_it_takes_over_where_satterthwaite_has_fewer_than_four() -> None:
    """Six clusters of unequal size and two traits of theirs: what Satterthwaite's t gets wrong under its own working
    model, told by draws of the very quadratic form."""
    rng = np.random.default_rng(6)
    place = np.repeat(np.arange(6), [3, 5, 8, 12, 20, 30])
    frame = pd.DataFrame({"x": (place % 2).astype(float), "z": rng.normal(size=len(place)), "place": place})
    frame["y"] = frame["x"] + 0.5 * frame["z"] + rng.normal(size=len(place))
    found = fit("y ~ x + z", frame, cluster="place", errors="cr2")
    clusters = found.inference.clusters  # type: ignore[union-attr]
    assert clusters is not None
    weights = clusters.weights(np.eye(len(found.estimated.theta))[:1] @ clusters.basis)
    plain = float(satterthwaite(weights)[0])
    df = float(found.parameters["df_t"].iloc[0])
    assert plain < 4 and df == pytest.approx(equivalent_df(weights[0])) and df > plain
    spread = (rng.chisquare(1, (200_000, weights.shape[1])) * weights[0]).sum(axis=1) / weights[0].sum()
    t = rng.normal(size=200_000) / np.sqrt(spread)
    assert np.mean(np.abs(t) > t_distribution.isf(0.025, df)) == pytest.approx(0.05, abs=0.002)
    assert np.mean(np.abs(t) > t_distribution.isf(0.025, plain)) < 0.045

"""The figures of a curve, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.multiverse.curve import choices_of, curve_of, explained_by
from analysis.multiverse.outcome import Found
from analysis.multiverse.specification import Specification


def found(score: str, estimate: float, pvalue: float = 0.5, waves: str = "all", status: str = "ok") -> Found:
    """A specification that differs in its score and its waves."""
    specification = Specification(score=score, waves=waves)
    return Found("C1", specification, status, estimate=estimate, pvalue=pvalue)  # type: ignore[arg-type]


FOUND = [
    found("mean", 0.1, 0.20),
    found("mean", 0.3, 0.01),
    found("latent", 0.5, 0.01),
    found("latent", -0.1, 0.01),
    found("latent", np.nan, np.nan, status="inadmissible"),
    found("ordinal", np.nan, np.nan, status="not_converged"),
    found("ordinal", np.nan, np.nan, status="refused"),
    found("ordinal", np.nan, np.nan, status="failed"),
]


def test_everything_run_is_counted_once() -> None:
    curve = curve_of(FOUND, sign=1, smallest_effect=0.2, alpha=0.05)
    assert (curve.n_run, curve.n_ok, curve.n_inadmissible, curve.n_failed) == (8, 4, 1, 3)


def test_median_range_and_shares() -> None:
    curve = curve_of(FOUND, sign=1, smallest_effect=0.3, alpha=0.05)
    assert curve.median == pytest.approx(0.2)
    # linear between the order statistics -0.1, 0.1, 0.3, 0.5: 0.075 of the way into the first and last third
    assert (curve.lower, curve.upper) == pytest.approx((-0.1 + 0.075 * 0.2, 0.5 - 0.075 * 0.2))
    assert (curve.share_claimed, curve.share_significant, curve.share_matters) == (0.75, 0.5, 0.5)


def test_a_claim_below_zero_turns_the_shares_and_not_the_estimates() -> None:
    curve = curve_of(FOUND, sign=-1, smallest_effect=0.1, alpha=0.05)
    assert curve.median == pytest.approx(0.2)
    assert (curve.share_claimed, curve.share_significant, curve.share_matters) == (0.25, 0.25, 0.25)


def test_without_any_estimate_there_are_counts_and_no_shares() -> None:
    curve = curve_of(FOUND[4:], sign=1, smallest_effect=0.1, alpha=0.05)
    assert (curve.n_run, curve.n_ok) == (4, 0)
    assert np.isnan([curve.median, curve.lower, curve.share_claimed, curve.share_matters]).all()


def test_choices_count_all_that_made_them() -> None:
    by_choice = {(c.axis, c.choice): c for c in choices_of(FOUND, sign=1, alpha=0.05)}
    assert set(by_choice) == {("score", "mean"), ("score", "latent"), ("score", "ordinal"), ("waves", "all")}
    assert [(c.n, c.n_ok) for c in by_choice.values()] == [(2, 2), (3, 2), (3, 0), (8, 4)]
    assert by_choice["score", "latent"].median == pytest.approx(0.2)
    assert by_choice["score", "latent"].share_claimed == 0.5
    assert np.isnan(by_choice["score", "ordinal"].median)


def test_explained_is_the_share_between_choices() -> None:
    # between: means 0.2 and 0.2 around 0.2
    assert explained_by(FOUND, "score") == pytest.approx(0.0)
    apart = [found("mean", 0.0), found("mean", 0.2), found("latent", 0.4), found("latent", 0.6)]
    # means 0.1 and 0.5 around 0.3: 4 × 0.04 of 0.09 + 0.01 + 0.01 + 0.09
    assert explained_by(apart, "score") == pytest.approx(0.16 / 0.20)
    assert explained_by(apart, "waves") == pytest.approx(0.0)
    assert np.isnan(explained_by([found("mean", 0.2), found("latent", 0.2)], "score"))
    assert np.isnan(explained_by([], "score"))

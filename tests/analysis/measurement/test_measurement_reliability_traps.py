"""The classic traps for the ordinal figures and intervals, and what must hold of any answers."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.measurement.alpha import (
    alpha_interval,
    alpha_of_covariance,
    cronbach_alpha,
    mean_inter_item,
    standardised_alpha,
)
from analysis.measurement.factor import one_factor
from analysis.measurement.items import covariance, item_statistics
from analysis.measurement.omega import omega_gradient, omega_total
from analysis.measurement.ordinal_reliability import green_yang, ordinal_reliability
from analysis.measurement.reliability import ScaleReliability, scale_reliability
from analysis.measurement.scoring import Item, Scale, scale_score

NAN = float("nan")


def cut(n: int, cuts: list[list[float]], *, seed: int = 1, loading: float = 0.75) -> pd.DataFrame:
    """Answers 1, 2, … of ``n`` persons: one factor behind every item, cut at that item's ``cuts``."""
    rng = np.random.default_rng(seed)
    behind = loading * rng.normal(size=(n, 1)) + np.sqrt(1 - loading**2) * rng.normal(size=(n, len(cuts)))
    return pd.DataFrame({f"i{j + 1}": np.digitize(behind[:, j], at) + 1.0 for j, at in enumerate(cuts)})


FIVE = [[-1.2, -0.4, 0.4, 1.2]] * 4


def measured(answers: pd.DataFrame, *, minimum_n: int = 10) -> ScaleReliability:
    scale = Scale("S", tuple(Item(name, 1, 5) for name in answers), "mean", 1.0, "all", 1, 5)
    return scale_reliability(answers, scale_score(answers, scale), scale, minimum_n=minimum_n, confidence=0.95)


# --- by hand


def test_standardised_alpha_and_mean_correlation_by_hand() -> None:
    # correlations .5, .3, .4: mean .4; 3 (.4) / (1 + 2 (.4)) = 2/3; of two items 2r/(1 + r)
    sd = np.diag([1.0, 3.0, 10.0])
    sigma = sd @ np.array([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]]) @ sd
    assert mean_inter_item(sigma) == pytest.approx(0.4)
    assert standardised_alpha(sigma) == pytest.approx(2 / 3)
    assert standardised_alpha(sigma[:2, :2]) == pytest.approx(2 * 0.5 / 1.5)
    assert np.isnan([mean_inter_item(sigma[:1, :1]), standardised_alpha(sigma[:1, :1])]).all()


def test_the_gradient_of_omega_is_its_slope() -> None:
    loadings, residuals, step = np.array([0.7, 1.8, -0.2]), np.array([0.5, 0.4, 0.6]), 1e-6
    by_loading, by_residual = omega_gradient(loadings, residuals)
    for j in range(3):
        move = np.eye(3)[j] * step
        up, down = omega_total(loadings + move, residuals), omega_total(loadings - move, residuals)
        assert by_loading[j] == pytest.approx((up - down) / (2 * step), abs=1e-9)
        up, down = omega_total(loadings, residuals + move), omega_total(loadings, residuals - move)
        assert by_residual[j] == pytest.approx((up - down) / (2 * step), abs=1e-9)


def test_green_and_yang_of_two_halved_items_by_hand() -> None:
    # cut at nil, P(both below) = 1/4 + arcsin(r) / (2 pi): covariance arcsin(r) / (2 pi), variance 1/4
    truth = np.full((2, 2), 0.5)
    whole = np.array([[1, 0.5], [0.5, 1]])
    shared = np.arcsin(0.5) / (2 * np.pi)
    expected = 4 * shared / (2 * 0.25 + 2 * shared)
    thresholds, ones = [np.zeros(1)] * 2, [np.ones(1)] * 2
    assert green_yang(truth, whole, thresholds, ones) == pytest.approx(expected, abs=1e-12)
    # answers 1 and 3 in place of 1 and 2, of both items: the sum is but twice as wide
    assert green_yang(truth, whole, thresholds, [2 * np.ones(1)] * 2) == pytest.approx(expected, abs=1e-12)
    # of one item: it weighs more
    wide = (4 * shared + 2 * 2 * shared + shared) / (4 * 0.25 + 0.25 + 2 * 2 * shared)
    assert green_yang(truth, whole, thresholds, [2 * np.ones(1), np.ones(1)]) == pytest.approx(wide, abs=1e-12)


def test_ordinal_omega_is_how_sums_of_parallel_answers_correlate() -> None:
    # what the formula promises, from 400 000 simulated persons asked twice
    rng = np.random.default_rng(7)
    cuts, loadings = [-0.8, 0.1, 1.0], np.array([0.8, 0.7, 0.6])
    factor = rng.normal(size=(400_000, 1))
    once, twice = (
        np.digitize(loadings * factor + np.sqrt(1 - loadings**2) * rng.normal(size=(400_000, 3)), cuts).sum(axis=1)
        for _ in range(2)
    )
    truth = np.outer(loadings, loadings)
    whole = truth + np.diag(1 - loadings**2)
    expected = green_yang(truth, whole, [np.array(cuts)] * 3, [np.ones(3)] * 3)
    assert expected == pytest.approx(np.corrcoef(once, twice)[0, 1], abs=0.003)


# --- traps


def test_an_unreversed_item_makes_the_ordinal_figures_low_too_and_is_named() -> None:
    answers = cut(300, FIVE)
    turned = answers.assign(i2=6 - answers["i2"])
    right, wrong = measured(answers), measured(turned)
    assert (right.problems, wrong.problems) == ((), ("negative_item_rest",))
    assert wrong.ordinal.alpha < right.ordinal.alpha - 0.3
    assert wrong.ordinal.omega < right.ordinal.omega - 0.3
    assert wrong.ordinal.loadings["i2"] < 0 < wrong.ordinal.loadings["i1"]
    assert wrong.factor.omega_ci_lower < wrong.factor.omega < wrong.factor.omega_ci_upper


def test_two_items_have_an_ordinal_alpha_and_no_omega() -> None:
    found = measured(cut(200, FIVE[:2]))
    r = found.ordinal.correlations.iloc[0, 1]
    assert found.ordinal.alpha == pytest.approx(2 * r / (1 + r))
    assert np.isnan([found.ordinal.omega, found.factor.omega, found.factor.omega_ci_lower]).all()
    assert found.ordinal.loadings.empty
    assert found.problems == ("two_items",)


def test_a_constant_item_is_left_out_of_the_ordinal_figures_too() -> None:
    answers = cut(200, FIVE)
    found, without = measured(answers.assign(c=3.0)), measured(answers)
    assert found.problems == ("constant_item",)
    assert (found.ordinal.alpha, found.ordinal.omega) == (without.ordinal.alpha, without.ordinal.omega)
    assert "c" not in found.ordinal.loadings.index


def test_a_category_nobody_chose_changes_no_correlation() -> None:
    answers = cut(300, FIVE)
    wider = answers.replace({3.0: 4.0, 4.0: 6.0, 5.0: 7.0})  # nobody chose 3 and 5
    with_gaps, ranked = ordinal_reliability(wider), ordinal_reliability(answers)
    assert with_gaps.problem is None
    assert with_gaps.correlations.to_numpy() == pytest.approx(ranked.correlations.to_numpy(), abs=1e-12)
    assert with_gaps.alpha == pytest.approx(ranked.alpha, abs=1e-12)
    assert with_gaps.loadings.to_numpy() == pytest.approx(ranked.loadings.to_numpy(), abs=1e-12)
    assert with_gaps.omega != pytest.approx(ranked.omega, abs=1e-4)  # the sum is another


def test_a_group_that_answered_nothing_has_no_ordinal_figures() -> None:
    found = measured(pd.DataFrame(NAN, index=range(40), columns=["i1", "i2", "i3"]))
    assert found.problems == ("too_few",)
    assert np.isnan([found.alpha_standardised, found.mean_inter_item, found.ordinal.alpha, found.ordinal.omega]).all()


@pytest.mark.parametrize(
    ("turned", "problems"),
    [(False, ("perfect_correlation",)), (True, ("negative_item_rest", "perfect_correlation"))],
)
def test_a_perfect_pair_among_others_is_named_and_has_no_models(turned: bool, problems: tuple[str, ...]) -> None:
    answers = cut(200, FIVE)
    answers["twin"] = 6 - answers["i1"] if turned else answers["i1"]
    found = measured(answers)
    assert found.problems == problems
    assert found.alpha == pytest.approx(cronbach_alpha(answers))
    assert np.isnan([found.factor.omega, found.ordinal.alpha, found.ordinal.omega]).all()
    scale = Scale("S", tuple(Item(name, 1, 5) for name in answers), "mean", 1.0, "all", 1, 5)
    problem_by_item = item_statistics(answers, scale, minimum_n=10).set_index("item")["problem"]
    assert [name for name in answers if "perfect_correlation" in problem_by_item[name]] == ["i1", "twin"]


def test_items_that_cancel_out_have_no_alpha_and_say_why() -> None:
    answers = cut(100, FIVE[:1])
    answers["against"] = 6 - answers["i1"]
    found = measured(answers)
    assert np.isnan([found.alpha, found.alpha_ci_lower, found.alpha_standardised]).all()
    assert found.problems == ("two_items", "negative_item_rest", "perfect_correlation")
    assert np.isnan(alpha_of_covariance(covariance(answers)))


def test_answers_that_follow_from_one_another_by_rank_have_no_polychoric_correlation() -> None:
    # whoever gave i1 a 3 or more gave i2 a 5, the others a 1: the correlation of what is behind them is one
    answers = cut(200, FIVE[:3])
    answers["i2"] = np.where(answers["i1"] >= 3, 5.0, 1.0)
    found = measured(answers)
    assert found.ordinal.problem == "ordinal_not_estimable"
    assert np.isnan([found.ordinal.alpha, found.ordinal.omega]).all()
    assert "ordinal_not_estimable" in found.problems
    assert not np.isnan(found.alpha)


def test_answers_on_a_long_scale_are_not_ordered_categories() -> None:
    rng = np.random.default_rng(4)
    answers = pd.DataFrame(np.round(50 + 20 * rng.normal(size=(200, 1)) + 15 * rng.normal(size=(200, 3))))
    found = measured(answers.set_axis(["i1", "i2", "i3"], axis=1))
    assert found.problems == ("many_categories",)
    assert 0 < found.factor.omega < 1


def test_few_persons_give_named_problems_or_numbers_but_no_warning() -> None:
    # of 20 persons whose scaling factor is below nil; robust errors exist all the same
    rng = np.random.default_rng(27)
    factor = rng.normal(size=(20, 1))
    answers = np.clip(np.round(3 + factor * 0.6 + rng.normal(size=(20, 4))), 1, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = one_factor(pd.DataFrame(answers, columns=list("abcd")), n_declared=4, confidence=0.95)
    assert found.problem is None
    assert found.omega_ci_lower < found.omega < found.omega_ci_upper
    assert not np.isnan(list(found.measures.values())).any()


def test_open_answers_count_for_omega_when_asked() -> None:
    answers = cut(150, FIVE)
    answers.loc[:40, "i4"] = NAN
    answers.loc[41:45] = NAN  # nothing at all
    everything = one_factor(answers.dropna(how="all"), n_declared=4, confidence=0.95, missing="fiml")
    complete = one_factor(answers.dropna(), n_declared=4, confidence=0.95)
    assert everything.omega != complete.omega
    assert everything.omega_se < complete.omega_se
    assert everything.omega_observed == pytest.approx(everything.omega, abs=0.02)


# --- of any answers


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    return cut(
        draw(st.integers(40, 120)), [[-0.9, -0.1, 0.8]] * draw(st.integers(3, 5)), seed=draw(st.integers(0, 10_000))
    )


@settings(max_examples=15, deadline=None)
@given(frames(), st.floats(0.2, 5), st.floats(-10, 10))
def test_units_change_no_reliability(answers: pd.DataFrame, unit: float, shift: float) -> None:
    before, after = measured(answers), measured(answers * unit + shift)
    assert after.alpha == pytest.approx(before.alpha, abs=1e-9)
    assert after.factor.omega == pytest.approx(before.factor.omega, abs=1e-5, nan_ok=True)
    assert after.factor.omega_ci_lower == pytest.approx(before.factor.omega_ci_lower, abs=1e-5, nan_ok=True)
    assert after.ordinal.omega == pytest.approx(before.ordinal.omega, abs=1e-9, nan_ok=True)


@settings(max_examples=15, deadline=None)
@given(frames())
def test_turning_every_item_round_changes_no_reliability(answers: pd.DataFrame) -> None:
    before, after = measured(answers), measured(5 - answers)
    assert (after.alpha, after.mean_inter_item) == pytest.approx((before.alpha, before.mean_inter_item), abs=1e-9)
    assert after.factor.omega == pytest.approx(before.factor.omega, abs=1e-5, nan_ok=True)
    assert after.ordinal.alpha == pytest.approx(before.ordinal.alpha, abs=1e-7, nan_ok=True)
    assert after.ordinal.omega == pytest.approx(before.ordinal.omega, abs=1e-5, nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 0.999), st.integers(3, 500), st.integers(2, 20), st.floats(0.5, 0.99))
def test_the_interval_of_alpha_is_in_order_and_below_one(
    alpha: float, n_obs: int, n_items: int, confidence: float
) -> None:
    lower, upper = alpha_interval(alpha, n_obs=n_obs, n_items=n_items, confidence=confidence)
    assert lower < upper < 1
    assert lower < alpha + 1e-9

"""Reliability on numbers worked out by hand, against independent computations, and with the classic traps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats

from analysis.measurement.reliability import (
    alpha_if_dropped,
    alpha_interval,
    cronbach_alpha,
    fisher_interval,
    item_rest_correlations,
    item_statistics,
    omega_total,
    one_factor,
    scale_reliability,
    score_correlations,
)
from analysis.measurement.scoring import Item, Scale, scale_score

NAN = float("nan")
FOUR = ["i1", "i2", "i3", "i4"]


def scale(names: Sequence[str]) -> Scale:
    """A mean of items answered 1 to 5."""
    return Scale("S", tuple(Item(name, 1, 5) for name in names), "mean", 1.0, "half", 1, 5)


def likert(n: int, *, items: int = 4, seed: int = 1) -> pd.DataFrame:
    """``n`` persons answering ``items`` items of one factor, 1 to 5."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(n, 1))
    codes = np.clip(np.round(3 + 0.8 * factor + 0.7 * rng.normal(size=(n, items))), 1, 5)
    return pd.DataFrame(codes, columns=[f"i{k}" for k in range(1, items + 1)])


def with_covariance(sigma: np.ndarray, n: int = 200) -> pd.DataFrame:
    """``n`` persons whose covariance matrix (over n) is exactly ``sigma``."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=(n, len(sigma)))
    values -= values.mean(axis=0)
    white = values @ np.linalg.inv(np.linalg.cholesky(np.cov(values, rowvar=False, bias=True))).T
    return pd.DataFrame(white @ np.linalg.cholesky(sigma).T, columns=[f"i{k + 1}" for k in range(len(sigma))])


def measured(answers: pd.DataFrame, *, minimum_n: int = 10):  # type: ignore[no-untyped-def]
    made = scale(list(answers.columns))
    return scale_reliability(answers, scale_score(answers, made), made, minimum_n=minimum_n, confidence=0.95)


def items_of(answers: pd.DataFrame, *, minimum_n: int = 10) -> pd.DataFrame:
    """Item statistics by item."""
    return item_statistics(answers, scale(list(answers.columns)), minimum_n=minimum_n).set_index("item")


# --- alpha


def test_alpha_by_hand() -> None:
    # variances 5/3 and 5/3; the sums 3 3 7 7 have variance 16/3; 2 (1 - (10/3) / (16/3)) = 0.75
    assert cronbach_alpha(pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 1, 4, 3]})) == pytest.approx(0.75)


def test_alpha_is_k_over_k_minus_one_times_the_share_of_covariance() -> None:
    answers = likert(120)
    covariance = np.cov(answers.to_numpy(), rowvar=False)
    k = len(covariance)
    expected = k / (k - 1) * (covariance.sum() - np.trace(covariance)) / covariance.sum()
    assert cronbach_alpha(answers) == pytest.approx(expected, abs=1e-12)


def test_alpha_of_one_item_or_one_person_does_not_exist() -> None:
    assert np.isnan(cronbach_alpha(pd.DataFrame({"a": [1, 2]})))
    assert np.isnan(cronbach_alpha(pd.DataFrame({"a": [1], "b": [2]})))


def test_the_interval_of_alpha_is_feldts() -> None:
    answers = likert(60)
    alpha, rounded = pingouin.cronbach_alpha(answers, ci=0.9)
    lower, upper = alpha_interval(alpha, n_obs=60, n_items=4, confidence=0.9)
    assert [lower, upper] == pytest.approx(rounded, abs=0.0005)
    # (1 - alpha) / (1 - estimate) is F distributed: the interval's ends are its quantiles
    assert stats.f.cdf((1 - lower) / (1 - alpha), 59, 177) == pytest.approx(0.95)
    assert stats.f.cdf((1 - upper) / (1 - alpha), 59, 177) == pytest.approx(0.05)


# --- items


def test_item_rest_correlations_leave_the_item_itself_out() -> None:
    answers = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 1, 4, 3], "c": [4, 3, 2, 1]})
    # a with b + c = 6 4 6 4: deviations -1.5 -.5 .5 1.5 and 1 -1 1 -1, product sum -2, over sqrt(5 x 4)
    assert item_rest_correlations(answers)["a"] == pytest.approx(-2 / np.sqrt(20))
    assert np.isnan(item_rest_correlations(answers.assign(c=3))["c"])


def test_alpha_if_dropped_is_the_alpha_of_the_others() -> None:
    answers = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 1, 4, 3], "c": [1, 1, 5, 5]})
    dropped = alpha_if_dropped(answers)
    assert dropped["c"] == pytest.approx(0.75)
    assert dropped["a"] == pytest.approx(cronbach_alpha(answers[["b", "c"]]))
    assert np.isnan(alpha_if_dropped(answers[["a", "b"]])).all()


# --- omega and the factor


def test_omega_by_hand() -> None:
    # (.7 + .8 + .6)^2 = 4.41; residual variances .51 + .36 + .64 = 1.51
    assert omega_total(np.array([0.7, 0.8, 0.6]), np.array([0.51, 0.36, 0.64])) == pytest.approx(4.41 / 5.92)


def test_omega_and_loadings_of_a_known_factor_are_found() -> None:
    loadings = np.array([0.7, 0.8, 0.6, 1.5])  # the last item has a wider answer scale
    residuals = np.array([0.51, 0.36, 0.64, 1.0])
    answers = with_covariance(np.outer(loadings, loadings) + np.diag(residuals))
    factor = one_factor(answers, n_declared=4, confidence=0.95)
    assert factor.omega == pytest.approx(3.6**2 / (3.6**2 + 2.51), abs=1e-6)
    standardised = loadings / np.sqrt(loadings**2 + residuals)
    assert factor.loadings["loading"].to_numpy() == pytest.approx(standardised, abs=1e-6)
    assert factor.measures["chisq"] == pytest.approx(0, abs=1e-6)
    assert (factor.df, factor.converged, factor.admissible, factor.message) == (2, True, True, "")


def test_omega_is_alpha_when_all_items_measure_alike() -> None:
    answers = with_covariance(np.full((4, 4), 0.5) + np.diag([0.5] * 4))
    found = measured(answers)
    assert found.factor.omega == pytest.approx(found.alpha, abs=1e-6)


def test_three_items_have_loadings_but_nothing_to_test() -> None:
    found = measured(likert(80, items=3))
    assert (found.factor.df, found.factor.message, found.factor.measures) == (0, "just_identified", {})
    assert 0 < found.factor.omega < 1
    assert found.factor.loadings.notna().all().all()
    assert found.problems == ()


def test_loadings_point_up_even_when_the_first_item_points_down() -> None:
    answers = likert(100)
    answers["i1"] = 6 - answers["i1"]
    loadings = one_factor(answers, n_declared=4, confidence=0.95).loadings
    assert loadings.loc["i1", "loading"] < 0
    assert (loadings.loc[["i2", "i3", "i4"], "loading"] > 0).all()
    assert (loadings["loading_ci_lower"] < loadings["loading"]).all()
    assert (loadings["loading"] < loadings["loading_ci_upper"]).all()


def test_an_inadmissible_solution_has_no_numbers() -> None:
    # r12 r13 / r23 = .64 / .5: the first loading would be 1.13 and its residual variance negative
    found = measured(with_covariance(np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])))
    # numbers without end are not ordered answers, which is told too
    assert found.problems == ("inadmissible", "many_categories")
    assert np.isnan([found.factor.omega, found.factor.omega_ci_lower, found.ordinal.alpha, found.ordinal.omega]).all()
    assert found.factor.loadings.empty
    assert not found.factor.measures
    assert "i1" in found.factor.message
    assert not np.isnan(found.alpha)


# --- the classic traps


def test_an_unreversed_item_is_named_not_just_a_low_alpha() -> None:
    answers = likert(150)
    answers["i3"] = 6 - answers["i3"]
    found = measured(answers)
    assert found.problems == ("negative_item_rest",)
    problem_by_item = items_of(answers)["problem"].to_dict()
    assert problem_by_item == {"i1": "", "i2": "", "i3": "negative_item_rest", "i4": ""}
    assert items_of(answers).loc["i3", "alpha_if_dropped"] > found.alpha


def test_two_items_have_alpha_alone_and_say_so() -> None:
    answers = likert(80, items=2)
    found = measured(answers)
    assert found.problems == ("two_items",)
    assert found.factor.message == "two_items"
    assert np.isnan(found.factor.omega)
    # standardised, alpha of two items is Spearman-Brown
    z = (answers - answers.mean()) / answers.std()
    r = np.corrcoef(answers.to_numpy(), rowvar=False)[0, 1]
    assert cronbach_alpha(z) == pytest.approx(2 * r / (1 + r))


def test_one_item_has_no_consistency() -> None:
    found = measured(likert(80, items=1))
    assert found.problems == ("single_item",)
    assert np.isnan(found.alpha)
    assert found.factor.message == "single_item"
    assert not np.isnan(found.mean)


def test_a_constant_item_is_named_and_left_out() -> None:
    answers = likert(100).assign(i2=4.0)
    found = measured(answers)
    assert found.problems == ("constant_item",)
    assert found.alpha == pytest.approx(cronbach_alpha(answers.drop(columns="i2")))
    items = items_of(answers)
    assert items.loc["i2", "problem"] == "constant_item"
    assert items.loc["i2", "mean"] == 4
    assert np.isnan(items.loc["i2", "item_rest"])
    assert not items.loc[["i1", "i3", "i4"], "item_rest"].isna().any()
    assert found.factor.message == "constant_item"
    assert "i2" not in found.factor.loadings.index


def test_nobody_differs_at_all() -> None:
    found = measured(pd.DataFrame(3.0, index=range(20), columns=FOUR))
    assert found.problems == ("constant_item",)
    assert np.isnan(found.alpha)
    assert np.isnan(found.factor.omega)
    assert found.mean == 3
    assert found.sd == 0


def test_perfectly_correlated_items_have_alpha_one_and_no_factor_model() -> None:
    answers = pd.DataFrame(dict.fromkeys(FOUR, likert(50)["i1"]))
    found = measured(answers)
    assert found.alpha == pytest.approx(1)
    assert [found.alpha_ci_lower, found.alpha_ci_upper] == pytest.approx([1, 1])
    assert found.problems == ("perfect_correlation",)
    assert np.isnan([found.factor.omega, found.ordinal.alpha, found.ordinal.omega]).all()
    assert set(items_of(answers)["problem"]) == {"perfect_correlation"}
    assert "i1" in found.factor.message
    assert "x0" not in found.factor.message


@pytest.mark.parametrize("n", [0, 1, 9])
def test_too_few_persons_have_no_figures(n: int) -> None:
    answers = likert(20).head(n)
    found = measured(answers, minimum_n=10)
    assert found.problems == ("too_few",)
    assert (found.n_obs, found.n_scored) == (n, n)
    assert np.isnan([found.alpha, found.alpha_ci_lower, found.mean, found.sd, found.floor_share]).all()
    items = items_of(answers, minimum_n=10)
    assert items[["mean", "sd", "item_rest", "alpha_if_dropped"]].isna().all().all()
    assert set(items["problem"]) == {"too_few"}
    assert (found.factor.message, found.factor.converged) == ("too_few", None)


def test_a_group_that_answered_nothing_is_too_few() -> None:
    found = measured(pd.DataFrame(NAN, index=range(30), columns=FOUR))
    assert (found.n_obs, found.n_scored, found.problems) == (0, 0, ("too_few",))


def test_a_category_nobody_chose_changes_nothing() -> None:
    answers = likert(100).replace(2.0, 3.0)
    found = measured(answers)
    assert found.problems == ()
    assert found.alpha == pytest.approx(cronbach_alpha(answers))


def test_persons_with_a_score_are_more_than_persons_with_every_item() -> None:
    answers = likert(30)
    answers.loc[0, ["i1", "i2"]] = NAN  # still half
    answers.loc[1, ["i1", "i2", "i3"]] = NAN  # no score
    found = measured(answers)
    assert (found.n_obs, found.n_scored) == (28, 29)
    scored = [*answers.drop(index=1).mean(axis=1)]
    assert found.mean == pytest.approx(np.mean(scored))
    assert found.sd == pytest.approx(np.std(scored, ddof=1))
    # alpha and the items stand on the 28
    assert found.alpha == pytest.approx(cronbach_alpha(answers.dropna()))
    assert items_of(answers)["n_obs"].tolist() == [28] * 4
    assert items_of(answers)["mean"].tolist() == pytest.approx([*answers.dropna().mean()])


def test_shares_at_the_ends_of_the_scale() -> None:
    answers = pd.DataFrame([[1, 1], [5, 5], [5, 5], [1, 2]] * 5, columns=["i1", "i2"], dtype=float)
    found = measured(answers)
    assert (found.floor_share, found.ceiling_share) == (0.25, 0.5)


def test_reliability_does_not_depend_on_the_order_of_persons() -> None:
    answers = likert(70)
    a, b = measured(answers), measured(answers.iloc[::-1])
    assert (a.n_obs, a.problems) == (b.n_obs, b.problems)
    assert [a.alpha, a.mean, a.sd, a.factor.omega] == pytest.approx([b.alpha, b.mean, b.sd, b.factor.omega])


# --- correlations of scores


def test_correlations_of_scores_and_their_intervals() -> None:
    rng = np.random.default_rng(3)
    scores = pd.DataFrame(rng.normal(size=(40, 2)), columns=["A", "B"])
    scores["C"] = scores["A"] + rng.normal(size=40)
    scores.loc[:4, "C"] = NAN
    found = score_correlations(scores, minimum_n=10, confidence=0.9).set_index(["scale_a", "scale_b"])
    assert list(found.index) == [("A", "B"), ("A", "C"), ("B", "C")]
    assert found["n_obs"].tolist() == [40, 35, 35]
    expected = stats.pearsonr(scores.loc[5:, "A"], scores.loc[5:, "C"])
    interval = expected.confidence_interval(0.9)
    assert found.loc[("A", "C"), ["r", "ci_lower", "ci_upper"]].tolist() == pytest.approx(
        [expected.statistic, interval.low, interval.high]
    )


def test_correlations_that_do_not_exist() -> None:
    scores = pd.DataFrame(
        {"A": [1.0, 2, 3, 4, 5], "B": [2.0] * 5, "C": [1.0, 2, NAN, NAN, NAN], "D": [2.0, 4, 6, 8, 10]}
    )
    found = score_correlations(scores, minimum_n=4, confidence=0.95).set_index(["scale_a", "scale_b"])
    assert found.loc[("A", "B")].isna()[["r", "ci_lower", "ci_upper"]].all()  # B is constant
    assert found.loc[("A", "C")].isna()[["r", "ci_lower", "ci_upper"]].all()  # two persons
    assert found.loc[("A", "D"), ["r", "ci_lower", "ci_upper"]].tolist() == pytest.approx([1, 1, 1])


def test_fisher_interval_by_hand() -> None:
    # atanh(.5) = .549306; 1.959964 / sqrt(25) = .391993; tanh(.157313), and tanh(.941299) = 5.5706 / 7.5706
    assert fisher_interval(0.5, n_obs=28, confidence=0.95) == pytest.approx((0.15603, 0.73582), abs=1e-5)
    assert np.isnan(fisher_interval(0.5, n_obs=3, confidence=0.95)).all()

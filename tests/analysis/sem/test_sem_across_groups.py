"""One model in two groups: the steps, and paths compared one by one, against fits put together by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from scipy.stats import t as t_distribution

from analysis.sem import ModelError, fit
from analysis.sem.across_groups import DIFFERENCE_COLUMNS, joint_fits, path_differences
from analysis.sem.difference import difference_test
from analysis.sem.wald import wald_test

MODEL = "F =~ a + b + c\nG =~ d + e + f\nG ~ F + x\nF ~ x"


def draw(n: int = 240, *, second_path: float = 0.2, seed: int = 5) -> pd.DataFrame:
    """Two groups ``one`` and ``two`` of n/2 persons in six clusters each; G on F is .7 in the first."""
    rng = np.random.default_rng(seed)
    two = np.arange(n) >= n // 2
    x = rng.integers(0, 2, n).astype(float)
    first = 0.3 * x + rng.normal(size=n)
    second = np.where(two, second_path, 0.7) * first + 0.2 * x + rng.normal(size=n)
    frame = pd.DataFrame({name: first + 0.8 * rng.normal(size=n) for name in "abc"})
    frame[list("def")] = second[:, None] + 0.8 * rng.normal(size=(n, 3))
    cluster = np.arange(n) // (n // 12)
    return frame.assign(x=x, group=np.where(two, "two", "one"), cluster=cluster)


def test_the_steps_hold_more_and_more_equal() -> None:
    frame = draw()
    steps = joint_fits(MODEL, frame, group="group", estimator="mlr")
    assert [step.equal for step in steps] == ["configural", "loadings", "regressions"]
    assert [step.result.fit["df"] for step in steps if step.result] == [24, 28, 31]
    assert steps[0].difference is None
    by_hand = [
        fit(MODEL, frame, group="group", group_equal=equal, estimator="mlr")
        for equal in ((), ("loadings",), ("loadings", "regressions"))
    ]
    for n in (1, 2):
        expected = difference_test(by_hand[n], by_hand[n - 1])
        found = steps[n].difference
        assert found is not None
        assert (found.method, found.df) == ("satorra_bentler_2001", expected.df)
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-6)


def test_without_regressions_there_is_no_step_for_them() -> None:
    steps = joint_fits("F =~ a + b + c\nG =~ d + e + f", draw(), group="group")
    assert [step.equal for step in steps] == ["configural", "loadings"]


def test_what_cannot_be_fitted_is_a_step_with_its_reason() -> None:
    frame = draw()
    frame.loc[frame["group"] == "two", "a"] = 1.0
    steps = joint_fits(MODEL, frame, group="group")
    assert all(step.result is None and step.difference is None for step in steps)
    assert "a does not vary" in steps[0].refusal


def test_a_solution_that_cannot_be_true_is_compared_with_nothing() -> None:
    frame = draw()
    rng = np.random.default_rng(2)
    one = frame["group"] == "one"
    b, c = rng.normal(size=(2, int(one.sum())))
    frame.loc[one, "b"], frame.loc[one, "c"] = b, c
    frame.loc[one, "a"] = 0.8 * b + 0.8 * c + 0.05 * rng.normal(size=int(one.sum()))
    steps = joint_fits("F =~ a + b + c\nd ~ F", frame, group="group")
    assert steps[0].result is not None and not steps[0].result.admissible
    assert steps[1].difference is None


def test_a_difference_is_that_of_two_separate_fits() -> None:
    """Nothing held equal: the groups are two fits, their difference has the variance of their sum."""
    frame = draw()
    joint = fit(MODEL, frame, group="group", means=True)
    apart = {g: fit(MODEL, frame[frame["group"] == g], means=True).parameters for g in ("one", "two")}
    table = path_differences(joint, first="one", second="two")
    assert list(table.columns) == DIFFERENCE_COLUMNS
    assert [tuple(row) for row in table[["lhs", "op", "rhs"]].to_numpy()] == [
        ("G", "~", "F"), ("G", "~", "x"), ("F", "~", "x"),
    ]  # fmt: skip
    for _, row in table.iterrows():
        one, two = (
            p[(p["lhs"] == row["lhs"]) & (p["op"] == "~") & (p["rhs"] == row["rhs"])].iloc[0] for p in apart.values()
        )
        assert row["est_first"] == pytest.approx(one["est"], rel=1e-5)
        assert row["std_all_second"] == pytest.approx(two["std_all"], rel=1e-5)
        assert row["difference"] == pytest.approx(one["est"] - two["est"], abs=1e-6)
        se = np.hypot(one["se"], two["se"])
        assert row["se"] == pytest.approx(se, rel=1e-4)
        assert np.isnan(row["df_t"])
        assert row["pvalue"] == pytest.approx(2 * norm.sf(abs(row["difference"] / row["se"])))
        assert row["ci_upper"] - row["ci_lower"] == pytest.approx(2 * norm.ppf(0.975) * row["se"])


def test_a_difference_with_loadings_equal_is_the_wald_test_of_that_path() -> None:
    frame = draw()
    labelled = MODEL.replace("G ~ F + x", "G ~ c(p1, p2)*F + x")
    how = {"group": "group", "group_equal": ("loadings",), "estimator": "mlr", "cluster": "cluster", "errors": "cr2"}
    result = fit(labelled, frame, **how)
    row = path_differences(result, first="one", second="two").iloc[0]
    wald = wald_test(result, "p1 == p2")
    assert (row["difference"] / row["se"]) ** 2 == pytest.approx(wald.statistic, rel=1e-8)
    assert 3 < row["df_t"] < 12
    assert row["pvalue"] == pytest.approx(2 * t_distribution.sf(abs(row["difference"] / row["se"]), row["df_t"]))
    assert row["pvalue"] == pytest.approx(wald.pvalue, rel=1e-6)


def test_the_other_way_round_is_the_other_sign_and_holm_counts_the_paths() -> None:
    result = fit(MODEL, draw(), group="group", group_equal=("loadings",))
    there, back = (
        path_differences(result, first="one", second="two"),
        path_differences(result, first="two", second="one"),
    )
    np.testing.assert_allclose(there["difference"], -back["difference"])
    np.testing.assert_allclose(there["ci_lower"], -back["ci_upper"])
    np.testing.assert_allclose(there["pvalue"], back["pvalue"])
    smallest = there["pvalue"].idxmin()
    assert there.loc[smallest, "pvalue_adjusted"] == pytest.approx(3 * there.loc[smallest, "pvalue"])
    assert there.loc[0, "ci_lower"] > 0  # .7 against .2
    plain = path_differences(result, first="one", second="two", adjust="none")
    np.testing.assert_allclose(plain["pvalue_adjusted"], plain["pvalue"])


def test_what_is_held_equal_or_fixed_is_not_compared() -> None:
    frame = draw()
    equal = fit(MODEL, frame, group="group", group_equal=("loadings", "regressions"))
    assert path_differences(equal, first="one", second="two").empty
    partly = fit(MODEL.replace("G ~ F + x", "G ~ F + c(q, q)*x"), frame, group="group", group_equal=("loadings",))
    assert list(path_differences(partly, first="one", second="two")["rhs"]) == ["F", "x"]
    fixed = fit(MODEL.replace("F ~ x", "F ~ 0.3*x"), frame, group="group")
    assert ("F", "x") not in set(
        path_differences(fixed, first="one", second="two")[["lhs", "rhs"]].itertuples(index=False)
    )


def test_without_errors_there_is_nothing_to_compare() -> None:
    assert path_differences(fit(MODEL, draw(), group="group", errors="none"), first="one", second="two").empty


def test_a_group_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="no group three: it has one, two"):
        path_differences(fit(MODEL, draw(), group="group"), first="one", second="three")

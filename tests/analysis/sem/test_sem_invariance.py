"""The ladder of measurement invariance beside lavaan's and semTools', and what each step holds equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.sem import ModelError, fit
from analysis.sem.invariance import STEP_COLUMNS, Cutoffs, invariance

Frames = dict[str, pd.DataFrame]
Reference = Callable[[str], Any]
CONTINUOUS = ["school-holzinger-ml", "sex-holzinger-mlr", "group-skewed-mlm"]
ORDERED = ["ordered-delta", "ordered-theta"]


def climbed(case: dict[str, Any], frames: Frames, **asked: Any) -> Any:
    for name in ("parameterization", "ordered", "group_partial"):
        if name in case:
            asked[name] = tuple(case[name]) if isinstance(case[name], list) else case[name]
    return invariance(case["model"], frames[case["data"]], group=case["group"], estimator=case["estimator"], **asked)


@pytest.mark.parametrize("name", [*CONTINUOUS, *ORDERED])
def test_every_step_against_lavaan(name: str, difference_frames: Frames, difference_reference: Reference) -> None:
    case = difference_reference("invariance")[name]
    ladder = climbed(case, difference_frames, std_lv=name in ORDERED)
    for step, expected in case["steps"].items():
        measures = ladder.results[step].fit
        assert (measures["df"], measures["npar"]) == (expected["df"], expected["npar"])
        for ours in ("chisq", "chisq_scaled", "srmr", "aic", "bic"):
            theirs = expected.get(ours.replace("_", "."))
            if theirs is not None:
                assert measures[ours] == pytest.approx(theirs, rel=1e-5, abs=1e-6), (step, ours)
        if name not in ORDERED:
            for ours in ("cfi", "rmsea"):
                theirs = expected.get(f"{ours}.robust", expected[ours])
                assert ladder.steps.set_index("step").loc[step, ours] == pytest.approx(theirs, rel=1e-5)
        rows = ladder.results[step].parameters
        latent = rows[(rows["op"] == "~1") & rows["lhs"].isin(ladder.results[step].estimated.table.latent)]
        np.testing.assert_allclose(latent["est"].to_numpy(), list(expected["means"].values()), atol=2e-5)
    tests = list(ladder.differences.values())[: len(case["difference"]["df"])]
    for test, *expected_test in zip(tests, *case["difference"].values(), strict=True):
        assert [test.statistic, test.df, test.pvalue] == pytest.approx(expected_test, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_degrees_of_freedom_of_semtools(name: str, difference_frames: Frames, difference_reference: Reference) -> None:
    case = difference_reference("invariance")[name]
    steps = climbed(case, difference_frames).steps.set_index("step")
    theirs = case["measurementInvariance"]
    for step, other in (
        ("configural", "configural"),
        ("metric", "loadings"),
        ("scalar", "intercepts"),
        ("strict", "residuals"),
    ):
        assert steps.loc[step, "df"] == theirs[f"fit.{other}"]["df"]


def test_partial_invariance_against_lavaan(difference_frames: Frames, difference_reference: Reference) -> None:
    case = difference_reference("invariance")["partial"]
    ladder = climbed(case, difference_frames)
    measures = ladder.results["scalar"].fit
    for name, expected in case["scalar"].items():
        if name != "means":
            assert measures[name.replace(".", "_")] == pytest.approx(expected, rel=1e-6), name
    whole = climbed({**case, "group_partial": []}, difference_frames)
    assert list(whole.steps["df"] - ladder.steps["df"]) == [0, 2, 4, 4]
    rows = ladder.results["scalar"].parameters
    released = rows[(rows["lhs"] == "s2") & (rows["op"] == "~1")]["est"]
    held = rows[(rows["lhs"] == "s3") & (rows["op"] == "~1")]["est"]
    assert released.nunique() == 3 and held.nunique() == 1


# --- what a step says
def two_groups(n: int = 400, seed: int = 8, shift: float = 0.0) -> pd.DataFrame:
    """Four items of one factor in two groups; ``shift`` is added to one item's answers in the second."""
    rng = np.random.default_rng(seed)
    second = np.arange(n) >= n // 2
    f = rng.normal(size=n) * np.where(second, 1.3, 1.0) + 0.5 * second
    frame = pd.DataFrame({f"y{k}": f * (0.7 + 0.1 * k) + rng.normal(size=n) for k in range(1, 5)})
    frame["y3"] += shift * second
    return frame.assign(g=np.where(second, "later", "first"))


MODEL = "f =~ y1 + y2 + y3 + y4"


def test_a_ladder_that_holds_and_one_that_breaks_where_it_should() -> None:
    good = invariance(MODEL, two_groups(), group="g")
    assert list(good.steps.columns) == STEP_COLUMNS
    assert list(good.steps["step"]) == ["configural", "metric", "scalar", "strict"]
    assert good.steps["holds_by_test"].tolist()[1:] == [True] * 3
    assert good.steps["holds_by_fit"].tolist()[1:] == [True] * 3
    assert pd.isna(good.steps.loc[0, "holds_by_test"]) and pd.isna(good.steps.loc[0, "chisq_diff"])
    bad = invariance(MODEL, two_groups(shift=0.8), group="g").steps.set_index("step")
    assert bad["holds_by_test"].tolist()[1:] == [True, False, True]
    assert not bad.loc["scalar", "holds_by_fit"]
    partial = invariance(MODEL, two_groups(shift=0.8), group="g", group_partial=("y3~1",)).steps
    assert partial["holds_by_test"].tolist()[1:] == [True] * 3


def test_changes_are_those_of_the_measures() -> None:
    ladder = invariance(MODEL, two_groups(), group="g", estimator="mlr")
    for before, after in zip(list(ladder.results)[:-1], list(ladder.results)[1:], strict=True):
        row = ladder.steps.set_index("step").loc[after]
        a, b = ladder.results[before].fit, ladder.results[after].fit
        assert row["cfi_diff"] == pytest.approx(b["cfi_robust"] - a["cfi_robust"])
        assert row["rmsea_diff"] == pytest.approx(b["rmsea_robust"] - a["rmsea_robust"])
        assert row["srmr_diff"] == pytest.approx(b["srmr"] - a["srmr"])
        assert row["chisq_diff"] == ladder.differences[after].statistic
        assert row["chisq"] == b["chisq_scaled"]


def test_latent_means_are_free_from_scalar_on_and_relative_to_the_first_group() -> None:
    ladder = invariance(MODEL, two_groups(n=2000), group="g")
    for step, result in ladder.results.items():
        rows = result.parameters
        means = rows[(rows["lhs"] == "f") & (rows["op"] == "~1")].set_index("group")
        assert means.loc["first", "est"] == 0 and not means.loc["first", "free"]
        assert bool(means.loc["later", "free"]) is (step in ("scalar", "strict"))
    # the marker's loading is .8: the shift of half a unit in the factor is .4 in its metric
    assert means.loc["later", "est"] == pytest.approx(0.4, abs=3 * float(means.loc["later", "se"]))


@pytest.mark.parametrize(
    ("sizes", "cfi"), [((200, 200), 0.010), ((150, 150), 0.005), ((600, 190), 0.005), ((150, 151), 0.010)]
)
def test_cutoffs_hang_on_the_groups(sizes: tuple[int, ...], cfi: float) -> None:
    assert Cutoffs.for_n(sizes).cfi == cfi


@pytest.mark.parametrize(
    ("step", "changes", "holds"),
    [
        ("metric", (-0.010, 0.015, 0.030), True),
        ("metric", (-0.011, 0.0, 0.0), False),
        ("metric", (0.0, 0.016, 0.0), False),
        ("metric", (0.0, 0.0, 0.031), False),
        ("scalar", (0.0, 0.0, 0.011), False),
        ("scalar", (0.01, -0.01, 0.010), True),
    ],
)
def test_cutoffs_at_the_boundary(step: str, changes: tuple[float, ...], holds: bool) -> None:
    named = dict(zip(("cfi_diff", "rmsea_diff", "srmr_diff"), changes, strict=True))
    assert Cutoffs.for_n((400, 400)).hold(step, named) is holds


# --- ordered items
def cut(frame: pd.DataFrame, cuts: list[float]) -> pd.DataFrame:
    return frame.assign(**{c: np.digitize(frame[c], cuts).astype(float) for c in ("y1", "y2", "y3", "y4")})


def test_thresholds_of_three_categories_set_the_scale_and_are_not_tested() -> None:
    frame = cut(two_groups(n=600), [-0.4, 1.0])
    ladder = invariance(MODEL, frame, group="g", estimator="wlsmv", ordered=("y1", "y2", "y3", "y4"))
    steps = ladder.steps.set_index("step")
    assert list(steps.index) == ["configural", "thresholds", "metric", "scalar", "strict"]
    assert steps.loc["thresholds", "df"] == steps.loc["configural", "df"]
    assert steps.loc["thresholds", "chisq"] == pytest.approx(steps.loc["configural", "chisq"], rel=1e-6)
    assert "nothing to test" in steps.loc["thresholds", "message"]
    assert "thresholds" not in ladder.differences and {"metric", "scalar", "strict"} == set(ladder.differences)


def test_two_categories_go_to_scalar_at_once() -> None:
    frame = cut(two_groups(n=600), [0.3])
    ladder = invariance(MODEL, frame, group="g", estimator="wlsmv", ordered=("y1", "y2", "y3", "y4"))
    assert list(ladder.steps["step"]) == ["configural", "scalar", "strict"]
    assert ladder.steps["converged"].all()


def test_the_scale_of_ordered_items_is_free_until_strict(difference_frames: Frames) -> None:
    items = tuple(f"o{k}" for k in range(1, 7))
    asked: dict[str, Any] = {"group": "group", "estimator": "wlsmv", "ordered": items}
    ladder = invariance("f =~ o1 + o2 + o3\nh =~ o4 + o5 + o6", difference_frames["answers"], **asked)
    for step in ("thresholds", "metric", "scalar"):
        rows = ladder.results[step].parameters
        scales = rows[rows["op"] == "~*~"].groupby("group")["free"].all()
        assert scales.to_dict() == {"early": False, "late": True}
    assert ladder.results["strict"].estimated.options.parameterization == "theta"
    rows = ladder.results["strict"].parameters
    residual = rows[(rows["op"] == "~~") & (rows["lhs"] == rows["rhs"]) & rows["lhs"].isin(items)]
    assert (residual["est"] == 1).all()
    intercepts = ladder.results["metric"].parameters.query("op == '~1' and lhs in @items")
    assert intercepts.groupby("group")["free"].all().to_dict() == {"early": False, "late": True}
    assert (ladder.results["scalar"].parameters.query("op == '~1' and lhs in @items")["est"] == 0).all()


def test_a_partial_intercept_of_an_ordered_item_is_released(difference_frames: Frames) -> None:
    items = tuple(f"o{k}" for k in range(1, 7))
    asked: dict[str, Any] = {"group": "group", "estimator": "wlsmv", "ordered": items, "group_partial": ("o2 ~1",)}
    ladder = invariance("f =~ o1 + o2 + o3\nh =~ o4 + o5 + o6", difference_frames["answers"], **asked)
    rows = ladder.results["scalar"].parameters
    free = rows[(rows["op"] == "~1") & rows["lhs"].isin(items) & rows["free"]]
    assert [tuple(x) for x in free[["group", "lhs"]].to_numpy()] == [("late", "o2")]
    assert ladder.steps.set_index("step").loc["scalar", "df"] == 29


# --- what cannot be climbed
def test_a_step_that_is_refused_keeps_its_row_and_the_reason() -> None:
    frame = two_groups()
    with pytest.raises(ModelError, match="no such parameter"):
        fit(MODEL, frame, group="g", group_equal=("loadings",), group_partial=("y9~1",))
    refused = invariance(MODEL, frame, group="g", group_partial=("y9~1",)).steps
    assert refused["message"].str.contains("no such parameter").tolist() == [False, True, True, True]
    assert refused["df"].isna().tolist() == [False, True, True, True]


def test_what_may_not_be_asked() -> None:
    with pytest.raises(ModelError, match="leave group_equal out"):
        invariance(MODEL, two_groups(), group="g", group_equal=("loadings",))
    with pytest.raises(ModelError, match="choose estimator ml or mlr"):
        invariance(MODEL, two_groups(), group="g", estimator="sam")
    with pytest.raises(ModelError, match="no column h"):
        invariance(MODEL, two_groups(), group="h")


def test_steps_without_a_solution_are_not_compared() -> None:
    """Two items without residuals on one factor have a singular covariance matrix, whatever the parameters."""
    ladder = invariance("f =~ y1 + y2\ny1 ~~ 0*y1\ny2 ~~ 0*y2", two_groups(), group="g")
    assert not ladder.steps["converged"].any() and not ladder.differences
    assert ladder.steps["message"].str.contains("No solution").all()
    assert ladder.steps[["cfi", "chisq_diff", "cfi_diff", "holds_by_test", "holds_by_fit"]].isna().all().all()

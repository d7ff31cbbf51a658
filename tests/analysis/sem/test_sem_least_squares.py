"""Least squares beside lavaan: WLSMV, ULSMV, DWLS and ULS of ordered items, GLS, ULS and DWLS of continuous ones."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.sem import FitResult, ModelError, fit
from analysis.sem.moments import Moments

HERE = Path(__file__).parents[2] / "oracles" / "ordinal"
CASES: list[dict[str, Any]] = json.loads((HERE / "least_squares.json").read_text())
BY_ID = {case["id"]: case for case in CASES}
CONTINUOUS = "F =~ c1 + c2 + c3\nH =~ c4 + c5 + c6\nH ~ F"


@cache
def answers() -> pd.DataFrame:
    return pd.read_csv(HERE / "answers.csv")


@cache
def fitted(name: str) -> FitResult:
    return fit(BY_ID[name]["model"], answers(), **BY_ID[name]["asked"])


def rows(result: FitResult) -> dict[tuple[str, ...], pd.Series[Any]]:
    """Reported rows by (group, lhs, op, rhs); covariances in both directions."""
    several = len(result.groups) > 1
    found: dict[tuple[str, ...], pd.Series[Any]] = {}
    for _, row in result.parameters.iterrows():
        group = row["group"] if several and row["op"] != ":=" else ""
        found[group, row["lhs"], row["op"], row["rhs"] if row["op"] != ":=" else ""] = row
        if row["op"] == "~~":
            found[group, row["rhs"], row["op"], row["lhs"]] = row
    return found


@pytest.mark.parametrize("name", BY_ID)
def test_estimates_and_errors_agree_with_lavaan(name: str) -> None:
    """As near as lavaan's optimiser comes, which stops where the objective changes by 1e-10 of itself."""
    found = rows(fitted(name))
    case = BY_ID[name]
    assert (len(fitted(name).parameters), list(fitted(name).n_by_group)) == (len(case["parameters"]), case["n"])
    for wanted in case["parameters"]:
        rhs = "" if wanted["op"] == ":=" else wanted["rhs"]
        row = found[wanted["group"], wanted["lhs"], wanted["op"], rhs]
        for field in ("est", "se", "std_lv", "std_all"):
            if field in wanted and not (wanted["op"] == ":=" and field == "std_lv"):
                assert row[field] == pytest.approx(wanted[field], rel=7e-5, abs=5e-6), (wanted, field)


@pytest.mark.parametrize("name", BY_ID)
def test_fit_measures_agree_with_lavaan(name: str) -> None:
    result, wanted = fitted(name), BY_ID[name]["fit"]
    for measure, value in wanted.items():
        assert result.fit[measure] == pytest.approx(value, rel=2e-6, abs=2e-6), measure


def test_delta_and_theta_are_one_model() -> None:
    """Two ways to say the same: statistics and standardised loadings are equal."""
    for one, other in (("mixed-wlsmv", "mixed-theta"), ("groups-equal-delta", "groups-equal-theta")):
        a, b = fitted(one), fitted(other)
        for measure in ("chisq", "df", "chisq_scaled", "srmr", "cfi"):
            assert a.fit[measure] == pytest.approx(b.fit[measure], rel=1e-6, abs=1e-8)
        loading = a.parameters["op"] == "=~"
        np.testing.assert_allclose(a.parameters["std_all"][loading], b.parameters["std_all"][loading], rtol=1e-5)


def test_unbiased_moments_make_uls_of_a_covariance_the_sample_covariance() -> None:
    frame = answers()
    row = fit("c1 ~~ c2", frame, estimator="ULS").parameters.iloc[0]
    assert row["est"] == pytest.approx(frame[["c1", "c2"]].cov().to_numpy()[0, 1], rel=1e-9)


def test_gls_of_one_covariance_has_the_textbook_error() -> None:
    frame = answers()
    cov = frame[["c1", "c2"]].cov().to_numpy()
    row = fit("c1 ~~ c2", frame, estimator="GLS").parameters.iloc[0]
    expected = np.sqrt((cov[0, 0] * cov[1, 1] + cov[0, 1] ** 2) / (len(frame) - 1))
    assert row["se"] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("estimator", ["GLS", "ULS"])
def test_published_moments_give_what_the_answers_give(estimator: str) -> None:
    frame = answers()
    names = [f"c{k}" for k in range(1, 7)]
    moments = Moments.from_dict({"n": len(frame), "names": names, "cov": frame[names].cov().to_numpy().tolist()})
    ours, theirs = fit(CONTINUOUS, moments, estimator=estimator), fit(CONTINUOUS, frame, estimator=estimator)
    assert ours.fit["chisq"] == pytest.approx(theirs.fit["chisq"], rel=1e-9)
    np.testing.assert_allclose(ours.parameters["est"], theirs.parameters["est"], rtol=1e-7, atol=1e-9)


def test_errors_of_unweighted_least_squares_follow_a_change_of_units_only_by_the_sandwich() -> None:
    """A loading's z does not depend on the units of another item. Robust errors know that, lavaan's standard ones do
    not (tests/oracles/defects.md), and the result says so."""
    frame = answers()
    free = "F =~ NA*c1 + c2 + c3\nF ~~ 1*F"

    def z(data: pd.DataFrame, **asked: Any) -> float:
        row = fit(free, data, estimator="ULS", **asked).parameters.iloc[1]
        return float(row["est"] / row["se"])

    tenfold = frame.assign(c1=10 * frame["c1"])
    assert z(tenfold, errors="robust_sem") == pytest.approx(z(frame, errors="robust_sem"), rel=1e-5)
    assert z(tenfold) != pytest.approx(z(frame), rel=0.05)


@pytest.mark.parametrize(("estimator", "warned"), [("ULS", True), ("DWLS", True), ("ULSMV", False), ("GLS", False)])
def test_errors_without_gamma_are_warned_of(estimator: str, warned: bool) -> None:
    result = fit(CONTINUOUS, answers(), estimator=estimator)
    assert any("standard errors" in note for note in result.notes) == warned


def test_equal_residuals_under_delta_are_said_to_do_nothing() -> None:
    assert any("residuals does nothing" in note for note in fitted("groups-residuals-delta").notes)
    assert not any("residuals does nothing" in note for note in fitted("groups-residuals-theta").notes)
    assert fitted("groups-residuals-theta").fit["df"] == fitted("groups-equal-theta").fit["df"] + 8


def test_casewise_errors_are_refused_where_there_is_no_likelihood() -> None:
    with pytest.raises(ModelError, match="robust_sem"):
        fit(CONTINUOUS, answers(), estimator="ULS", errors="robust")


def test_ordered_and_continuous_variables_together_are_refused() -> None:
    with pytest.raises(ModelError, match="c1 is not ordered"):
        fit("F =~ m1 + m2 + m4 + c1", answers(), estimator="WLSMV", ordered=("m1", "m2", "m4"))


@pytest.mark.parametrize("estimator", ["WLSMV", "GLS", "MLM", "MLR"])
def test_a_model_that_is_not_identified_has_no_fit_and_no_errors(estimator: str) -> None:
    """Two first-order factors do not identify a second-order one; its loadings move without changing the fit."""
    items = ("m1", "m2", "m4", "m5", "m6", "m7")
    asked: dict[str, Any] = {"ordered": items} if estimator == "WLSMV" else {}
    model = "F =~ m1 + m2 + m4\nH =~ m5 + m6 + m7\nF ~~ 0*H\nG =~ F + H"
    result = fit(model, answers(), estimator=estimator, **asked)
    assert not result.identified
    assert "G =~ H" in result.message or "G ~~ G" in result.message
    assert set(result.fit) == {"npar", "df"}
    assert result.parameters["se"].isna().all()


# --- closed forms, and what must not matter
def test_three_ordered_items_have_the_textbook_solution() -> None:
    """λ₁² = r₁₂ r₁₃ / r₂₃ (Spearman), with polychoric correlations; df 0, so every weight gives the same."""
    items = ("m1", "m2", "b1")
    for estimator in ("WLSMV", "ULSMV"):
        result = fit("F =~ m1 + m2 + b1", answers(), estimator=estimator, ordered=items, std_lv=True)
        moments = result.estimated.sample.groups[0].ordinal
        assert moments is not None
        r12, r13, r23 = moments.correlations
        loadings = result.parameters.loc[result.parameters["op"] == "=~", "est"].to_numpy(dtype=float)
        expected = np.sqrt([r12 * r13 / r23, r12 * r23 / r13, r13 * r23 / r12])
        np.testing.assert_allclose(loadings, expected, rtol=1e-7)
        assert result.fit["df"] == 0
        assert result.fit["chisq"] == pytest.approx(0, abs=1e-10)


def test_thresholds_of_a_free_model_are_the_samples_with_their_own_errors() -> None:
    result = fitted("mixed-wlsmv")
    moments = result.estimated.sample.groups[0].ordinal
    assert moments is not None
    rows_of = result.parameters[result.parameters["op"] == "|"]
    np.testing.assert_allclose(rows_of["est"].to_numpy(dtype=float), moments.thresholds, atol=1e-9)
    spread = np.sqrt(np.diag(moments.gamma)[: len(moments.thresholds)] / (result.n_by_group[0] - 1))
    np.testing.assert_allclose(rows_of["se"].to_numpy(dtype=float), spread, rtol=1e-8)


ORDERED: dict[str, Any] = {"estimator": "WLSMV", "ordered": ("m1", "m2", "m4", "m6", "m7", "m8")}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "ordered": ("F =~ m1 + m2 + m4\nH =~ m6 + m7 + m8\nH ~ F", ORDERED),
    "ordered, groups": (
        "F =~ m1 + m2 + m4\nH =~ m6 + m7 + m8",
        {**ORDERED, "group": "group", "group_equal": ("loadings", "thresholds"), "parameterization": "theta"},
    ),
    "GLS, groups": (CONTINUOUS, {"estimator": "GLS", "group": "group", "group_equal": ("loadings", "intercepts")}),
    "ULSMV": (CONTINUOUS, {"estimator": "ULSMV"}),
    "WLSMV, continuous": (CONTINUOUS, {"estimator": "WLSMV", "means": True}),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_order_and_names_of_persons_columns_and_groups_do_not_matter(variant: str) -> None:
    model, asked = VARIANTS[variant]
    frame = answers()
    shuffled = frame.sample(frac=1, random_state=5)[list(reversed(frame.columns))]
    renamed = shuffled.replace({"group": {"south": "z", "north": "a"}})
    one, other = fit(model, frame, **asked), fit(model, renamed, **asked)
    for measure in ("chisq", "df", "cfi", "srmr", "rmsea"):
        assert other.fit[measure] == pytest.approx(one.fit[measure], rel=1e-6, abs=1e-7)
    if len(one.groups) == 1:
        np.testing.assert_allclose(one.parameters["se"], other.parameters["se"], rtol=1e-5)
    loading = (one.parameters["op"] == "=~").to_numpy()
    half = int(loading.sum()) // len(one.groups)  # loadings are the same in every group
    np.testing.assert_allclose(
        one.parameters["est"][loading][:half], other.parameters["est"][loading][:half], rtol=1e-5
    )  # fmt: skip


@pytest.mark.parametrize("variant", ["ordered", "ULSMV"])
def test_everybody_twice_doubles_what_the_statistic_rests_on(variant: str) -> None:
    """F of ordered answers stays, so that the statistic grows by (2n - 1)/(n - 1); continuous ones bring covariances of
    divisor n - 1, whose unweighted squares shrink by the square of what the covariances do."""
    model, asked = VARIANTS[variant]
    frame = answers().dropna()
    n = len(frame)
    one, two = fit(model, frame, **asked), fit(model, pd.concat([frame, frame], ignore_index=True), **asked)
    ratio = (2 * n - 1) / (n - 1)
    if variant == "ordered":
        np.testing.assert_allclose(two.parameters["est"], one.parameters["est"], rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(two.parameters["se"], one.parameters["se"] / np.sqrt(ratio), rtol=1e-6)
        assert two.fit["chisq"] == pytest.approx(one.fit["chisq"] * ratio, rel=1e-6)
    else:
        assert two.fit["chisq"] == pytest.approx(one.fit["chisq"] * 4 / ratio, rel=1e-6)
        loading = one.parameters["op"] == "=~"
        np.testing.assert_allclose(two.parameters["est"][loading], one.parameters["est"][loading], rtol=1e-6)


@pytest.mark.parametrize("estimator", ["GLS", "DWLS", "WLSMV"])
def test_units_change_loadings_and_nothing_else(estimator: str) -> None:
    """GLS and DWLS weigh by what moves with the units."""
    frame = answers()
    rescaled = frame.assign(c2=frame["c2"] / 50, c5=frame["c5"] * 20)
    one, other = fit(CONTINUOUS, frame, estimator=estimator), fit(CONTINUOUS, rescaled, estimator=estimator)
    assert other.fit["chisq"] == pytest.approx(one.fit["chisq"], rel=1e-6)
    np.testing.assert_allclose(other.parameters["std_all"], one.parameters["std_all"], rtol=1e-5)
    z, scaled = one.parameters["z"].to_numpy(dtype=float), other.parameters["z"].to_numpy(dtype=float)
    np.testing.assert_allclose(scaled, z, rtol=1e-5)

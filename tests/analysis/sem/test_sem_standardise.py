"""Standardised solutions by hand, beside lavaan's, and their delta-method errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.sem import FitResult, fit
from analysis.sem.standardise import Reported, delta_se


def persons(n: int = 300, seed: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = 2 * rng.normal(size=n)
    f = 0.3 * x + rng.normal(size=n)
    frame = pd.DataFrame({f"y{k}": k + (0.5 + 0.2 * k) * f + rng.normal(size=n) for k in range(1, 5)})
    frame = frame.assign(x=x, z=0.5 * f + rng.normal(size=n), g=np.where(np.arange(n) % 2, "b", "a"))
    for k in range(1, 5):
        frame[f"o{k}"] = np.digitize(frame[f"y{k}"] - k, [-0.8, 0.7]).astype(float)
    return frame


def by_name(result: FitResult, column: str) -> dict[tuple[str, str, str], float]:
    rows = result.parameters.set_index(["lhs", "op", "rhs"])[column]
    return {key: float(value) for key, value in rows.items()}


def test_every_kind_of_row_by_its_formula() -> None:
    result = fit("f =~ y1 + y2 + y3\nf ~ x\nz ~ f\ny1 ~~ y2\nf ~ 0*1", persons())
    est, lv, std = (by_name(result, column) for column in ("est", "std_lv", "std_all"))
    names = result.estimated.table.observed
    sigma = result.estimated.implied.moments(result.estimated.theta)[0][0]
    sd = {name: float(np.sqrt(sigma[i, i])) for i, name in enumerate(names)}
    sd["f"] = float(np.sqrt(est["f", "~", "x"] ** 2 * sd["x"] ** 2 + est["f", "~~", "f"]))
    for item in ("y1", "y2", "y3"):
        assert lv["f", "=~", item] == pytest.approx(est["f", "=~", item] * sd["f"])
        assert std["f", "=~", item] == pytest.approx(est["f", "=~", item] * sd["f"] / sd[item])
        assert std[item, "~~", item] == pytest.approx(est[item, "~~", item] / sd[item] ** 2)
        assert lv[item, "~~", item] == pytest.approx(est[item, "~~", item])
        assert std[item, "~1", ""] == pytest.approx(est[item, "~1", ""] / sd[item])
        assert lv[item, "~1", ""] == pytest.approx(est[item, "~1", ""])
    assert std["f", "~", "x"] == pytest.approx(est["f", "~", "x"] * sd["x"] / sd["f"])
    assert lv["f", "~", "x"] == pytest.approx(est["f", "~", "x"] / sd["f"])
    assert std["z", "~", "f"] == pytest.approx(est["z", "~", "f"] * sd["f"] / sd["z"])
    assert std["f", "~~", "f"] == pytest.approx(est["f", "~~", "f"] / sd["f"] ** 2)
    residual = np.sqrt(est["y1", "~~", "y1"] * est["y2", "~~", "y2"])
    assert std["y1", "~~", "y2"] == pytest.approx(est["y1", "~~", "y2"] / residual)
    assert std["x", "~~", "x"] == pytest.approx(1)


def test_a_standardised_slope_has_its_closed_form_error() -> None:
    """With one predictor the standardised slope is the correlation b s / √(b² s² + v); with s taken as given its error
    is that of b and of the residual variance v, which are independent."""
    frame = persons()
    result = fit("z ~ x", frame)
    row = result.parameters.iloc[0]
    b, v = float(row["est"]), float(by_name(result, "est")["z", "~~", "z"])
    s, n = float(frame["x"].var(ddof=0)), len(frame)
    total = b * b * s + v
    to_b, to_v = np.sqrt(s) * v / total**1.5, -0.5 * b * np.sqrt(s) / total**1.5
    expected = np.sqrt(to_b**2 * v / (n * s) + to_v**2 * 2 * v**2 / n)
    assert row["std_all"] == pytest.approx(np.corrcoef(frame["x"], frame["z"])[0, 1], rel=1e-9)
    assert row["std_all_se"] == pytest.approx(expected, rel=1e-9)


def test_a_unit_variance_factor_is_its_own_standardisation() -> None:
    unit = fit("f =~ y1 + y2 + y3 + y4", persons(), std_lv=True)
    loadings = unit.parameters[unit.parameters["op"] == "=~"]
    np.testing.assert_allclose(loadings["std_lv"], loadings["est"], rtol=1e-12)
    marker = fit("f =~ y1 + y2 + y3 + y4", persons())
    again = marker.parameters[marker.parameters["op"] == "=~"]
    for column in ("std_lv", "std_all", "std_all_se"):
        np.testing.assert_allclose(again[column].astype(float), loadings[column].astype(float), rtol=1e-6)
    variance = marker.parameters.set_index(["lhs", "op", "rhs"]).loc[("f", "~~", "f")]
    assert variance["std_all"] == pytest.approx(1) and np.isnan(variance["std_all_se"])


def test_standardised_data_give_standardised_estimates() -> None:
    frame = persons()
    model = "f =~ y1 + y2 + y3 + y4\nz ~ f"
    standard = (frame[["y1", "y2", "y3", "y4", "z"]] - frame.mean(numeric_only=True)) / frame.std(
        ddof=0, numeric_only=True
    )
    raw, scaled = fit(model, frame), fit(model, standard[["y1", "y2", "y3", "y4", "z"]])
    for key in (("y2", "~~", "y2"), ("z", "~~", "z")):
        assert by_name(raw, "std_all")[key] == pytest.approx(by_name(scaled, "est")[key], rel=1e-6)


def test_groups_are_standardised_by_their_own_variances() -> None:
    frame = persons()
    frame.loc[frame["g"] == "b", ["y1", "y2", "y3", "y4"]] *= 2
    whole = fit("f =~ y1 + y2 + y3 + y4", frame, group="g").parameters
    for name, part in frame.groupby("g"):
        alone = fit("f =~ y1 + y2 + y3 + y4", part, means=True).parameters
        np.testing.assert_allclose(whole[whole["group"] == name]["std_all"], alone["std_all"], rtol=1e-6)


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_ordered_items_have_unit_total_variance_in_the_standardised_solution(parameterization: str) -> None:
    items = tuple(f"o{k}" for k in range(1, 5))
    asked: dict[str, Any] = {"estimator": "wlsmv", "ordered": items, "parameterization": parameterization}
    std = by_name(fit("f =~ o1 + o2 + o3 + o4", persons(), **asked), "std_all")
    for item in items:
        assert std["f", "=~", item] ** 2 + std[item, "~~", item] == pytest.approx(1, rel=1e-9)


def test_delta_and_theta_agree_when_standardised() -> None:
    items = tuple(f"o{k}" for k in range(1, 5))
    asked: dict[str, Any] = {"estimator": "wlsmv", "ordered": items}
    delta, theta = (fit("f =~ o1 + o2 + o3 + o4", persons(), **asked, parameterization=p) for p in ("delta", "theta"))
    keep = [key for key in by_name(delta, "std_all") if key[1] in ("=~", "|")]
    for column in ("std_all", "std_all_se"):
        a, b = by_name(delta, column), by_name(theta, column)
        np.testing.assert_allclose([a[k] for k in keep], [b[k] for k in keep], rtol=1e-5)


def test_a_negative_variance_has_no_standardised_numbers() -> None:
    """A factor with a negative variance has no standard deviation: NaN, and no made-up number."""
    rng = np.random.default_rng(3)
    raw = rng.normal(size=(200, 3))
    raw = (raw - raw.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, bias=True))).T
    target = np.array([[1.0, -0.4, 0.4], [-0.4, 1.0, 0.4], [0.4, 0.4, 1.0]])
    frame = pd.DataFrame(raw @ np.linalg.cholesky(target).T, columns=["a", "b", "c"])
    result = fit("f =~ a + b + c", frame)
    assert by_name(result, "est")["f", "~~", "f"] < 0
    assert np.isnan(by_name(result, "std_all")["f", "=~", "b"])
    assert not result.admissible


def test_against_lavaan_with_covariates_and_groups(
    difference_frames: dict[str, pd.DataFrame],
    difference_reference: Callable[[str], Any],
    as_options: Callable[..., Any],
) -> None:
    case = difference_reference("effects")["groups"]
    result = fit(case["model"], difference_frames["skewed"], **as_options(case["ours"]))
    rows = result.parameters[result.parameters["op"] == ":="].set_index("lhs")
    for expected in case["std_all"]:
        assert rows.loc[expected["name"], "std_all"] == pytest.approx(expected["est"], rel=1e-5, abs=1e-5)


def test_what_a_small_change_is_multiplied_by() -> None:
    """``factors`` is ``rows`` less the rows themselves: exact for rows whose own value moves no variance."""
    result = fit("f =~ y1 + y2 + y3 + y4\nz ~ f", persons())
    reported, theta = Reported(result.estimated.implied), result.estimated.theta
    for metric in ("est", "std_lv", "std_all"):
        values, factors = reported.rows(theta, metric), reported.factors(theta, metric)
        np.testing.assert_allclose(values, reported.rows(theta) * factors, rtol=1e-12)


def test_errors_by_the_delta_method() -> None:
    vcov = np.array([[0.04, 0.01], [0.01, 0.09]])
    se = delta_se(np.array([[2.0, 0.5], [1.0, 0.0], [0.0, 0.0]]), vcov)
    assert se[0] == pytest.approx(np.sqrt(4 * 0.04 + 2 * 2 * 0.5 * 0.01 + 0.25 * 0.09))
    assert se[1] == pytest.approx(0.2)
    assert np.isnan(se[2])

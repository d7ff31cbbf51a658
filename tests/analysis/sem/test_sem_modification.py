"""Modification indices and score tests: by hand, and beside lavaan's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from analysis.sem import ModelError, fit
from analysis.sem.modification import (
    MODIFICATION_COLUMNS,
    RELEASE_COLUMNS,
    addition_test,
    equalities,
    modification_indices,
    release_test,
    release_tests,
)

Frames = dict[str, pd.DataFrame]
MODELS = [
    "cfa", "cfa-mlr-means", "orthogonal", "scalar", "sexes-metric", "constrained", "paths", "structure", "fiml",
    "ordered",
]  # fmt: skip


def name_of(lhs: str, op: str, rhs: str) -> tuple[str, ...]:
    """A parameter without direction where it has none."""
    return (op, *sorted((lhs, rhs))) if op == "~~" else (op, lhs, rhs)


@pytest.mark.parametrize("name", MODELS)
def test_indices_against_lavaan(
    name: str, difference_frames: Frames, difference_reference: Callable[[str], Any], as_options: Callable[..., Any]
) -> None:
    case = difference_reference("modification")[name]
    result = fit(case["model"], difference_frames[case["data"]], **as_options(case["ours"]))
    covariates = result.estimated.table.covariates
    ours = {
        (row.group, *name_of(row.lhs, row.op, row.rhs)): row
        for row in modification_indices(result.estimated).itertuples(index=False)
    }
    compared = 0
    for expected in case["indices"]:
        if expected["op"] == "~" and expected["lhs"] in covariates:
            continue  # a covariate has no causes here
        group = result.groups[(expected.get("group") or 1) - 1]
        row = ours[(group, *name_of(expected["lhs"], expected["op"], expected["rhs"]))]
        assert row.mi == pytest.approx(expected["mi"], rel=1e-5, abs=1e-5)
        assert row.pvalue == pytest.approx(chi2.sf(row.mi, 1))
        for ours_name, theirs in (("epc", "epc"), ("std_lv", "sepc.lv"), ("std_all", "sepc.all")):
            assert getattr(row, ours_name) == pytest.approx(expected[theirs], rel=1e-5, abs=1e-5), (row, theirs)
        compared += 1
    assert compared >= 8


@pytest.mark.parametrize("name", ["scalar", "sexes-metric", "constrained"])
def test_releases_against_lavaan(
    name: str, difference_frames: Frames, difference_reference: Callable[[str], Any], as_options: Callable[..., Any]
) -> None:
    case = difference_reference("modification")[name]
    estimated = fit(case["model"], difference_frames[case["data"]], **as_options(case["ours"])).estimated
    expected = case["release"]
    total = release_test(estimated)
    assert total.statistic == pytest.approx(expected["total"]["statistic"], rel=1e-5)
    # lavaan counts the equalities that identify the model: four latent means (tests/oracles/defects.md)
    overcounted = 4 if name == "scalar" else 0
    assert total.df == expected["total"]["df"] - overcounted
    ours = {f"{row.lhs}{row.op}{row.rhs}@{row.group}": row.score_test for row in release_tests(estimated).itertuples()}
    for one in expected["uni"]:
        released, _, group = one["rhs"].partition("@")
        shared = f"{released}@{estimated.table.groups[int(group) - 1]}" if group else ""
        key = shared or f"{one['lhs']}=={one['rhs']}@"
        assert ours[key] == pytest.approx(one["statistic"], rel=1e-5, abs=1e-5), key
    assert len(expected["uni"]) >= 3


def test_two_constraints_released_at_once(
    difference_frames: Frames, difference_reference: Callable[[str], Any], as_options: Callable[..., Any]
) -> None:
    case = difference_reference("modification")["constrained"]
    estimated = fit(case["model"], difference_frames["skewed"], **as_options(case["ours"])).estimated
    assert equalities(estimated.table) == ["f =~ s2 == f =~ s3", "b == c", "c+d == 2*a"]
    first_two = release_test(estimated, [1, 2])  # lavaan numbers stated constraints first
    assert first_two.statistic == pytest.approx(case["release"]["first_two"]["statistic"], rel=1e-5)
    assert first_two.df == 2


def test_additions_against_lavaan(
    difference_frames: Frames, difference_reference: Callable[[str], Any], as_options: Callable[..., Any]
) -> None:
    case = difference_reference("modification")["cfa"]
    estimated = fit(case["model"], difference_frames["holzinger"], **as_options(case["ours"])).estimated
    both = addition_test(estimated, "visual =~ x9\nx7 ~~ x8")
    assert both.statistic == pytest.approx(case["add"]["total"]["statistic"], rel=1e-5)
    assert both.df == 2 and len(both.change) == 2
    for terms, expected in zip(("visual =~ x9", "x7 ~~ x8"), case["add"]["uni"], strict=True):
        one = addition_test(estimated, terms)
        assert one.statistic == pytest.approx(expected, rel=1e-5)
        indices = modification_indices(estimated)
        lhs, op, rhs = terms.split()
        row = indices[(indices["lhs"] == lhs) & (indices["op"] == op) & (indices["rhs"] == rhs)].iloc[0]
        assert (row["mi"], row["epc"]) == pytest.approx((one.statistic, one.change[0]), rel=1e-9)


# --- by hand
def items(n: int = 250, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    f = rng.normal(size=n)
    frame = pd.DataFrame({f"y{k}": f * (0.6 + 0.1 * k) + rng.normal(size=n) for k in range(1, 6)})
    return frame.assign(x=rng.normal(size=n) + 0.3 * f, g=np.where(np.arange(n) % 3 == 0, "a", "b"))


def test_freeing_a_correlation_of_two_variables() -> None:
    """The score test of an absent correlation is N r² (Rao 1948), and the expected covariance is the sample's."""
    frame = items()
    estimated = fit("y1 ~~ 0*y2", frame).estimated
    row = modification_indices(estimated).iloc[0]
    r = float(np.corrcoef(frame["y1"], frame["y2"])[0, 1])
    assert (row["lhs"], row["op"], row["rhs"]) == ("y1", "~~", "y2")
    assert row["mi"] == pytest.approx(len(frame) * r**2, rel=1e-9)
    assert row["epc"] == pytest.approx(float(np.cov(frame["y1"], frame["y2"], bias=True)[0, 1]), rel=1e-9)
    assert row["std_all"] == pytest.approx(r, rel=1e-9)


def test_a_fixed_mean_is_a_candidate() -> None:
    frame = items()
    row = modification_indices(fit("y1 ~ 0.1*1\ny1 ~~ y1", frame).estimated).set_index("op").loc["~1"]
    y = frame["y1"]
    assert row["mi"] == pytest.approx(len(y) * (y.mean() - 0.1) ** 2 / ((y - 0.1) ** 2).mean(), rel=1e-9)
    assert row["epc"] == pytest.approx(y.mean() - 0.1, rel=1e-9)
    assert row["std_all"] == pytest.approx((y.mean() - 0.1) / np.sqrt(((y - 0.1) ** 2).mean()), rel=1e-9)


def test_equal_variances_of_two_groups() -> None:
    """Releasing one variance of two groups: the score test of equal variances, Σ n_g (s_g²/s² - 1)² / 2."""
    frame = items()
    estimated = fit("y1 ~~ c(v, v)*y1", frame, group="g").estimated
    parts = [part["y1"] for _, part in frame.groupby("g")]
    pooled = sum(len(p) * p.var(ddof=0) for p in parts) / len(frame)
    expected = sum(len(p) * (p.var(ddof=0) / pooled - 1) ** 2 for p in parts) / 2
    found = release_tests(estimated)
    assert found["score_test"].to_numpy() == pytest.approx([expected, expected], rel=1e-7)
    assert sorted(found["group"]) == ["a", "b"]
    assert found["epc"].sum() == pytest.approx(0, abs=1e-7)
    assert abs(found["epc"][0]) == pytest.approx(abs(parts[0].var(ddof=0) - parts[1].var(ddof=0)), rel=0.2)
    all_at_once = release_test(estimated)
    assert (all_at_once.statistic, all_at_once.df) == (pytest.approx(expected, rel=1e-7), 1)


def test_an_index_is_near_what_freeing_really_gains() -> None:
    frame = items(n=2000)
    model = "f =~ y1 + y2 + y3 + y4 + y5"
    before = fit(model, frame.assign(y5=frame["y5"] + 0.1 * frame["y4"]))
    indices = modification_indices(before.estimated, minimum=1.0)
    assert (indices["mi"] >= 1).all() and indices["mi"].is_monotonic_decreasing
    top = indices.iloc[0]
    after = fit(f"{model}\n{top['lhs']} {top['op']} {top['rhs']}", frame.assign(y5=frame["y5"] + 0.1 * frame["y4"]))
    gained = before.fit["chisq"] - after.fit["chisq"]
    assert top["mi"] == pytest.approx(gained, rel=0.1)
    row = after.parameters.set_index(["lhs", "op", "rhs"]).loc[(top["lhs"], top["op"], top["rhs"])]
    assert top["epc"] == pytest.approx(row["est"], rel=0.15)
    assert top["std_all"] == pytest.approx(row["std_all"], rel=0.15)


def test_what_the_solution_holds_at_a_bound_stays_there() -> None:
    """A larger model must not be credited with crossing the bound."""
    raw = np.random.default_rng(3).normal(size=(200, 4))
    raw = (raw - raw.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, bias=True))).T
    target = np.array([[1, 0.8, 0.75, 0.7], [0.8, 1, 0.45, 0.4], [0.75, 0.45, 1, 0.4], [0.7, 0.4, 0.4, 1]])
    frame = pd.DataFrame(raw @ np.linalg.cholesky(target).T, columns=list("abcd"))
    bounded = fit("f =~ a + l*b + l*c + d", frame, bounds=True).estimated
    assert bounded.at_bound.any()
    found = release_test(bounded)
    assert found.df == 1 and found.statistic >= 0
    assert found.change[bounded.at_bound.nonzero()[0]] == pytest.approx(0, abs=1e-12)


def test_a_saturated_model_has_nothing_to_free() -> None:
    found = modification_indices(fit("y1 ~~ y2", items()).estimated)
    assert found.empty and list(found.columns) == MODIFICATION_COLUMNS
    released = release_tests(fit("y1 ~~ y2", items()).estimated)
    assert released.empty and list(released.columns) == RELEASE_COLUMNS


def test_a_model_without_parameters() -> None:
    y = items()["y1"]
    found = modification_indices(fit("y1 ~~ 1*y1", items()).estimated)
    assert found["mi"].tolist() == pytest.approx([len(y) * (y.var(ddof=0) - 1) ** 2 / 2], rel=1e-9)
    assert found["epc"].tolist() == pytest.approx([y.var(ddof=0) - 1], rel=1e-9)
    test = addition_test(fit("y1 ~~ 1*y1", items()).estimated, "y1 ~~ y1")
    assert (test.statistic, test.df) == (pytest.approx(found["mi"][0]), 1)


def test_a_covariate_gets_no_cause() -> None:
    found = modification_indices(fit("y1 ~ x\ny2 ~ y1\ny3 ~ y2", items()).estimated)
    assert len(found) > 0
    assert not ((found["op"] == "~") & (found["lhs"] == "x")).any()
    assert not ((found["op"] == "~~") & found[["lhs", "rhs"]].eq("x").any(axis=1)).any()
    assert {("y3", "x"), ("y2", "x"), ("y3", "y1"), ("y1", "y3")} <= set(
        zip(*(found.loc[found["op"] == "~", c] for c in ("lhs", "rhs")), strict=True)
    )


@pytest.mark.parametrize(
    ("terms", "what"),
    [
        ("f =~ y2", "has this parameter already"),
        ("f =~ y9", "does not have both variables"),
        ("f =~ x", "does not have both variables"),
        ("f ~~ f\nf =~ y1", "already"),
        ("f =~ y1", "not identified"),
    ],
)
def test_additions_that_cannot_be(terms: str, what: str) -> None:
    estimated = fit("f =~ y1 + y2 + y3 + y4", items()).estimated
    with pytest.raises(ModelError, match=what):
        addition_test(estimated, terms)


def test_releases_that_cannot_be() -> None:
    estimated = fit("f =~ y1 + a*y2 + a*y3 + y4", items()).estimated
    assert equalities(estimated.table) == ["f =~ y2 == f =~ y3"]
    for positions in ([1], [-1], []):
        with pytest.raises(ModelError, match="positions from 0 to 0"):
            release_test(estimated, positions)
    with pytest.raises(ModelError, match="holds nothing equal"):
        release_test(fit("f =~ y1 + y2 + y3 + y4", items()).estimated)


def test_without_a_solution_there_are_no_tests() -> None:
    none = fit("f =~ y1 + y2\ny1 ~~ 0*y1\ny2 ~~ 0*y2", items()).estimated
    assert modification_indices(none).empty and release_tests(none).empty
    with pytest.raises(ModelError, match="without a solution"):
        addition_test(none, "y1 ~~ y2")

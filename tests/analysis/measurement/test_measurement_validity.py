"""Convergent and discriminant validity by hand, against lavaan and semTools, and with the classic traps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.measurement.convergent import (
    average_variance_extracted,
    composite_reliability,
    convergent,
    observed_figures,
)
from analysis.measurement.htmt import Figure
from analysis.measurement.joint_model import JointModel, directions, joint_model
from analysis.measurement.latent_correlation import correlation_test, correlations_without, latent_correlations
from analysis.measurement.shared_content import SHARED_COLUMNS, shared_content
from analysis.measurement.validity import (
    CONVERGENT_VALIDITY,
    DISCRIMINANT_VALIDITY,
    PROBLEMS,
    classification_of,
    convergent_validity,
    discriminant_validity,
    verdict_of,
)
from analysis.sem import ModelError, fit
from analysis.sem.difference import difference_test

ORACLES = Path(__file__).parents[2] / "oracles"
CASES: list[dict[str, Any]] = json.loads((ORACLES / "validity" / "joint.json").read_text())
FRAMES = {"holzinger": "lavaan/holzinger.csv", "bfi": "validity/bfi.csv", "ordered": "validity/ordered.csv"}
SCALES = {"A": ("a1", "a2", "a3"), "B": ("b1", "b2", "b3"), "C": ("c1", "c2")}
NAN = float("nan")


def answers(n: int = 300, *, r: float = 0.5, noise: float = 0.7, seed: int = 2) -> pd.DataFrame:
    """``n`` persons answering the items of ``SCALES``; A and B correlate ``r``, C with both .4; a tenth is missing."""
    rng = np.random.default_rng(seed)
    low = np.linalg.cholesky(np.array([[1, r, 0.4], [r, 1, 0.4], [0.4, 0.4, 1]]) + 1e-9 * np.eye(3))
    factors = rng.normal(size=(n, 3)) @ low.T
    values = factors[:, [0, 0, 0, 1, 1, 1, 2, 2]] + noise * rng.normal(size=(n, 8))
    values[rng.random(values.shape) < 0.1] = np.nan
    return pd.DataFrame(values, columns=[item for own in SCALES.values() for item in own])


def joint(frame: pd.DataFrame, scales: Mapping[str, Sequence[str]] = SCALES, **asked: Any) -> JointModel:
    """The joint model by MLR from every answer."""
    options: dict[str, Any] = {"minimum_n": 30, "estimator": "mlr", "missing": "fiml"} | asked
    return joint_model(frame, scales, **options)


def pairs(frame: pd.DataFrame, model: JointModel, **asked: Any) -> pd.DataFrame:
    """Discriminant validity by pair of scales, such as ``AB``."""
    asked = {"minimum_n": 30, "draws": 200, "confidence": 0.95, "seed": 1} | asked
    found = discriminant_validity(frame, model, **asked)
    return found.set_index(found["scale_a"] + found["scale_b"])


@cache
def case_model(number: int) -> JointModel:
    """The model of a reference case."""
    case = CASES[number]
    frame = pd.read_csv(ORACLES / FRAMES[case["data"]])
    return joint_model(frame, case["scales"], minimum_n=30, estimator=case["estimator"], missing=case["missing"])


def close(found: Any, expected: Any) -> None:
    """Equal to more than six digits."""
    np.testing.assert_allclose(np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=0, atol=2e-7)


def test_variance_extracted_and_reliability_by_hand() -> None:
    # loadings .8 .6, residual variances .36 .64: (.64 + .36)/2 and 1.4²/(1.4² + 1)
    loadings = np.array([0.8, 0.6])
    assert average_variance_extracted(loadings=loadings, item_variances=np.ones(2)) == pytest.approx(0.5)
    covariances = np.array([[1, 0.48], [0.48, 1]])
    assert composite_reliability(loadings=loadings, item_covariances=covariances) == pytest.approx(1.96 / 2.96)


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=lambda n: "-".join(str(CASES[n][k]) for k in list(CASES[n])[:3])
)
def test_variance_extracted_and_reliability_are_those_of_semtools(number: int) -> None:
    case, model = CASES[number], case_model(number)
    found = convergent(model).set_index("scale")
    assert model.n_obs == case["n"] and model.problem == ""
    for column, key in {
        "ave": "ave_implied", "ave_ci_lower": "ave_ci_lower", "ave_ci_upper": "ave_ci_upper", "ave_std": "ave_std",
        "ave_std_ci_lower": "ave_std_ci_lower", "ave_std_ci_upper": "ave_std_ci_upper",
        "composite_reliability": "cr_implied", "composite_reliability_ci_lower": "cr_ci_lower",
        "composite_reliability_ci_upper": "cr_ci_upper", "composite_reliability_observed": "cr_observed",
    }.items():  # fmt: skip
        close(found[column], [case[key][scale] for scale in found.index])
    close([observed_figures(model, scale)[0] for scale in found.index], [case["ave_observed"][s] for s in found.index])


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=lambda n: "-".join(str(CASES[n][k]) for k in list(CASES[n])[:3])
)
def test_latent_correlations_are_those_of_lavaan(number: int) -> None:
    case, model = CASES[number], case_model(number)
    assert model.result is not None
    ways = directions(model, model.result.estimated)
    found = latent_correlations(model).set_index(["scale_a", "scale_b"])
    for pair in case["pairs"]:
        way = ways[pair["first"]] * ways[pair["second"]]
        row = found.loc[(pair["first"], pair["second"])]
        limits = sorted([way * pair["ci_lower"], way * pair["ci_upper"]])
        close(row[["r", "ci_lower", "ci_upper"]], [way * pair["r"], *limits])


@pytest.mark.parametrize("number", [n for n, case in enumerate(CASES) if case["estimator"] == "ml"])
def test_differences_from_a_fixed_correlation_are_those_of_semtools(number: int) -> None:
    case, model = CASES[number], case_model(number)
    for pair in case["pairs"]:
        for at, key in ((1.0, "chisq_one"), (0.9, "chisq_nine")):
            found = correlation_test(model, pair["first"], pair["second"], at=at)
            assert found.chisq == pytest.approx(pair[key], rel=1e-6)
            assert found.pvalue == pytest.approx(stats.chi2.sf(pair[key], 1) / 2, rel=1e-4)


def test_the_scaling_of_a_robust_difference_is_that_of_satorra() -> None:
    frame = answers()
    model = joint(frame)
    assert model.result is not None
    # the engine's own difference test, of a model written out once more
    text = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2"
    options: dict[str, Any] = {"estimator": "mlr", "missing": "fiml", "std_lv": True}
    held = fit(text + "\nA ~~ 1*B", frame, **options)
    expected = difference_test(
        held, fit(text, frame, **options), method="satorra_2000", restriction="exact", form="mean_scaled"
    )
    found = correlation_test(model, "A", "B")
    assert found.chisq == pytest.approx(expected.statistic, rel=1e-6)
    assert np.isnan(found.df_t) and found.pvalue == pytest.approx(expected.pvalue / 2, rel=1e-4)


def test_errors_that_allow_for_projects_give_the_interval_and_the_test_their_degrees_of_freedom() -> None:
    frame = answers()
    projects = pd.Series([f"p{i % 9}" for i in range(300)])
    model = joint(frame, clusters=projects, errors="cr2")
    text = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2"
    other = fit(text, frame.assign(p=projects), estimator="mlr", missing="fiml", errors="cr2", cluster="p")
    expected = other.parameters.query("lhs == 'A' and rhs == 'B'").iloc[0]
    found = latent_correlations(model).iloc[0]
    assert list(found[["r", "ci_lower", "ci_upper", "df_t"]]) == pytest.approx(
        list(expected[["std_all", "std_all_ci_lower", "std_all_ci_upper", "std_all_df_t"]]), rel=1e-4
    )
    test, plain = correlation_test(model, "A", "B"), correlation_test(joint(frame, errors="standard"), "A", "B")
    robust = joint(frame)
    assert model.result and robust.result
    ratio = (found["se"] / latent_correlations(robust)["se"].iloc[0]) ** 2
    assert test.chisq == pytest.approx(correlation_test(robust, "A", "B").chisq / ratio, rel=1e-6)
    assert test.pvalue == pytest.approx(stats.f.sf(test.chisq, 1, found["df_t"]) / 2)
    assert plain.pvalue < test.pvalue and 1 < found["df_t"] < 9


def test_a_test_beyond_the_fixed_correlation_is_no_evidence_below_it() -> None:
    model = joint(answers(r=0.5))
    assert correlation_test(model, "A", "B", at=0.2).pvalue > 0.999


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (0.1, 0.799, "none"), (-0.85, 0.1, "marginal"), (0.5, 0.8, "marginal"), (0.5, 0.9, "moderate"),
        (0.7, 1.0, "severe"), (-1.2, -0.6, "severe"), (NAN, NAN, None),
    ],
)  # fmt: skip
def test_classes_of_an_interval(lower: float, upper: float, expected: str | None) -> None:
    assert classification_of(lower, upper) == expected


NO = Figure()
APART = Figure(0.4, 0.3, 0.5)


@pytest.mark.parametrize(
    ("r", "ratio", "expected"),
    [
        (APART, APART, "distinct"), (APART, NO, "distinct"),
        (Figure(0.7, 0.6, 0.8), APART, "doubtful"), (Figure(-0.8, -0.95, -0.65), APART, "doubtful"),
        (Figure(0.9, 0.8, 1.0), APART, "not_distinct"), (Figure(-0.85, -1.1, -0.6), NO, "not_distinct"),
        (Figure(0.5, -0.2, 1.2), APART, "unknown"), (Figure(0.5, -0.2, 1.2), Figure(0.86, 0.8, 0.9), "doubtful"),
        (APART, Figure(0.85, 0.7, 0.99), "doubtful"), (APART, Figure(0.85, 0.7, 1.01), "not_distinct"),
        (APART, Figure(0.6, 0.2, 1.1), "distinct"), (APART, Figure(0.9), "doubtful"),
        (NO, APART, "distinct"), (NO, Figure(0.6, 0.3, 0.86), "unknown"), (NO, Figure(0.6), "unknown"),
        (NO, NO, "unknown"),
    ],
)  # fmt: skip
def test_verdicts(r: Figure, ratio: Figure, expected: str) -> None:
    assert verdict_of(r, (ratio, NO)) == verdict_of(r, (NO, ratio)) == expected


def test_a_correlation_beyond_one_is_not_distinct() -> None:
    assert verdict_of(NO, (APART, NO), beyond_one=True) == "not_distinct"


def test_scales_that_differ_are_distinct() -> None:
    frame = answers(r=0.5)
    found = pairs(frame, joint(frame))
    row = found.loc["AB"]
    assert list(found.columns) == DISCRIMINANT_VALIDITY and list(found.index) == ["AB", "AC", "BC"]
    assert (row["verdict"], row["classification"], row["fornell_larcker"], row["problem"]) == (
        "distinct",
        "none",
        "true",
        "",
    )
    assert row["r_latent_ci_lower"] < 0.5 < row["r_latent_ci_upper"]
    assert row["r_squared"] == pytest.approx(row["r_latent"] ** 2)
    assert row["n_obs"] == 300 and row["n_obs_htmt"] == frame[[*SCALES["A"], *SCALES["B"]]].notna().all(axis=1).sum()
    ave = convergent_validity(joint(frame)).set_index("scale")["ave"]
    assert row["ave_smaller"] == min(ave["A"], ave["B"])


def test_scales_that_measure_the_same_are_not_distinct() -> None:
    seen = set()
    for seed in range(6):
        frame = answers(r=1.0, seed=seed)
        model = joint(frame)
        row = pairs(frame, model).loc["AB"]
        assert row["verdict"] == "not_distinct"
        seen.add(model.problem)
        if model.problem:  # the factors' correlation came out beyond one: no figures of the model
            assert "correlation_beyond_one" in row["problem"].split(";")
            assert np.isnan(row[["r_latent", "r_latent_ci_upper", "chisq_diff", "ave_smaller"]].astype(float)).all()
        else:
            assert row["r_latent_ci_upper"] >= 1 and row["pvalue_diff"] > 0.01
    assert seen == {"", "inadmissible"}


def test_copies_of_the_same_answers_are_not_distinct() -> None:
    frame = answers()
    frame[list(SCALES["B"])] = frame[list(SCALES["A"])].to_numpy()
    model = joint(frame)
    row = pairs(frame, model).loc["AB"]
    assert model.problem in ("not_estimable", "not_converged", "not_identified", "inadmissible")
    assert row["verdict"] == "not_distinct" and model.problem in row["problem"]
    assert np.isnan(row["r_latent"]) and row["htmt"] > 1
    assert shared_content(model).empty


def test_opposed_scales_are_as_alike_as_parallel_ones() -> None:
    frame = answers(r=0.9, noise=0.5)
    turned = frame.assign(**{item: -frame[item] for item in SCALES["B"]})
    plain, opposed = (pairs(f, joint(f)).loc["AB"] for f in (frame, turned))
    assert opposed["r_latent"] == pytest.approx(-plain["r_latent"], abs=1e-5)
    assert opposed["r_latent_ci_lower"] == pytest.approx(-plain["r_latent_ci_upper"], abs=1e-5)
    same = ["verdict", "classification", "fornell_larcker", "problem"]
    assert list(opposed[same]) == list(plain[same]) == ["doubtful", "moderate", "false", ""]
    assert opposed["chisq_diff"] == pytest.approx(plain["chisq_diff"], rel=1e-5)


def test_an_unreversed_item_is_named() -> None:
    frame = answers()
    frame["a2"] = -frame["a2"]
    model = joint(frame)
    assert convergent_validity(model).set_index("scale")["problem"].to_dict() == {
        "A": "negative_loading",
        "B": "",
        "C": "",
    }
    row = pairs(frame, model).loc["AB"]
    assert row["problem"] == "negative_loading;negative_within;mixed_signs"
    assert np.isnan(row["htmt2"]) and np.isfinite(row["htmt"])
    # the same correlation as with the item reversed
    assert row["r_latent"] == pytest.approx(pairs(answers(), joint(answers())).loc["AB", "r_latent"], abs=1e-5)


def test_what_cannot_take_part_is_left_out_by_name() -> None:
    frame = answers().assign(a3=np.nan, b3=2.0, c2=1.0)
    model = joint(frame)
    assert model.scales == ["A", "B"] and model.problem == ""
    table = convergent_validity(model).set_index("scale")
    assert list(convergent_validity(model).columns) == CONVERGENT_VALIDITY
    assert list(table["problem"]) == ["constant_item", "constant_item", "constant_item;single_item"]
    assert list(table["n_items"]) == [2, 2, 1]
    assert table["ave"].notna().tolist() == [True, True, False]
    found = pairs(frame.assign(a3=3.0), joint(frame.assign(a3=3.0)))
    assert found.loc["AB", "verdict"] == "distinct"
    assert found.loc["AC", "verdict"] == "unknown" and "single_item" in str(found.loc["AC", "problem"])


def test_an_item_nobody_answered_leaves_the_model_and_takes_the_ratios() -> None:
    frame = answers().assign(a3=np.nan)
    row = pairs(frame, joint(frame)).loc["AB"]
    assert np.isfinite(row["r_latent"]) and np.isnan(row["htmt"]) and row["n_obs_htmt"] == 0
    assert row["problem"] == "constant_item;few_complete" and row["verdict"] == "distinct"


@pytest.mark.parametrize(
    ("frame", "scales", "problem"),
    [
        (answers(29), SCALES, "too_few"),
        (answers()[["a1"]], {"A": ("a1",)}, "few_scales"),
        # two items have three moments and four parameters; 19 persons are as many as there are parameters
        (answers()[["c1", "c2"]], {"C": ("c1", "c2")}, "not_estimable"),
        (answers(19), SCALES, "not_estimable"),
        (answers(40).fillna(0), SCALES, "not_converged"),
        (answers(24, seed=1).fillna(0), SCALES, "inadmissible"),
    ],
)
def test_a_model_without_figures_says_why(frame: pd.DataFrame, scales: Any, problem: str) -> None:
    model = joint(frame, scales, minimum_n=30 if problem == "too_few" else 10)
    table = convergent_validity(model)
    assert model.problem == problem and model.errors == ""
    assert table["problem"].str.startswith(problem).all() and table["ave"].isna().all()
    assert latent_correlations(model).empty and shared_content(model).empty
    found = discriminant_validity(frame, model, minimum_n=30, draws=100, confidence=0.9, seed=1)
    assert found["r_latent"].isna().all() and set(found["verdict"]) <= {"unknown", "distinct"}
    with pytest.raises(ModelError, match="no admissible solution"):
        correlation_test(model, "A", "B")


def test_no_figures_from_fewer_persons_than_asked_for_after_those_with_open_answers_are_left_out() -> None:
    frame = answers(seed=5).fillna(0)
    frame.loc[28:, "a1"] = np.nan
    model = joint(frame, missing="listwise")
    assert (model.problem, model.result, model.n_obs) == ("too_few", None, 28)
    assert convergent_validity(model)["composite_reliability"].isna().all()
    assert joint(frame, missing="listwise", minimum_n=28).problem != "too_few"
    assert (joint(frame).problem, joint(frame).n_obs) == ("", 300)


def test_one_scale_alone_has_its_own_figures() -> None:
    table = convergent_validity(joint(answers(), {"A": SCALES["A"]}))
    assert 0.5 < table["ave"].item() < 0.8 and table["problem"].item() == ""


def test_an_item_of_two_scales_leaves_both_without_variance_extracted() -> None:
    scales = {"A": ("a1", "a2", "a3"), "B": ("a3", "b1", "b2", "b3")}
    table = convergent_validity(joint(answers(), scales)).set_index("scale")
    assert table["problem"].str.startswith("shared_item").all() and table["ave"].isna().all()
    assert np.isfinite(latent_correlations(joint(answers(), scales))["r"]).all()


def test_names_that_would_be_syntax_are_only_names() -> None:
    frame = answers().rename(columns={"a1": "a 1 =~ x", "b1": "1"})
    scales = {"A;x": ("a 1 =~ x", "a2", "a3"), "~~": ("1", "b2", "b3")}
    found = latent_correlations(joint(frame, scales))["r"].item()
    assert found == pytest.approx(latent_correlations(joint(answers(), dict(list(SCALES.items())[:2])))["r"].item())


def test_an_item_that_speaks_of_both_scales_is_found() -> None:
    frame = answers(400, r=0.4)
    frame["b3"] += 0.5 * frame[["a1", "a2", "a3"]].mean(axis=1)
    model = joint(frame)
    table = shared_content(model, overlapping=[frozenset(("A", "C"))])
    assert list(table.columns) == SHARED_COLUMNS
    pair = table[(table["scale_a"] == "A") & (table["scale_b"] == "B")]
    crossing = pair[pair["kind"] == "cross_loading"]
    assert list(crossing["item"]) == [*SCALES["A"], *SCALES["B"]]
    worst = crossing.sort_values("mi").iloc[-1]
    assert (worst["item"], worst["other"], worst["problem"]) == ("b3", "A", "") and worst["pvalue"] < 1e-6
    assert worst["epc_std"] > 0 and worst["r_latent"] > 0.6
    assert worst["r_latent_without"] == pytest.approx(0.4, abs=0.05)  # as it was made
    # the closest pair, and the one that was called overlapping
    assert set(table.loc[table["closest"], "scale_b"] + table.loc[table["closest"], "scale_a"]) == {"BA", "CA"}
    assert not table.loc[~table["closest"], "kind"].eq("residual_covariance").any()
    assert pair["kind"].eq("residual_covariance").sum() == 3


def test_the_correlation_without_an_item_is_that_of_the_model_without_it() -> None:
    frame = answers()
    without = correlations_without(joint(frame), ["b3"])
    assert without is not None
    fewer = joint(frame, SCALES | {"B": ("b1", "b2")})
    expected = latent_correlations(fewer)
    for a, b, r in zip(expected["scale_a"], expected["scale_b"], expected["r"], strict=True):
        assert without[frozenset((a, b))] == pytest.approx(r, abs=1e-5)
    # C has two items
    assert correlations_without(joint(frame), ["c1"]) is None
    table = shared_content(joint(frame))
    assert set(table.loc[table["item"] == "c1", "problem"]) == {"no_model_without"}


def test_codes_are_known_and_results_repeat() -> None:
    frame = answers(120, r=0.85)
    first, second = (pairs(frame, joint(frame)) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    alone = pairs(frame, joint(frame, {"A": SCALES["A"], "B": SCALES["B"]}))
    ratios = ["htmt", "htmt_ci_lower", "htmt_ci_upper", "htmt2_ci_lower"]
    assert list(alone.loc["AB", ratios]) == list(first.loc["AB", ratios])
    assert {code for cell in first["problem"] for code in cell.split(";")} <= {"", *PROBLEMS}

"""Factor scores: by hand, by a second derivation, and beside lavaan's and psych's (tests/oracles/factor_scores)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measurement.factor_scores import (
    METHODS,
    Measurement,
    Method,
    factor_scores,
    measurements_of,
    predicted,
)
from analysis.sem import FitResult, ModelError, fit

NAN = float("nan")
ORACLES = Path(__file__).resolve().parents[2] / "oracles"
LAVAAN: dict[str, dict[str, Any]] = json.loads((ORACLES / "factor_scores" / "lavaan.json").read_text(encoding="utf-8"))
PSYCH: dict[str, dict[str, Any]] = json.loads((ORACLES / "factor_scores" / "psych.json").read_text(encoding="utf-8"))
# lavaan's numbers are at its exact minimum, to ten digits
TOLERANCE = 1e-6


def one_factor(loadings: list[float], residual: list[float], *, variance: float = 1.0) -> Measurement:
    """A factor with mean nought behind items with means nought."""
    p = len(loadings)
    return Measurement(
        tuple(f"x{j}" for j in range(p)), ("F",), np.array(loadings)[:, None], np.diag(residual), np.zeros(p),
        np.zeros(1), np.array([[variance]]),
    )  # fmt: skip


# --- by hand


def test_two_equal_items_by_hand() -> None:
    model, answers = one_factor([1, 1], [1, 1]), np.array([[3.0, 0.0], [3.0, NAN]])
    regression, bartlett = (factor_scores(model, answers, method=method) for method in METHODS)
    # precision 1 of the factor and 1 of each answer: (3 + 0)/3, 3/2; errors 1/3, 1/2
    np.testing.assert_allclose(regression.scores, [[1], [1.5]])
    np.testing.assert_allclose(regression.se**2, [[1 / 3], [1 / 2]])
    # without what is known of the factor: 3/2, 3; errors 1/2, 1
    np.testing.assert_allclose(bartlett.scores, [[1.5], [3]])
    np.testing.assert_allclose(bartlett.se**2, [[1 / 2], [1]])


def test_determinacy_by_hand() -> None:
    model, answers = one_factor([1, 1], [1, 1]), np.array([[3.0, 0.0], [3.0, NAN]])
    regression, bartlett = (factor_scores(model, answers, method=method) for method in METHODS)
    assert regression.determinacy() == pytest.approx(np.sqrt(1 - (1 / 3 + 1 / 2) / 2))
    assert bartlett.determinacy() == pytest.approx(np.sqrt(1 / (1 + (1 / 2 + 1) / 2)))
    complete = [factor_scores(model, answers[:1], method=method).determinacy()[0] for method in METHODS]
    assert complete == pytest.approx([np.sqrt(2 / 3)] * 2)


def test_who_answered_nothing_has_no_score() -> None:
    for method in METHODS:
        made = factor_scores(one_factor([1, 1, 1], [1, 1, 1]), np.array([[NAN] * 3, [1.0, 2, 3]]), method=method)
        assert np.isnan(made.scores[0]).all()
        assert np.isnan(made.se[0]).all()
        assert np.isfinite(made.scores[1]).all()
        # nor do they count in how well the others' scores follow the factor
        alone = factor_scores(one_factor([1, 1, 1], [1, 1, 1]), np.array([[1.0, 2, 3]]), method=method)
        assert made.determinacy() == pytest.approx(alone.determinacy())


def test_nobody_at_all() -> None:
    for method in METHODS:
        made = factor_scores(one_factor([1, 1, 1], [1, 1, 1]), np.zeros((0, 3)), method=method)
        assert made.scores.shape == made.se.shape == (0, 1)
        assert np.isnan(made.determinacy()).all()


def test_an_item_without_a_residual_is_the_factor_and_bartlett_is_refused() -> None:
    model = one_factor([2, 1, 1], [0, 1, 1])
    assert not model.has_unique_parts
    made = factor_scores(model, np.array([[3.0, 0.0, 0.0]]), method="regression")
    assert made.scores == pytest.approx(np.array([[1.5]]))
    assert made.se == pytest.approx(np.zeros((1, 1)), abs=1e-7)
    with pytest.raises(ValueError, match="residual variances"):
        factor_scores(model, np.array([[3.0, 0.0, 0.0]]), method="bartlett")


def test_small_units_are_not_small_residuals() -> None:
    assert one_factor([1e-6, 1e-6, 1e-6], [1e-12] * 3).has_unique_parts
    assert not one_factor([1e6, 1e6, 1e6], [1e3] * 3).has_unique_parts


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="one of regression, bartlett"):
        factor_scores(one_factor([1, 1], [1, 1]), np.ones((1, 2)), method="ten Berge")  # type: ignore[arg-type]


def test_factors_that_answers_do_not_tell_apart_have_no_bartlett_score() -> None:
    # x0 belongs to A, x1 to both, x2 to B
    loadings = np.array([[1.0, 0], [1, 1], [0, 1]])
    model = Measurement(("x0", "x1", "x2"), ("A", "B"), loadings, np.eye(3), np.zeros(3), np.zeros(2), np.eye(2))
    answers = np.array([[1.0, 2, 3], [NAN, 2, NAN], [1, NAN, NAN], [1, 2, NAN]])
    made = factor_scores(model, answers, method="bartlett")
    assert np.isnan(made.scores).tolist() == [[False, False], [True, True], [False, True], [False, False]]
    assert (np.isnan(made.scores) == np.isnan(made.se)).all()
    np.testing.assert_allclose(made.scores[2:], [[1, NAN], [1, 1]])  # one answer is one factor; then 2 = A + B
    assert np.isfinite(factor_scores(model, answers, method="regression").scores).all()


# --- by a second derivation: any model, any answers


@st.composite
def models(draw: st.DrawFn) -> tuple[Measurement, np.ndarray[Any, Any]]:
    """Five items with residual covariances on two correlated factors, and answers some of which are missing."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    loadings = np.zeros((5, 2))
    loadings[:3, 0], loadings[2:, 1] = random.uniform(0.3, 2, 3), random.uniform(0.3, 2, 3)
    root = np.diag(random.uniform(0.3, 2, 5)) + np.diag(random.uniform(-0.3, 0.3, 4), -1)
    r = random.uniform(-0.8, 0.9)
    covariance = np.array([[1.3, r], [r, 0.9]])
    model = Measurement(
        tuple("abcde"), ("F", "G"), loadings, root @ root.T, random.normal(size=5), random.normal(size=2), covariance
    )
    answers = random.normal(size=(8, 5))
    answers[random.random((8, 5)) < 0.3] = np.nan
    return model, answers


@given(models())
def test_regression_scores_are_moments_given_the_answers(made: tuple[Measurement, np.ndarray[Any, Any]]) -> None:
    """By precisions: (Φ⁻¹ + Λ'Θ⁻¹Λ)⁻¹ is the error variance, not by way of Σ."""
    model, answers = made
    scores = factor_scores(model, answers, method="regression")
    for i, row in enumerate(answers):
        given_ = ~np.isnan(row)
        if not given_.any():
            assert np.isnan(scores.scores[i]).all()
            continue
        loadings, inverse = model.loadings[given_], np.linalg.inv(model.residual[np.ix_(given_, given_)])
        error = np.linalg.inv(np.linalg.inv(model.covariance) + loadings.T @ inverse @ loadings)
        away = row[given_] - model.item_means[given_]
        np.testing.assert_allclose(scores.scores[i], model.mean + error @ loadings.T @ inverse @ away, rtol=1e-8)
        np.testing.assert_allclose(scores.error_covariance[scores.pattern_of[i]], error, rtol=1e-8, atol=1e-12)


@given(models())
def test_bartlett_scores_are_generalised_least_squares(made: tuple[Measurement, np.ndarray[Any, Any]]) -> None:
    """By a regression of whitened answers on whitened loadings; and by (Λ'Σ⁻¹Λ)⁻¹ - Φ, the error variance."""
    model, answers = made
    scores = factor_scores(model, answers, method="bartlett")
    for i, row in enumerate(answers):
        given_ = ~np.isnan(row)
        loadings = model.loadings[given_]
        if np.linalg.matrix_rank(loadings) < 2:
            assert np.isnan(scores.scores[i]).any()
            continue
        white = np.linalg.inv(np.linalg.cholesky(model.residual[np.ix_(given_, given_)]))
        away = white @ (row[given_] - model.item_means[given_])
        np.testing.assert_allclose(
            scores.scores[i], model.mean + np.linalg.lstsq(white @ loadings, away, rcond=None)[0], rtol=1e-6, atol=1e-9
        )
        sigma = model.item_covariance[np.ix_(given_, given_)]
        error = np.linalg.inv(loadings.T @ np.linalg.inv(sigma) @ loadings) - model.covariance
        np.testing.assert_allclose(scores.error_covariance[scores.pattern_of[i]], error, rtol=1e-6, atol=1e-8)


def test_errors_and_determinacy_are_those_of_drawn_factors() -> None:
    """Factors and answers drawn from a model: errors spread as they should, scores follow factors as they should."""
    random = np.random.default_rng(8)
    model = one_factor([1.0, 0.8, 1.2, 0.5], [0.6, 0.5, 1.1, 0.4], variance=1.4)
    factor = random.normal(scale=np.sqrt(1.4), size=40_000)
    answers = factor[:, None] * model.loadings.T + random.normal(size=(40_000, 4)) * np.sqrt(np.diag(model.residual))
    answers[random.random(answers.shape) < 0.25] = np.nan
    for method in METHODS:
        made = factor_scores(model, answers, method=method)
        scored = ~np.isnan(made.scores[:, 0])
        away = (made.scores[scored, 0] - factor[scored]) / made.se[scored, 0]
        assert away.mean() == pytest.approx(0, abs=0.02)
        assert away.std() == pytest.approx(1, abs=0.02)
        observed = np.corrcoef(made.scores[scored, 0], factor[scored])[0, 1]
        assert made.determinacy()[0] == pytest.approx(observed, abs=0.01)


# --- beside lavaan


@cache
def fitted(name: str) -> tuple[FitResult, pd.DataFrame]:
    """The model of one case of ``lavaan.json`` by our engine, and its data."""
    case = LAVAAN[name]
    data = pd.read_csv(ORACLES / case["data"])
    names = {"missing": "missing", "means": "means", "std_lv": "std_lv", "group": "group", "equal": "group_equal"}
    return fit(case["model"], data, **{ours: case[theirs] for theirs, ours in names.items() if theirs in case}), data


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", LAVAAN)
def test_scores_and_errors_are_those_of_lavaan(name: str, method: Method) -> None:
    case, (result, data) = LAVAAN[name], fitted(name)
    ours, factors = predicted(result, data, method=method), case["factors"]
    scores = np.array(case["methods"][method]["scores"], dtype=float)
    se = np.array(case["methods"][method]["se"], dtype=float)
    if name == "agreeable":
        # the direction of a factor without a marker is free: lavaan's points to A1, the item worded the other way round
        scores = scores * np.sign(np.nansum(scores * ours[factors].to_numpy()))
    if (name, method) == ("crossed", "bartlett"):
        # where one answer belongs to two factors lavaan gives numbers, which is not possible (defects.md)
        scores[-1] = se[-1] = np.nan
    np.testing.assert_allclose(ours[factors], scores, rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(ours[[f"{f}_se" for f in factors]], se, rtol=TOLERANCE, atol=TOLERANCE)


def test_where_lavaan_errs_no_weight_could_be_right() -> None:
    """A score w'y is Bartlett's when WΛ = I. The last person answered v4 alone: WΛ has rank one."""
    result, data = fitted("crossed")
    (model,) = measurements_of(result).values()
    given_ = data.iloc[-1].notna().to_numpy()
    assert data.columns[given_].tolist() == ["v4"]
    assert np.linalg.matrix_rank(model.loadings[given_]) == 1
    theirs = np.array(LAVAAN["crossed"]["methods"]["bartlett"]["scores"][-1], dtype=float)
    weights = theirs / float(data.iloc[-1]["v4"] - model.item_means[given_][0])
    expected = np.outer(weights, model.loadings[given_])
    # the factor their score of `two` should be has a slope of 1, and `one` none
    assert abs(expected[1, 1] - 1) > 0.1
    assert abs(expected[1, 0]) > 0.1
    assert predicted(result, data, method="bartlett").iloc[-1].isna().all()


def test_determinacy_of_complete_answers_is_psychs() -> None:
    for case in PSYCH.values():
        z = standardised(case)
        (model,) = measurements_of(fit(case["model"], z, std_lv=True)).values()
        found = factor_scores(model, z.to_numpy(), method="regression").determinacy() ** 2
        assert found == pytest.approx([case["R2"]], abs=TOLERANCE)


def standardised(case: dict[str, Any]) -> pd.DataFrame:
    """The answers of one case of ``psych.json`` with mean 0 and variance 1 (divisor n)."""
    raw = pd.DataFrame(case["answers"], columns=case["items"], dtype=float)
    return (raw - raw.mean()) / raw.std(ddof=0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", PSYCH)
def test_scores_are_those_of_psych(name: str, method: Method) -> None:
    case = PSYCH[name]
    z = standardised(case)
    result = fit(case["model"], z, std_lv=True)
    (model,) = measurements_of(result).values()
    turn = np.sign(float(model.loadings[:, 0] @ np.ravel(case["loadings"])))
    np.testing.assert_allclose(turn * model.loadings[:, 0], np.ravel(case["loadings"]), atol=TOLERANCE)
    # psych standardises answers with divisor n - 1 before it weighs them
    ours = turn * predicted(result, z, method=method)["F"] * np.sqrt(1 - 1 / len(z))
    np.testing.assert_allclose(ours, np.ravel(case["scores"][method]), rtol=TOLERANCE, atol=TOLERANCE)


# --- what is refused, and who is scored


def test_persons_need_not_be_those_of_the_fit() -> None:
    result, data = fitted("two-groups-missing")
    few = data.iloc[[200, 3, 250]].assign(school=["Grant-White", "Pasteur", None])
    few.index = pd.Index([9, 9, 4])
    found = predicted(result, few, method="regression")
    everybody = predicted(result, data, method="regression")
    np.testing.assert_allclose(found.iloc[:2], everybody.iloc[[200, 3]])
    assert found.iloc[2].isna().all()
    assert found.index.tolist() == [9, 9, 4]


def test_groups_with_numbers_for_names_are_found() -> None:
    _, data = fitted("two-groups")
    numbered = data.assign(school=data["school"].map({"Pasteur": 1.0, "Grant-White": 2.0}))
    case = LAVAAN["two-groups"]
    result = fit(case["model"], numbered, group="school", group_equal=case["equal"])
    assert predicted(result, numbered, method="bartlett").notna().all(axis=None)


def test_models_that_have_no_such_scores_say_so() -> None:
    _, data = fitted("three-factors")
    with pytest.raises(ModelError, match="in a regression: ageyr"):
        measurements_of(fit("visual =~ x1+x2+x3\nvisual ~ ageyr", data))
    with pytest.raises(ModelError, match="no latent variables"):
        measurements_of(fit("x1 ~ x2", data))
    ordered = data.assign(**{name: np.digitize(data[name], [4, 6]) for name in ("x1", "x2", "x3")})
    with pytest.raises(ModelError, match="ordered items"):
        measurements_of(fit("visual =~ x1+x2+x3", ordered, estimator="wlsmv", ordered=("x1", "x2", "x3")))


def test_a_solution_that_cannot_be_true_has_no_scores() -> None:
    # correlations .9, .9 and .65 ask of the first item more than all of its variance
    root = np.linalg.cholesky(np.array([[1, 0.9, 0.9], [0.9, 1, 0.65], [0.9, 0.65, 1.0]]))
    drawn = np.random.default_rng(2).normal(size=(300, 3))
    result = fit("F =~ a+b+c", pd.DataFrame(drawn @ root.T, columns=list("abc")))
    assert result.converged
    assert not result.admissible
    with pytest.raises(ModelError, match="No factor scores from this solution"):
        measurements_of(result)

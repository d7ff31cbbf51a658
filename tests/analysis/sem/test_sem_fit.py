"""Fits one can check by hand, verdicts on solutions, and what must not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from analysis.sem import FitResult, ModelError, fit, indices


def one_factor(n: int = 300, seed: int = 1, loading: float = 0.8) -> pd.DataFrame:
    """Four indicators of one factor, a covariate ``x`` that moves it, and an outcome ``y``."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    factor = 0.5 * x + rng.normal(size=n)
    items = {f"i{k}": loading * factor + rng.normal(size=n) for k in range(1, 5)}
    return pd.DataFrame({"x": x, "y": 0.4 * factor + rng.normal(size=n), **items})


MODEL = "F =~ i1 + i2 + i3 + i4\nF ~ x\ny ~ b*F"


def numbers(result: FitResult) -> pd.DataFrame:
    return result.parameters.set_index(["lhs", "op", "rhs"])[["est", "se", "std_lv", "std_all", "std_all_se"]]


def test_a_regression_equals_ordinary_least_squares() -> None:
    frame = one_factor()
    result = fit("y ~ i1 + x", frame)
    X = np.column_stack([np.ones(len(frame)), frame["i1"], frame["x"]])
    beta, rest, *_ = np.linalg.lstsq(X, frame["y"], rcond=None)
    variance = float(rest[0]) / len(frame)
    se = np.sqrt(np.diag(variance * np.linalg.inv(X.T @ X)))
    rows = result.parameters.iloc[:3]
    np.testing.assert_allclose(rows["est"], [*beta[1:], variance], rtol=1e-9)
    np.testing.assert_allclose(rows["se"], [*se[1:], variance * np.sqrt(2 / len(frame))], rtol=1e-9)
    assert (result.fit["df"], result.fit["npar"]) == (0, 3)
    assert "pvalue" not in result.fit
    # the likelihood of y given the covariates
    logl = -0.5 * len(frame) * (np.log(2 * np.pi * variance) + 1)
    assert result.fit["logl"] == pytest.approx(logl, rel=1e-12)


def test_three_indicators_have_the_textbook_solution() -> None:
    frame = one_factor()
    S = np.cov(frame[["i1", "i2", "i3"]].T, bias=True)
    result = fit("F =~ i1 + i2 + i3", frame)
    est = numbers(result)["est"]
    assert est["F", "=~", "i2"] == pytest.approx(S[1, 2] / S[0, 2], rel=1e-8)
    assert est["F", "=~", "i3"] == pytest.approx(S[1, 2] / S[0, 1], rel=1e-8)
    assert est["F", "~~", "F"] == pytest.approx(S[0, 1] * S[0, 2] / S[1, 2], rel=1e-8)
    assert result.fit["chisq"] == pytest.approx(0, abs=1e-8)


def test_standardised_correlation_and_its_closed_form_error() -> None:
    frame = one_factor()
    row = fit("i1 ~~ i2", frame).parameters.iloc[0]
    r = float(np.corrcoef(frame["i1"], frame["i2"])[0, 1])
    assert row["std_all"] == pytest.approx(r, rel=1e-10)
    assert row["std_all_se"] == pytest.approx((1 - r**2) / np.sqrt(len(frame)), rel=1e-8)
    assert row["std_all_ci_upper"] == pytest.approx(r + 1.959963984540054 * row["std_all_se"], rel=1e-8)


def test_standardised_errors_agree_with_the_bootstrap() -> None:
    frame = one_factor(n=400)
    row = numbers(fit(MODEL, frame)).loc[("F", "~", "x")]
    rng = np.random.default_rng(7)
    draws = [
        numbers(fit(MODEL, frame.iloc[rng.integers(0, len(frame), len(frame))])).loc[("F", "~", "x"), "std_all"]
        for _ in range(60)
    ]
    # sixty draws: the error of a standard deviation is about 9 %
    assert np.std(draws, ddof=1) == pytest.approx(row["std_all_se"], rel=0.3)


def test_the_factor_may_be_scaled_by_its_variance_instead() -> None:
    frame = one_factor()
    marker = fit("F =~ i1 + i2 + i3 + i4", frame)
    unit = fit("F =~ NA*i1 + i2 + i3 + i4\nF ~~ 1*F", frame)
    assert unit.fit["chisq"] == pytest.approx(marker.fit["chisq"], abs=1e-8)
    np.testing.assert_allclose(unit.parameters["std_all"].iloc[:4], marker.parameters["std_all"].iloc[:4], rtol=1e-7)


def test_defined_parameters_follow_the_labels() -> None:
    result = fit("y ~ b*x\nm := b^2 + sqrt(b)/2 - -1", one_factor())
    b, se = result.parameters.loc[0, ["est", "se"]].astype(float)
    m = result.parameters.iloc[-1]
    assert m["est"] == pytest.approx(b**2 + np.sqrt(b) / 2 + 1)
    assert m["se"] == pytest.approx(abs(2 * b + 0.25 / np.sqrt(b)) * se)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.floats(0.05, 20))
def test_order_and_units_do_not_matter(seed: int, factor: float) -> None:
    frame = one_factor(n=150, seed=seed)
    rng = np.random.default_rng(seed)
    shuffled = frame.sample(frac=1, random_state=seed)[list(rng.permutation(frame.columns))]
    before = fit(MODEL, frame)
    pd.testing.assert_frame_equal(numbers(fit(MODEL, shuffled)), numbers(before), rtol=1e-6, atol=1e-8)
    rescaled = fit(MODEL, frame.assign(i3=frame["i3"] * factor, y=frame["y"] + 100))
    assert rescaled.fit["chisq"] == pytest.approx(before.fit["chisq"], abs=1e-6)
    np.testing.assert_allclose(rescaled.parameters["std_all"], before.parameters["std_all"], rtol=1e-5, atol=1e-7)


def test_duplicating_everybody_doubles_the_chi_square() -> None:
    frame = one_factor(n=150)
    once, twice = fit(MODEL, frame), fit(MODEL, pd.concat([frame, frame], ignore_index=True))
    assert twice.fit["chisq"] == pytest.approx(2 * once.fit["chisq"], rel=1e-7)
    np.testing.assert_allclose(twice.parameters["se"], once.parameters["se"] / np.sqrt(2), rtol=1e-7)


def test_incomplete_rows_are_left_out() -> None:
    frame = one_factor()
    holes = frame.copy()
    holes.loc[holes.index[:20], "i2"] = np.nan
    result = fit(MODEL, holes)
    assert result.n_obs == len(frame) - 20
    pd.testing.assert_frame_equal(numbers(result), numbers(fit(MODEL, frame.iloc[20:])))


# --- verdicts on solutions
def _with_moments(S: np.ndarray, names: list[str], n: int = 200) -> pd.DataFrame:
    """Data whose covariance matrix (divided by n) is exactly ``S``."""
    raw = np.random.default_rng(3).normal(size=(n, len(names)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, bias=True))).T
    return pd.DataFrame(white @ np.linalg.cholesky(S).T, columns=names)


def test_a_negative_variance_is_named() -> None:
    # loading of a: .8 * .7 / .4 = 1.4 of a variance of 1
    S = np.array([[1.0, 0.8, 0.7], [0.8, 1.0, 0.4], [0.7, 0.4, 1.0]])
    result = fit("F =~ a + b + c", _with_moments(S, ["a", "b", "c"]))
    assert result.converged and not result.admissible
    assert "a ~~ a" in result.message and "negative" in result.message


def test_a_correlation_beyond_one_is_named() -> None:
    names = ["a", "b", "c", "d", "e", "f"]
    loading = np.full(6, 0.7)
    S = np.outer(loading, loading)
    S[:3, 3:] *= 1.15
    S[3:, :3] *= 1.15
    np.fill_diagonal(S, 1.0)
    result = fit("F =~ a + b + c\nG =~ d + e + f", _with_moments(S, names))
    assert result.converged and not result.admissible
    assert "F ~~ G" in result.message and "beyond one" in result.message


def test_factors_that_say_the_same_thing_twice_are_named() -> None:
    # no correlation beyond one, but the three cannot hold together
    phi = np.array([[1.0, 0.9, 0.2], [0.9, 1.0, 0.9], [0.2, 0.9, 1.0]])
    loadings = np.kron(np.eye(3), np.full((3, 1), 0.5))
    S = loadings @ phi @ loadings.T + 0.75 * np.eye(9)
    result = fit("F =~ a + b + c\nG =~ d + e + f\nH =~ g + h + i", _with_moments(S, list("abcdefghi")))
    assert result.converged and not result.admissible
    assert "F, G, H" in result.message


def test_residuals_that_correlate_beyond_one_are_named() -> None:
    loadings = np.array([0.9, 0.4, 0.6, 0.6, 0.6])
    S = np.outer(loadings, loadings)
    np.fill_diagonal(S, 1.0)
    S[0, 1] = S[1, 0] = 0.9 * 0.4 + 1.05 * np.sqrt((1 - 0.81) * (1 - 0.16))
    result = fit("F =~ c + a + b + d + e\na ~~ b", _with_moments(S, list("abcde")))
    assert result.converged and not result.admissible
    assert "residuals of a and b" in result.message


def test_an_unidentified_model_has_no_errors() -> None:
    result = fit("F =~ i1 + i2 + i3 + i4\nF ~ x\nx ~ F", one_factor())
    assert not result.admissible and "not identified" in result.message
    assert result.parameters["se"].isna().all()


def test_without_a_solution_there_are_no_numbers() -> None:
    # the implied covariance matrix is singular whatever the parameters
    result = fit("F =~ i1 + i2\ni1 ~~ 0*i1\ni2 ~~ 0*i2", one_factor())
    assert (result.converged, result.admissible) == (False, False)
    assert "No solution" in result.message
    assert result.parameters[["est", "se", "std_all"]].isna().all().all()
    assert set(result.fit) == {"npar", "df"}


@pytest.mark.parametrize(
    ("model", "change", "what"),
    [
        ("y ~ nowhere", {}, "uses nowhere, which the data do not have"),
        ("y ~ k", {"k": 1.0}, "k does not vary"),
        ("y ~ x + k", {"k": lambda d: 2 * d["x"] + 1}, "x, k are linearly dependent"),
        ("y ~ k", {"k": "text"}, "k holds values that are not numbers"),
        ("F =~ x + y", {}, "4 free parameters and only 3"),
    ],
)
def test_data_that_cannot_carry_the_model_are_refused(model: str, change: dict[str, object], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        fit(model, one_factor().assign(**change))


def test_more_persons_than_parameters_are_needed() -> None:
    with pytest.raises(ModelError, match=r"No more usable rows than free parameters \(11, own intercepts apart\)"):
        fit(MODEL, one_factor(n=8))


# --- indices
def test_indices_by_hand() -> None:
    assert indices.cfi(chisq=50, df=20, chisq_baseline=530, df_baseline=30) == pytest.approx(1 - 30 / 500)
    assert indices.tli(chisq=50, df=20, chisq_baseline=530, df_baseline=30) == pytest.approx(
        (530 / 30 - 50 / 20) / (530 / 30 - 1)
    )
    assert indices.rmsea(chisq=50, df=20, n=100) == pytest.approx(np.sqrt(30 / 2000))
    assert indices.rmsea(chisq=15, df=20, n=100) == 0
    assert indices.cfi(chisq=15, df=20, chisq_baseline=530, df_baseline=30) == 1


def test_rmsea_interval_inverts_the_noncentral_distribution() -> None:
    lower, upper = indices.rmsea_interval(chisq=50, df=20, n=100)
    from scipy.stats import ncx2

    assert ncx2.cdf(50, 20, lower**2 * 2000) == pytest.approx(0.95, abs=1e-8)
    assert ncx2.cdf(50, 20, upper**2 * 2000) == pytest.approx(0.05, abs=1e-8)
    # a χ² at its median of no misfit has nothing below zero, one below the 5 % point nothing at all
    assert indices.rmsea_interval(chisq=20, df=20, n=100)[0] == 0
    assert indices.rmsea_interval(chisq=float(chi2.ppf(0.04, 20)), df=20, n=100) == (0, 0)


def test_the_interval_of_a_huge_statistic_goes_on_where_the_exact_one_ends() -> None:
    below, above = (indices.rmsea_interval(chisq=x, df=20, n=1000) for x in (0.9999e6, 1.0001e6))
    # both are √((χ² - z·…)/(n·df)): a step of 2e-4 in χ² is one of 1e-4 in RMSEA
    np.testing.assert_allclose(np.array(above) / below, np.sqrt(1.0001 / 0.9999), rtol=2e-6)
    assert indices.rmsea_interval(chisq=1e18, df=20, n=1000) == pytest.approx((1e9 / np.sqrt(2e4),) * 2, rel=1e-6)
    assert indices.close_fit(chisq=1e18, df=20, n=1000) == 0
    # a sample so large that the model fits closely though χ² is huge: RMSEA is .04
    assert indices.close_fit(chisq=20 + 0.04**2 * 20 * 1e8, df=20, n=10**8) == pytest.approx(1, abs=1e-12)

"""Models whose solution somebody can write down, and the same model built in several ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from analysis.sem import FitResult, Moments, fit

Estimate = tuple[str, str, str]


def est(result: FitResult, lhs: str, op: str, rhs: str = "", column: str = "est", group: str = "") -> float:
    rows = result.parameters
    mine = (rows["lhs"] == lhs) & (rows["op"] == op) & (rows["rhs"] == rhs) & (rows["group"] == group)
    return float(rows.loc[mine, column].iloc[0])


def persons(n: int = 240, seed: int = 21) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    second = np.arange(n) % 3 == 0
    x, w = rng.normal(size=n), rng.normal(size=n)
    f = 0.5 * x + 0.4 * second + rng.normal(size=n)
    frame = pd.DataFrame({f"y{k}": 0.2 * k + (0.5 + 0.1 * k) * f + rng.normal(size=n) for k in range(1, 7)})
    frame = frame.assign(x=x, w=w + 0.3 * x, g=np.where(second, "b", "a"))
    frame["m"] = 0.5 * frame["x"] + rng.normal(size=n)
    frame["z"] = 0.4 * frame["m"] - 0.2 * frame["w"] + rng.normal(size=n)
    for k in range(1, 5):
        frame[f"o{k}"] = np.digitize(frame[f"y{k}"], [-0.6, 0.4, 1.3]).astype(float)
    return frame


def least_squares(frame: pd.DataFrame, outcome: str, *causes: str) -> tuple[Any, Any, float]:
    """Coefficients (intercept first), their errors with divisor n, and the residual variance with divisor n."""
    X = np.column_stack([np.ones(len(frame)), *(frame[c] for c in causes)])
    beta, rest, *_ = np.linalg.lstsq(X, frame[outcome], rcond=None)
    variance = float(rest[0]) / len(frame)
    return beta, np.sqrt(variance * np.diag(np.linalg.inv(X.T @ X))), variance


# --- closed forms
def test_a_path_model_is_one_regression_an_equation() -> None:
    frame = persons()
    result = fit("m ~ x\nz ~ m + w", frame, means=True)
    n, total = len(frame), 0.0
    for outcome, causes in (("m", ("x",)), ("z", ("m", "w"))):
        beta, se, variance = least_squares(frame, outcome, *causes)
        for at, cause in enumerate(causes, 1):
            assert est(result, outcome, "~", cause) == pytest.approx(beta[at], rel=1e-7)
        assert est(result, outcome, "~1") == pytest.approx(beta[0], rel=1e-7)
        assert est(result, outcome, "~~", outcome) == pytest.approx(variance, rel=1e-8)
        assert est(result, outcome, "~~", outcome, "se") == pytest.approx(variance * np.sqrt(2 / n), rel=1e-8)
        total -= n / 2 * (np.log(2 * np.pi * variance) + 1)
        if outcome == "m":
            assert est(result, "m", "~", "x", "se") == pytest.approx(se[1], rel=1e-8)
    assert result.fit["logl"] == pytest.approx(total, rel=1e-12)
    # what the model leaves out: z on x, and m on w, are the likelihood ratios of nested regressions
    parts = [(least_squares(frame, "m", "x"), least_squares(frame, "m", "x", "w"))]
    parts.append((least_squares(frame, "z", "m", "w"), least_squares(frame, "z", "m", "w", "x")))
    expected = n * sum(np.log(small[2] / large[2]) for small, large in parts)
    assert result.fit["chisq"] == pytest.approx(expected, rel=1e-8)
    assert result.fit["df"] == 2


def test_one_regression_has_the_errors_of_maximum_likelihood() -> None:
    frame = persons()
    result = fit("z ~ m + w", frame, means=True)
    beta, se, _ = least_squares(frame, "z", "m", "w")
    ours = [est(result, "z", "~1"), est(result, "z", "~", "m"), est(result, "z", "~", "w")]
    errors = [est(result, "z", "~1", "", "se"), est(result, "z", "~", "m", "se"), est(result, "z", "~", "w", "se")]
    np.testing.assert_allclose(ours, beta, rtol=1e-9)
    np.testing.assert_allclose(errors, se, rtol=1e-9)


def test_a_saturated_model_returns_the_sample() -> None:
    frame = persons()[["y1", "y2", "y3"]]
    result = fit("y1 ~~ y2 + y3\ny2 ~~ y3", frame, means=True)
    S, n = np.cov(frame.T, bias=True), len(frame)
    for i, a in enumerate(frame.columns):
        assert est(result, a, "~1") == pytest.approx(frame[a].mean(), rel=1e-9)
        assert est(result, a, "~1", "", "se") == pytest.approx(np.sqrt(S[i, i] / n), rel=1e-9)
        for j, b in enumerate(frame.columns):
            if i <= j:
                assert est(result, a, "~~", b) == pytest.approx(S[i, j], rel=1e-9)
                se = np.sqrt((S[i, i] * S[j, j] + S[i, j] ** 2) / n)
                assert est(result, a, "~~", b, "se") == pytest.approx(se, rel=1e-8)
    assert result.fit["chisq"] == pytest.approx(0, abs=1e-8) and result.fit["df"] == 0
    sign, logdet = np.linalg.slogdet(S)
    assert sign == 1 and result.fit["logl"] == pytest.approx(-n / 2 * (3 * np.log(2 * np.pi) + logdet + 3), rel=1e-12)


def test_robust_errors_of_a_mean_and_a_variance() -> None:
    y = persons()["y1"]
    result = fit("y1 ~ 1\ny1 ~~ y1", persons(), estimator="mlr")
    centred = y - y.mean()
    assert est(result, "y1", "~1", "", "se") == pytest.approx(np.sqrt((centred**2).mean() / len(y)), rel=1e-9)
    fourth = (centred**4).mean() - (centred**2).mean() ** 2
    assert est(result, "y1", "~~", "y1", "se") == pytest.approx(np.sqrt(fourth / len(y)), rel=1e-9)


def test_three_indicators_solve_their_own_equations() -> None:
    frame = persons()
    S = np.cov(frame[["y1", "y2", "y3"]].T, bias=True)
    result = fit("f =~ y1 + y2 + y3", frame)
    variance = S[0, 1] * S[0, 2] / S[1, 2]
    assert est(result, "f", "~~", "f") == pytest.approx(variance, rel=1e-8)
    loadings = [1.0, S[1, 2] / S[0, 2], S[1, 2] / S[0, 1]]
    for k, loading in enumerate(loadings, 1):
        assert est(result, "f", "=~", f"y{k}") == pytest.approx(loading, rel=1e-8)
        assert est(result, f"y{k}", "~~", f"y{k}") == pytest.approx(S[k - 1, k - 1] - loading**2 * variance, rel=1e-8)
    # the loading's error by the delta method on the normal covariance of (s23, s13)
    cov = np.array([
        [S[1, 1] * S[2, 2] + S[1, 2] ** 2, S[1, 0] * S[2, 2] + S[1, 2] * S[0, 2]],
        [S[1, 0] * S[2, 2] + S[1, 2] * S[0, 2], S[0, 0] * S[2, 2] + S[0, 2] ** 2],
    ]) / len(frame)  # fmt: skip
    slope = np.array([1 / S[0, 2], -S[1, 2] / S[0, 2] ** 2])
    assert est(result, "f", "=~", "y2", "se") == pytest.approx(np.sqrt(slope @ cov @ slope), rel=1e-8)


def test_parallel_items_are_the_mean_covariance() -> None:
    """Equal loadings and residual variances: the factor's variance is the average covariance (Jöreskog 1971)."""
    frame = persons()[["y1", "y2", "y3", "y4"]]
    loadings = "f =~ " + " + ".join(f"1*{item}" for item in frame)
    result = fit("\n".join([loadings, *(f"{item} ~~ v*{item}" for item in frame)]), frame)
    S = np.cov(frame.T, bias=True)
    shared = S[np.triu_indices(4, 1)].mean()
    assert est(result, "f", "~~", "f") == pytest.approx(shared, rel=1e-8)
    assert est(result, "y1", "~~", "y1") == pytest.approx(np.trace(S) / 4 - shared, rel=1e-8)
    assert result.fit["df"] == 8


def test_two_means_are_the_t_test() -> None:
    """Equal variances in two groups: the difference's error is Student's with divisor n, so that z² = t² n/(n - 2)."""
    frame = persons()
    result = fit("y1 ~ c(a, b)*1\ny1 ~~ c(v, v)*y1\nd := b - a", frame, group="g")
    parts = [part["y1"] for _, part in frame.groupby("g", sort=False)]
    t = ttest_ind(parts[1], parts[0]).statistic
    row = result.parameters.set_index("lhs").loc["d"]
    n = len(frame)
    assert row["est"] == pytest.approx(parts[1].mean() - parts[0].mean(), rel=1e-9)
    assert row["z"] ** 2 == pytest.approx(t**2 * n / (n - 2), rel=1e-8)
    # the likelihood ratio of equal means
    equal = fit("y1 ~ c(a, a)*1\ny1 ~~ c(v, v)*y1", frame, group="g")
    gained = equal.fit["chisq"] - result.fit["chisq"]
    assert gained == pytest.approx(n * np.log(1 + t**2 / (n - 2)), rel=1e-8)


def test_two_groups_with_variances_of_their_own_are_welchs_test() -> None:
    frame = persons()
    result = fit("y1 ~ c(a, b)*1\ny1 ~~ y1\nd := b - a", frame, group="g")
    expected = np.sqrt(sum(part["y1"].var(ddof=0) / len(part) for _, part in frame.groupby("g")))
    assert float(result.parameters.set_index("lhs").loc["d", "se"]) == pytest.approx(expected, rel=1e-9)
    assert result.fit["chisq"] == pytest.approx(0, abs=1e-9)


def test_equal_covariances_are_boxs_test() -> None:
    """Saturated covariances held equal: Box's (1949) statistic without its correction, on divisor n."""
    frame = persons()
    names = ["y1", "y2"]
    model = "y1 ~~ c(v, v)*y1\ny2 ~~ c(w, w)*y2\ny1 ~~ c(r, r)*y2"
    result = fit(model, frame, group="g")
    parts = [part[names] for _, part in frame.groupby("g")]
    covs = [np.cov(part.T, bias=True) for part in parts]
    pooled = sum(len(p) * c for p, c in zip(parts, covs, strict=True)) / len(frame)
    expected = sum(
        len(p) * (np.linalg.slogdet(pooled)[1] - np.linalg.slogdet(c)[1]) for p, c in zip(parts, covs, strict=True)
    )
    assert result.fit["chisq"] == pytest.approx(expected, rel=1e-8)
    assert result.fit["df"] == 3


def test_independence_is_bartletts_statistic() -> None:
    frame = persons()[["y1", "y2", "y3"]]
    result = fit("y1 ~~ 0*y2 + 0*y3\ny2 ~~ 0*y3", frame)
    R = np.corrcoef(frame.T)
    assert result.fit["chisq"] == pytest.approx(-len(frame) * np.linalg.slogdet(R)[1], rel=1e-10)
    assert result.fit["df"] == 3
    assert result.fit["cfi"] == pytest.approx(0, abs=1e-12) and result.fit["tli"] == pytest.approx(0, abs=1e-10)


def test_missing_at_the_end_has_andersons_solution() -> None:
    """One variable answered by all, the other by some: Anderson (1957): the regression of those who answered both, and
    the mean and variance of all."""
    frame = persons()[["y1", "y2"]]
    frame.loc[frame.index[150:], "y2"] = np.nan
    result = fit("y1 ~~ y2", frame, missing="fiml")
    both = frame.dropna()
    beta, _, rest = least_squares(both, "y2", "y1")
    variance = frame["y1"].var(ddof=0)
    assert est(result, "y1", "~1") == pytest.approx(frame["y1"].mean(), rel=1e-7)
    assert est(result, "y1", "~~", "y1") == pytest.approx(variance, rel=1e-7)
    assert est(result, "y2", "~1") == pytest.approx(beta[0] + beta[1] * frame["y1"].mean(), rel=1e-6)
    assert est(result, "y1", "~~", "y2") == pytest.approx(beta[1] * variance, rel=1e-6)
    assert est(result, "y2", "~~", "y2") == pytest.approx(rest + beta[1] ** 2 * variance, rel=1e-6)


def test_least_squares_of_a_mean_structure_is_exact_where_it_can_be() -> None:
    frame = persons()
    S = np.cov(frame[["y1", "y2", "y3"]].T, bias=True)
    for estimator in ("uls", "gls", "dwls"):
        result = fit("f =~ y1 + y2 + y3", frame, estimator=estimator)
        assert est(result, "f", "=~", "y2") == pytest.approx(S[1, 2] / S[0, 2], rel=1e-6)
        assert result.fit["chisq"] == pytest.approx(0, abs=1e-6)


# --- the same model in several ways
def measures(result: FitResult, *names: str) -> list[float]:
    return [result.fit[name] for name in names or ("chisq", "df", "npar", "logl", "cfi", "rmsea", "srmr")]


FACTORS = "f =~ y1 + y2 + y3\nh =~ y4 + y5 + y6"


def test_a_factor_scaled_by_a_marker_another_marker_or_its_variance() -> None:
    frame = persons()
    results = [
        fit(FACTORS, frame),
        fit(FACTORS, frame, std_lv=True),
        fit("f =~ NA*y1 + y2 + 1*y3\nh =~ NA*y4 + 1*y5 + y6", frame),
        fit("f =~ NA*y1 + y2 + y3\nh =~ NA*y4 + y5 + y6\nf ~~ 1*f\nh ~~ 1*h", frame),
        fit("f =~ NA*y1 + a*y1 + b*y2 + c*y3\nh =~ y4 + y5 + y6\na + b + c == 3", frame),
    ]
    for other in results[1:]:
        assert measures(other) == pytest.approx(measures(results[0]), rel=1e-7, abs=1e-7)
        for item in ("y1", "y2", "y3"):
            for column in ("std_all", "std_all_se"):
                theirs = est(other, "f", "=~", item, column)
                assert theirs == pytest.approx(est(results[0], "f", "=~", item, column), rel=1e-5)


def test_equality_by_labels_by_group_equal_by_equal_and_by_constraints() -> None:
    frame = persons()
    by_option = fit(FACTORS, frame, group="g", group_equal=("loadings",))
    others = [
        fit("f =~ y1 + c(a, a)*y2 + c(b, b)*y3\nh =~ y4 + c(d, d)*y5 + c(e, e)*y6", frame, group="g"),
        fit("f =~ y1 + a*y2 + b*y3\nh =~ y4 + d*y5 + e*y6", frame, group="g"),
        fit(
            "f =~ y1 + c(a1, a2)*y2 + c(b1, b2)*y3\nh =~ y4 + c(d1, d2)*y5 + c(e1, e2)*y6\n"
            "a1 == a2\nb1 == b2\nd1 - d2 == 0\n2*e1 == 2*e2",
            frame, group="g",
        ),
    ]  # fmt: skip
    for other in others:
        assert measures(other) == pytest.approx(measures(by_option), rel=1e-7, abs=1e-7)
        for column in ("est", "se", "std_all", "std_all_se"):
            np.testing.assert_allclose(
                other.parameters[column].astype(float), by_option.parameters[column].astype(float), rtol=2e-5, atol=1e-7
            )


def test_a_fixed_value_by_a_constraint_or_a_number() -> None:
    frame = persons()
    fixed = fit("f =~ y1 + 0.8*y2 + y3 + y4", frame)
    held = fit("f =~ y1 + a*y2 + y3 + y4\na == 0.8", frame)
    assert measures(held) == pytest.approx(measures(fixed), rel=1e-8, abs=1e-8)
    assert est(held, "f", "=~", "y3", "se") == pytest.approx(est(fixed, "f", "=~", "y3", "se"), rel=1e-6)


@pytest.mark.parametrize("estimator", ["ml", "gls", "uls"])
def test_published_moments_are_as_good_as_answers(estimator: str) -> None:
    frame = persons()
    names = [f"y{k}" for k in range(1, 7)]
    published = Moments.from_dict({
        "groups": [
            {"name": str(name), "n": len(part), "names": names, "cov": part[names].cov().to_numpy().tolist(),
             "mean": part[names].mean().tolist()}
            for name, part in frame.groupby("g", sort=False)
        ]
    })  # fmt: skip
    asked: dict[str, Any] = {"group_equal": ("loadings", "intercepts"), "estimator": estimator}
    raw = fit(FACTORS, frame, group="g", **asked)
    moments = fit(FACTORS, published, **asked)
    assert moments.groups == raw.groups
    names_of_measures = ("chisq", "df", "cfi", "rmsea", "srmr")
    assert measures(moments, *names_of_measures) == pytest.approx(measures(raw, *names_of_measures), rel=1e-7, abs=1e-7)
    for column in ("est", "se", "std_all"):
        np.testing.assert_allclose(
            moments.parameters[column].astype(float), raw.parameters[column].astype(float), rtol=1e-5, atol=1e-7
        )


def test_means_that_nothing_restricts_change_nothing_else() -> None:
    without, with_means = fit(FACTORS, persons()), fit(FACTORS, persons(), means=True)
    assert with_means.fit["chisq"] == pytest.approx(without.fit["chisq"], rel=1e-9)
    assert with_means.fit["npar"] - without.fit["npar"] == 6
    rows = with_means.parameters[with_means.parameters["op"] != "~1"]
    np.testing.assert_allclose(rows["se"].astype(float), without.parameters["se"].astype(float), rtol=1e-7)


def test_complete_answers_by_the_likelihood_of_incomplete_ones() -> None:
    listwise, fiml = fit(FACTORS, persons(), means=True), fit(FACTORS, persons(), missing="fiml")
    assert measures(fiml) == pytest.approx(measures(listwise), rel=1e-8, abs=1e-8)


def test_one_group_is_a_model_of_its_own() -> None:
    """Groups that share nothing: χ² add up, and each group's numbers are those of a fit to it alone."""
    frame = persons()
    joint = fit(FACTORS, frame, group="g")
    alone = {name: fit(FACTORS, part, means=True) for name, part in frame.groupby("g")}
    assert joint.fit["chisq"] == pytest.approx(sum(r.fit["chisq"] for r in alone.values()), rel=1e-8)
    for name, result in alone.items():
        mine = joint.parameters[joint.parameters["group"] == name]
        for column in ("est", "se", "std_all", "std_all_se"):
            np.testing.assert_allclose(
                mine[column].astype(float), result.parameters[column].astype(float), rtol=1e-5, atol=1e-8
            )


@pytest.mark.parametrize("equal", [(), ("thresholds", "loadings")])
def test_delta_and_theta_are_one_model(equal: tuple[str, ...]) -> None:
    items = ("o1", "o2", "o3", "o4")
    asked: dict[str, Any] = {"estimator": "wlsmv", "ordered": items, "group": "g", "group_equal": equal}
    delta, theta = (fit("f =~ o1 + o2 + o3 + o4", persons(), **asked, parameterization=p) for p in ("delta", "theta"))
    names = ("chisq", "df", "npar", "chisq_scaled", "cfi_scaled", "rmsea_scaled", "srmr")
    assert measures(theta, *names) == pytest.approx(measures(delta, *names), rel=1e-6, abs=1e-7)
    for group in delta.groups:
        for item in items:
            for column in ("std_all", "std_all_se"):
                theirs = est(theta, "f", "=~", item, column, group)
                assert theirs == pytest.approx(est(delta, "f", "=~", item, column, group), rel=1e-5)


def test_a_path_through_a_latent_variable_with_one_perfect_indicator() -> None:
    frame = persons()
    direct = fit("z ~ m + w", frame)
    latent = fit("F =~ 1*m\nm ~~ 0*m\nz ~ F + w\nF ~~ w", frame)
    assert est(latent, "z", "~", "F") == pytest.approx(est(direct, "z", "~", "m"), rel=1e-7)
    assert est(latent, "z", "~", "w") == pytest.approx(est(direct, "z", "~", "w"), rel=1e-7)


def test_a_defined_parameter_or_the_effect_itself() -> None:
    frame = persons()
    result = fit("m ~ a*x\nz ~ b*m + w\nind := a*b", frame)
    row = result.parameters.set_index("lhs").loc["ind"]
    effect = result.effects("x", "z").set_index("effect").loc["indirect"]
    for ours in ("est", "se", "std_all", "std_all_se", "ci_lower"):
        assert row[ours] == pytest.approx(effect[ours], rel=1e-9)

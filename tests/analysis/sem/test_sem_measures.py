"""Scaled tests, robust fit measures, residuals and explained variance, against lavaan's on other data and by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, ncx2

from analysis.sem import FitResult, ModelError, fit, indices
from analysis.sem.baseline import baseline, baseline_df, independence_discrepancy, saturated_moments

HERE = Path(__file__).resolve().parents[2] / "oracles" / "robust"
REFERENCES: dict[str, dict[str, Any]] = json.loads((HERE / "robust.json").read_text())
RENAMED = {"bic2": "bic_adjusted"}


@cache
def fitted(case: str) -> FitResult:
    reference = REFERENCES[case]
    return fit(reference["model"], pd.read_csv(HERE / reference["data"]), **reference["options"])


@pytest.mark.parametrize("case", REFERENCES)
def test_estimates_and_errors_are_those_of_lavaan(case: str) -> None:
    parameters = fitted(case).parameters.set_index(["group", "lhs", "op", "rhs"])
    for wanted in REFERENCES[case]["parameters"]:
        row = parameters.loc[tuple(wanted[name] for name in ("group", "lhs", "op", "rhs"))]
        assert row["est"] == pytest.approx(wanted["est"], rel=1e-5, abs=1e-5), wanted
        if "se" in wanted:
            assert row["se"] == pytest.approx(wanted["se"], rel=1e-5), wanted


@pytest.mark.parametrize("case", REFERENCES)
def test_measures_are_those_of_lavaan(case: str) -> None:
    found = fitted(case).fit
    for name, wanted in dict(REFERENCES[case]["fit"]).items():
        assert found[RENAMED.get(name, name)] == pytest.approx(wanted, rel=1e-5, abs=1e-6), name


# --- tests by name, residuals, explained variance
@pytest.mark.parametrize("case", ["details", "details-groups"])
@pytest.mark.parametrize("name", ["satorra_bentler", "scaled_shifted", "mean_var_adjusted"])
def test_tests_by_name_are_those_of_lavaan(case: str, name: str) -> None:
    wanted = REFERENCES[case]["tests"][name]
    found = fitted(case).test(name)
    assert (found.statistic, found.df) == pytest.approx((wanted["statistic"], wanted["df"]), rel=1e-6)
    assert found.factor == pytest.approx(wanted["factor"], rel=1e-6)
    assert found.shift == pytest.approx(wanted["shift"] or 0.0, rel=1e-5)
    assert found.pvalue == pytest.approx(chi2.sf(wanted["statistic"], wanted["df"]), rel=1e-5)


def test_the_test_an_estimator_adds_is_the_one_of_that_name() -> None:
    assert fitted("burns-mlr").test("yuan_bentler").statistic == fitted("burns-mlr").fit["chisq_scaled"]
    by_name = fitted("groups-mlm-metric").test("satorra_bentler").statistic
    assert by_name == pytest.approx(fitted("groups-mlm-metric").fit["chisq_scaled"], rel=1e-12)
    model, options = REFERENCES["groups-mlr-scalar"]["model"], REFERENCES["groups-mlr-scalar"]["options"]
    short = fit(model, pd.read_csv(HERE / "three_groups.csv"), **(options | {"estimator": "MLM"}))
    # without covariates tr(UΓ) is found without matrices of moments by moments
    assert short.test("satorra_bentler").statistic == pytest.approx(short.fit["chisq_scaled"], rel=1e-9)
    assert fitted("details").test("swain").statistic == fitted("details").fit["chisq_swain"]


@pytest.mark.parametrize(
    ("case", "name", "why"),
    [
        ("details", "bollen", "not known"),
        ("groups-fiml-ml", "satorra_bentler", "complete rows"),
        ("details-groups", "swain", "one group"),
        ("growth-ml", "swain", "unstructured means"),
    ],
)
def test_tests_that_do_not_exist_are_refused(case: str, name: str, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        fitted(case).test(name)


def _wanted_residuals(case: str, kind: str) -> np.ndarray:
    """lavaan's, in the order of ours: by group means, then the lower triangle row by row."""
    found = []
    for group in REFERENCES[case]["residuals"][kind]:
        p = len(REFERENCES[case]["ov"])
        matrix = np.zeros((p, p))
        matrix[np.triu_indices(p)] = group["cov"]  # column by column below the diagonal
        found += [*(group["mean"] or []), *matrix.T[np.tril_indices(p)]]
    return np.array(found)


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("details", "raw"), ("details", "normalized"), ("details", "standardized"), ("details-means-mlr", "raw"),
        ("details-means-mlr", "normalized"), ("details-groups", "raw"), ("details-groups", "standardized"),
    ],
)  # fmt: skip
def test_residuals_are_those_of_lavaan(case: str, kind: str) -> None:
    found = fitted(case).residuals()
    # what is nil whatever the data has no error to be standardised by: lavaan divides one rounding by another
    some = found["standardized"].notna().to_numpy()
    assert some.sum() >= len(found) / 2
    np.testing.assert_allclose(found[kind].to_numpy()[some], _wanted_residuals(case, kind)[some], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["raw"][~some], 0, atol=1e-6)


def test_standardized_residuals_of_groups_with_shared_parameters_vary_by_one() -> None:
    """Two groups of one population, loadings held equal: over samples the residuals have the variance claimed."""
    rng = np.random.default_rng(5)
    draws = []
    for _ in range(60):
        factor = rng.normal(size=(240, 1))
        frame = pd.DataFrame(factor * [0.8, 0.7, 0.6, 0.5] + 0.6 * rng.normal(size=(240, 4)), columns=list("abcd"))
        frame["g"] = np.repeat(["x", "y"], [80, 160])
        result = fit("f =~ a + b + c + d", frame, group="g", group_equal=("loadings",), std_lv=True)
        rows = result.residuals()
        draws.append(rows[(rows["op"] == "~~") & (rows["lhs"] != rows["rhs"])]["standardized"].to_numpy())
    variance = np.mean(np.square(draws))
    # 60 draws of 12 residuals that are correlated: an error of some 7 %
    assert variance == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_residuals_of_incomplete_answers_have_the_errors_of_the_delta_method(estimator: str) -> None:
    """One group, all matrices written out: acov(r) = A Γ A'/N with A = I - ΔE⁻¹Δ'W."""
    reference = REFERENCES["clusters-groups-fiml-mlr"]
    frame = pd.read_csv(HERE / reference["data"])
    result = fit(reference["model"], frame, missing="fiml", estimator=estimator)
    estimated = result.estimated
    (h1,) = saturated_moments(estimated)
    delta, w = estimated.implied.groups[0].jacobian(estimated.theta), h1.information
    kept = np.eye(len(w)) - delta @ np.linalg.inv(delta.T @ w @ delta) @ delta.T @ w
    inverse = np.linalg.inv(w)
    gamma = inverse if estimator == "ML" else inverse @ h1.meat @ inverse
    rows = result.residuals()
    sample = np.concatenate([h1.mean, h1.cov[np.tril_indices(6)]])
    np.testing.assert_allclose(rows["raw"], sample - estimated.implied.vector(estimated.theta), atol=1e-12)
    np.testing.assert_allclose(rows["normalized"], rows["raw"] / np.sqrt(np.diag(gamma) / result.n_obs), rtol=1e-8)
    variance = np.diag(kept @ gamma @ kept.T) / result.n_obs
    some = rows["standardized"].notna()
    assert some.sum() >= 15
    np.testing.assert_allclose(rows["standardized"][some], (rows["raw"] / np.sqrt(variance))[some], rtol=1e-6)


@pytest.mark.parametrize("case", ["details", "details-means-mlr", "details-groups"])
def test_explained_variance_is_that_of_lavaan(case: str) -> None:
    found = fitted(case).r2().set_index(["group", "variable"])["r2"]
    for group, wanted in zip(fitted(case).groups, REFERENCES[case]["r2"], strict=True):
        for variable, value in wanted.items():
            # NA: a negative residual variance, of which no share can be taken
            assert found[group, variable] == pytest.approx(np.nan if value == "NA" else value, rel=1e-6, nan_ok=True)


def test_residuals_of_ordered_items_name_thresholds_and_correlations() -> None:
    rng = np.random.default_rng(2)
    latent = rng.normal(size=(400, 1)) + 0.8 * rng.normal(size=(400, 3))
    frame = pd.DataFrame(np.digitize(latent, [-0.7, 0.6]), columns=list("abc"))
    rows = fit("f =~ a + b + c", frame, ordered=("a", "b", "c"), estimator="WLSMV").residuals()
    assert list(rows["rhs"][:3]) == ["t1", "t2", "t1"]
    assert rows["op"].tolist() == ["|"] * 6 + ["~~"] * 3
    np.testing.assert_allclose(rows["raw"], 0, atol=1e-7)  # just identified


# --- what robust measures must do
def test_robust_measures_of_complete_answers_are_the_usual_ones() -> None:
    """With nothing missing the correction of incomplete normal answers has nothing to correct."""
    frame = pd.read_csv(HERE / "three_groups.csv")
    found = fit(REFERENCES["details"]["model"], frame, missing="fiml").fit
    for name in ("cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue"):
        assert found[f"{name}_robust"] == pytest.approx(found[name], rel=1e-9)


def test_groups_alike_have_the_rmsea_of_one_of_them() -> None:
    """√G: the same persons twice, as two groups, misfit per degree of freedom being what it was."""
    frame = pd.read_csv(HERE / "three_groups.csv")
    twice = pd.concat([frame.assign(copy="1"), frame.assign(copy="2")], ignore_index=True)
    model = "f =~ y1 + y2 + y3 + z1 + z2 + z3"
    one, two = fit(model, frame, means=True), fit(model, twice, group="copy")
    assert two.fit["chisq"] == pytest.approx(2 * one.fit["chisq"], rel=1e-8)
    # 2χ² - 2df over 2N·2df, times two
    assert two.fit["rmsea"] == pytest.approx(one.fit["rmsea"], rel=1e-8)


def test_copies_as_groups_leave_the_robust_measures_of_ordered_items_as_they_are() -> None:
    """lavaan 0.6-14 has another baseline for every number of groups: ``tests/oracles/defects.md``."""
    frame = pd.read_csv(HERE / "three_groups.csv")[["y1", "y2", "y3", "z1", "z2", "z3"]]
    frame = frame.apply(lambda column: np.digitize(column, np.quantile(column, [0.3, 0.7]), right=True))
    twice = pd.concat([frame.assign(copy="1"), frame.assign(copy="2")], ignore_index=True)
    model, options = "f =~ y1 + y2 + y3 + z1 + z2 + z3", {"ordered": tuple(frame), "estimator": "WLSMV"}
    one, two = fit(model, frame, **options), fit(model, twice, group="copy", **options)
    for name in ("cfi_robust", "tli_robust", "rmsea_robust"):
        assert two.fit[name] == pytest.approx(one.fit[name], rel=1e-8)
    # lavaan, of the one group
    assert one.fit["cfi_robust"] == pytest.approx(0.828, abs=5e-4)
    assert one.fit["rmsea_robust"] == pytest.approx(0.243, abs=5e-4)


def test_robust_rmsea_of_incomplete_answers_does_not_wander_with_what_is_missing() -> None:
    """Answers missing by chance dilute χ² and the plain RMSEA; the robust one estimates what complete answers show."""
    rng = np.random.default_rng(11)
    f, h = rng.normal(size=(2, 4000))
    frame = pd.DataFrame({k: 0.8 * f + 0.6 * rng.normal(size=4000) for k in "abc"})
    for k in "def":
        frame[k] = 0.5 * f + 0.6 * h + 0.6 * rng.normal(size=4000)
    model = "factor =~ a + b + c + d + e + f"
    complete = fit(model, frame).fit["rmsea"]
    frame = frame.mask(rng.random(frame.shape) < 0.3)
    found = fit(model, frame, missing="fiml").fit
    assert found["rmsea"] < 0.85 * complete
    assert found["rmsea_robust"] == pytest.approx(complete, rel=0.05)


def test_noncentrality_inverts_the_distribution() -> None:
    ncp = indices.noncentrality(50, 20, 0.05)
    assert ncx2.cdf(50, 20, ncp) == pytest.approx(0.05, abs=1e-10)
    assert indices.noncentrality(5, 20, 0.95) == 0


def test_without_saturated_moments_there_is_only_the_number_of_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis.sem import observed

    found = observed.saturated
    monkeypatch.setattr(observed, "saturated", lambda data: replace(found(data), converged=np.array(False)))
    reference = REFERENCES["growth-fiml-ml"]
    result = fit(reference["model"], pd.read_csv(HERE / reference["data"]), **reference["options"])
    assert set(result.fit) == {"npar", "df"}


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("f =~ y1 + y2 + y3", {}),
        ("f =~ y1 + y2 + y3\nf ~ x1 + x2 + x3", {}),
        ("f =~ y1 + y2 + y3\nf ~ x1 + x2\nx1 ~~ x2", {"means": True}),
        ("y1 ~ x1 + x2\ny2 ~ y1 + x3", {"group": "g"}),
        ("y1 ~ x1 + x2 + x3", {"estimator": "GLS", "group": "g"}),
    ],
)
def test_the_baseline_counted_and_in_closed_form_is_the_model_built(model: str, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        rng.normal(size=(80, 6)) @ rng.normal(size=(6, 6)), columns=["y1", "y2", "y3", "x1", "x2", "x3"]
    )
    result = fit(model, frame.assign(g=np.arange(80) % 2), **options)
    built = baseline(result.estimated)
    assert baseline_df(result.estimated.table) == built.df == result.fit["baseline_df"]
    assert result.fit["baseline_chisq"] == pytest.approx(built.n * built.objective, rel=1e-10)
    if "estimator" not in options:
        closed = independence_discrepancy(result.estimated.table, result.estimated.sample)
        assert closed == pytest.approx(built.objective, rel=1e-10)

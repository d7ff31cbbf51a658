"""What a search for mistakes found: each of these was wrong once, or is a figure printed in a book."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.sem import FitResult, Moments, fit
from analysis.sem.estimate import estimate
from analysis.sem.fit import NO_SATURATED_MOMENTS, prepared, result_of
from analysis.sem.implied import ImpliedMoments
from analysis.sem.loss import QuadraticLoss
from analysis.sem.options import Options


def answers(seed: int = 1, n: int = 200, items: int = 4) -> pd.DataFrame:
    """A factor with items, a covariate and two groups whose covariates differ."""
    rng = np.random.default_rng(seed)
    group = np.where(np.arange(n) % 2, "a", "b")
    w = rng.normal(size=n) * np.where(group == "a", 1.0, 2.0) + (group == "a")
    factor = 0.5 * w + rng.normal(size=n)
    frame = pd.DataFrame({f"x{i}": 0.8 * factor + 0.6 * rng.normal(size=n) for i in range(1, items + 1)})
    return frame.assign(w=w, group=group)


# --- moments from books
def lower(text: str) -> list[list[float]]:
    return [[float(number) for number in line.split()] for line in text.strip().splitlines()]


def correlations(text: str) -> list[list[float]]:
    return [[1.0], *([*row, 1.0] for row in lower(text))]


def test_stability_of_alienation() -> None:
    """Wheaton, Muthén, Alwin & Summers (1977): χ² 4.73 with 4 df (LISREL, divisor N - 1)."""
    cov = lower(
        """11.834
        6.947 9.364
        6.819 5.091 12.532
        4.783 5.028 7.495 9.986
        -3.839 -3.889 -3.841 -3.625 9.610
        -21.899 -18.831 -21.748 -18.775 35.522 450.288"""
    )
    names = ["anomia67", "powerless67", "anomia71", "powerless71", "education", "sei"]
    model = """
        ses =~ education + sei
        alien67 =~ anomia67 + powerless67
        alien71 =~ anomia71 + powerless71
        alien71 ~ alien67 + ses
        alien67 ~ ses
        anomia67 ~~ anomia71
        powerless67 ~~ powerless71
    """
    result = fit(model, Moments.from_dict({"n": 932, "names": names, "cov": cov}))
    assert (round(result.fit["chisq"] * 931 / 932, 2), result.fit["df"]) == (4.73, 4)
    paths = result.parameters[result.parameters["op"] == "~"]["est"]
    np.testing.assert_allclose(paths, [0.607, -0.227, -0.575], atol=5e-4)


def test_peer_influences_on_ambition() -> None:
    """Duncan, Haller & Portes (1968), as fitted in the manual of R's sem (Fox 2006): χ² 26.697 with 15 df."""
    cor = correlations(
        """.6247
        .3269 .3669
        .4216 .3275 .6404
        .2137 .2742 .1124 .0839
        .4105 .4043 .2903 .2598 .1839
        .3240 .4047 .3054 .2786 .0489 .2220
        .2930 .2407 .4105 .3607 .0186 .1861 .2707
        .2995 .2863 .5191 .5007 .0782 .3355 .2302 .2950
        .0760 .0702 .2784 .1988 .1147 .1021 .0931 -.0438 .2087"""
    )
    names = ["ROccAsp", "REdAsp", "FOccAsp", "FEdAsp", "RParAsp", "RIQ", "RSES", "FSES", "FIQ", "FParAsp"]
    model = """
        R =~ ROccAsp + REdAsp
        F =~ FOccAsp + FEdAsp
        R ~ RParAsp + RIQ + RSES + FSES + F
        F ~ RSES + FSES + FIQ + FParAsp + R
        R ~~ F
    """
    result = fit(model, Moments.from_dict({"n": 329, "names": names, "cor": cor, "sd": [1.0] * 10}))
    assert (round(result.fit["chisq"] * 328 / 329, 3), result.fit["df"]) == (26.697, 15)
    est = result.parameters.set_index(["lhs", "op", "rhs"])["est"]
    printed = {("R", "~", "F"): 0.18423, ("F", "~", "R"): 0.23548, ("R", "=~", "REdAsp"): 1.06268}
    for key, value in printed.items():
        assert est[key] == pytest.approx(value, abs=2e-5)
    assert est["R", "~~", "F"] * 329 / 328 == pytest.approx(-0.02261, abs=2e-5)  # sem divides by N - 1


def test_ability_and_aspiration() -> None:
    """Calsyn & Kenny (1977), as in the LISREL manual (Jöreskog & Sörbom): χ² 9.26 with 8 df, φ .67."""
    cor = correlations(
        """.73
        .70 .68
        .58 .61 .57
        .46 .43 .40 .37
        .56 .52 .48 .41 .72"""
    )
    names = ["self", "parents", "teacher", "friend", "aspiration", "college"]
    model = "ability =~ self + parents + teacher + friend\naspire =~ aspiration + college"
    moments = Moments.from_dict({"n": 556, "names": names, "cor": cor, "sd": [1.0] * 6})
    result = fit(model, moments, std_lv=True)
    assert (round(result.fit["chisq"] * 555 / 556, 2), result.fit["df"]) == (9.26, 8)
    est = result.parameters.set_index(["lhs", "op", "rhs"])["est"]
    assert round(est["ability", "~~", "aspire"], 2) == 0.67
    loadings = est[[("ability", "=~", name) for name in names[:4]]]
    np.testing.assert_allclose(loadings, [0.86, 0.85, 0.81, 0.70], atol=6e-3)


# --- covariates under least squares
@pytest.mark.parametrize("estimator", ["gls", "uls"])
def test_group_equal_leaves_covariates_alone(estimator: str) -> None:
    """Their moments are estimated by least squares, but they are no part of what the model says (as in lavaan)."""
    result = fit(
        "F =~ x1 + x2 + x3 + x4\nF ~ w", answers(), estimator=estimator, group="group",
        group_equal=["loadings", "intercepts", "residuals"],
    )  # fmt: skip
    rows = result.parameters.set_index(["group", "lhs", "op", "rhs"])["est"]
    for key in (("w", "~1", ""), ("w", "~~", "w")):
        assert abs(rows["a", *key] - rows["b", *key]) > 0.5
    own = fit("F =~ x1 + x2 + x3 + x4\nF ~ w", answers(), estimator=estimator, group="group")
    # loadings 3, intercepts 4 less a latent mean, residuals 4
    assert result.fit["df"] - own.fit["df"] == 3 + 3 + 4


def test_group_equal_holds_covariates_whose_moments_the_model_states() -> None:
    model = "F =~ x1 + x2 + x3 + x4\nF ~ w\nw ~~ v*w"
    result = fit(model.replace("v*", ""), answers(), estimator="ml", group="group", group_equal=["residuals"])
    rows = result.parameters.set_index(["group", "lhs", "op", "rhs"])["est"]
    assert rows["a", "w", "~~", "w"] == rows["b", "w", "~~", "w"]


# --- a model that could not fail
@pytest.mark.parametrize("asked", [{"estimator": "mlr"}, {"estimator": "mlm"}, {"estimator": "mlr", "missing": "fiml"}])
def test_corrected_measures_of_a_model_without_degrees_of_freedom(asked: dict[str, Any]) -> None:
    found = fit("F =~ x1 + x2 + x3", answers(), **asked).fit
    assert found["df"] == 0 and found["df_scaled"] == 0
    assert found["chisq_scaled"] == pytest.approx(0, abs=1e-8)
    assert (found["cfi_scaled"], found["tli_scaled"], found["rmsea_scaled"]) == (1, 1, 0)
    assert (found["cfi_robust"], found["tli_robust"], found["rmsea_robust"]) == (1, 1, 0)
    assert "pvalue_scaled" not in found and "chisq_scaling_factor" not in found


def test_no_corrected_measures_where_a_bound_keeps_such_a_model_from_fitting() -> None:
    rng = np.random.default_rng(3)
    common = rng.normal(size=60)
    frame = pd.DataFrame({"x1": common + 0.05 * rng.normal(size=60), "x2": 0.5 * common + rng.normal(size=60)})
    frame["x3"] = 0.9 * common + 0.3 * rng.normal(size=60)
    found = fit("F =~ x1 + x2 + x3", frame, estimator="mlr", bounds=True).fit
    assert found["df"] == 0
    assert ("cfi_scaled" in found) == (found["chisq"] < 6e-5)


# --- clusters
def test_the_test_that_allows_for_clusters_is_one_whatever_the_estimator_and_the_covariates() -> None:
    """The solution and the persons are the same: so is what χ² is divided by (lavaan's is not; see defects.md)."""
    frame = answers().assign(cluster=np.arange(200) // 10)
    model = "F =~ x1 + x2 + x3 + x4\nF ~ w"
    by_ml, by_mlr = (fit(model, frame, estimator=e, cluster="cluster").fit for e in ("ml", "mlr"))
    free = fit(f"{model}\nw ~~ w", frame, estimator="mlr", cluster="cluster").fit
    for name in ("chisq", "chisq_scaled", "chisq_scaling_factor"):
        assert by_ml[name] == pytest.approx(by_mlr[name], rel=1e-9)
        assert free[name] == pytest.approx(by_mlr[name], rel=1e-6)


# --- structure after measurement
SAM = "F =~ x1 + x2 + x3\nG =~ x4 + x5 + x6\nH =~ x7 + x8 + x9\nG ~ F\nH ~ F + G + w"


def three_factors() -> pd.DataFrame:
    """Nine items of three factors, a covariate and two groups."""
    rng = np.random.default_rng(5)
    n = 300
    f, w = rng.normal(size=(2, n))
    g = 0.4 * f + rng.normal(size=n)
    h = 0.3 * f + 0.3 * g + 0.4 * w + rng.normal(size=n)
    items = np.repeat([f, g, h], 3, axis=0) * 0.8 + 0.6 * rng.normal(size=(9, n))
    frame = pd.DataFrame({f"x{i}": item for i, item in enumerate(items, 1)})
    return frame.assign(w=w, group=np.where(rng.random(n) < 0.5, "a", "b"))


def test_errors_of_sam_do_not_depend_on_which_group_comes_first() -> None:
    """lavaan's of a path from a covariate do; see defects.md."""
    frame = three_factors()
    ours = []
    for first in ("a", "b"):
        ordered = frame.assign(later=frame["group"] != first).sort_values("later", kind="stable")
        rows = fit(SAM, ordered, estimator="sam", group="group").parameters
        paths = rows[rows["op"] == "~"].sort_values(["group", "lhs", "rhs"])
        ours.append(paths[["est", "se"]].to_numpy())
    assert np.isfinite(ours[0]).all()
    np.testing.assert_allclose(ours[0], ours[1], rtol=1e-5)


def test_one_label_in_all_groups_is_one_path_in_sam_too() -> None:
    rows = fit(SAM.replace("G ~ F", "G ~ a*F"), three_factors(), estimator="sam", group="group").parameters
    assert rows[rows["label"] == "a"]["est"].nunique() == 1


# --- markers that measure little
def marked(seed: int) -> pd.DataFrame:
    """A first item in large units that has nothing to do with the factor."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=150)
    frame = pd.DataFrame({f"x{i}": 0.8 * factor + 0.6 * rng.normal(size=150) for i in range(1, 5)})
    return frame.assign(x1=70 * rng.normal(size=150))


@pytest.mark.parametrize("seed", range(12))
def test_a_faint_marker_is_no_obstacle(seed: int) -> None:
    """A factor's unit is a convention: with the marker's loading fixed the fit is that with the variance fixed."""
    model, data = "F =~ x1 + x2 + x3 + x4", marked(seed)
    by_marker, by_variance = fit(model, data), fit(model, data, std_lv=True)
    assert by_variance.converged and by_marker.converged
    assert by_marker.fit["chisq"] == pytest.approx(by_variance.fit["chisq"], abs=1e-5)


def test_a_search_lost_on_the_wrong_side_is_begun_again_on_the_other() -> None:
    """From loadings of the wrong sign the way to the solution leads through infinity."""
    options = Options.checked(estimator="ml")
    model, data = "F =~ x1 + x2 + x3 + x4", marked(2)
    table, sample = prepared(model, data, options)
    best = estimate(table, sample, options)
    loading = [row.index for row in table.rows if row.op == "=~" and row.index is not None]
    wrong = best.theta.copy()
    wrong[loading] *= -0.2
    again = estimate(table, sample, options, start=wrong)
    assert best.converged and again.converged
    np.testing.assert_allclose(again.theta, best.theta, rtol=1e-4)


# --- verdicts
def test_the_verdict_of_no_identification_says_that_degrees_of_freedom_are_nominal() -> None:
    result = fit("F =~ x1 + x2\nG =~ x3 + x4\nF ~~ 0*G", answers())
    assert result.converged and not result.identified and not result.admissible
    assert result.fit == {"npar": 8, "df": 2}
    assert "8 parameters and 2 degrees of freedom are counted, not real" in result.message


def test_a_parameter_that_does_nothing_is_the_one_named() -> None:
    """An ordered item's variance follows from its thresholds, so that its factor's own part and the item's cannot be
    told apart: the information on it is nil, not merely small beside others'."""
    frame = answers()[["x1", "x2", "x3", "x4"]]
    coded = (frame > 0).astype(int) + (frame > 1)
    result = fit("F =~ x1 + x2 + x3\nG =~ x4\nG ~ F", coded, estimator="wlsmv", ordered=("x1", "x2", "x3", "x4"))
    assert not result.identified
    assert result.problems[0].parameter == "G ~~ G"


def test_a_residual_variance_of_exactly_nil_correlates_with_nothing() -> None:
    """Rounding left it at -8e-14, which in its own metric is -1."""
    result = nil_residual()
    residual = result.parameters.set_index(["lhs", "op", "rhs"])["est"]["x1", "~~", "x1"]
    assert residual == pytest.approx(0, abs=1e-6)
    assert result.admissible, result.message


def nil_residual() -> FitResult:
    cor = correlations(".73\n.70 .68\n.58 .61 .57")
    moments = Moments.from_dict({"n": 556, "names": ["x1", "x2", "x3", "x4"], "cor": cor, "sd": [1.0] * 4})
    return fit("F =~ x1 + x2 + x3 + x4\nF ~~ 1*F", moments, estimator="uls")


@pytest.mark.parametrize("text", ["a == 1\na == 2", "a > 5\na < 4"])
def test_constraints_that_contradict_are_named_as_the_cause(text: str) -> None:
    result = fit(f"F =~ x1 + a*x2 + x3 + x4\n{text}", answers())
    assert not result.converged
    assert "constraints" in result.message


def test_fixed_values_no_covariances_could_have_are_named_as_the_cause() -> None:
    result = fit("F =~ x1 + x2 + x3 + x4\nx1 ~~ -100*x1", answers())
    assert not result.converged
    assert "impossible" in result.message and "0 steps" not in result.message


def test_a_fit_without_saturated_moments_says_why_it_has_no_measures() -> None:
    frame = answers()
    frame.loc[::7, "x1"] = np.nan
    options = Options.checked(estimator="mlr", missing="fiml")
    estimated = estimate(*prepared("F =~ x1 + x2 + x3 + x4", frame, options), options)
    assert NO_SATURATED_MOMENTS not in result_of(estimated).notes
    group = estimated.sample.groups[0]
    vars(group)["saturated"] = replace(group.saturated, converged=np.array(False))
    estimated.sample.kept.clear()  # what was computed with the moments that were found
    result = result_of(estimated)
    assert set(result.fit) == {"npar", "df"}
    assert NO_SATURATED_MOMENTS in result.notes


# --- weights
def test_as_many_diagonals_as_moments_are_no_matrix() -> None:
    """Ten resamples of ten moments: a stack of diagonals has the shape of a matrix, so it has to be said."""
    options = Options.checked(estimator="uls")
    table, sample = prepared("F =~ x1 + x2 + x3 + x4", answers(), options)
    solved = estimate(table, sample, options)
    implied, target = ImpliedMoments(table, sample), solved.loss.targets[0]  # type: ignore[attr-defined]
    p = len(target)
    weights = np.random.default_rng(1).uniform(0.5, 2, size=(p, p))
    targets = np.repeat(target[None], p, axis=0)
    stack = QuadraticLoss(implied, [targets], [weights], np.ones(1), diagonal=True)
    theta = np.repeat(solved.theta[None] * 1.1, p, axis=0)
    values, gradients = stack.value_and_gradient(theta)
    for n in range(p):
        one = QuadraticLoss(implied, [target], [weights[n]], np.ones(1))
        value, gradient = one.value_and_gradient(theta[n])
        assert values[n] == pytest.approx(value)
        np.testing.assert_allclose(gradients[n], gradient)
    whole = QuadraticLoss(implied, [target], [weights + weights.T], np.ones(1))
    gap = target - implied.groups[0].vector(theta[0])
    assert whole.value_and_gradient(theta[0])[0] == pytest.approx(gap @ (weights + weights.T) @ gap)
    with pytest.raises(ValueError, match="a matrix or its diagonal"):
        QuadraticLoss(implied, [target], [weights[:3]], np.ones(1))

"""Verdicts on solutions, each with the parameter and what to try; and data refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.sem import FitResult, ModelError, fit
from analysis.sem.admissible import Problem, not_converged
from analysis.sem.estimate import n_needed
from analysis.sem.fit import prepared
from analysis.sem.options import Options

CODES = {
    "not_converged", "not_identified", "negative_variance", "correlation_beyond_one", "latent_not_positive",
    "residual_not_positive", "at_bound",
}  # fmt: skip


def with_moments(cov: np.ndarray, names: str, n: int = 200, seed: int = 3) -> pd.DataFrame:
    """Data whose covariance matrix (divided by n) is exactly ``cov``, one letter a variable."""
    raw = np.random.default_rng(seed).normal(size=(n, len(names)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, bias=True))).T
    return pd.DataFrame(white @ np.linalg.cholesky(cov).T, columns=list(names))


def of_factors(phi: np.ndarray, *, loading: float = 0.7, names: str) -> pd.DataFrame:
    """Three items a factor, all with this loading, factors with covariances ``phi``."""
    k = len(phi)
    loadings = np.kron(np.eye(k), np.full((3, 1), loading))
    return with_moments(loadings @ phi @ loadings.T + (1 - loading**2) * np.eye(3 * k), names)


def only(result: FitResult) -> Problem:
    """The one problem of a solution; every problem says which parameter and what to try."""
    assert len(result.problems) == 1, result.problems
    problem = result.problems[0]
    assert problem.code in CODES and result.message == problem.sentence
    assert all(part.strip() in problem.sentence for part in problem.parameter.split(","))
    assert any(word in problem.sentence for word in ("Try ", "try ", "Fix "))
    assert not result.admissible
    return problem


# loading of a: .8 · .7 / .4 = 1.4 of a variance of 1
HEYWOOD = with_moments(np.array([[1.0, 0.8, 0.7], [0.8, 1.0, 0.4], [0.7, 0.4, 1.0]]), "abc")


def test_a_negative_variance() -> None:
    result = fit("F =~ a + b + c", HEYWOOD)
    problem = only(result)
    assert (problem.code, problem.parameter, problem.group) == ("negative_variance", "a ~~ a", "")
    assert result.converged and result.identified


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_verdicts_do_not_depend_on_units(factor: float) -> None:
    assert only(fit("F =~ a + b + c", HEYWOOD * factor)).code == "negative_variance"
    assert only(fit("F =~ a + b + c", HEYWOOD.assign(a=HEYWOOD["a"] * factor))).parameter == "a ~~ a"


def test_a_bound_is_named_and_keeps_the_number_of_parameters() -> None:
    free, bounded = fit("F =~ a + b + c", HEYWOOD), fit("F =~ a + b + c", HEYWOOD, bounds=True)
    problem = only(bounded)
    assert (problem.code, problem.parameter) == ("at_bound", "a ~~ a")
    est = bounded.parameters.set_index(["lhs", "op", "rhs"])["est"]
    assert est["a", "~~", "a"] == pytest.approx(0, abs=1e-10)
    # lavaan counts parameters without their bounds, and so do its degrees of freedom
    assert (bounded.fit["npar"], bounded.fit["df"]) == (free.fit["npar"], free.fit["df"]) == (6, 0)
    assert bounded.fit["chisq"] > 0


def test_a_bounded_solution_is_the_minimum_where_a_is_its_factor() -> None:
    """With no error in a the likelihood is that of b and c regressed on a, with independent residuals."""
    bounded = fit("F =~ a + b + c", HEYWOOD, bounds=True)
    est = bounded.parameters.set_index(["lhs", "op", "rhs"])["est"]
    S = np.cov(HEYWOOD.T, bias=True)

    def discrepancy(x: np.ndarray) -> float:
        loading = np.array([1.0, x[0], x[1]])
        sigma = x[2] * np.outer(loading, loading) + np.diag([1e-12, x[3], x[4]])
        return float(np.linalg.slogdet(sigma)[1] + np.trace(np.linalg.solve(sigma, S)))

    found = minimize(
        discrepancy, [0.7, 0.7, 1.0, 0.5, 0.5], method="L-BFGS-B", bounds=[(None, None)] * 2 + [(0.01, 9)] * 3
    )
    names = [("F", "=~", "b"), ("F", "=~", "c"), ("F", "~~", "F"), ("b", "~~", "b"), ("c", "~~", "c")]
    np.testing.assert_allclose([est[name] for name in names], found.x, atol=1e-4)
    np.testing.assert_allclose(est["F", "=~", "b"], S[0, 1] / S[0, 0], rtol=1e-6)


def test_an_admissible_solution_is_the_same_with_bounds() -> None:
    frame = of_factors(np.array([[1.0, 0.5], [0.5, 1.0]]), names="abcdef")
    model = "F =~ a + b + c\nG =~ d + e + f"
    free, bounded = fit(model, frame), fit(model, frame, bounds=True)
    assert free.admissible and bounded.admissible and not free.problems and bounded.message == ""
    pd.testing.assert_frame_equal(free.parameters, bounded.parameters)


def test_a_correlation_beyond_one() -> None:
    frame = of_factors(np.array([[1.0, 1.15], [1.15, 1.0]]), names="abcdef")
    problem = only(fit("F =~ a + b + c\nG =~ d + e + f", frame))
    assert (problem.code, problem.parameter) == ("correlation_beyond_one", "F ~~ G")


def test_residuals_of_factors_that_correlate_beyond_one() -> None:
    """F and G correlate .5, but given H what is left of them would have to correlate .74 / √(.36 · .91)."""
    phi = np.array([[1.0, 0.8, -0.3], [0.8, 1.0, 0.5], [-0.3, 0.5, 1.0]])
    frame = of_factors(phi, names="abcdefghi")
    problem = only(fit("H =~ a + b + c\nF =~ d + e + f\nG =~ g + h + i\nF ~ H\nG ~ H\nF ~~ G", frame))
    assert (problem.code, problem.parameter) == ("correlation_beyond_one", "F ~~ G")
    assert problem.sentence.startswith("The residuals of F and G")


def test_factors_that_say_the_same_thing_twice() -> None:
    # no correlation beyond one, but the three cannot hold together
    phi = np.array([[1.0, 0.9, 0.2], [0.9, 1.0, 0.9], [0.2, 0.9, 1.0]])
    frame = of_factors(phi, loading=0.5, names="abcdefghi")
    problem = only(fit("F =~ a + b + c\nG =~ d + e + f\nH =~ g + h + i", frame))
    assert (problem.code, problem.parameter) == ("latent_not_positive", "F, G, H")


def test_residuals_of_items_that_correlate_beyond_one() -> None:
    loadings = np.array([0.9, 0.4, 0.6, 0.6, 0.6])
    S = np.outer(loadings, loadings)
    np.fill_diagonal(S, 1.0)
    S[0, 1] = S[1, 0] = 0.9 * 0.4 + 1.05 * np.sqrt((1 - 0.81) * (1 - 0.16))
    problem = only(fit("F =~ c + a + b + d + e\na ~~ b", with_moments(S, "abcde")))
    assert problem.code == "residual_not_positive" and "residuals of a and b" in problem.sentence


@pytest.mark.parametrize("estimator", ["ml", "mlr", "uls", "gls"])
def test_a_model_that_is_not_identified(estimator: str) -> None:
    frame = of_factors(np.array([[1.0, 0.5], [0.5, 1.0]]), names="abcdef").assign(
        y=lambda d: np.random.default_rng(1).normal(size=len(d))
    )
    result = fit("F =~ a + b + c\nG =~ d + e + f\nG ~ F\nF ~ G\ny ~~ y", frame, estimator=estimator)
    assert not result.identified and not result.admissible
    problem = result.problems[0]
    assert problem.code == "not_identified" and problem.parameter in problem.sentence
    assert set(problem.parameter.replace("~~", "~").split(" ~ ")) <= {"F", "G"}
    assert result.parameters["se"].isna().all()


def test_without_a_solution_there_are_no_numbers() -> None:
    # the implied covariance matrix is singular whatever the parameters
    result = fit("F =~ i1 + i2\ni1 ~~ 0*i1\ni2 ~~ 0*i2", with_moments(np.eye(2), "ab").set_axis(["i1", "i2"], axis=1))
    assert (result.converged, result.identified, result.admissible) == (False, False, False)
    assert result.problems[0].code == "not_converged" and "No solution" in result.message
    assert result.parameters[["est", "se", "std_all"]].isna().all().all()
    assert set(result.fit) <= {"npar", "df"}


def test_an_optimiser_that_was_stopped_names_the_parameter_that_moved_most() -> None:
    frame = of_factors(np.array([[1.0, 0.5], [0.5, 1.0]]), names="abcdef")
    found = fit("F =~ a + b + c\nG =~ d + e + f", frame).estimated
    theta = found.theta.copy()
    at = next(r.index for r in found.table.rows if (r.lhs, r.rhs) == ("F", "b") and r.index is not None)
    theta[at] += 0.5
    problem = not_converged(replace(found, theta=theta, converged=False))
    assert problem.parameter == "F =~ b" and "most of all F =~ b" in problem.sentence


def test_the_group_is_named() -> None:
    both = pd.concat([HEYWOOD.assign(g="one"), of_factors(np.eye(1), names="abc").assign(g="two")])
    problem = only(fit("F =~ a + b + c", both, group="g"))
    assert (problem.code, problem.group) == ("negative_variance", "one") and "in group one" in problem.sentence


def test_a_bound_shared_by_groups_is_named_once() -> None:
    both = pd.concat([HEYWOOD.assign(g="one"), HEYWOOD.assign(g="two")])
    result = fit("F =~ a + b + c\na ~~ c(v, v)*a", both, group="g", bounds=True)
    assert [p.code for p in result.problems] == ["at_bound"]


# --- data that cannot carry a model
MODEL = "F =~ a + b + c"


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    factor = rng.normal(size=60)
    items = {name: 0.8 * factor + rng.normal(size=60) for name in "abc"}
    return pd.DataFrame({**items, "g": np.repeat(["x", "y"], 30), "k": np.arange(60) // 10})


REFUSALS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("constant", {"c": 1.0}, {}, "c does not vary"),
    (
        "constant in a group", {"c": lambda d: d["c"].where(d["g"] == "x", 1.0)}, {"group": "g"},
        "c does not vary in group y",
    ),
    ("dependent", {"c": lambda d: 2 * d["a"] - d["b"]}, {}, "a, b, c are linearly dependent"),
    ("not there", {"a": None}, {}, "a"),
    ("text", {"c": "text"}, {}, "c holds values that are not numbers"),
    ("one group", {"g": "x"}, {"group": "g"}, "at least two"),
    ("a group of one", {"g": ["x"] * 59 + ["y"]}, {"group": "g"}, "There is 1 person with usable answers in group y"),
    ("clusters over groups", {"k": 1}, {"group": "g", "cluster": "k"}, "more than one group"),
    ("one cluster", {"k": 1}, {"cluster": "k"}, "one cluster"),
    (
        "empty category in one group",
        {n: lambda d, n=n: np.where((d[n] > 0.5) & ((d["g"] == "x") | (n != "a")), 2, d[n] > -0.5) for n in "abc"},
        {"group": "g", "ordered": ["a", "b", "c"], "estimator": "wlsmv"},
        "group y",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "asked", "what"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_data_that_cannot_carry_the_model_are_refused(change: dict[str, Any], asked: dict[str, Any], what: str) -> None:
    data = frame()
    data = data.drop(columns="a") if change == {"a": None} else data.assign(**change)
    with pytest.raises(ModelError, match=what):
        fit(MODEL, data, **asked)


def test_persons_and_parameters() -> None:
    data = frame()
    with pytest.raises(ModelError, match=r"No more usable rows than free parameters \(6"):
        fit(MODEL, data.iloc[:6])
    assert fit(MODEL, data.iloc[:7]).n_obs == 7
    # asking for means asks for nobody more, holding intercepts equal does
    assert fit(MODEL, data.iloc[:7], means=True).n_obs == 7
    for asked, needed in (({}, 6), ({"means": True}, 6), ({"group": "g"}, 12), ({"missing": "fiml"}, 6)):
        table, _ = prepared(MODEL, data, Options.checked(**asked))
        assert n_needed(table) == needed


# --- bounds and inequalities beside lavaan's
ORACLES = Path(__file__).parents[2] / "oracles"


@pytest.mark.parametrize("name", ["item-without-error", "no-bound-reached", "inequality"])
def test_bounds_and_inequalities_are_lavaans(name: str) -> None:
    """Neither counts in the degrees of freedom; errors are those of a variance that is free, and of an inequality that
    is an equality."""
    wanted = json.loads((ORACLES / "bounds" / "bounds.json").read_text(encoding="utf-8"))[name]
    first, last = wanted["rows"]
    data = pd.read_csv(ORACLES / "lavaan" / wanted["data"]).iloc[first - 1 : last]
    result = fit(wanted["model"], data, bounds=wanted["bounds"])
    for measure, value in wanted["fit"].items():
        assert result.fit[measure] == pytest.approx(value, rel=1e-6, abs=1e-6), measure
    rows = result.parameters.set_index(["lhs", "op", "rhs"])
    for p in wanted["parameters"]:
        row = rows.loc[(p["lhs"], p["op"], p["rhs"])]
        assert row["est"] == pytest.approx(p["est"], rel=1e-5, abs=2e-5), p
        if p["se"]:
            assert row["se"] == pytest.approx(p["se"], rel=1e-4), p
        else:
            assert not row["se"] > 1e-8, p

"""Evidence of claims about models beyond paths and correlations: what is defined, differences, other directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from analysis.claims import Evidence, difference_evidence, direction_evidence, model_evidence, parse_statement
from analysis.claims.models import path_told_by, refusal_of, trait_of_path

FIT: dict[str, float | bool | str] = {
    "n_obs": 200, "n_projects": 12, "converged": True, "admissible": True, "estimator": "MLR", "errors": "cr2",
    "cfi": 0.95, "rmsea": 0.05,
}  # fmt: skip
PARAMETERS = pd.DataFrame(
    [("H", "~", "F", 2.0, 0.5, 0.1, 9.0), ("H", "~", "dummy", 0.4, 0.2, 0.1, 9.0), ("H", "~~", "F", 1.0, 0.3, 0.1, 9.0),
     ("through", ":=", "a*b", 0.8, 0.25, 0.05, 8.0)],
    columns=["lhs", "op", "rhs", "est", "std_all", "std_all_se", "std_all_df_t"],
)  # fmt: skip


def test_what_a_model_defines_is_judged_on_its_standardised_value() -> None:
    found = model_evidence(parse_statement("through > 0"), parameters=PARAMETERS, model_fit=FIT, confidence=0.95)
    assert (found.estimate, found.se, found.df, found.problem) == (0.25, 0.05, 8.0, None)
    assert found.ci_lower == pytest.approx(0.25 - 2.306004 * 0.05)  # t(8), .975 quantile


def test_a_path_from_an_observed_covariate() -> None:
    statement = parse_statement("H ~ dummy > 0")
    found = model_evidence(statement, parameters=PARAMETERS, model_fit=FIT, confidence=0.95, units="projects")
    assert (found.estimate, found.units) == (0.2, "projects")
    assert trait_of_path(statement, {"dummy": "place"}) == "place"
    assert trait_of_path(parse_statement("H ~ F > 0"), {"dummy": "place"}) is None


@pytest.mark.parametrize(
    ("refused", "expected"),
    [(["", ""], None), (["confounded", ""], None), (["confounded", "confounded"], "confounded"), ([], None)],
)
def test_a_trait_that_no_outcome_can_be_compared_by(refused: list[str], expected: str | None) -> None:
    rows = [("place", "project_means", code) for code in refused] + [("place", "persons", ""), ("type", "persons", "x")]
    assert refusal_of("place", pd.DataFrame(rows, columns=["trait", "method", "refused"])) == expected


def difference(*, of_units: bool = True, joint: Any = FIT, **changed: Any) -> Evidence:
    row = {
        "trait": "place", "lhs": "H", "op": "~", "rhs": "F", "n_projects_high": 6.0, "n_projects_low": 5.0,
        "difference": -0.8, "se": 0.4, "df_t": 7.0, **changed,
    }  # fmt: skip
    return difference_evidence(
        parse_statement("difference(H ~ F, place) > 0"),
        differences=pd.DataFrame([row]),
        joint_fit=joint,
        parameters=PARAMETERS,
        confidence=0.95,
        of_units=of_units,
        minimum_units=4,
    )


def test_a_difference_between_paths_in_the_metric_of_the_standardised_path() -> None:
    found = difference()
    # 0.5 of a standardised unit is 2 of the model's: a quarter
    assert (found.estimate, found.se, found.df, found.units) == (-0.2, 0.1, 7.0, "projects")
    assert (found.ci_lower, found.ci_upper) == pytest.approx((-0.2 - 2.364624 * 0.1, -0.2 + 2.364624 * 0.1))
    assert found.pvalue == pytest.approx(2 * t.sf(2, 7))
    assert difference(of_units=False).units == "persons"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"n_projects_low": 3.0}, "too_few_projects"),
        ({"trait": "other"}, "no_variation"),
        ({"joint": None}, "model_not_fitted"),
        ({"joint": FIT | {"admissible": False}}, "model_inadmissible"),
        ({"joint": FIT | {"converged": False, "admissible": False}}, "model_not_fitted"),
    ],
)
def test_differences_that_cannot_be_told(changed: dict[str, Any], problem: str) -> None:
    assert difference(**changed).problem == problem
    assert np.isnan(difference(**changed).estimate)


def test_persons_of_a_trait_of_persons_may_live_in_few_projects() -> None:
    assert difference(of_units=False, n_projects_low=3.0).problem is None


DIRECTION = {
    "model": "ab", "path": "B ~ A", "n_obs": 300.0, "n_projects": 12.0, "estimator": "MLR", "errors": "cr2",
    "converged": "true", "admissible": "true", "cfi": 0.97, "rmsea": 0.03, "std_all": 0.4, "std_all_se": 0.1,
    "std_all_ci_lower": 0.18, "std_all_ci_upper": 0.62,
}  # fmt: skip
EFFECT = {
    "model": "ab", "effect": "through", "units": "projects", "n_obs": 300.0, "n_projects": 12.0, "std_all": 0.2,
    "std_all_se": 0.05, "ci_lower": 0.11, "ci_upper": 0.33, "delta_ci_lower": 0.09, "delta_ci_upper": 0.31,
    "method": "expanded_percentile",
}  # fmt: skip


def direction(text: str, *, of_model: dict[str, Any] = {}, of_effect: dict[str, Any] = {}) -> Evidence:  # noqa: B006
    return direction_evidence(
        parse_statement(text),
        model="ab",
        directions=pd.DataFrame([DIRECTION | of_model]),
        effects=pd.DataFrame([EFFECT | of_effect]),
        confidence=0.95,
    )


def test_an_indirect_effect_is_judged_on_the_interval_of_its_draws() -> None:
    found = direction("through > 0")
    assert (found.estimate, found.se, found.ci_lower, found.ci_upper) == (0.2, 0.05, 0.11, 0.33)
    assert (found.method, found.n_projects, found.df) == ("expanded_percentile", 12, 11)
    assert found.pvalue == pytest.approx(2 * t.sf(4, 11))
    persons = direction("through > 0", of_effect={"units": "persons"})
    assert np.isnan(persons.df)
    assert persons.pvalue == pytest.approx(6.334e-5, rel=1e-3)


def test_where_nothing_could_be_drawn_the_delta_method_stands() -> None:
    found = direction("through > 0", of_effect={"ci_lower": np.nan, "ci_upper": np.nan, "method": "delta"})
    assert (found.ci_lower, found.ci_upper, found.method) == (0.09, 0.31, "delta")


def test_the_path_in_which_directions_differ() -> None:
    found = direction("B ~ A > 0")
    assert (found.estimate, found.ci_lower, found.method, found.errors) == (0.4, 0.18, "mlr", "cr2")
    assert direction("B ~ A > 0", of_model={"cfi": 0.8}).fits_badly
    assert path_told_by(parse_statement("B ~ A > 0"), "B ~ A")
    assert not path_told_by(parse_statement("A ~ B > 0"), "B ~ A")
    assert path_told_by(parse_statement("cor(A, B) > 0"), "B ~~ A")


@pytest.mark.parametrize(
    ("of_model", "of_effect", "problem"),
    [
        ({"model": "other"}, {}, "model_not_fitted"),
        ({"admissible": "false"}, {}, "model_inadmissible"),
        ({}, {"effect": "other"}, "no_variation"),
        ({}, {"std_all": np.nan}, "no_variation"),
    ],
)
def test_directions_that_cannot_be_told(of_model: dict[str, Any], of_effect: dict[str, Any], problem: str) -> None:
    found = direction("through > 0", of_model=of_model, of_effect=of_effect)
    assert found.problem == problem and np.isnan(found.estimate)

"""What statements say, where their evidence stands, and every rule of the verdict at its boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from analysis.claims import (
    ClaimError,
    Evidence,
    Statement,
    check_statement,
    contrast_evidence,
    family_adjusted,
    model_evidence,
    parse_statement,
    verdict,
)
from analysis.sem import parse
from analysis.sem.table import build_table

# --- statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SWB ~ HS > 0", Statement("path", ("SWB", "HS"), 1)),
        ("SWB~HS<0", Statement("path", ("SWB", "HS"), -1)),
        ("HS ~ in_neighbourhood > 0", Statement("path", ("HS", "in_neighbourhood"), 1)),
        ("cor(HS, SC) > 0", Statement("correlation", ("HS", "SC"), 1)),
        ("HS_SC_SWB > 0", Statement("defined", ("HS_SC_SWB",), 1)),
        ("difference( SWB~HS , location )<0", Statement("path_difference", ("SWB", "HS", "location"), -1)),
        (" effect( location , HS )  <  0 ", Statement("effect", ("location", "HS"), -1)),
        (
            "effect(location, HS) > effect(construction, HS)",
            Statement("difference", ("location", "construction", "HS"), 1),
        ),
    ],
)
def test_statements(text: str, expected: Statement) -> None:
    assert parse_statement(text) == expected


@pytest.mark.parametrize(
    "text", ["effect(a) > effect(b)", "effect(a, HS) > effect(b)", "effect(a) > effect(b, HS)"]
)  # fmt: skip
def test_the_claim_may_name_the_outcome(text: str) -> None:
    assert parse_statement(text, outcome="HS") == Statement("difference", ("a", "b", "HS"), 1)
    assert parse_statement("effect(a, SC) > 0", outcome="HS") == Statement("effect", ("a", "SC"), 1)


@pytest.mark.parametrize(
    ("text", "position", "what"),
    [
        ("", 1, "found 'the end'"),
        ("> 0", 1, "expected `Y ~ X`"),
        ("SWB ~ HS", 9, "expected > or <"),
        ("SWB ~ HS = 0", 10, "expected > or <"),
        ("SWB ~ HS > 1", 12, "expected 0"),
        ("SWB ~ HS > 0 or so", 12, "nothing after"),
        ("SWB ~ HS > effect(location, HS)", 12, "only an effect"),
        ("effect(a, HS) > effect(b, SC)", 27, "expected the same outcome, HS"),
        ("effect(a, HS) > effect(a, HS)", 24, "expected another trait"),
        ("effect(a) > 0", 1, "expected an outcome"),
        ("effect(a, HS) > effect(b)", 17, "expected an outcome"),
        ("  effect(a b) > 0", 3, "expected `effect(trait, outcome)`"),
        ("cor(HS) > 0", 1, "expected `cor(A, B)`"),
        ("difference(HS, location) > 0", 1, "expected `difference(Y ~ X, trait)`"),
        ("mean(HS) > 0", 1, "expected `Y ~ X`"),
        ("SWB ~ > 0", 1, "expected `Y ~ X`"),
        ("cor(HS, SC) > 0.3", 15, "expected 0"),
        ("indirect > effect(a, HS)", 12, "only an effect"),
    ],
)
def test_errors_name_the_position(text: str, position: int, what: str) -> None:
    with pytest.raises(ClaimError) as caught:
        parse_statement(text)
    assert f"position {position}:" in str(caught.value)
    assert what in str(caught.value)


MODEL = build_table(
    parse("F =~ a + b + c\nG =~ d + e + f\nH =~ g + h\nH ~ p*F + q*x\nG ~~ 0*H\ntwice := 2*p\nmore := twice + q")
)


@pytest.mark.parametrize(
    "text",
    [
        "H ~ F > 0",
        "H ~ x < 0",
        "cor(G, F) > 0",
        "effect(place, S) > 0",
        "effect(age, S) > 0",
        "more > 0",
        "difference(H ~ F, age) > 0",
    ],
)
def test_statements_about_what_is_there(text: str) -> None:
    check(text)


def check(text: str, *, with_model: bool = True) -> None:
    check_statement(
        parse_statement(text),
        table=MODEL if with_model else None,
        unit_traits=["place", "type"],
        person_traits=["age"],
        outcomes=["S"],
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("F ~ H > 0", "no path F ~ H"),
        ("less > 0", "does not define less with := .it defines twice, more"),
        ("difference(H ~ G, place) > 0", "no path H ~ G"),
        ("difference(H ~ F, colour) > 0", "no trait colour"),
        ("cor(F, H) > 0", "one of residuals"),
        ("cor(F, F) > 0", "no covariance F ~~ F"),
        ("cor(F, x) > 0", "no covariance F ~~ x"),
        ("effect(colour, S) > 0", "no trait colour"),
        ("effect(place, T) > 0", "T is not among"),
        ("effect(place, S) > effect(age, S)", "both are traits of units"),
    ],
)
def test_statements_about_what_is_not_there(text: str, what: str) -> None:
    with pytest.raises(ClaimError, match=what):
        check(text)


def test_a_path_needs_a_model() -> None:
    with pytest.raises(ClaimError, match="name it under `model`"):
        check("H ~ F > 0", with_model=False)


# --- evidence


def of_model(text: str, **facts: float | bool) -> Evidence:
    rows = [("H", "~", "F", 0.5, 0.1, 9.0), ("G", "~~", "F", -0.2, 0.05, np.nan), ("F", "~~", "F", 1.0, np.nan, np.nan)]
    table = pd.DataFrame(rows, columns=["lhs", "op", "rhs", "std_all", "std_all_se", "std_all_df_t"])
    fit: dict[str, float | bool | str] = {"n_obs": 200, "n_projects": 12, "converged": True, "admissible": True}
    fit |= {"estimator": "MLR", "errors": "cr2", "cfi": 0.95, "rmsea": 0.05, **facts}
    return model_evidence(parse_statement(text), parameters=table, model_fit=fit, confidence=0.9)


def test_a_path_is_judged_on_its_standardised_estimate() -> None:
    found = of_model("H ~ F > 0")
    assert (found.metric, found.units, found.n_obs, found.n_projects) == ("std_all", "persons", 200, 12)
    assert (found.method, found.errors, found.estimate, found.se, found.df) == ("mlr", "cr2", 0.5, 0.1, 9)
    # Student's t with 9 degrees of freedom: .95 quantile 1.833113, two-sided p of 5 is .0007
    assert (found.ci_lower, found.ci_upper) == pytest.approx((0.5 - 0.1833113, 0.5 + 0.1833113))
    assert found.pvalue == pytest.approx(2 * t.sf(5, 9))
    assert found.pvalue == pytest.approx(7.39e-4, rel=1e-3)


def test_without_degrees_of_freedom_the_reference_is_normal() -> None:
    found = of_model("cor(F, G) < 0")
    assert np.isnan(found.df)
    assert (found.ci_lower, found.ci_upper) == pytest.approx((-0.2 - 0.0822427, -0.2 + 0.0822427))
    assert found.pvalue == pytest.approx(6.334e-5, rel=1e-3)


def test_a_correlation_has_no_direction() -> None:
    assert of_model("cor(F, G) < 0").estimate == of_model("cor(G, F) < 0").estimate == -0.2


@pytest.mark.parametrize(
    ("cfi", "rmsea", "badly"), [(0.9, 0.1, False), (0.89, 0.05, True), (0.95, 0.101, True), (1.0, 0.0, False)]
)
def test_a_model_may_fit_badly(cfi: float, rmsea: float, badly: bool) -> None:
    assert of_model("H ~ F > 0", cfi=cfi, rmsea=rmsea).fits_badly is badly
    assert of_model("H ~ F > 0", cfi=0.5, rmsea=0.5, cfi_robust=cfi, rmsea_robust=rmsea).fits_badly is badly
    unknown = {"cfi_robust": np.nan, "rmsea_robust": np.nan}
    assert of_model("H ~ F > 0", cfi=cfi, rmsea=rmsea, **unknown).fits_badly is badly


def test_models_that_cannot_be_trusted() -> None:
    assert of_model("H ~ F > 0", converged=False).problem == "model_not_fitted"
    assert of_model("H ~ F > 0", admissible=False).problem == "model_inadmissible"
    assert of_model("H ~ x > 0").problem == "no_variation"
    assert np.isnan(of_model("H ~ F > 0", admissible=False).estimate)


def contrast_row(trait: str, method: str, **values: Any) -> dict[str, Any]:
    """An estimate of 1 in an outcome with sd 2, ten degrees of freedom, 95 % interval."""
    half = t.ppf(0.975, 10) * 0.4
    return {
        "outcome": "S", "trait": trait, "method": method, "n_obs": 90, "n_projects_high": 6, "n_projects_low": 6,
        "estimate": 1.0, "se": 0.4, "df": 10.0, "pvalue": 0.03, "pvalue_adjusted": 0.06,
        "ci_lower": 1 - half, "ci_upper": 1 + half, "effect_size": 0.5,
        "effect_size_ci_lower": 0.5 - half / 2, "effect_size_ci_upper": 0.5 + half / 2,
        "minimum_pvalue": 0.005, "refused": "", **values,
    }  # fmt: skip


def of_contrast(text: str, *rows: dict[str, Any], confidence: float = 0.95) -> Evidence:
    return contrast_evidence(
        parse_statement(text),
        contrasts=pd.DataFrame(rows),
        n_projects_by_outcome={"S": 12.0},
        unit_traits=["place", "type"],
        confidence=confidence,
    )


def test_an_effect_of_a_unit_trait_is_judged_on_project_means() -> None:
    found = of_contrast(
        "effect(place, S) > 0",
        contrast_row("place", "persons", effect_size=9.0),
        contrast_row("place", "project_means"),
        contrast_row("place", "mixed", effect_size=9.0),
    )
    assert (found.units, found.method, found.metric, found.n_projects) == ("projects", "project_means", "sd", 12)
    assert (found.estimate, found.se, found.df) == (0.5, pytest.approx(0.2), 10)
    assert found.ci_lower == pytest.approx(0.5 - t.ppf(0.975, 10) * 0.2)
    assert (found.pvalue, found.pvalue_adjusted, found.minimum_pvalue) == (0.03, 0.06, 0.005)


def test_the_judge_may_ask_another_confidence() -> None:
    found = of_contrast("effect(place, S) > 0", contrast_row("place", "project_means"), confidence=0.8)
    assert found.ci_upper == pytest.approx(0.5 + t.ppf(0.9, 10) * 0.2)


def test_a_difference_may_stand_the_other_way_round() -> None:
    row = contrast_row("place-type", "project_means")
    assert of_contrast("effect(place, S) > effect(type, S)", row).estimate == 0.5
    mirrored = of_contrast("effect(type, S) > effect(place, S)", row)
    assert mirrored.estimate == -0.5
    assert mirrored.ci_upper == pytest.approx(-0.5 + t.ppf(0.975, 10) * 0.2)


def test_an_effect_of_a_person_trait_is_judged_within_units_where_they_are_known() -> None:
    persons = contrast_row("age", "persons", effect_size=0.4)
    mixed = contrast_row("age", "mixed", effect_size=0.3)
    assert of_contrast("effect(age, S) > 0", persons, mixed).method == "mixed"
    alone = of_contrast("effect(age, S) > 0", persons, mixed | {"refused": "no_clusters"})
    assert (alone.method, alone.units, alone.estimate) == ("persons", "persons", 0.4)


def test_refusals_and_absent_outcomes_are_the_reason() -> None:
    refused = contrast_row("place", "project_means", refused="confounded", effect_size=np.nan)
    assert of_contrast("effect(place, S) > 0", refused).problem == "confounded"
    assert of_contrast("effect(type, S) > 0", refused).problem == "no_data"


# --- verdicts


def judged(lower: float, estimate: float, upper: float, *, sign: Any = 1, adjusted: float = 0.01) -> tuple[str, str]:
    evidence = Evidence(
        "sd", "projects", "project_means", estimate=estimate, ci_lower=lower, ci_upper=upper, pvalue_adjusted=adjusted
    )
    return verdict(evidence, sign=sign, smallest_effect=0.2, alpha=0.05)


VERDICTS = [
    (0.1, 0.5, 0.9, "supported", "clear_effect"),
    (0.01, 0.2, 0.39, "supported", "clear_effect"),
    (0.01, 0.19, 0.37, "leaning", "size_uncertain"),
    (0.0, 0.5, 1.0, "leaning", "interval_includes_zero"),
    (-0.09, 0.2, 0.49, "leaning", "interval_includes_zero"),
    (-0.11, 0.2, 0.51, "cannot_tell", "too_imprecise"),  # less than two thirds of the half width
    (-4.0, 0.21, 4.42, "cannot_tell", "too_imprecise"),
    (-0.1, 0.19, 0.48, "cannot_tell", "too_imprecise"),
    (-0.5, 0.0, 0.5, "cannot_tell", "too_imprecise"),
    (-0.3, -0.05, 0.2, "cannot_tell", "too_imprecise"),
    (-0.3, -0.05, 0.19, "not_supported", "effect_too_small"),
    (-0.1, 0.0, 0.1, "not_supported", "effect_too_small"),
    (0.01, 0.1, 0.19, "not_supported", "effect_too_small"),
    (-0.19, -0.1, -0.01, "not_supported", "effect_too_small"),
    (-0.9, -0.5, -0.1, "contradicted", "opposite_effect"),
    (-0.9, -0.45, 0.0, "not_supported", "effect_too_small"),
]


@pytest.mark.parametrize(("lower", "estimate", "upper", "decided", "reason"), VERDICTS)
def test_every_rule(lower: float, estimate: float, upper: float, decided: str, reason: str) -> None:
    assert judged(lower, estimate, upper) == (decided, reason)
    assert judged(-upper, -estimate, -lower, sign=-1) == (decided, reason)


@pytest.mark.parametrize(
    ("lower", "estimate", "upper", "adjusted", "expected"),
    [
        (0.1, 0.5, 0.9, 0.049, ("supported", "clear_effect")),
        (0.1, 0.5, 0.9, 0.05, ("leaning", "not_after_adjustment")),
        (0.1, 0.5, 0.9, np.nan, ("leaning", "not_after_adjustment")),
        (-0.9, -0.5, -0.1, 0.01, ("contradicted", "opposite_effect")),
        (-0.9, -0.5, -0.1, 0.3, ("not_supported", "effect_too_small")),
    ],
)
def test_a_clear_effect_must_survive_adjustment(
    lower: float, estimate: float, upper: float, adjusted: float, expected: tuple[str, str]
) -> None:
    assert judged(lower, estimate, upper, adjusted=adjusted) == expected


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0.1, 0.5, 0.9), ("leaning", "model_fits_badly")),
        ((-0.9, -0.5, -0.1), ("cannot_tell", "model_fits_badly")),
        ((-0.1, 0.0, 0.1), ("cannot_tell", "model_fits_badly")),
        ((-0.1, 0.3, 0.7), ("leaning", "interval_includes_zero")),
    ],
)
def test_a_model_that_fits_badly_decides_nothing(
    interval: tuple[float, float, float], expected: tuple[str, str]
) -> None:
    lower, estimate, upper = interval
    evidence = Evidence(
        "std_all", "persons", "ml", estimate=estimate, ci_lower=lower, ci_upper=upper, pvalue_adjusted=0.01,
        fits_badly=True,
    )  # fmt: skip
    assert verdict(evidence, sign=1, smallest_effect=0.2, alpha=0.05) == expected


def test_a_problem_decides() -> None:
    evidence = Evidence("sd", "projects", "project_means", estimate=1, ci_lower=0.9, ci_upper=1.1, problem="confounded")
    decided = verdict(evidence, sign=1, smallest_effect=0.2, alpha=0.05)
    assert decided == ("cannot_tell", "confounded")


def test_what_is_looked_at_together_is_adjusted_together() -> None:
    def p(value: float, adjusted: float = np.nan) -> Evidence:
        return Evidence("sd", "projects", "project_means", pvalue=value, pvalue_adjusted=adjusted)

    path, effect = parse_statement("a ~ b > 0"), parse_statement("effect(place, S) > 0")
    declared: dict[str, tuple[Evidence, Any, Statement]] = {
        "C1": (p(0.03), "confirmatory", path),
        "C2": (p(0.01, 0.5), "confirmatory", effect),
        "C3": (p(0.02), "confirmatory", effect),
        "C4": (p(np.nan), "confirmatory", effect),  # refused: looked at nothing
        "E1": (p(0.02), "exploratory", path),
        "E2": (p(0.03), "exploratory", path),
        "E3": (p(0.01, 0.09), "exploratory", effect),
    }
    found = family_adjusted(
        {name: row[0] for name, row in declared.items()},
        kinds={name: row[1] for name, row in declared.items()},
        statements={name: row[2] for name, row in declared.items()},
    )
    expected = {"C1": 0.04, "C2": 0.03, "C3": 0.04, "C4": np.nan, "E1": 0.04, "E2": 0.04, "E3": 0.09}
    assert {name: e.pvalue_adjusted for name, e in found.items()} == pytest.approx(expected, nan_ok=True)
    assert list(found) == list(declared)

"""Contrasts beside clubSandwich, lme4 with pbkrtest, wildboottest, and brute force in R (tests/oracles/clusters)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from analysis.clusters.assignments import assignments
from analysis.clusters.contrasts import Method, TraitColumns, trait_contrasts
from analysis.clusters.design import Compared, compared, people
from analysis.clusters.inversion import Draws
from analysis.clusters.least_squares import least_squares
from analysis.clusters.permutation import permuted_coefficients
from analysis.clusters.wild import wild_coefficients, wild_weights

ORACLES = Path(__file__).resolve().parents[2] / "oracles" / "clusters"
REFERENCE: dict[str, Any] = json.loads((ORACLES / "clusters.json").read_text(encoding="utf-8"))
WILDBOOTTEST: dict[str, dict[str, float]] = json.loads((ORACLES / "wildboottest.json").read_text(encoding="utf-8"))
PERSONS = pd.read_csv(ORACLES / "persons.csv")
COVARIATES = {"none": [], "persons": ["x", "w"], "projects": ["v", "x"]}
TRAITS = (TraitColumns("a", "unit", "a", "1", "0"), TraitColumns("b", "unit", "b", "1", "0"))
QUESTIONS = ("a", "b", "a-b")


def row(design: str, covariates: str, trait: str, method: Method, *, draws: int = 9999) -> pd.Series[Any]:
    table = trait_contrasts(
        PERSONS[PERSONS["design"] == design], outcomes=["y"], traits=TRAITS, cluster="project", minimum_units=2,
        confidence=0.95, adjust="none", methods=[method], adjust_for=COVARIATES[covariates], draws=draws,
    )  # fmt: skip
    return table.set_index("trait").loc[trait]


def data_of(design: str) -> Compared:
    frame = PERSONS[PERSONS["design"] == design]
    return compared(people(frame, "y", TRAITS, cluster="project", adjust_for=[]), TRAITS, minimum_units=2)


@pytest.mark.parametrize("trait", QUESTIONS)
@pytest.mark.parametrize("method", ["cr2", "cr3"])
@pytest.mark.parametrize("covariates", COVARIATES)
@pytest.mark.parametrize("design", REFERENCE)
def test_clubsandwich(design: str, covariates: str, method: Method, trait: str) -> None:
    wanted = REFERENCE[design]["robust"][covariates][method][trait]
    found = row(design, covariates, trait, method)
    for ours, theirs in [("estimate", "est"), ("se", "se"), ("df", "df"), ("pvalue", "p")]:
        assert found[ours] == pytest.approx(wanted[theirs], rel=1e-8, abs=1e-11), ours
    np.testing.assert_allclose([found["ci_lower"], found["ci_upper"]], wanted["ci"], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("trait", QUESTIONS)
@pytest.mark.parametrize("covariates", COVARIATES)
@pytest.mark.parametrize("design", REFERENCE)
def test_lm(design: str, covariates: str, trait: str) -> None:
    wanted = REFERENCE[design]["robust"][covariates]["ols"][trait]
    found = row(design, covariates, trait, "ols")
    for ours, theirs in [("estimate", "est"), ("se", "se"), ("df", "df")]:
        assert found[ours] == pytest.approx(wanted[theirs], rel=1e-9, abs=1e-12), ours


@pytest.mark.parametrize("trait", QUESTIONS)
@pytest.mark.parametrize("covariates", ["none", "persons"])
@pytest.mark.parametrize("design", REFERENCE)
def test_kenward_roger(design: str, covariates: str, trait: str) -> None:
    """pbkrtest's adjusted covariance and df; lmerTest's p. Both stand at lme4's optimum, which is not quite the one."""
    wanted = REFERENCE[design]["mixed"][covariates][trait]
    found = row(design, covariates, trait, "mixed")
    assert found["estimate"] == pytest.approx(wanted["est"], rel=1e-5, abs=1e-7)
    assert found["se"] == pytest.approx(wanted["se"], rel=1e-5)
    assert found["df"] == pytest.approx(wanted["df"], rel=1e-4)
    assert found["df"] == pytest.approx(wanted["lmertest_kr_df"], rel=1e-4)
    assert found["pvalue"] == pytest.approx(wanted["lmertest_kr_p"], rel=1e-4)


@pytest.mark.parametrize("trait", QUESTIONS)
@pytest.mark.parametrize("design", [name for name in REFERENCE if REFERENCE[name].get("permutation")])
def test_permutation_by_brute_force(design: str, trait: str) -> None:
    data = data_of(design)
    question = next(q for q in data.questions if q.trait == trait)
    permuted = assignments(question.tested, question.strata, draws=9999, seed=0)
    draws = permuted_coefficients(data.means, question.tested, question.others, permuted.labels)
    for wanted in REFERENCE[design]["permutation"][trait]:
        assert permuted.exact and len(permuted.labels) == wanted["n"]
        statistic = (draws.estimate - wanted["effect"]) / np.sqrt(draws.variance)
        assert statistic == pytest.approx(wanted["t"], rel=1e-8)
        assert draws.pvalue(wanted["effect"]) == pytest.approx(wanted["p"], abs=1e-12)


@pytest.mark.parametrize("trait", QUESTIONS)
@pytest.mark.parametrize("design", WILDBOOTTEST)
def test_wild_by_brute_force(design: str, trait: str) -> None:
    draws, n_all = wild_draws(design, trait)
    for wanted in REFERENCE[design]["wild"][trait]:
        assert draws.pvalue(wanted["effect"]) == pytest.approx(wanted["p"], abs=1e-12)
        # without those that tie with the data: the data, and their mirror image
        assert wanted["p"] - wanted["p_strict"] >= 2 / n_all - 1e-12


@pytest.mark.parametrize("trait", ["a", "b"])
@pytest.mark.parametrize("design", WILDBOOTTEST)
def test_wildboottest(design: str, trait: str) -> None:
    """It counts draws beyond the data, ties as rounding has them; ours have every tie in."""
    draws, n_all = wild_draws(design, trait)
    ties = n_all * (draws.pvalue() - WILDBOOTTEST[design][trait])
    assert round(ties) == pytest.approx(ties, abs=1e-9)
    assert 0 <= round(ties) <= 2


def wild_draws(design: str, trait: str) -> tuple[Draws, int]:
    data = data_of(design)
    question = next(q for q in data.questions if q.trait == trait)
    weights = wild_weights(len(data.units), confidence=0.95, draws=9999, seed=0)
    assert weights.exact
    fitted = least_squares(data.y, data.X, data.cluster)
    return wild_coefficients(fitted, question.weights, weights.values), weights.n_draws


def test_the_interval_is_that_of_the_p_value() -> None:
    """Just inside its ends an effect is not rejected, just outside it is; of both tests that are inverted."""
    for method, confidence in [("permutation", 0.8), ("wild", 0.95)]:
        data = data_of("twelve_unequal")
        question = data.questions[0]
        if method == "wild":
            draws = wild_draws("twelve_unequal", "a")[0]
        else:
            permuted = assignments(question.tested, question.strata, draws=9999, seed=0)
            draws = permuted_coefficients(data.means, question.tested, question.others, permuted.labels)
        lower, upper = draws.interval(confidence=confidence)
        assert lower < draws.estimate < upper
        for end, inwards in [(lower, 1e-6), (upper, -1e-6)]:
            assert draws.pvalue(end + inwards) > 1 - confidence + 1e-9 >= draws.pvalue(end - inwards)


def test_a_t_interval_has_the_confidence_asked_for() -> None:
    found = row("twelve", "none", "a", "cr2")
    half = t.ppf(0.975, found["df"]) * found["se"]
    assert found["ci_upper"] - found["estimate"] == pytest.approx(half)

"""Measurement beside psych, lavaan, semTools, multilevel and mice, on data that hardly any other reference uses, and
beside classic data."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from analysis.clusters.clustering import intraclass_correlation
from analysis.measurement.alpha import cronbach_alpha
from analysis.measurement.exploratory import exploratory_factors
from analysis.measurement.factor import one_factor
from analysis.measurement.factor_scores import Method, factor_scores, measurements_of
from analysis.measurement.htmt import htmt, item_correlations_of
from analysis.measurement.imputation import pool
from analysis.measurement.items import alpha_if_dropped, item_statistics
from analysis.measurement.joint_model import directions, joint_model, solution_of
from analysis.measurement.ladders import Ladder, ladder
from analysis.measurement.latent_correlation import latent_correlations
from analysis.measurement.little import little_test
from analysis.measurement.ordinal_reliability import ordinal_reliability
from analysis.measurement.parallel import eigenvalues_of
from analysis.measurement.reliability import ScaleReliability, scale_reliability
from analysis.measurement.scoring import Item, Scale, reversed_where_declared, scale_score
from analysis.measurement.validity import convergent_validity
from analysis.sem import FitResult, fit
from analysis.sem.difference import difference_test

HERE = Path(__file__).parent / "examined_measurement"
RELIABILITY: dict[str, dict[str, Any]] = json.loads((HERE / "reliability.json").read_text(encoding="utf-8"))
OTHERS: dict[str, Any] = json.loads((HERE / "others.json").read_text(encoding="utf-8"))
LADDERS: list[dict[str, Any]] = json.loads((HERE / "ladders.json").read_text(encoding="utf-8"))

SIX_DIGITS = 1e-6
BY_BFGS = 2e-5
"""lavaan's own end of a search, where nothing took it on to the minimum."""


def close(ours: Any, theirs: Any, tolerance: float = SIX_DIGITS) -> None:
    """Equal to ``tolerance`` of the figure, or of one where it is smaller."""
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=tolerance, atol=tolerance
    )


def listed(value: Any) -> list[Any]:
    """What R writes of one or several."""
    return value if isinstance(value, list) else [] if value is None else [value]


def upwards(loadings: list[float]) -> npt.NDArray[np.float64]:
    """Loadings that point up on the whole."""
    found = np.asarray(loadings, dtype=float)
    return found if found.sum() >= 0 else -found


@cache
def frame(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / f"{name}.csv")


# --- reliability
def scale_of(name: str) -> Scale:
    case = RELIABILITY[name]["case"]
    lower, upper = case["range"]
    items = tuple(Item(item, lower, upper, item in listed(case.get("reversed"))) for item in case["items"])
    return Scale(name, items, "mean", 1.0, "all", lower, upper)


def answers_of(name: str) -> pd.DataFrame:
    return reversed_where_declared(frame(RELIABILITY[name]["case"]["data"]), scale_of(name).items)


@cache
def reliability_of(name: str) -> ScaleReliability:
    answers, scale = answers_of(name), scale_of(name)
    ordinal = "polychoric" in RELIABILITY[name]
    return scale_reliability(answers, scale_score(answers, scale), scale, minimum_n=5, confidence=0.95, ordinal=ordinal)


FACTOR = [name for name, case in RELIABILITY.items() if case.get("admissible")]
INADMISSIBLE = [name for name, case in RELIABILITY.items() if case.get("admissible") is False]
ORDERED = [name for name, case in RELIABILITY.items() if "polychoric" in case]
ORDERED_FACTOR = [name for name in ORDERED if RELIABILITY[name].get("ordinal_admissible")]


def test_the_cases_are_many_and_different() -> None:
    assert (len(RELIABILITY), len(FACTOR), len(ORDERED_FACTOR)) == (20, 17, 13)
    assert set(INADMISSIBLE) == {"trees", "nine_persons"}


@pytest.mark.parametrize("name", RELIABILITY)
def test_alpha_and_items(name: str) -> None:
    theirs, ours = RELIABILITY[name]["psych"], reliability_of(name)
    assert ours.n_obs == theirs["n"]
    close(
        [ours.alpha, ours.alpha_ci_lower, ours.alpha_ci_upper, ours.alpha_standardised, ours.mean_inter_item],
        [theirs[key] for key in ("raw_alpha", "feldt_lower", "feldt_upper", "std_alpha", "average_r")],
    )
    close(cronbach_alpha(answers_of(name)), theirs["raw_alpha_pairwise"])
    items = item_statistics(answers_of(name), scale_of(name), minimum_n=5)
    close(items[["item_rest", "mean", "sd"]].T, [theirs[key] for key in ("r_drop", "mean", "sd")])
    if len(items) > 2:  # of two items psych prints something else: the slope of one on the other
        close(items["alpha_if_dropped"], theirs["alpha_drop"])


@pytest.mark.parametrize("name", FACTOR)
def test_omega_and_loadings(name: str) -> None:
    theirs, ours = RELIABILITY[name], reliability_of(name).factor
    close(
        [ours.omega, ours.omega_se, ours.omega_ci_lower, ours.omega_ci_upper],
        [theirs["omega"][key] for key in ("est", "se", "ci_lower", "ci_upper")],
    )
    close([ours.omega, ours.omega_observed], [theirs["comp_rel"], theirs["comp_rel_observed"]])
    close(ours.loadings["loading"], upwards(theirs["loadings"]))
    for measure, value in theirs["fit"].items() if ours.df else ():
        close(ours.measures[measure], value)
    fiml = one_factor(
        answers_of(name).dropna(how="all"), n_declared=len(ours.loadings), confidence=0.95, missing="fiml"
    )
    close([fiml.omega, fiml.omega_se], [theirs["fiml"]["est"], theirs["fiml"]["se"]])


@pytest.mark.parametrize("name", INADMISSIBLE)
def test_a_negative_variance_has_a_name_and_no_omega(name: str) -> None:
    ours = reliability_of(name)
    assert "inadmissible" in ours.problems and np.isnan(ours.factor.omega)


@pytest.mark.parametrize("name", ORDERED)
def test_ordered_answers(name: str) -> None:
    theirs, ours = RELIABILITY[name], reliability_of(name).ordinal
    close(ours.correlations, theirs["polychoric"])
    close(ours.alpha, theirs["alpha_ordinal"])
    if name in ORDERED_FACTOR:
        close(ours.loadings, upwards(theirs["loadings_ordinal"]))
        # semTools takes answers by rank: half points beside whole ones become as wide as these
        found = ordinal_reliability(answers_of(name).dropna().rank(method="dense")) if name == "uneven" else ours
        close([found.omega, found.omega_observed], [theirs["omega_ordinal"], theirs["omega_ordinal_observed"]])


def test_half_points_beside_whole_ones_keep_their_width_in_the_sum() -> None:
    answers, ours = answers_of("uneven").dropna(), reliability_of("uneven").ordinal
    assert 0.5 in np.diff(np.unique(answers["h1"]))
    assert abs(ours.omega - RELIABILITY["uneven"]["omega_ordinal"]) > 1e-3
    ranks = answers.rank(method="dense")
    halved = ordinal_reliability(ranks.assign(h1=ranks["h1"] / 2))
    close([halved.omega, halved.omega_observed], [ours.omega, ours.omega_observed])


# --- the other figures
@pytest.mark.parametrize("case", OTHERS["scores"], ids=lambda case: case["data"])
def test_factor_scores_and_their_errors(case: dict[str, Any]) -> None:
    persons = frame(case["data"])
    persons = persons[[name for name in re.findall(r"\w+", case["model"]) if name in persons]]
    persons = persons.dropna(how="all" if case["missing"] == "fiml" else "any")
    model = measurements_of(fit(case["model"], persons, std_lv=True, missing=case["missing"]))[""]
    methods: tuple[tuple[Method, str], ...] = (("regression", "regression"), ("bartlett", "Bartlett"))
    for method, theirs in methods:
        ours = factor_scores(model, persons.iloc[:60].to_numpy(dtype=float), method=method)
        close(ours.scores, case[theirs])
        close(ours.se[: len(case[f"{theirs}_se"])], case[f"{theirs}_se"])


@pytest.mark.parametrize("case", OTHERS["exploratory"], ids=lambda case: case["data"])
def test_exploratory_factors_and_eigenvalues(case: dict[str, Any]) -> None:
    answers = frame(case["data"])[case["items"]]
    asked: dict[str, Any] = {"n_factors": case["k"], "minimum_n": 10, "rotation": "oblimin"}
    likelihood = exploratory_factors(answers, method="ml", **asked)
    residuals = exploratory_factors(answers, method="minres", **asked)
    assert likelihood.n_obs == case["n"] and likelihood.df == case["dof"]
    assert ("heywood" in likelihood.problems) == (case["data"] == "leaders")
    at, sign = _places(likelihood.loadings, case["oblimin"])
    close(likelihood.loadings[:, at] * sign, case["oblimin"])
    close(likelihood.correlations[np.ix_(at, at)] * np.outer(sign, sign), case["phi"])
    close(likelihood.uniquenesses, case["uniquenesses"])
    close([likelihood.chisq, likelihood.tli], [case["chisq"], case["tli"]])
    close([likelihood.rmsea, likelihood.rmsr], [case["rmsea"], case["rms"]])
    for ours, theirs in ((likelihood, "psych_ml"), (residuals, "psych_minres")):
        at, sign = _places(ours.loadings, case[theirs])
        close(ours.loadings[:, at] * sign, case[theirs], 1e-4)  # psych stops short of the minimum (defects.md)
    r = np.corrcoef(answers.dropna().to_numpy(dtype=float), rowvar=False)
    close(eigenvalues_of(r, "components"), case["components"])
    close(eigenvalues_of(r, "factors"), case["factors"])


def _places(ours: npt.NDArray[np.floating[Any]], theirs: list[list[float]]) -> tuple[Any, Any]:
    """Where their factors are among ours, and which way."""
    products = ours.T @ np.asarray(theirs)
    at = np.abs(products).argmax(axis=0)
    return at, np.sign(products[at, np.arange(len(at))])


@pytest.mark.parametrize("case", OTHERS["icc"], ids=lambda case: f"{case['data']}-{case['item']}")
def test_clustering(case: dict[str, Any]) -> None:
    values, clusters = frame(case["data"])[case["item"]], frame(case["data"])[case["cluster"]]
    ours = intraclass_correlation(values, clusters, confidence=0.95)
    by_mean = intraclass_correlation(values, clusters, confidence=0.95, size="mean")
    assert (ours.n_obs, ours.n_clusters) == (case["n"], case["k"])
    close([ours.icc, ours.design_effect], [case["icc1_n0"], case["design_effect"]])
    close([ours.icc2, by_mean.icc2], [case["multilevel_icc2"], case["psych_icc2"]])
    close([by_mean.icc, by_mean.icc], [case["multilevel_icc1"], case["psych_icc1"]])


@pytest.mark.parametrize("case", OTHERS["little"], ids=lambda case: case["data"])
def test_littles_test(case: dict[str, Any]) -> None:
    ours = little_test(frame(case["data"])[case["items"]].to_numpy(dtype=float))
    assert (ours.n_obs, ours.n_patterns, ours.df) == (case["n"], case["patterns"], case["df"])
    close([ours.chisq, ours.pvalue], [case["chisq"], case["pvalue"]])


def test_rubins_rules() -> None:
    theirs = OTHERS["pooled"]
    for k, (estimates, variances) in enumerate(zip(theirs["estimates"], theirs["variances"], strict=True)):
        ours = pool(np.array(estimates), np.array(variances), df_complete=theirs["df_complete"])
        close(
            [ours.estimate, ours.se, ours.df, ours.missing_share, ours.missing_information],
            [theirs[key][k] for key in ("estimate", "se", "df", "lambda", "fmi")],
        )


@pytest.mark.parametrize("case", OTHERS["validity"], ids=lambda case: case["data"])
def test_validity(case: dict[str, Any]) -> None:
    scales: dict[str, list[str]] = case["scales"]
    items = [item for own in scales.values() for item in own]
    answers = frame(case["data"])[items].dropna()
    assert len(answers) == case["n"]
    places = [[items.index(item) for item in own] for own in scales.values()]
    below = np.tril_indices(len(scales), -1)
    r = item_correlations_of(answers.to_numpy(dtype=float))
    for geometric, theirs in ((False, "htmt"), (True, "htmt2")):
        close(htmt(r, places, geometric=geometric)[below], np.array(case[theirs], dtype=float)[below])
    joint = joint_model(answers, scales, minimum_n=20, estimator="mlr", missing="listwise")
    assert (joint.problem == "") == case["ok"]
    if joint.problem:
        assert joint.problem == "inadmissible" and joint.beyond_one == {frozenset({"Q", "S"})}
        return
    table = convergent_validity(joint)
    close(table[["ave", "ave_std", "composite_reliability"]].T, [case["ave"], case["ave_std"], case["cr"]])
    turn = directions(joint, solution_of(joint).estimated)
    found = latent_correlations(joint).set_index(["scale_a", "scale_b"])
    pairs = zip(*(listed(case[key]) for key in ("pairs", "r", "r_lower", "r_upper")), strict=True)
    for names, *figures in pairs:
        a, b = names.split()
        # theirs point as their first item does, ours up on the whole
        expected = sorted(turn[a] * turn[b] * np.array(figures))
        row = found.loc[(a, b)]
        close(sorted(row[["r", "ci_lower", "ci_upper"]].to_list()), expected)


# --- ladders
@cache
def _ladder(number: int) -> Ladder:
    case = LADDERS[number]
    items = list(dict.fromkeys(re.findall(r"\w+", case["model"].replace("=~", " "))))
    persons = frame(case["data"])
    persons = persons.dropna(subset=[name for name in items if name in persons])
    if case["data"] == "sat_act":  # as in the script
        persons = persons.assign(SATV=persons["SATV"] / 20, SATQ=persons["SATQ"] / 20)
    ordered = [name for name in items if name in persons] if case["estimator"] == "WLSMV" else []
    return ladder(
        case["model"], persons, group=case["group"], estimator=case["estimator"].lower(), ordered=ordered,
        find_partial=False,
    )  # fmt: skip


_IDS = [f"{case['data']}-{case['estimator']}-{k}" for k, case in enumerate(LADDERS)]


@cache
def _steps(number: int) -> dict[str, FitResult]:
    """Our fits of the steps that lavaan found a solution for."""
    climb = _ladder(number).climb
    names = [step["step"] for step in LADDERS[number]["steps"] if step["converged"]]
    return {name: climb.fit(name) if name != "configural" else climb.configural for name in names}


@pytest.mark.parametrize("number", range(len(LADDERS)), ids=_IDS)
def test_steps_of_ladders(number: int) -> None:
    case, fits = LADDERS[number], _steps(number)
    assert list(fits["configural"].n_by_group) == case["n"]
    for step in case["steps"]:
        if not step["converged"]:  # equal residuals of benign and malignant cells: ours finds it, and that it cannot be
            assert (case["data"], step["step"]) == ("biopsy", "strict")
            assert _ladder(number).climb.fit("strict").admissible is False
            continue
        ours = fits[step["step"]].fit
        assert (ours["df"], ours["npar"]) == (step["df"], step["npar"])
        for theirs, name in _MEASURES.items():
            if step["df"] and step.get(theirs) is not None:
                close(ours[name], step[theirs], BY_BFGS if theirs == "chisq.scaled" else SIX_DIGITS)


_MEASURES = {
    "chisq": "chisq", "chisq.scaled": "chisq_scaled", "cfi": "cfi", "cfi.robust": "cfi_robust", "rmsea": "rmsea",
    "rmsea.robust": "rmsea_robust", "srmr": "srmr",
}  # fmt: skip


@pytest.mark.parametrize("number", range(len(LADDERS)), ids=_IDS)
def test_differences_and_latent_means_of_ladders(number: int) -> None:
    case, fits = LADDERS[number], _steps(number)
    names = list(fits)
    compared = 0
    for theirs in filter(None, map(_as_entry, case["differences"])):
        if theirs["step"] in fits and theirs["df"] > 0 and "pvalue" in theirs:
            ours = difference_test(fits[theirs["step"]], fits[names[names.index(theirs["step"]) - 1]])
            assert ours.df == theirs["df"]
            close([ours.statistic, ours.pvalue], [theirs["chisq"], theirs["pvalue"]], BY_BFGS)
            compared += 1
    assert compared >= 2
    means = fits["scalar"].parameters.query("op == '~1'").set_index(["group", "lhs"])
    entries = zip(*(listed(case["means"][key]) for key in ("group", "lhs", "est", "se")), strict=True)
    for group, factor, est, se in entries:
        row = means.loc[(str(group), factor)]
        close([abs(row["est"]), row["se"]], [abs(est), se], BY_BFGS)


def _as_entry(difference: Any) -> dict[str, Any] | None:
    return difference if isinstance(difference, dict) and difference.get("df") is not None else None


# --- classic data
def test_alpha_of_the_law_school_admission_test() -> None:
    # Bock & Lieberman (1970, Psychometrika 35, 179-197), section 6, as a table of answers and how many gave them;
    # figures: psych::alpha of the thousand persons
    table = pd.read_csv(HERE / "lsat_patterns.csv")
    answers = table.loc[table.index.repeat(table["n"])].drop(columns="n")
    assert len(answers) == 1000
    close(cronbach_alpha(answers), 0.2949971922)
    close(alpha_if_dropped(answers), [0.2753562, 0.2375839, 0.2167995, 0.2459327, 0.2662944])


def test_shrout_and_fleiss() -> None:
    # Psychological Bulletin 86 (1979), 420-428, tables 2 and 4: ICC(1, 1) = .17, ICC(1, 4) = .44; intervals: psych::ICC
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
    )
    ours = intraclass_correlation(pd.Series(ratings.ravel()), pd.Series(np.repeat(np.arange(6), 4)), confidence=0.95)
    assert (round(ours.icc, 2), round(ours.icc2, 2)) == (0.17, 0.44)
    close([ours.icc, ours.icc_ci_lower, ours.icc_ci_upper], [0.16574177, -0.13293232, 0.72256006])
    close([ours.icc2, ours.icc2_ci_lower, ours.icc2_ci_upper], [0.44279713, -0.88444216, 0.91241542])


def test_littles_test_of_air_quality() -> None:
    # naniar's own test of mcar_test: 35.1061288689702, 14 df, p .00141778, 4 patterns; its EM stops early (defects.md)
    ours = little_test(frame("airquality").to_numpy(dtype=float))
    assert (ours.df, ours.n_patterns) == (14, 4)
    close([ours.chisq, ours.pvalue], [35.1061288689702, 0.00141778113856683], 5e-6)
    empty = pd.concat([frame("airquality"), pd.DataFrame({"Ozone": [np.nan]})])
    assert little_test(empty.to_numpy(dtype=float)).chisq == pytest.approx(ours.chisq, rel=1e-12)

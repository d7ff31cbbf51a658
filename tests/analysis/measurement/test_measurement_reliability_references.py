"""Reliability against psych, lavaan and semTools (tests/oracles/reliability), to six digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.measurement.alpha import cronbach_alpha
from analysis.measurement.factor import one_factor
from analysis.measurement.items import item_statistics
from analysis.measurement.ordinal_reliability import OrdinalReliability, ordinal_reliability
from analysis.measurement.reliability import ScaleReliability, scale_reliability
from analysis.measurement.scoring import Item, Scale, reversed_where_declared, scale_score

ORACLES = Path(__file__).resolve().parents[2] / "oracles" / "reliability"
CASES: dict[str, Any] = json.loads((ORACLES / "reliability.json").read_text(encoding="utf-8"))
SIX_DIGITS = {"rel": 2e-6, "abs": 1e-6}


def listed(value: Any) -> list[Any]:
    """What R writes of one or several."""
    return value if isinstance(value, list) else [value] if value is not None else []


def scale_of(name: str) -> Scale:
    case = CASES[name]["case"]
    lower, upper = case["range"]
    items = tuple(Item(item, lower, upper, item in listed(case.get("reversed"))) for item in case["items"])
    return Scale(name, items, "mean", 1.0, "all", lower, upper)


def answers_of(name: str) -> pd.DataFrame:
    """Answers after reversal, as the file has them, open ones too."""
    frame = pd.read_csv(ORACLES / f"{CASES[name]['case']['data']}.csv")
    return reversed_where_declared(frame, scale_of(name).items)


def reliability_of(name: str, **options: Any) -> ScaleReliability:
    answers, scale = answers_of(name), scale_of(name)
    score = scale_score(answers, scale)
    return scale_reliability(answers, score, scale, minimum_n=10, confidence=0.95, **options)


def ordinal_of(name: str) -> OrdinalReliability:
    return ordinal_reliability(answers_of(name).dropna())


WITH_FACTOR = [name for name, found in CASES.items() if "lavaan" in found]
ORDERED = [name for name, found in CASES.items() if "ordered" in found]
ORDERED_FACTOR = [name for name in ORDERED if "comp_rel" in CASES[name]["ordered"]]
# semTools takes the answers' ranks for the answers: 1, 3, 4, 5 become 1, 2, 3, 4
WITHOUT_GAPS = [name for name in ORDERED_FACTOR if name != "gap"]


def test_the_references_are_many_and_different() -> None:
    assert len(CASES) == 16
    assert len(WITH_FACTOR) == 15
    assert len(ORDERED) == 13


@pytest.mark.parametrize("name", CASES)
def test_alpha_and_its_items_are_those_of_psych(name: str) -> None:
    reference, found = CASES[name]["psych"], reliability_of(name, ordinal=False)
    assert found.n_obs == reference["n"]
    assert found.alpha == pytest.approx(reference["raw_alpha"], **SIX_DIGITS)
    assert found.alpha_standardised == pytest.approx(reference["std_alpha"], **SIX_DIGITS)
    assert found.mean_inter_item == pytest.approx(reference["average_r"], **SIX_DIGITS)
    items = item_statistics(answers_of(name), scale_of(name), minimum_n=10)
    for ours, theirs in (("item_rest", "r_drop"), ("mean", "mean"), ("sd", "sd")):
        assert items[ours].tolist() == pytest.approx(reference[theirs], **SIX_DIGITS)
    if len(items) > 2:  # of two items psych prints something else: the slope of one on the other
        assert items["alpha_if_dropped"].tolist() == pytest.approx(reference["alpha_drop"], **SIX_DIGITS)


@pytest.mark.parametrize("name", CASES)
def test_alpha_of_incomplete_answers_is_psychs_pairwise(name: str) -> None:
    found = cronbach_alpha(answers_of(name))
    assert found == pytest.approx(CASES[name]["psych"]["raw_alpha_pairwise"], **SIX_DIGITS)


@pytest.mark.parametrize("name", WITH_FACTOR)
def test_omega_and_its_interval_are_those_lavaan_defines(name: str) -> None:
    reference, factor = CASES[name]["lavaan"], reliability_of(name, ordinal=False).factor
    robust = reference["mlr"]
    assert factor.omega == pytest.approx(robust["est"], **SIX_DIGITS)
    assert factor.omega == pytest.approx(reference["comp_rel"], **SIX_DIGITS)
    assert factor.omega == pytest.approx(reference["reliability"]["omega"], **SIX_DIGITS)
    assert factor.omega_observed == pytest.approx(reference["comp_rel_observed"], **SIX_DIGITS)
    assert factor.omega_observed == pytest.approx(reference["reliability"]["omega3"], **SIX_DIGITS)
    assert factor.omega_se == pytest.approx(robust["se"], rel=2e-5)
    assert [factor.omega_ci_lower, factor.omega_ci_upper] == pytest.approx(
        [robust["ci_lower"], robust["ci_upper"]], **SIX_DIGITS
    )
    loadings = np.array(reference["loadings"]) * np.sign(np.sum(reference["loadings"]))
    assert factor.loadings["loading"].tolist() == pytest.approx(loadings, rel=1e-5, abs=2e-6)


@pytest.mark.parametrize("name", WITH_FACTOR)
def test_omega_of_every_answer_given_is_lavaans_fiml(name: str) -> None:
    reference, factor = CASES[name]["lavaan"]["fiml"], reliability_of(name, missing="fiml", ordinal=False).factor
    assert factor.omega == pytest.approx(reference["est"], **SIX_DIGITS)
    assert factor.omega_se == pytest.approx(reference["se"], rel=2e-5)


def test_omega_of_standardised_items_is_psychs_by_maximum_likelihood() -> None:
    answers, reference = answers_of("attitude"), CASES["attitude"]["psych"]
    standardised = (answers - answers.mean()) / answers.std()
    factor = one_factor(standardised, n_declared=7, confidence=0.95)
    # of one factor psych calls it hierarchical; its total takes all that is not unique for common: 1 - sum u2 / sum R
    assert factor.omega_observed == pytest.approx(reference["omega_hierarchical"], abs=3e-6)
    unique = (1 - factor.loadings["loading"] ** 2).sum()
    assert 1 - unique / standardised.corr().to_numpy().sum() == pytest.approx(reference["omega_total"], abs=3e-6)


@pytest.mark.parametrize("name", ORDERED)
def test_polychoric_correlations_and_ordinal_alpha_are_lavaans(name: str) -> None:
    reference, found = CASES[name]["ordered"], ordinal_of(name)
    assert found.problem is None
    assert found.correlations.to_numpy() == pytest.approx(np.array(reference["correlations"]), rel=1e-5, abs=2e-6)
    assert found.alpha == pytest.approx(reference["alpha_ord"], rel=5e-6, abs=2e-6)
    if "reliability" in reference:
        assert found.alpha == pytest.approx(reference["reliability"]["alpha_ord"], rel=5e-6, abs=2e-6)


@pytest.mark.parametrize("name", ORDERED_FACTOR)
def test_loadings_for_ordered_answers_are_lavaans(name: str) -> None:
    reference, found = CASES[name]["ordered"], ordinal_of(name)
    loadings = np.array(reference["loadings"]) * np.sign(np.sum(reference["loadings"]))
    assert found.loadings.tolist() == pytest.approx(loadings, rel=1e-5, abs=2e-6)
    assert found.omega_continuous == pytest.approx(reference["comp_rel_continuous"], rel=5e-6)


@pytest.mark.parametrize("name", WITHOUT_GAPS)
def test_the_omega_of_ordered_answers_is_semtools_green_and_yang(name: str) -> None:
    reference, found = CASES[name]["ordered"], ordinal_of(name)
    assert found.omega == pytest.approx(reference["comp_rel"], rel=5e-6)
    assert found.omega == pytest.approx(reference["reliability"]["omega"], rel=5e-6)
    assert found.omega_observed == pytest.approx(reference["comp_rel_observed"], rel=5e-6)
    assert found.omega_observed == pytest.approx(reference["reliability"]["omega3"], rel=5e-6)
    assert CASES[name]["ordered"]["reliability"]["alpha"] == pytest.approx(CASES[name]["psych"]["raw_alpha"])


def covariance_cell_by_cell(r: float, values: list[list[float]], edges: list[list[float]]) -> float:
    """Covariance of two answers from the probability of every pair of them: nothing of thresholds' sums in it."""
    normal = stats.multivariate_normal(cov=[[1, r], [r, 1]], allow_singular=True)

    def chance(i: int, j: int) -> float:
        (a, b), (c, d) = edges[0][i : i + 2], edges[1][j : j + 2]
        return float(normal.cdf([b, d], lower_limit=[a, c]))

    chances = np.array([[chance(i, j) for j in range(len(values[1]))] for i in range(len(values[0]))])
    first, second = np.array(values[0]), np.array(values[1])
    product = first @ chances @ second
    return float(product - (chances.sum(axis=1) @ first) * (chances.sum(axis=0) @ second))


def test_a_category_nobody_chose_keeps_its_width_in_the_sum() -> None:
    answers, found = answers_of("gap").dropna(), ordinal_of("gap")
    values = [sorted(answers[name].unique()) for name in answers]
    assert values[0] == [1, 3, 4, 5]
    assert len(values[3]) == 7
    cumulative = [answers[name].value_counts(normalize=True).sort_index().cumsum().to_numpy() for name in answers]
    edges = [[-9.0, *stats.norm.ppf(c[:-1]), 9.0] for c in cumulative]
    loading = found.loadings.to_numpy()
    truth = whole = 0.0
    for j in range(4):
        for k in range(4):
            pair = ([values[j], values[k]], [edges[j], edges[k]])
            shared = covariance_cell_by_cell(loading[j] * loading[k], *pair)
            truth += shared
            whole += answers.iloc[:, j].var(ddof=0) if j == k else shared
    assert found.omega == pytest.approx(truth / whole, rel=1e-5)
    # semTools (0.5-6) takes 1, 3, 4, 5 for 1, 2, 3, 4: it says so itself of alpha, which psych has of the answers
    reference = CASES["gap"]
    assert reference["ordered"]["reliability"]["alpha"] != pytest.approx(reference["psych"]["raw_alpha"], abs=0.01)
    ranked = answers.rank(method="dense")
    assert reference["ordered"]["reliability"]["alpha"] == pytest.approx(cronbach_alpha(ranked), **SIX_DIGITS)
    assert ordinal_reliability(ranked).omega == pytest.approx(reference["ordered"]["comp_rel"], rel=5e-6)

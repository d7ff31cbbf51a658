"""Tables on dimensionality, from persons drawn here put into the measured tiny study."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.sem import fit
from pipeline.artefacts import read_table, table_contracts
from pipeline.declare import Study
from pipeline.stages._measure import dimensions
from pipeline.stages._measure.dimensions import dimension_tables
from pipeline.stages._measure.inputs import Measured
from pipeline.stages.measure import prepare

TABLES = ["parallel_analysis", "exploratory_fit", "exploratory_loadings", "exploratory_correlations"]
SAT, TIES = ["sat1", "sat2", "sat3", "sat4"], ["tie1", "tie2", "tie3"]
KEYS = {
    "parallel_analysis": ["set", "answers", "method", "position"],
    "exploratory_fit": ["set", "solution", "method"],
    "exploratory_loadings": ["set", "solution", "item", "factor"],
    "exploratory_correlations": ["set", "solution", "factor_a", "factor_b"],
}


@pytest.fixture
def inputs(measured: Study) -> Measured:
    """What the part gets of the tiny study, with few draws."""
    inputs = prepare(measured, "tiny")
    params = inputs.study.params
    few = params.model_copy(update={"measure": params.measure.model_copy(update={"draws": 100})})
    return replace(inputs, study=replace(inputs.study, params=few))


def with_answers(inputs: Measured, *, r: float = 0.4, n: int = 240, **items: Any) -> Measured:
    """Answers of ``n`` persons to the tiny study's questions, on two factors that correlate ``r``; other ``items``."""
    rng = np.random.default_rng(4)
    factors = rng.normal(size=(n, 2)) @ np.linalg.cholesky(np.array([[1, r], [r, 1]]) + 1e-9 * np.eye(2)).T
    latent = np.repeat(factors, [4, 3], axis=1) + 0.7 * rng.normal(size=(n, 7))
    frame = pd.DataFrame(np.clip(np.round(3 + latent), 1, 5), columns=SAT + TIES).assign(**items)
    frame["SAT"], frame["TIES"] = frame[SAT].mean(axis=1), frame[TIES].mean(axis=1)
    frame["project"] = [f"p{k % 12}" for k in range(n)]
    return replace(inputs, analysed=frame)


def problems_of(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Problems by item of the declared solution."""
    rows = tables["exploratory_loadings"]
    return dict(rows[rows["solution"] == "declared"].groupby("item", sort=False)["problem"].first())


def test_the_stage_writes_the_tables_as_declared(measured: Study) -> None:
    for pool in measured.params.pools:
        for name in TABLES:
            table = read_table(measured.root, name, pool=pool)
            assert list(table.columns) == list(table_contracts()[name].columns)
        sets = read_table(measured.root, "parallel_analysis", pool=pool)["set"]
        assert sets.unique().tolist() == ["SAT", "TIES", "all"]


def test_the_tables_have_the_columns_of_their_contracts_and_no_key_twice(inputs: Measured) -> None:
    for name, table in dimension_tables(with_answers(inputs)).items():
        assert set(table.columns) == set(table_contracts()[name].columns)
        assert not table.duplicated(KEYS[name]).any()


def test_two_scales_are_two_dimensions_and_two_factors(inputs: Measured) -> None:
    tables = dimension_tables(with_answers(inputs))
    parallel = tables["parallel_analysis"]
    kept = parallel[parallel["kept"] == "true"].groupby(["set", "answers", "method"]).size()
    assert kept.xs("all").tolist() == [2, 2, 2, 2]
    assert kept.xs("SAT").tolist() == [1, 1, 1, 1]
    loadings = tables["exploratory_loadings"].query("solution == 'declared'")
    assert set(loadings["factor_scale"]) == {"SAT", "TIES"}
    own = loadings[loadings["scale"] == loadings["factor_scale"]]
    assert (own["loading"] > 0.6).all()
    assert (loadings.drop(own.index)["loading"].abs() < 0.15).all()
    assert (loadings["congruence"] > 0.97).all()
    assert set(problems_of(tables).values()) == {""}
    assert tables["exploratory_fit"]["solution"].unique().tolist() == ["declared"]


def test_confirmatory_figures_are_those_of_the_joint_model(inputs: Measured) -> None:
    """Of everybody with an answer, while exploratory factors need all answers."""
    given = with_answers(inputs)
    given.analysed.loc[:19, "sat2"] = np.nan
    tables = dimension_tables(given)
    loadings = tables["exploratory_loadings"].query("solution == 'declared'")
    assert set(loadings["n_obs"]) == {220}
    assert set(loadings["n_obs_confirmatory"]) == {240}
    result = fit(f"A =~ {' + '.join(SAT)}\nB =~ {' + '.join(TIES)}", given.analysed, missing="fiml", std_lv=True)
    expected = result.parameters.query("op == '=~'").set_index("rhs")["std_all"]
    found = loadings.dropna(subset=["confirmatory"]).set_index("item")["confirmatory"]
    np.testing.assert_allclose(found[SAT + TIES], expected[SAT + TIES], atol=1e-6)
    r = result.parameters.query("op == '~~' and lhs == 'A' and rhs == 'B'")["std_all"].item()
    correlation = tables["exploratory_correlations"].query("solution == 'declared'").iloc[0]
    assert correlation["confirmatory"] == pytest.approx(r, abs=1e-6)
    assert correlation["r"] == pytest.approx(r, abs=0.1)


def test_an_item_that_belongs_to_the_other_scale_is_named(inputs: Measured) -> None:
    given = with_answers(inputs)
    rng = np.random.default_rng(1)
    given.analysed["tie3"] = np.clip(given.analysed["sat1"] + rng.integers(-1, 2, size=240), 1, 5)
    problems = problems_of(dimension_tables(given))
    assert problems.pop("tie3") == "other_factor"
    assert set(problems.values()) == {""}


def test_an_item_of_both_is_named(inputs: Measured) -> None:
    given = with_answers(inputs, r=0.0)
    given.analysed["sat4"] = 3 * given.analysed["sat1"] + 2 * given.analysed["tie1"] + np.tile([0, 1, 2], 80)
    assert problems_of(dimension_tables(given))["sat4"] == "cross_loading"


def test_scales_that_are_one_get_the_suggested_solution_with_one_factor(inputs: Measured) -> None:
    tables = dimension_tables(with_answers(inputs, r=1.0))
    suggested = tables["exploratory_loadings"].query("solution == 'suggested'")
    assert set(suggested["factor"]) == {1}
    assert suggested["factor_scale"].nunique() == 1
    strange = suggested[suggested["scale"] != suggested["factor_scale"]]
    assert strange["problem"].eq("other_factor").all()
    assert (strange["loading"] > 0.6).all()
    assert tables["exploratory_fit"].query("solution == 'suggested'")["rotation"].tolist() == ["", ""]


def test_a_constant_item_is_named_and_has_no_figures(inputs: Measured) -> None:
    tables = dimension_tables(with_answers(inputs, sat2=3.0))
    rows = tables["exploratory_loadings"].query("item == 'sat2'")
    assert rows["problem"].eq("constant_item").all()
    assert rows[["loading", "uniqueness", "confirmatory"]].isna().all(axis=None)
    assert tables["exploratory_fit"]["problem"].str.contains("constant_item").all()


def test_a_perfect_correlation_leaves_a_code_and_no_figure(inputs: Measured) -> None:
    given = with_answers(inputs)
    given.analysed["sat2"] = given.analysed["sat1"]
    tables = dimension_tables(given)
    declared = tables["exploratory_fit"]
    assert declared["problem"].eq("singular").all()
    assert declared[["explained", "rmsr", "rmsea", "tli", "df"]].isna().all(axis=None)
    assert tables["exploratory_loadings"].empty
    factors = tables["parallel_analysis"].query("method == 'factors' and set == 'all' and answers == 'continuous'")
    assert factors[["position", "problem", "kept"]].to_numpy().tolist() == [[1, "singular", ""]]


@pytest.mark.parametrize("n", [0, 1, 29])
def test_too_few_persons_leave_codes(inputs: Measured, n: int) -> None:
    given = replace(inputs, analysed=with_answers(inputs).analysed.head(n))
    params = given.study.params
    given = replace(
        given, study=replace(given.study, params=params.model_copy(
            update={"measure": params.measure.model_copy(update={"minimum_n": 30})}
        ))
    )  # fmt: skip
    tables = dimension_tables(given)
    assert tables["exploratory_fit"]["problem"].eq("too_few").all()
    assert tables["parallel_analysis"]["problem"].eq("too_few").all()
    assert set(tables["parallel_analysis"]["n_obs"]) == {n}


def test_an_item_that_nobody_answered_leaves_its_own_scale_and_all_without_figures(inputs: Measured) -> None:
    parallel = dimension_tables(with_answers(inputs, tie1=np.nan))["parallel_analysis"]
    by_set = parallel.groupby("set")["problem"].first()
    assert by_set.to_dict() == {"SAT": "", "TIES": "too_few", "all": "too_few"}


def test_a_study_without_primary_scales_has_dimensions_of_its_scales_alone(
    inputs: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Measured, "primary", property(lambda _: []))
    tables = dimension_tables(with_answers(inputs))
    assert tables["parallel_analysis"]["set"].unique().tolist() == ["SAT", "TIES"]
    assert all(tables[name].empty for name in TABLES[1:])


def test_pairs_that_the_study_says_overlap_are_looked_at_on_their_own(
    inputs: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two primary scales of the tiny study are all of it; seen as two of three they are a pair."""
    assert dimension_tables(with_answers(inputs))["exploratory_fit"]["set"].unique().tolist() == ["all"]
    monkeypatch.setattr(dimensions, "pairs_of_interest", lambda *_: [("SAT", "TIES")])
    tables = dimension_tables(with_answers(inputs))
    assert tables["exploratory_fit"]["set"].unique().tolist() == ["all", "SAT;TIES"]
    both = tables["exploratory_loadings"].set_index("set")["loading"]
    np.testing.assert_allclose(both["SAT;TIES"], both["all"])


def test_the_same_bytes_twice(inputs: Measured) -> None:
    first, again = (dimension_tables(with_answers(inputs)) for _ in range(2))
    for name in TABLES:
        assert first[name].to_csv() == again[name].to_csv()

"""Tables on convergent and discriminant validity, from persons drawn here put into the measured tiny study."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.sem import fit
from pipeline.artefacts import read_table, table_contracts
from pipeline.declare import Study
from pipeline.stages._measure.inputs import Measured
from pipeline.stages._measure.validity import validity_tables
from pipeline.stages.measure import prepare

TABLES = ["convergent_validity", "discriminant_validity", "shared_content"]
SAT, TIES = ["sat1", "sat2", "sat3", "sat4"], ["tie1", "tie2", "tie3"]


@pytest.fixture
def inputs(measured: Study) -> Measured:
    """What the part gets of the tiny study."""
    return prepare(measured, "tiny")


def with_params(inputs: Measured, part: str, **changes: Any) -> Measured:
    """Other parameters of one part of params.yaml."""
    params = inputs.study.params
    changed = params.model_copy(update={part: getattr(params, part).model_copy(update=changes)})
    return replace(inputs, study=replace(inputs.study, params=changed))


def with_answers(inputs: Measured, *, r: float, n: int = 240, projects: int = 12) -> Measured:
    """Answers to the tiny study's questions by ``n`` persons in some ``projects``."""
    rng = np.random.default_rng(4)
    factors = rng.normal(size=(n, 2)) @ np.linalg.cholesky(np.array([[1, r], [r, 1]]) + 1e-9 * np.eye(2)).T
    values = np.repeat(factors, [4, 3], axis=1) + 0.8 * rng.normal(size=(n, 7))
    frame = pd.DataFrame(values, columns=SAT + TIES)
    frame["project"] = [f"p{k % projects}" for k in range(n)]
    return replace(inputs, analysed=frame)


def test_the_stage_writes_the_tables_as_declared(measured: Study) -> None:
    contracts = table_contracts()
    for pool in measured.params.pools:
        for name in TABLES:
            table = read_table(measured.root, name, pool=pool)
            assert list(table.columns) == list(contracts[name].columns)
        assert read_table(measured.root, "convergent_validity", pool=pool)["scale"].tolist() == ["SAT", "TIES"]
        pair = read_table(measured.root, "discriminant_validity", pool=pool).iloc[0]
        assert (pair["scale_a"], pair["scale_b"], pair["verdict"]) == ("SAT", "TIES", "distinct")


def test_the_tables_have_the_columns_and_keys_of_their_contracts(inputs: Measured) -> None:
    contracts = table_contracts()
    for name, table in validity_tables(inputs).items():
        contract = contracts[name]
        assert set(table.columns) == set(contract.columns)
        keys = [column for column, role in contract.columns.items() if role == "key"]
        assert not table.duplicated(keys).any() and len(table)


def test_the_model_is_fitted_as_those_of_the_structure_stage(inputs: Measured) -> None:
    made = with_answers(inputs, r=0.5)
    pair = validity_tables(made)["discriminant_validity"].iloc[0]
    text = f"SAT =~ {' + '.join(SAT)}\nTIES =~ {' + '.join(TIES)}"
    result = fit(text, made.analysed, estimator="mlr", missing="fiml", errors="cr2", cluster="project")
    expected = result.parameters.query("lhs == 'SAT' and rhs == 'TIES'").iloc[0]
    assert (pair["errors"], pair["resampled"], pair["n_obs"], pair["verdict"]) == ("cr2", "projects", 240, "distinct")
    for column in ("", "_ci_lower", "_ci_upper"):
        assert pair[f"r_latent{column}"] == pytest.approx(expected[f"std_all{column}"], abs=1e-6)
    assert pair["df_t"] == pytest.approx(expected["std_all_df_t"], rel=1e-4)


def test_confidence_draws_and_seed_are_those_of_measure(inputs: Measured) -> None:
    made = with_answers(inputs, r=0.5)
    first = validity_tables(made)["discriminant_validity"].iloc[0]
    assert validity_tables(made)["discriminant_validity"].iloc[0].equals(first)
    other = validity_tables(with_params(made, "measure", seed=99))["discriminant_validity"].iloc[0]
    assert other["r_latent_ci_upper"] == first["r_latent_ci_upper"] and other["htmt_ci_upper"] != first["htmt_ci_upper"]
    wide = validity_tables(with_params(made, "measure", confidence=0.99))["discriminant_validity"].iloc[0]
    assert wide["r_latent_ci_upper"] > first["r_latent_ci_upper"] and wide["htmt_ci_upper"] > first["htmt_ci_upper"]


def test_few_projects_count_as_persons(inputs: Measured) -> None:
    pair = validity_tables(with_answers(inputs, r=0.5, projects=3))["discriminant_validity"].iloc[0]
    assert (pair["errors"], pair["resampled"], pair["problem"]) == ("robust", "persons", "")
    assert np.isnan(pair["df_t"]) and pair["pvalue_diff"] < 0.001


def test_persons_without_a_project_are_left_out_where_projects_count(inputs: Measured) -> None:
    made = with_answers(inputs, r=0.5)
    made.analysed.loc[:9, "project"] = None
    tables = validity_tables(made)
    assert set(tables["convergent_validity"]["n_obs"]) == set(tables["shared_content"]["n_obs"]) == {230}
    assert tables["discriminant_validity"]["n_obs_htmt"].tolist() == [230]


def test_scales_that_measure_the_same_are_told_so(inputs: Measured) -> None:
    pair = validity_tables(with_answers(inputs, r=1.0))["discriminant_validity"].iloc[0]
    assert pair["verdict"] == "not_distinct"
    copied = with_answers(inputs, r=0.5)
    copied.analysed[TIES] = copied.analysed[SAT[:3]].to_numpy()
    pair = validity_tables(copied)["discriminant_validity"].iloc[0]
    assert pair["verdict"] == "not_distinct" and np.isnan(pair["r_latent"])


def test_too_few_persons_leave_rows_without_figures(inputs: Measured) -> None:
    tables = validity_tables(with_answers(inputs, r=0.5, n=9))
    assert tables["convergent_validity"]["problem"].tolist() == ["too_few", "too_few"]
    pair = tables["discriminant_validity"].iloc[0]
    assert (pair["problem"], pair["verdict"], pair["n_obs"]) == ("too_few;few_complete", "unknown", 9)
    assert tables["shared_content"].empty


def test_pairs_called_overlapping_are_looked_at(inputs: Measured) -> None:
    made = with_params(with_answers(inputs, r=0.5), "measure", overlapping=[("TIES", "SAT")])
    shared = validity_tables(made)["shared_content"]
    assert shared["closest"].tolist() == ["true"] * 10  # seven items, three residual covariances
    assert shared["kind"].value_counts().to_dict() == {"cross_loading": 7, "residual_covariance": 3}


def test_a_study_without_primary_scales_has_empty_tables(inputs: Measured) -> None:
    constructs = [c.model_copy(update={"primary": False}) for c in inputs.instrument.constructs]
    without = replace(inputs, instrument=inputs.instrument.model_copy(update={"constructs": constructs}))
    assert all(table.empty for table in validity_tables(without).values())

"""The tables on invariance: which ladders are climbed, in which order of levels, and what a refused one says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.measurement.ladders import ALLOWS, MESSAGES, REFUSALS
from analysis.sem import fit
from pipeline.artefacts import read_table, table_contracts
from pipeline.declare import Study, load_study
from pipeline.stages._measure.inputs import Measured
from pipeline.stages._measure.ladders import climbs, ladder_tables, variables
from pipeline.stages.measure import prepare

Made = tuple[Measured, dict[str, pd.DataFrame]]


@pytest.fixture
def tiny(measured: Study) -> Measured:
    return prepare(measured, "tiny")


def many(tiny: Measured, n: int = 480, seed: int = 4) -> Measured:
    """The tiny study with as many persons as a ladder needs: one factor a scale, ten projects, nothing that differs."""
    rng = np.random.default_rng(seed)
    drawn = tiny.persons.iloc[rng.integers(len(tiny.persons), size=n)].reset_index(drop=True)
    projects = np.array([f"p{k}" for k in range(10)])
    at = rng.integers(10, size=n)
    drawn["project"] = projects[at]
    drawn["place"] = np.where(at % 2, "centre", "edge")
    drawn["tenure"] = rng.choice(["own", "rent"], size=n)
    drawn["role"] = rng.choice(["resident", "guest"], size=n)
    drawn["language"] = rng.choice(["nl", "en"], size=n)
    drawn["analysed"] = drawn["role"] == "resident"
    for scale in tiny.scales:
        f = rng.normal(size=n)
        for item in scale.items:
            answer = np.clip(np.round(3 + 0.8 * f + 0.7 * rng.normal(size=n)), item.lower, item.upper)
            drawn[item.name] = np.where(rng.uniform(size=n) < 0.05, np.nan, answer)
    return replace(tiny, persons=drawn, analysed=drawn[drawn["analysed"]].reset_index(drop=True))


def test_a_study_with_too_few_persons_gets_refusals_and_no_figures(tiny: Measured) -> None:
    stricter = tiny.params.model_copy(update={"minimum_n_ladder": 200})
    params = tiny.study.params.model_copy(update={"measure": stricter})
    table = ladder_tables(replace(tiny, study=replace(tiny.study, params=params)))["invariance"]
    assert len(table) and (table["refused"] != "").all()
    assert set(table["refused"]) <= set(REFUSALS)
    contract = table_contracts()["invariance"].columns
    figures = [name for name, role in contract.items() if role == "statistic"]
    assert table[figures].isna().all().all()
    assert (table["allows"] == "").all()


def test_the_stage_writes_both_tables(measured: Study) -> None:
    written = read_table(measured.root, "invariance", pool="tiny")
    assert list(written.columns) == list(table_contracts()["invariance"].columns)
    assert len(written)
    assert list(read_table(measured.root, "latent_means", pool="tiny").columns) == list(
        table_contracts()["latent_means"].columns
    )


def test_every_variable_with_its_reference_first(tiny: Measured) -> None:
    levels = {variable.name: variable.levels for variable in variables(many(tiny))}
    assert levels["place"] == ("edge", "centre")  # low, high
    assert levels["tenure"] == ("rent", "own")
    assert levels["role"] == ("guest", "resident")  # who the study is about last
    assert levels["language"] == ("nl", "en")
    assert levels["wave"] == ("tiny-2020", "tiny-2022")
    sizes = {variable.name: len(variable.persons) for variable in variables(many(tiny))}
    assert sizes["role"] == 480 > sizes["place"]  # among everybody


def test_primary_scales_over_everything_both_ways_and_others_over_the_traits(tiny: Measured) -> None:
    primary = {scale.name for scale in tiny.primary}
    climbed = {(scale.name, variable.name, ordered) for scale, variable, ordered in climbs(many(tiny))}
    for name in primary:
        assert {(v, o) for s, v, o in climbed if s == name} == {
            (v, o) for v in ("place", "tenure", "language", "role", "wave") for o in (False, True)
        }
    for name in {scale.name for scale in tiny.scales} - primary:
        assert {(v, o) for s, v, o in climbed if s == name} == {("place", False), ("tenure", False)}


@pytest.fixture(scope="module")
def made(measured_folder: Path) -> Made:
    """A larger tiny study, and its tables."""
    larger = many(prepare(load_study(measured_folder), "tiny"))
    larger = replace(larger, scales=larger.primary[:1])
    return larger, ladder_tables(larger)


def test_keys_are_unique_and_codes_are_known(made: Made) -> None:
    for name, table in made[1].items():
        contract = table_contracts()[name].columns
        keys = [column for column, role in contract.items() if role == "key"]
        assert list(table.columns) == list(contract)
        assert len(table) and not table.duplicated(keys).any()
    steps = made[1]["invariance"]
    codes = {code for cell in steps["message"] for code in cell.split(";") if code}
    assert codes <= set(MESSAGES)
    assert set(steps["allows"]) - {""} <= set(ALLOWS)
    assert {code for cell in steps["omitted"] for code in cell.split(";") if code} == set()


def test_figures_are_those_of_the_models(made: Made) -> None:
    larger, tables = made
    scale = larger.primary[0]
    items, steps = scale.item_names, tables["invariance"]
    rows = steps.query("scale == @scale.name and variable == 'place' and answers == 'continuous'").set_index("step")
    frame = larger.analysed.sort_values("place", ascending=False, kind="stable")
    asked = {"estimator": "mlr", "missing": "fiml", "group": "place", "std_lv": True}
    model = f"F =~ {' + '.join(items)}"
    metric = fit(model, frame, group_equal=("loadings",), **asked)
    assert rows.loc["metric", "chisq"] == pytest.approx(metric.fit["chisq_scaled"], rel=1e-7)
    assert rows.loc["metric", "rmsea"] == pytest.approx(metric.fit["rmsea_robust"], abs=1e-8)
    assert rows.loc["metric", "srmr"] == pytest.approx(metric.fit["srmr"], rel=1e-6)
    assert rows.loc["metric", "n_obs"] == metric.n_obs
    assert rows.loc["metric", "n_smallest"] == min(metric.n_by_group)
    scalar = fit(model, frame, group_equal=("loadings", "intercepts"), cluster="project", errors="cr2", **asked)
    latent = scalar.parameters.query("lhs == 'F' and op == '~1' and free").iloc[0]
    mean = tables["latent_means"].query("scale == @scale.name and variable == 'place' and model == 'scalar'").iloc[0]
    assert (mean["level"], mean["reference"], mean["errors"]) == ("centre", "edge", "cr2")
    for ours, theirs in (("mean", "est"), ("se", "se"), ("df_t", "df_t"), ("ci_lower", "ci_lower")):
        assert mean[ours] == pytest.approx(latent[theirs], rel=1e-5, abs=1e-6)


def test_only_groups_of_whole_projects_are_said_to_be(made: Made) -> None:
    steps = made[1]["invariance"]
    said = steps[steps["message"].str.contains("residents_as_independent")]
    assert set(said["variable"]) == {"place"}
    tested = steps.query("variable == 'place' and pvalue_diff.notna()")
    assert len(tested) == len(said)


def test_without_projects_enough_errors_take_persons_as_independent(tiny: Measured) -> None:
    larger = replace(many(tiny), scales=tiny.primary[:1])
    gone = larger.persons["project"].where(larger.persons.index > 3)
    persons = larger.persons.assign(project=gone)
    means = ladder_tables(
        replace(larger, persons=persons, analysed=persons[persons["analysed"]].reset_index(drop=True))
    )["latent_means"]
    assert set(means.query("variable == 'place'")["errors"]) == {"robust"}
    assert means["df_t"].isna().all()


def test_the_same_tables_twice(made: Made) -> None:
    again = ladder_tables(made[0])
    for name, table in made[1].items():
        pd.testing.assert_frame_equal(table, again[name])


def test_how_many_take_part_is_not_told_where_a_level_is_left_out(tiny: Measured) -> None:
    """The ladder over places has everybody; the one over waves, told as well, would give the small wave away."""
    drawn = many(tiny)
    persons = drawn.persons.copy()
    persons["wave"] = np.resize(["tiny-2020", "tiny-2022"], len(persons))
    persons.loc[persons.index[:11], ["wave", "role", "analysed"]] = ["tiny-null-2022", "resident", True]
    made = ladder_tables(replace(drawn, persons=persons, analysed=persons[persons["analysed"]].reset_index(drop=True)))
    steps, means = made["invariance"], made["latent_means"]
    over = steps["variable"] == "wave"
    assert set(steps.loc[over, "omitted"]) == {"tiny-null-2022:too_few"}
    assert steps.loc[over, "n_obs"].isna().all()
    assert (steps.loc[over, "n_smallest"] >= 50).all()
    assert means.loc[means["variable"] == "wave", "n_obs"].isna().all()
    assert steps.loc[steps["variable"] == "place", "n_obs"].notna().all()
    assert means.loc[means["variable"] == "place", "n_obs"].notna().all()

"""From persons to verdicts: structure, compare and judge on persons drawn here, in a copy of the tiny study."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as t_distribution

from analysis.sem import fit
from analysis.sem.difference import difference_test
from pipeline.artefacts import empty_table, read_table, table_path, write_persons, write_table
from pipeline.declare import Study, load_study
from pipeline.errors import InputError
from pipeline.stages import compare, judge, structure

TINY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"
POOL, MODEL = "tiny", "tiny"
STRESSED = ("specifications", "specification_curves")
"""What judge reads of stress; here nothing was put to the test of other choices."""
MEASURED = ("reliability", "discriminant_validity", "invariance")
"""What judge reads of measure; here nothing is known of how well scales measure."""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A copy of the tiny study."""
    return load_study(Path(shutil.copytree(TINY, tmp_path / "study")))


def with_structure(study: Study, **changes: Any) -> Study:
    """The study with other ``params.yaml: structure``."""
    changed = study.params.structure.model_copy(update=changes)
    return replace(study, params=study.params.model_copy(update={"structure": changed}))


def draw_persons(*, n: int = 20, k: int = 10, place: float = 1.5, path: float = 0.8, seed: int = 4) -> pd.DataFrame:
    """``n`` persons in each of ``k`` projects; ``place`` moves SAT, SAT moves TIES by ``path``; 9 in 10 analysed."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(k), n)
    central = (cluster % 2).astype(float)
    sat = place * central + 0.2 * rng.normal(size=k)[cluster] + rng.normal(size=k * n)
    ties = path * sat + rng.normal(size=k * n)
    owner = rng.integers(0, 2, size=k * n).astype(float)
    frame = pd.DataFrame({
        "respondent": [f"{i:016x}" for i in range(k * n)], "wave": "tiny-2020",
        "project": [f"project-{c:02d}" for c in cluster], "analysed": np.arange(k * n) % 10 != 0,
        "place": np.where(central == 1, "centre", "edge"), "central": central,
        "tenure": np.where(owner == 1, "own", "rent"), "owner": owner,
    })  # fmt: skip
    for i in range(1, 5):
        frame[f"sat{i}"] = sat + rng.normal(size=k * n)
    for i in range(1, 4):
        frame[f"tie{i}"] = ties + rng.normal(size=k * n)
    frame["SAT"] = frame[[f"sat{i}" for i in range(1, 5)]].mean(axis=1)
    frame["TIES"] = frame[[f"tie{i}" for i in range(1, 4)]].mean(axis=1)
    return frame


def run_all(study: Study, persons: pd.DataFrame) -> pd.DataFrame:
    """Write ``persons``, run the three stages, return the verdicts by claim."""
    write_persons(study.root, "persons", persons, pool=POOL)
    for name in (*MEASURED, *STRESSED):
        write_table(study.root, name, empty_table(name), pool=POOL)
    structure.run(study, pool=POOL, model=MODEL)
    compare.run(study, pool=POOL)
    judge.run(study, pool=POOL)
    return read_table(study.root, "verdicts", pool=POOL).set_index("claim")


def fit_table(study: Study) -> pd.DataFrame:
    return read_table(study.root, "model_fit", pool=POOL, model=MODEL).set_index(["trait", "level"])


def parameter_table(study: Study) -> pd.DataFrame:
    return read_table(study.root, "parameters", pool=POOL, model=MODEL)


def test_effects_that_are_there_are_supported(study: Study) -> None:
    verdicts = run_all(study, draw_persons())
    assert list(verdicts.index) == ["T1", "T2", "T3"]
    assert verdicts["verdict"].to_dict()["T1"] == verdicts["verdict"].to_dict()["T2"] == "supported"
    assert verdicts.loc["T3", "verdict"] != "supported"
    assert verdicts["units"].to_dict() == {"T1": "persons", "T2": "projects", "T3": "persons"}
    assert verdicts["method"].to_dict() == {"T1": "mlr", "T2": "project_means", "T3": "mixed"}
    assert verdicts["errors"].to_dict() == {"T1": "cr2", "T2": "", "T3": ""}
    assert verdicts["metric"].to_dict() == {"T1": "std_all", "T2": "sd", "T3": "sd"}
    assert list(verdicts["n_projects"]) == [10, 10, 10]


def test_the_claim_carries_the_numbers_of_its_evidence(study: Study) -> None:
    persons = draw_persons()
    verdicts = run_all(study, persons)
    analysed = persons[persons["analysed"]]
    how = {"estimator": "mlr", "missing": "fiml", "errors": "cr2", "cluster": "project"}
    result = fit(study.models[MODEL], analysed, **how)
    path = result.parameters.query("lhs == 'TIES' and op == '~' and rhs == 'SAT'").iloc[0]
    claim = verdicts.loc["T1"]
    assert claim["estimate"] == pytest.approx(path["std_all"])
    assert claim["df"] == pytest.approx(path["std_all_df_t"])
    assert 3 < claim["df"] < 10  # ten projects
    half = t_distribution.ppf(0.975, claim["df"]) * claim["se"]
    assert (claim["ci_lower"], claim["ci_upper"]) == pytest.approx((claim["estimate"] - half, claim["estimate"] + half))
    assert claim["ci_lower"] == pytest.approx(path["std_all_ci_lower"])
    means = analysed.groupby("project").agg(SAT=("SAT", "mean"), central=("central", "first")).groupby("central")
    difference = means["SAT"].mean().diff().iloc[-1]
    assert verdicts.loc["T2", "estimate"] == pytest.approx(difference / analysed["SAT"].std())
    assert (verdicts.loc["T2", "df"], verdicts.loc["T2", "n_obs"]) == (8, len(analysed))
    assert verdicts.loc["T2", "minimum_pvalue"] == pytest.approx(2 / 252)


def test_only_the_analysed_count(study: Study) -> None:
    persons = draw_persons()
    run_all(study, persons)
    before = {path: path.read_bytes() for path in (study.root / "build").rglob("*.csv")}
    loud = persons.copy()
    loud.loc[~loud["analysed"], [c for c in loud if c.startswith(("sat", "tie", "SAT", "TIES"))]] = 99.0
    run_all(study, loud)
    assert {path: path.read_bytes() for path in before} == before


def test_the_same_bytes_twice(study: Study) -> None:
    run_all(study, draw_persons())
    built = {path: path.read_bytes() for path in (study.root / "build").rglob("*") if path.suffix in (".csv", ".json")}
    assert len(built) == 20
    run_all(study, draw_persons())
    assert {path: path.read_bytes() for path in built} == built


def test_a_model_is_fitted_overall_and_in_every_level(study: Study) -> None:
    run_all(study, draw_persons())
    table = fit_table(study)
    assert list(table.index) == [
        ("all", "all"),
        ("place", "centre"),
        ("place", "edge"),
        ("tenure", "own"),
        ("tenure", "rent"),
    ]
    assert set(table["converged"]) == set(table["admissible"]) == {"true"}
    assert set(table["engine"]) == {"analysis.sem"}
    assert set(table["estimator"]) == {"MLR"} and set(table["missing"]) == {"fiml"} and set(table["errors"]) == {"cr2"}
    assert set(table["note"]) == {""}
    # `central` does not vary inside a level of place: one path less
    assert table.loc[("place", "edge"), "npar"] == table.loc[("all", "all"), "npar"] - 1
    inside = parameter_table(study).query("trait == 'place'")
    assert "central" not in set(inside["rhs"])
    assert list(table["n_projects"]) == [10, 5, 5, 10, 10]


def test_the_json_is_the_contract_of_the_command(study: Study) -> None:
    run_all(study, draw_persons())
    path = table_path(study.root, "model_fit", pool=POOL, model=MODEL).with_name(f"{MODEL}.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert [(f["trait"], f["level"]) for f in content["fits"]][:2] == [("all", "all"), ("place", "centre")]
    overall = content["fits"][0]
    assert (overall["estimator"], overall["missing"], overall["groups"]) == ("MLR", "fiml", [""])
    assert (overall["se"], overall["n"], overall["converged"]) == ("cr2", [180], True)
    first = overall["parameters"][0]
    assert (first["lhs"], first["op"], first["rhs"], first["free"], first["se"]) == ("SAT", "=~", "sat1", False, None)
    assert set(first) >= {"group", "label", "est", "z", "df_t", "pvalue", "ci_lower", "ci_upper", "std_lv", "std_all"}
    assert overall["fit"]["chisq"] == pytest.approx(fit_table(study).loc[("all", "all"), "chisq"])
    joint = content["joint"][0]
    assert (joint["trait"], joint["equal"], joint["groups"], joint["n"]) == (
        "place", "configural", ["centre", "edge"], [90, 90],
    )  # fmt: skip
    assert {row["group"] for row in joint["parameters"]} == {"centre", "edge"}


def test_too_small_a_group_keeps_its_row_and_says_why(study: Study) -> None:
    persons = draw_persons()
    items = [name for name in persons if name.startswith(("sat", "tie"))]
    owners = persons.index[persons["tenure"] == "own"]
    persons.loc[owners[20:], items] = np.nan
    run_all(study, persons)
    row = fit_table(study).loc[("tenure", "own")]
    assert (row["converged"], row["admissible"]) == ("false", "false")
    assert "Fewer than 40 persons" in row["message"]
    assert str(int(row["n_obs"])) not in row["message"]
    assert row["n_obs"] <= 20 and np.isnan(row["chisq"])
    assert ("tenure", "own") not in set(
        zip(parameter_table(study)["trait"], parameter_table(study)["level"], strict=True)
    )
    assert set(read_table(study.root, "joint_fit", pool=POOL, model=MODEL)["trait"]) == {"place"}


def test_whoever_answered_something_takes_part(study: Study) -> None:
    persons = draw_persons()
    analysed = persons.index[persons["analysed"]]
    persons.loc[analysed[:50], "sat1"] = np.nan
    persons.loc[analysed[50:60], [f"sat{i}" for i in range(1, 5)] + [f"tie{i}" for i in range(1, 4)]] = np.nan
    run_all(study, persons)
    assert fit_table(study).loc[("all", "all"), "n_obs"] == 170
    complete = with_structure(study, missing="listwise")
    run_all(complete, persons)
    assert fit_table(study).loc[("all", "all"), "n_obs"] == 120
    assert fit_table(study).loc[("all", "all"), "missing"] == "listwise"


def test_a_constant_item_is_a_message_and_the_claim_cannot_be_told(study: Study) -> None:
    verdicts = run_all(study, draw_persons().assign(sat2=3.0))
    assert "sat2 does not vary" in fit_table(study).loc[("all", "all"), "message"]
    assert (verdicts.loc["T1", "verdict"], verdicts.loc["T1", "reason"]) == ("cannot_tell", "model_not_fitted")
    assert np.isnan(verdicts.loc["T1", "estimate"])


def test_an_inadmissible_model_is_never_printed_as_a_result(study: Study) -> None:
    persons = draw_persons()
    rng = np.random.default_rng(1)
    base = rng.normal(size=len(persons))
    # tie1 goes with both others far more than they go with each other
    persons["tie2"] = base
    persons["tie3"] = rng.normal(size=len(persons))
    persons["tie1"] = 0.8 * persons["tie2"] + 0.8 * persons["tie3"] + 0.05 * rng.normal(size=len(persons))
    verdicts = run_all(study, persons)
    assert fit_table(study).loc[("all", "all"), "admissible"] == "false"
    found = parameter_table(study).query("trait == 'all'")
    assert list(found["lhs"]) and found[["est", "se", "std_all", "ci_lower"]].isna().all(axis=None)
    assert verdicts.loc["T1", "verdict"] == "cannot_tell"
    assert verdicts.loc["T1", "reason"] in ("model_inadmissible", "model_not_fitted")


def test_a_clear_path_in_a_model_that_fits_badly_only_leans(study: Study) -> None:
    persons = draw_persons()
    shared = np.random.default_rng(9).normal(size=len(persons))
    for item in ("sat1", "sat2", "tie1"):
        persons[item] += 1.5 * shared  # three items have something in common that the model does not know
    verdicts = run_all(study, persons)
    row = fit_table(study).loc[("all", "all")]
    assert row["admissible"] == "true" and row["rmsea"] > 0.1
    assert (verdicts.loc["T1", "verdict"], verdicts.loc["T1", "reason"]) == ("leaning", "model_fits_badly")


def test_without_clusters(study: Study) -> None:
    persons = draw_persons().assign(project=None, place=None, central=np.nan)
    verdicts = run_all(study, persons)
    assert (verdicts.loc["T2", "verdict"], verdicts.loc["T2", "reason"]) == ("cannot_tell", "too_few_projects")
    assert (verdicts.loc["T3", "method"], verdicts.loc["T3", "units"]) == ("persons", "persons")
    assert read_table(study.root, "clustering", pool=POOL).empty
    # nobody's place is known, so `central` is left out of the model
    assert verdicts.loc["T1", "verdict"] == "supported"
    assert verdicts.loc["T1", "n_projects"] == 0
    row = fit_table(study).loc[("all", "all")]
    assert (row["errors"], row["note"], row["n_obs"]) == ("robust", "few_projects", 180)
    assert np.isnan(verdicts.loc["T1", "df"])


def test_too_few_projects_give_robust_errors_and_a_note(study: Study) -> None:
    persons = draw_persons(k=3, n=80)
    run_all(study, persons)
    row = fit_table(study).loc[("all", "all")]
    assert (row["errors"], row["note"], row["n_projects"]) == ("robust", "few_projects", 3)
    robust = fit(study.models[MODEL], persons[persons["analysed"]], estimator="mlr", missing="fiml").parameters
    found = parameter_table(study).query("trait == 'all'")
    np.testing.assert_allclose(found["se"], robust["se"], rtol=1e-8)
    assert found["df_t"].isna().all()


def test_persons_without_a_project_are_left_out_where_the_others_have_one(study: Study) -> None:
    persons = draw_persons()
    persons.loc[persons.index[persons["analysed"]][:30], "project"] = None
    run_all(study, persons)
    row = fit_table(study).loc[("all", "all")]
    assert (row["errors"], row["note"], row["n_obs"]) == ("cr2", "project_unknown", 150)


def test_both_levels_are_fitted_jointly_step_by_step(study: Study) -> None:
    persons = draw_persons()
    run_all(study, persons)
    table = read_table(study.root, "joint_fit", pool=POOL, model=MODEL).set_index(["trait", "equal"])
    assert (
        list(table.loc["place"].index) == list(table.loc["tenure"].index) == ["configural", "loadings", "regressions"]
    )
    assert list(table.loc["place", "n_obs_high"]) == [90, 90, 90]
    # seven items on two factors: five loadings are free; `central` does not vary within a place
    assert list(table.loc["place", "npar"]) == [44, 39, 38]
    assert list(table.loc["place", "difference_df"])[1:] == [5, 1]
    step = table.loc[("place", "regressions")]
    frame = persons[persons["analysed"]].sort_values("place")
    how = {"group": "place", "estimator": "mlr", "missing": "fiml", "errors": "cr2", "cluster": "project"}
    text = "\n".join(line for line in study.models[MODEL].splitlines() if "central" not in line)
    equal = fit(text, frame, group_equal=("loadings", "regressions"), **how)
    assert step["chisq"] == pytest.approx(equal.fit["chisq"], rel=1e-6)
    difference = difference_test(equal, fit(text, frame, group_equal=("loadings",), **how))
    assert step["difference_chisq"] == pytest.approx(difference.statistic, rel=1e-4)
    # projects lie within a place, and have owners and renters
    assert set(table.loc["place", "errors"]) == {"cr2"} and set(table.loc["place", "note"]) == {""}
    assert set(table.loc["tenure", "errors"]) == {"robust"}
    assert set(table.loc["tenure", "note"]) == {"projects_cross_levels"}


def test_paths_are_compared_one_by_one(study: Study) -> None:
    persons = draw_persons()
    # in the centre TIES stands apart from SAT
    rng = np.random.default_rng(12)
    centre = persons["place"] == "centre"
    alone = rng.normal(size=int(centre.sum()))
    for i in range(1, 4):
        persons.loc[centre, f"tie{i}"] = alone + rng.normal(size=int(centre.sum()))
    run_all(study, persons)
    table = read_table(study.root, "path_differences", pool=POOL, model=MODEL).set_index(["trait", "lhs", "rhs"])
    place = table.loc[("place", "TIES", "SAT")]
    assert place["difference"] == pytest.approx(place["est_high"] - place["est_low"])
    assert place["est_high"] == pytest.approx(0, abs=0.25) and place["est_low"] == pytest.approx(0.8, abs=0.25)
    assert place["ci_upper"] < 0 and place["pvalue_adjusted"] < 0.05
    assert 2 < place["df_t"] < 9  # five projects in each place
    tenure = table.loc["tenure"]
    assert set(tenure.index) == {("TIES", "SAT"), ("SAT", "central")}
    assert (tenure["pvalue"] > 0.05).all() and tenure["df_t"].isna().all()
    assert (tenure["pvalue_adjusted"] >= tenure["pvalue"]).all()


def test_an_inadmissible_joint_model_is_not_compared(study: Study) -> None:
    persons = draw_persons()
    rng = np.random.default_rng(1)
    persons["tie2"], persons["tie3"] = rng.normal(size=len(persons)), rng.normal(size=len(persons))
    persons["tie1"] = 0.8 * persons["tie2"] + 0.8 * persons["tie3"] + 0.05 * rng.normal(size=len(persons))
    run_all(study, persons)
    table = read_table(study.root, "joint_fit", pool=POOL, model=MODEL)
    bad = table["admissible"] == "false"
    assert bad.any()
    assert table.loc[bad, "difference_chisq"].isna().all()
    compared = read_table(study.root, "path_differences", pool=POOL, model=MODEL)
    assert not set(compared["trait"]) & set(table.loc[bad & (table["equal"] == "loadings"), "trait"])


def test_semopy_gives_a_second_opinion_on_complete_answers(study: Study) -> None:
    persons = draw_persons()
    persons.loc[persons.index[persons["analysed"]][:40], "tie2"] = np.nan
    asking = with_structure(study, second_opinion=True)
    write_persons(study.root, "persons", persons, pool=POOL)
    structure.run(asking, pool=POOL, model=MODEL)
    table = read_table(study.root, "second_opinions", pool=POOL, model=MODEL).set_index(["trait", "level"])
    assert list(table.index) == list(fit_table(study).index)
    assert table.loc[("all", "all"), "n_obs"] == 140
    assert set(table["available"]) == set(table["converged"]) == {"true"}
    assert set(table["program"]) == {f"semopy {version('semopy')}"}
    assert table[["estimate_difference", "se_difference", "loss_difference"]].to_numpy().max() < 1e-3


def test_nobody_asks_semopy_for_nothing(study: Study) -> None:
    run_all(study, draw_persons())
    assert read_table(study.root, "second_opinions", pool=POOL, model=MODEL).empty


def test_one_place_only_leaves_the_trait_out_of_the_model(study: Study) -> None:
    persons = draw_persons().query("central == 1")
    verdicts = run_all(study, persons)
    assert fit_table(study).loc[("all", "all"), "converged"] == "true"
    assert verdicts.loc["T1", "verdict"] == "supported"
    assert verdicts.loc["T2", "reason"] == "too_few_projects"
    assert fit_table(study).loc[("place", "edge"), "n_obs"] == 0


def test_an_outcome_that_was_not_asked_is_left_out(study: Study) -> None:
    verdicts = run_all(study, draw_persons().assign(SAT=np.nan))
    assert set(read_table(study.root, "trait_contrasts", pool=POOL)["outcome"]) == {"TIES"}
    assert (verdicts.loc["T2", "verdict"], verdicts.loc["T2", "reason"]) == ("cannot_tell", "no_data")


def test_items_the_questionnaire_does_not_have(study: Study) -> None:
    verdicts = run_all(study, draw_persons().drop(columns="tie3"))
    assert "tie3" in fit_table(study).loc[("all", "all"), "message"]
    assert verdicts.loc["T1", "reason"] == "model_not_fitted"


def test_clustering_counts_persons_and_projects(study: Study) -> None:
    run_all(study, draw_persons())
    row = read_table(study.root, "clustering", pool=POOL).set_index("outcome").loc["SAT"]
    assert (row["n_obs"], row["n_projects"]) == (180, 10)
    assert row["effective_n"] == pytest.approx(row["n_obs"] / row["design_effect"])


@pytest.fixture
def with_claims(study: Study) -> Callable[..., Study]:
    """The study with the fields of its claims replaced, in order."""

    def change(*changes: dict[str, Any]) -> Study:
        claims = [claim.model_copy(update=new) for claim, new in zip(study.claims.claims, changes, strict=False)]
        return replace(study, claims=study.claims.model_copy(update={"claims": claims}))

    return change


def test_every_bad_statement_is_told_at_once(with_claims: Callable[..., Study]) -> None:
    study = with_claims(
        {"statement": "TIES ~ > 0"},
        {"statement": "TIES ~ tie9 > 0", "model": "tiny"},
        {"model": "other", "statement": "TIES ~ SAT > 0"},
    )
    with pytest.raises(InputError) as caught:
        run_all(study, draw_persons())
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["claim T1", "claim T2", "claim T3"]
    assert "position 1:" in lines[0] and "no path TIES ~ tie9" in lines[1] and "no model other" in lines[2]


def test_an_exploratory_model_claim_is_adjusted(with_claims: Callable[..., Study]) -> None:
    exploratory = {"kind": "exploratory", "model": "tiny", "statement": "TIES ~ SAT > 0"}
    verdicts = run_all(with_claims(exploratory, exploratory), draw_persons())
    assert list(verdicts["verdict"]) == ["supported", "supported"]
    np.testing.assert_allclose(verdicts["pvalue_adjusted"], 2 * verdicts["pvalue"], rtol=1e-8)


def test_a_model_that_cannot_be_read_is_bad_input(study: Study) -> None:
    write_persons(study.root, "persons", draw_persons(), pool=POOL)
    broken = replace(study, models={MODEL: "SAT =~ sat1 +"})
    with pytest.raises(InputError, match=r"analysis/models/tiny\.lav: line 1, column 13"):
        structure.run(broken, pool=POOL, model=MODEL)
    with pytest.raises(InputError, match=r"there is no analysis/models/nowhere\.lav"):
        structure.run(study, pool=POOL, model="nowhere")

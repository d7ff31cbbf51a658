"""The tables on scores, against the answers of the tiny study and against small changes to its questionnaire."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.measurement.bands import Band, band_of
from analysis.measurement.scoring import reversed_where_declared, scores
from pipeline.artefacts import read_persons, table_contracts
from pipeline.declare import Study, load_study
from pipeline.stages import measure
from pipeline.stages._measure.scores import band_table, factor_score_table, reversal_table, score_tables
from pipeline.stages._scales import items_of, scales_of

TABLES = ["score_bands", "reversal_checks", "factor_scores"]


def changed(study: Study, *, fields: dict[str, Any] | None = None, constructs: dict[str, Any] | None = None) -> Study:
    """The study with some of its instrument's fields and constructs (by name) changed."""
    instrument = study.instruments["tiny@1"]
    update = {
        "fields": [f.model_copy(update=(fields or {}).get(f.name, {})) for f in instrument.fields],
        "constructs": [c.model_copy(update=(constructs or {}).get(c.name, {})) for c in instrument.constructs],
    }
    return replace(study, instruments={"tiny@1": instrument.model_copy(update=update)})


def test_the_tables_have_the_declared_columns(measured: Study) -> None:
    made = score_tables(measure.prepare(measured, "tiny"))
    assert list(made) == TABLES
    for name in TABLES:
        assert set(made[name].columns) == set(table_contracts()[name].columns)
        assert len(made[name])


def test_bands_count_the_analysed_with_a_score(measured: Study) -> None:
    table = band_table(measure.prepare(measured, "tiny"))
    persons = read_persons(measured.root, "persons", pool="tiny")
    analysed = persons[persons["analysed"]]
    groups = {("all", "all"): pd.Series(True, index=analysed.index)}
    groups |= {("place", level): analysed["place"] == level for level in ("centre", "edge")}
    groups |= {("tenure", level): analysed["tenure"] == level for level in ("own", "rent")}
    # SAT has no bands, and languages have no rows
    assert table["scale"].unique().tolist() == ["TIES"]
    assert list(dict.fromkeys(zip(table["trait"], table["level"], strict=True))) == list(groups)
    for (trait, level), rows in table.groupby(["trait", "level"]):
        score = analysed.loc[groups[trait, level], "TIES"].dropna()
        assert rows["band"].tolist() == ["3-8", "9-15"]
        assert rows["n"].tolist() == [(score < 9).sum(), (score >= 9).sum()]
        assert rows["base"].tolist() == [len(score)] * 2
        assert rows["share"].tolist() == pytest.approx([(score < 9).mean(), (score >= 9).mean()])


def test_a_study_without_bands_has_no_rows(measured: Study) -> None:
    study = changed(measured, constructs={"TIES": {"bands": []}})
    assert band_table(measure.prepare(study, "tiny")).empty
    measure.run(study, pool="tiny")


def test_the_reversed_item_would_have_been_missed(measured: Study) -> None:
    (row,) = reversal_table(measure.prepare(measured, "tiny")).to_dict("records")
    assert (row["scale"], row["items"], row["other"]) == ("SAT", "sat3", "")
    assert (row["noticed"], row["noticed_by"], row["all_reversed"], row["problem"]) == ("true", "items", "false", "")
    assert row["lowest_item_rest_unreversed"] < 0 < row["lowest_item_rest"]
    assert row["alpha_unreversed"] < row["alpha"]


def test_a_scale_reversed_throughout_needs_another_scale(measured: Study) -> None:
    everything = {name: {"reversed": True} for name in ("tie1", "tie2", "tie3")}
    alone = reversal_table(measure.prepare(changed(measured, fields=everything), "tiny")).set_index("scale").loc["TIES"]
    assert (alone["all_reversed"], alone["noticed"], alone["noticed_by"], alone["other"]) == ("true", "false", "", "")
    study = changed(measured, fields=everything, constructs={"TIES": {"agrees_with": "SAT"}})
    held = reversal_table(measure.prepare(study, "tiny")).set_index("scale").loc["TIES"]
    persons = measure.prepare(study, "tiny").analysed
    both = persons[["SAT", "TIES"]].dropna()
    assert held["other"] == "SAT"
    assert held["n_obs_other"] == len(both)
    assert held["r_other"] == pytest.approx(np.corrcoef(both.T)[0, 1])
    # the ties are in truth not reversed: held against SAT, that comes out
    assert held["problem"] == "against_other"


def test_factor_scores_of_the_persons_are_those_summed_up(measured: Study) -> None:
    table = factor_score_table(measure.prepare(measured, "tiny")).set_index(["scale", "method"])
    persons = read_persons(measured.root, "persons", pool="tiny")
    analysed = persons[persons["analysed"]]
    for scale in ("SAT", "TIES"):
        for method in ("regression", "bartlett"):
            row, score = table.loc[scale, method], analysed[f"{scale}_{method}"]
            assert row["n_obs"] == score.notna().sum() == analysed[scale].notna().sum()
            assert row["se"] == pytest.approx(analysed[f"{scale}_{method}_se"].mean(), abs=1e-6)
            assert row["r_scale"] == pytest.approx(score.corr(analysed[scale]), abs=1e-6)
            assert row["problem"] == ""


def test_everybody_with_enough_answers_has_factor_scores(measured: Study) -> None:
    persons = read_persons(measured.root, "persons", pool="tiny")
    guests = persons[~persons["analysed"]]
    assert guests["SAT"].notna().any()
    for name in ("SAT", "TIES"):
        for column in (f"{name}_regression", f"{name}_bartlett_se"):
            assert (persons[column].notna() == persons[name].notna()).all()


def test_persons_without_a_model_have_empty_columns(measured: Study) -> None:
    stricter = measured.params.measure.model_copy(update={"minimum_n": 5000})
    params = measured.params.model_copy(update={"measure": stricter})
    study = replace(measured, params=params)
    persons = measure.prepare(study, "tiny").persons
    assert persons["SAT"].notna().any()
    for column in ("SAT_regression", "SAT_regression_se", "TIES_bartlett"):
        assert persons[column].dtype == "float64"
        assert persons[column].isna().all()
    made = score_tables(measure.prepare(study, "tiny"))
    assert made["factor_scores"]["problem"].unique().tolist() == ["too_few"]
    assert made["reversal_checks"]["problem"].tolist() == ["too_few"]


def test_a_language_nobody_answered_in_changes_nothing(measured: Study) -> None:
    """The items of everybody who filled it in in English are gone: factor scores rest on the others alone."""
    prepared = measure.prepare(measured, "tiny")
    items = ["sat1", "sat2", "sat3", "sat4"]
    english = prepared.analysed["language"] == "en"
    emptied = prepared.analysed.copy()
    emptied.loc[english, [*items, "SAT"]] = np.nan
    some = factor_score_table(replace(prepared, analysed=emptied)).set_index(["scale", "method"])
    alone = factor_score_table(
        replace(prepared, analysed=prepared.analysed[~english].reset_index(drop=True))
    ).set_index(["scale", "method"])  # fmt: skip
    pd.testing.assert_frame_equal(some.loc[["SAT"]], alone.loc[["SAT"]], rtol=1e-6)


def test_the_published_scales_of_the_shipped_questionnaire_are_scored_as_published() -> None:
    """SWLS: Diener, Emmons, Larsen & Griffin (1985), sum of five from 1 to 7. WHO-5: Topp et al. (2015), four times the
    sum of five from 0 to 5, low at 50 or below. WoON: 1 is the best answer, turned round."""
    root = Path(__file__).resolve().parents[3]
    instrument = load_study(root).instruments["magic-mix@1"]
    answers = {f"swls{k}": code for k, code in enumerate((5, 6, 6, 3, 2), start=1)}
    answers |= {f"who{k}": code for k, code in enumerate((3, 2, 3, 3, 2), start=1)}
    answers |= {"hs_dwelling": 1, "hs_environment": 4}
    person = pd.DataFrame([{item.name: answers.get(item.name, np.nan) for item in items_of(instrument)}], dtype=float)
    found = scores(reversed_where_declared(person, items_of(instrument)), scales_of(instrument), [])
    assert found[["SWB", "WHO5", "HS_woon"]].iloc[0].tolist() == [22, 52, 3.5]
    bands = {c.name: [Band(b.lower, b.upper) for b in c.bands] for c in instrument.constructs if c.bands}
    assert {name: band_of(found[name], of).tolist() for name, of in bands.items()} == {
        "SWB": ["21-25"], "WHO5": ["51-100"],
    }  # fmt: skip
    assert instrument.construct_named("HS_woon").agrees_with == "HS"

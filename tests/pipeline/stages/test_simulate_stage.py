"""The simulate stage on the shipped study: declared shapes, reproducible bytes, and what it refuses."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from openpyxl import load_workbook
from ruamel.yaml import YAML

from analysis.simulate import true_effects
from pipeline.declare import Study, load_study
from pipeline.errors import InputError
from pipeline.simulated.form import FileFormat, source_columns, source_frame
from pipeline.stages.simulate import (
    as_fields,
    check_against_instrument,
    read_simulation,
    read_wave_parameters,
    run,
    simulate,
)

REPOSITORY = Path(__file__).resolve().parents[3]
WAVES = {"sim-2021": "csv", "sim-2023": "xlsx", "sim-2025": "sav", "sim-null-2025": "csv"}


def copy_declarations(root: Path) -> Path:
    """A study's folder with this repository's declarations and no responses."""
    shutil.copytree(REPOSITORY / "surveys", root / "surveys", ignore=shutil.ignore_patterns("responses.*"))
    (root / "analysis").mkdir()
    shutil.copytree(REPOSITORY / "analysis" / "models", root / "analysis" / "models")
    shutil.copyfile(REPOSITORY / "analysis" / "claims.yaml", root / "analysis" / "claims.yaml")
    shutil.copyfile(REPOSITORY / "params.yaml", root / "params.yaml")
    return root


def change_yaml(path: Path, change: Any) -> None:
    yaml = YAML()
    content = yaml.load(path)
    change(content)
    yaml.dump(content, path)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The shipped study with all its waves simulated, in an order of its own."""
    study = load_study(copy_declarations(tmp_path_factory.mktemp("study")))
    for wave in reversed(WAVES):
        run(study, wave=wave)
    return study


@pytest.fixture(scope="module")
def parameters(study: Study):
    simulation = read_simulation(study)
    return read_wave_parameters(simulation, simulation.waves["sim-2021"])


@pytest.mark.parametrize("wave", WAVES)
def test_the_same_bytes_twice_and_whatever_was_made_before(study, tmp_path, wave, monkeypatch):
    alone = load_study(copy_declarations(tmp_path / "alone"))
    # a day later: nothing in the file may tell
    monkeypatch.setattr("time.time", lambda: 1_900_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: __import__("time").gmtime(1_900_000_000))
    run(alone, wave=wave)
    assert alone.responses_path(wave).read_bytes() == study.responses_path(wave).read_bytes()


def test_2021_is_a_dutch_csv(study):
    path = study.responses_path("sim-2021")
    assert path.suffix == ".csv"
    raw = pd.read_csv(path, sep=";", encoding="cp1252", dtype=str, keep_default_na=False)
    assert {"respnr", "gebouw_4", "leven_5", "woonduur_jaren"} <= set(raw.columns)
    assert raw["woonduur_jaren"].str.fullmatch(r"\d+,\d|88|99|").all()
    assert set(raw["gebouw_1"]) == {"1", "2", "3", "4", "5", "8", "9", ""}
    assert "buurtcafé" in set(raw["kanaal"])
    # not asked in this wave
    assert not [name for name in raw.columns if name.startswith(("eigen_cluster", "who"))]


def test_2023_is_a_workbook_of_questions_and_labels(study):
    sheet = load_workbook(study.responses_path("sim-2023"), read_only=True)["Antwoorden"]
    rows = list(sheet.iter_rows(values_only=True))
    raw = pd.DataFrame(rows[1:], columns=rows[0])
    instrument = study.instrument_of("sim-2023")
    heading = instrument.field_named("scb4").title["nl"]
    labels = {category.label["nl"] for category in instrument.scales["agree5"].categories}
    assert labels < set(raw[heading].dropna()) <= labels | {"weet ik niet", "geen antwoord"}
    assert {"Status", "Apparaat", "Duur (minuten)"} <= set(raw.columns)


def test_2025_is_a_system_file_with_user_missing_codes(study):
    # the header's creation date and time are not the clock's
    assert study.responses_path("sim-2025").read_bytes()[92:109] == b"01 Jan 0000:00:00"
    frame, meta = pyreadstat.read_sav(study.responses_path("sim-2025"), user_missing=True)
    assert set(frame["SCB1"].dropna()) == {1, 2, 3, 4, 5, 98, 99}
    assert meta.variable_value_labels["SCB1"][5] == "helemaal mee eens"
    assert meta.variable_value_labels["PROJECT"][1] == study.registry.project_named("sim-p01").name
    assert [r["lo"] for r in meta.missing_ranges["SCB1"]] == [97, 98, 99]
    assert pyreadstat.read_sav(study.responses_path("sim-2025"))[0]["SCB1"].max() == 5


def test_the_null_wave_has_the_instruments_own_names(study):
    raw = pd.read_csv(study.responses_path("sim-null-2025"), dtype=str, keep_default_na=False)
    assert list(raw.columns) == [field.name for field in study.instrument_of("sim-null-2025").fields]
    assert set(raw["project"]) == set(study.waves["sim-null-2025"].projects)


@pytest.mark.parametrize("wave", WAVES)
def test_a_wave_has_real_files_flaws_and_the_declared_size(study, parameters, wave):
    made = simulate(study, wave, parameters, seed=read_simulation(study).seed)
    answers, items = made.answers, list(parameters.items)
    persons = ~made.source.duplicated()
    holders = answers["role"] == "status_holder"
    assert 250 <= (holders & persons).sum() <= 400
    assert 250 <= (~holders & persons).sum() <= 400
    assert made.project.nunique() == 12
    received, invited = made.project[persons].value_counts(), study.waves[wave].projects
    assert all(0.49 < received[name] / invited[name].invited < 0.71 for name in invited)
    assert 1 <= (~persons).sum() <= 10
    assert 1 <= (answers["consent"] == "no").sum() <= 20
    assert 1 <= (answers[items].notna().sum(axis=1) == 0).sum() <= 15
    share = answers[items].isna().mean(axis=1).groupby(answers["language"]).mean()
    assert share.between(0.02, 0.16).all()
    assert set(share.index) == {"nl", "en", "ar", "ti"}
    straight = answers[parameters.blocks["cohesion_building"].items.keys()].dropna()
    assert (straight.nunique(axis=1) == 1).sum() >= 1


def test_the_questionnaire_is_plausible(study, parameters):
    """Anchors of the shipped parameters, on one wave with many invited residents."""
    many = {
        name: project.model_copy(update={"invited": 3000}) for name, project in study.waves["sim-2023"].projects.items()
    }
    wave = study.waves["sim-2023"].model_copy(update={"projects": many})
    shared_by_none = replace(parameters, project_share=1e-6, project_wave_share=1e-6)  # 12 projects are few
    factors = {name: replace(factor, project_share=None) for name, factor in parameters.factors.items()}
    large = replace(study, waves={**study.waves, "sim-2023": wave})
    made = simulate(large, "sim-2023", replace(shared_by_none, factors=factors), seed=1)
    answers = made.answers[made.answers["role"] == "status_holder"]
    agreed = {item: (answers[item].dropna() >= 4).mean() for item in ("scn2", "scn3", "scn4", "scn6", "scb2", "scb4")}
    expected = {"scn2": 0.656, "scn3": 0.513, "scn4": 0.342, "scn6": 0.523, "scb2": 0.656, "scb4": 0.342}
    assert agreed == pytest.approx(expected, abs=0.02)
    life = answers[[f"swls{i}" for i in range(1, 6)]].dropna().astype(float)
    assert 21 <= life.sum(axis=1).mean() <= 25
    assert np.linalg.eigvalsh(life.corr())[-1] / 5 == pytest.approx(0.56, abs=0.03)
    asked = answers[[f"scb{i}" for i in range(1, 7)]].astype(float).corr()
    assert asked.loc["scb4"].drop("scb4").max() < -0.2
    # about half complain of rent and outdoor space, over a third of size
    complaints = {item: (answers[item].dropna() <= 2).mean() for item in ("hsf_rent", "hsf_outdoor", "hsf_size")}
    assert complaints == pytest.approx({"hsf_rent": 0.5, "hsf_outdoor": 0.5, "hsf_size": 0.36}, abs=0.03)


def test_the_claims_are_in_force_and_not_in_the_null(study, parameters):
    weights = {"HS": {f"hs{i}": 0.25 for i in range(1, 5)}}
    weights["ties"] = {
        f"br_{level}{i}": w for level, w in (("c", 0.125), ("b", 0.125), ("n", -0.25)) for i in range(1, 5)
    }
    truth = true_effects(parameters, weights_by_score=weights)
    positive = ["cor(HS, SC)", "SWB ~ HS", "SWB ~ SC", "SB ~ HS", "effect(location, HS)", "effect(construction, HS)"]
    assert min(truth[name] for name in positive) >= 0.3
    assert truth["effect(location, HS) - effect(construction, HS)"] > 0.4
    assert truth["effect(location, ties)"] < -0.4
    simulation = read_simulation(study)
    null = read_wave_parameters(simulation, simulation.waves["sim-null-2025"])
    np.testing.assert_allclose(list(true_effects(null, weights_by_score=weights).values()), 0, atol=1e-12)


def test_cells_go_back_through_the_crosswalk(study, parameters):
    """Reading the crosswalk forwards on what was written backwards gives the answers again."""
    made = simulate(study, "sim-2021", parameters, seed=3)
    instrument, crosswalk = study.instrument_of("sim-2021"), study.crosswalks["sim-2021"]
    columns = source_columns(instrument, crosswalk, FileFormat(kind="csv"), names={})
    answers, reasons = as_fields(made, instrument)
    cells = source_frame(columns, answers, reasons)
    meaning = {
        (row.var_name_orig, row.val_numeric_orig): row.val_label_target or row.na_label_target
        for row in crosswalk
        if row.val_numeric_orig
    }
    for column in columns:
        read = [meaning.get((column.name, str(cell)), "empty" if cell is None else cell) for cell in cells[column.name]]
        meant = reasons[column.variable].where(reasons[column.variable].notna(), answers[column.variable])
        assert read == list(meant), column.variable


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (["seed"], -1, "params.yaml: simulate.seed: "),
        (["waves", "sim-2021", "format", "kind"], "ods", "params.yaml: simulate.waves.sim-2021.format.kind: "),
        (["project_share"], 3, "surveys/simulation.yaml: project_share: "),
        (["traits"], [], "surveys/simulation.yaml: factors.HS.traits.location: "),
    ],
)
def test_a_wrong_parameter_is_named(tmp_path, keys, value, message):
    root = copy_declarations(tmp_path / "study")

    file = message.split(":")[0]

    def change(content: Any) -> None:
        at = content["simulate"] if file == "params.yaml" else content
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = value

    change_yaml(root / file, change)
    with pytest.raises(InputError, match=re.escape(message)):
        run(load_study(root), wave="sim-2021")


def test_an_instrument_that_asks_something_else_is_refused(study, parameters):
    instrument = study.instrument_of("sim-2021")
    fields = [field for field in instrument.fields if field.name != "gender"]
    fields = [f.model_copy(update={"name": "hs9"}) if f.name == "hs1" else f for f in fields]
    fields = [f.model_copy(update={"reversed": False}) if f.name == "scb4" else f for f in fields]
    with pytest.raises(InputError) as caught:
        check_against_instrument(parameters, instrument.model_copy(update={"fields": fields}))
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert [word in line for word, line in zip(("hs9", "gender", "hs1", "scb4"), lines, strict=True)] == [True] * 4


def test_only_simulated_waves_and_projects_are_simulated(study):
    wave = study.waves["sim-2021"]
    residents = replace(study, waves={**study.waves, "sim-2021": wave.model_copy(update={"origin": "residents"})})
    with pytest.raises(InputError, match="only `simulated` is simulated"):
        run(residents, wave="sim-2021")
    with pytest.raises(InputError, match=r"simulate\.waves"):
        run(study, wave="other-2021")
    real = wave.model_copy(update={"projects": {"soza": wave.projects["sim-p01"]}})
    with pytest.raises(InputError, match="projects marked `simulated: true`"):
        run(replace(study, waves={**study.waves, "sim-2021": real}), wave="sim-2021")
    unknown = wave.model_copy(update={"projects": {"nowhere": wave.projects["sim-p01"]}})
    with pytest.raises(InputError, match="no such project"):
        run(replace(study, waves={**study.waves, "sim-2021": unknown}), wave="sim-2021")

"""The ingest stage: values are set aside and reported, columns that cannot be had stop it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pipeline.declare import Study, load_study
from pipeline.errors import InputError
from pipeline.stages import simulate
from pipeline.stages.ingest import run

WAVE = "tiny-2020"


def responses(study: Study) -> Path:
    return study.responses_path(WAVE)


def ingested(study: Study) -> Path:
    return study.root / "build" / "ingested"


def change(study: Study, old: str, new: str, *, row: int) -> None:
    """Change ``old`` to ``new`` in a row as the spreadsheet numbers it."""
    lines = responses(study).read_text(encoding="utf-8").splitlines()
    assert old in lines[row - 1]
    lines[row - 1] = lines[row - 1].replace(old, new, 1)
    responses(study).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_wave_becomes_codes_and_reasons(tiny_study: Study) -> None:
    run(tiny_study, wave=WAVE)
    frame = pd.read_parquet(ingested(tiny_study) / f"{WAVE}.parquet")
    raw = pd.read_csv(responses(tiny_study), dtype=str, keep_default_na=False)
    assert list(frame.columns[:6]) == ["respondent", "source", "wave", "project", "project__reason", "consent"]
    assert "response_id" not in frame
    assert set(frame["wave"]) == {WAVE}
    for name in ("sat1", "tie2"):
        codes = pd.to_numeric(raw[name]).where(lambda v: v <= 5)
        assert frame[name].tolist() == pytest.approx(codes.tolist(), nan_ok=True)
        assert (frame[f"{name}__reason"] == "dont_know").sum() == (raw[name] == "98").sum()
        assert (frame[f"{name}__reason"] == "empty").sum() == (raw[name] == "").sum()
    assert frame["project"].tolist() == raw["project"].tolist()
    problems = json.loads((ingested(tiny_study) / f"{WAVE}.problems.json").read_text(encoding="utf-8"))
    assert problems["problems"] == []
    assert problems["rows"] == len(raw)
    assert problems["format"]["delimiter"] == ","


def test_the_same_bytes_twice(tiny_study: Study) -> None:
    run(tiny_study, wave=WAVE)
    first = {path.name: path.read_bytes() for path in ingested(tiny_study).iterdir()}
    run(tiny_study, wave=WAVE)
    assert {path.name: path.read_bytes() for path in ingested(tiny_study).iterdir()} == first
    assert set(first) == {f"{WAVE}.parquet", f"{WAVE}.problems.json"}


def test_impossible_values_are_set_aside_and_told_without_being_shown(tiny_study: Study) -> None:
    change(tiny_study, ",yes,en,2,", ",yes,en,271,", row=2)
    change(tiny_study, ",elm,", ",zwartebos,", row=3)
    run(tiny_study, wave=WAVE)
    frame = pd.read_parquet(ingested(tiny_study) / f"{WAVE}.parquet")
    assert frame.loc[0, ["sat1", "sat1__reason"]].isna().tolist() == [True, False]
    assert frame.loc[0, "sat1__reason"] == "out_of_range"
    assert frame.loc[1, "project__reason"] == "unknown_project"
    text = (ingested(tiny_study) / f"{WAVE}.problems.json").read_text(encoding="utf-8")
    found = {p["code"]: (p["letter"], p["column"], p["rows"], p["count"]) for p in json.loads(text)["problems"]}
    assert found == {"project_unknown": ("B", "project", [3], 1), "out_of_range": ("E", "sat1", [2], 1)}
    assert "271" not in text
    assert "zwartebos" not in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sat2", "tevreden2", "Column sat2 is missing. Is it perhaps column F (tevreden2)?"),
        ("sat2", "sat1", "columns E (sat1), F (sat1)"),
    ],
)
def test_a_column_that_cannot_be_had_stops_the_stage(tiny_study: Study, old: str, new: str, said: str) -> None:
    change(tiny_study, old, new, row=1)
    with pytest.raises(InputError) as stop:
        run(tiny_study, wave=WAVE)
    assert said.lower() in str(stop.value).lower()
    assert not ingested(tiny_study).exists()


@pytest.mark.parametrize("content", [b"", b"\0\1\2" * 100, b"a,b\n"])
def test_a_file_that_cannot_be_read_stops_the_stage(tiny_study: Study, content: bytes) -> None:
    responses(tiny_study).write_bytes(content)
    with pytest.raises(InputError, match=r"responses\.csv: "):
        run(tiny_study, wave=WAVE)


def test_a_crosswalk_that_leaves_out_a_question_makes_it_not_asked(tiny_folder: Path) -> None:
    crosswalk = tiny_folder / "surveys" / "crosswalks" / f"{WAVE}.csv"
    header = crosswalk.read_text(encoding="utf-8").strip()
    crosswalk.write_text(f"{header}\n,,,,sat2,,,not_asked\n", encoding="utf-8")
    study = load_study(tiny_folder)
    run(study, wave=WAVE)
    frame = pd.read_parquet(ingested(study) / f"{WAVE}.parquet")
    assert set(frame["sat2__reason"]) == {"not_asked"}
    assert frame["sat2"].isna().all()


def test_as_a_command_it_ends_with_1_and_no_traceback(tiny_folder: Path) -> None:
    (tiny_folder / "surveys" / "waves" / WAVE / "responses.csv").unlink()
    command = [sys.executable, "-m", "pipeline.stages.ingest", "--wave", WAVE, "--study", str(tiny_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The file is not there" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def shipped_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The shipped study's declarations in a folder of their own, without any responses."""
    root, repository = tmp_path_factory.mktemp("shipped"), Path(__file__).resolve().parents[3]
    shutil.copytree(repository / "surveys", root / "surveys", ignore=shutil.ignore_patterns("responses.*"))
    shutil.copytree(repository / "analysis" / "models", root / "analysis" / "models")
    for name in ("params.yaml", "analysis/claims.yaml"):
        shutil.copy2(repository / name, root / name)
    return load_study(root)


@pytest.mark.parametrize("wave", ["sim-2021", "sim-2023", "sim-2025", "sim-null-2025"])
def test_what_was_simulated_comes_back_cell_by_cell(shipped_study: Study, wave: str) -> None:
    """A wave goes out as a corporation would send it (labels, decimal commas, user-missing codes) and comes back in."""
    settings = simulate.read_simulation(shipped_study)
    parameters = simulate.read_wave_parameters(settings, settings.waves[wave])
    made = simulate.simulate(shipped_study, wave, parameters, seed=settings.seed)
    answers, reasons = simulate.as_fields(made, shipped_study.instrument_of(wave))
    simulate.run(shipped_study, wave=wave)
    run(shipped_study, wave=wave)
    frame = pd.read_parquet(shipped_study.root / "build" / "ingested" / f"{wave}.parquet")
    not_asked = {row.var_name_target for row in shipped_study.crosswalks[wave] if row.na_label_target == "not_asked"}
    n_cells = 0
    for field in shipped_study.instrument_of(wave).fields:
        if field.role == "source_id":
            continue
        sent, why = answers[field.name].reset_index(drop=True), reasons[field.name].reset_index(drop=True)
        if field.name in not_asked:
            assert set(frame[f"{field.name}__reason"]) == {"not_asked"}
            continue
        got, got_why = frame[field.name], frame[f"{field.name}__reason"]
        assert got_why.fillna("").tolist() == why.fillna("").tolist(), field.name
        if got.dtype == float:
            # quantities were written with one decimal
            assert got.tolist() == pytest.approx(pd.to_numeric(sent).astype(float).tolist(), abs=0.051, nan_ok=True)
        else:
            assert got.fillna("").tolist() == sent.astype(object).fillna("").tolist(), field.name
        n_cells += len(got)
    assert n_cells > 30_000
    problems = json.loads((shipped_study.root / "build" / "ingested" / f"{wave}.problems.json").read_text())
    assert problems["problems"] == []

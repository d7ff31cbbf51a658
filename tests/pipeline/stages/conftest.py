"""Ingested waves written by hand: the first frame the stages after ingest read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from pipeline.artefacts import write_persons
from pipeline.declare import Study, load_study
from pipeline.stages import clean, measure, pool

WriteIngested = Callable[..., pd.DataFrame]
TINY_STUDY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"


def ingested_frame(study: Study, wave: str, answers: str) -> pd.DataFrame:
    """The ingested frame of ``wave`` from a table of cells.

    ``answers``: a line of names and a line a person, cells by white space. A cell ``.`` was left blank, ``?reason`` has
    that reason. ``source`` may be among the names; every field of the instrument that is not was not asked.
    """
    cells = pd.read_csv(StringIO(answers), sep=r"\s+", dtype=str, keep_default_na=False)
    frame = pd.DataFrame({"respondent": [f"{wave}-{n}" for n in range(1, len(cells) + 1)]}, dtype="str")
    frame["source"] = cells["source"].where(cells["source"] != ".") if "source" in cells else None
    frame["wave"] = wave
    frame["project"] = None
    for field in study.instrument_of(wave).fields:
        if field.role == "source_id":
            continue
        given = cells[field.name] if field.name in cells else pd.Series("?not_asked", index=cells.index)
        answered = (given != ".") & ~given.str.startswith("?")
        value = given.where(answered)
        frame[field.name] = value.astype(float) if field.type in ("integer", "number") else value
        frame[f"{field.name}__reason"] = given.str.removeprefix("?").replace(".", "empty").where(~answered)
        if field.role == "project":
            frame["project"] = value
    return frame


@pytest.fixture
def write_ingested() -> WriteIngested:
    """Write the ingested frame of a wave (arguments of ``ingested_frame``) where ingest would; return it."""
    return _write_ingested


def _write_ingested(study: Study, wave: str, answers: str) -> pd.DataFrame:
    frame = ingested_frame(study, wave, answers)
    write_persons(study.root, "ingested", frame, wave=wave)
    return frame


@pytest.fixture(scope="session")
def measured_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study with its own responses cleaned, pooled and measured; not to be changed.

    The responses' columns and codes are the instrument's own (see the study's README), so they are read as they stand.
    """
    folder = shutil.copytree(TINY_STUDY, tmp_path_factory.mktemp("measured") / "tiny_study")
    study = load_study(folder)
    for wave in study.waves:
        cells = pd.read_csv(study.responses_path(wave), dtype=str, keep_default_na=False)
        cells = cells.rename(columns={"response_id": "source"}).replace({"": ".", "98": "?dont_know"})
        _write_ingested(study, wave, cells.to_csv(sep=" ", index=False))
        clean.run(study, wave=wave)
    pool.run(study)
    for name in study.params.pools:
        measure.run(study, pool=name)
    return Path(folder)


@pytest.fixture
def measured(measured_folder: Path, tmp_path: Path) -> Study:
    """A copy of the measured tiny study, free to change."""
    return load_study(Path(shutil.copytree(measured_folder, tmp_path / "tiny_study")))

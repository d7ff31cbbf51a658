"""Ingested waves written by hand: the first frame the stages after ingest read."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pandas as pd
import pytest

from pipeline.artefacts import write_persons
from pipeline.declare import Study

WriteIngested = Callable[..., pd.DataFrame]


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

    def write(study: Study, wave: str, answers: str) -> pd.DataFrame:
        frame = ingested_frame(study, wave, answers)
        write_persons(study.root, "ingested", frame, wave=wave)
        return frame

    return write

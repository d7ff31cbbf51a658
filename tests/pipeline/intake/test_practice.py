"""The practice of the README: somebody else's LimeSurvey export, from the workbook about the wave to a good answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest
from cli_help import Run
from real_help import DATA, needs_data

from pipeline.declare import load_study

STUDY = Path(__file__).resolve().parents[2] / "acceptance" / "rse"
FILLED_IN = {
    "Naam van de golf": "rse-2017", "Eerste dag van het veldwerk": "1-1-2017", "Laatste dag van het veldwerk":
    "31-12-2017", "Via internet ingevuld": "ja", "Vragenlijst in het Engels": "ja",
}  # fmt: skip
"""What the README says to fill in."""


def test_the_practice_study_is_one() -> None:
    assert list(load_study(STUDY).instruments) == ["limesurvey-rse@1"]


@needs_data
@pytest.mark.usefixtures("quick")
def test_the_practice_leads_to_a_wave_that_can_be_submitted(run: Run, tmp_path: Path) -> None:
    study, workbook, crosswalk = tmp_path / "oefenen", tmp_path / "levering.xlsx", tmp_path / "omzettabel.xlsx"
    shutil.copytree(STUDY, study)
    file = DATA / "limesurvey_rse_2017_nl.csv"
    said = run("template", "--corporation", "NL-RSE", "--out", workbook, "--study", study)
    assert said.code == 0
    assert f"--study {study}" in said.out
    sheets = openpyxl.load_workbook(workbook)
    for label, value, *_ in sheets["Golf"].iter_rows():
        if label.value in FILLED_IN:
            value.value = FILLED_IN[label.value]
    sheets.save(workbook)
    said = run("map", file, "--declaration", workbook, "--out", crosswalk, "--study", study)
    assert "52 van 52 vragen gevonden; niets om na te kijken" in said.out
    given = [file, "--declaration", workbook, "--crosswalk", crosswalk, "--study", study]
    said = run("check", *given)
    assert (said.code, said.err.splitlines()[0]) == (1, "Nog niet: 1 ding aanpassen")
    assert said.err.splitlines()[1].startswith("Er moeten alleen kolommen weg.")
    assert "--drop-refused" in said.err
    assert run("check", *given, "--drop-refused").code == 0

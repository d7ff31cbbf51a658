"""Files of questionnaires that the study does not know: from the file to a stored wave, as a newcomer does it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_help import Run
from newcomer_help import complete_declaration, empty_study, filled_in, looked_at, register
from real_help import DATA, needs_data

from pipeline.declare import DeclarationError, Instrument, load_study
from pipeline.declare.load import read_declaration
from pipeline.intake.reading.read import read_source, receive
from pipeline.intake.source import SourceTable
from pipeline.intake.table import Bounds

pytestmark = needs_data
MANY = 200
"""Of a longer questionnaire, the single answers to questions that have several are left out, to save time."""
BOUNDS = Bounds(max_bytes=20_000_000, max_rows=20_000, max_columns=1_000)


@dataclass(frozen=True)
class Newcomer:
    """A file, the column with its projects, and whether columns have to be left out of it."""

    file: str
    project: str = ""
    with_form: bool = False
    drop: bool = False


FILES = [
    Newcomer("haven_umlauts.sav"),
    Newcomer("haven_labelled-str.sav"),
    Newcomer("haven_labelled-num-na.sav"),
    Newcomer("haven_datetime.sav"),
    Newcomer("darktriad.sav"),
    Newcomer("limesurvey_rse_2017_nl.csv", drop=True),
    Newcomer("qualtrics_legitimacy_text_masked.csv", drop=True),
    Newcomer("qualtrics_legitimacy_codes_masked.csv", drop=True),
    Newcomer("kobo_raw.csv", "neighbourhood", with_form=True, drop=True),
    Newcomer("somerville_happiness_2011_2013_2015.csv", "Ward", drop=True),
]
SHEETS = (DATA / "kobo_survey_sheet.csv", DATA / "kobo_choices_sheet.csv")


def drafted(run: Run, study: Path, target: Path, file: Path, *options: object) -> str:
    said = run("instrument", file, "--name", "new", "--language", "en", "--out", target, "--study", study, *options)
    assert said.code == 0, said.err
    with pytest.raises(DeclarationError) as caught:
        read_declaration(target, Instrument)
    assert {problem.code for problem in caught.value.problems} == {"to_fill_in"}
    return target.read_text(encoding="utf-8")


def projects_of(newcomer: Newcomer, table: SourceTable) -> list[str]:
    if not newcomer.project:
        return ["Everybody"]
    column = next(column for column in table.columns if column.name == newcomer.project)
    names = [str(cell) for cell in table.cells_by_row[column.position].cat.categories]
    return [name for name in names if name.strip() not in ("", "NA")]


def assert_nothing_rare(text: str, table: SourceTable) -> None:
    """What fewer than five people wrote is not in a draft, unless it is a heading or a declared answer."""
    told = set(text.split('"'))
    declared = {
        words for column in table.columns for words in (column.name, column.label, *column.value_labels.values())
    }
    for column in table.columns:
        counts = table.cells_by_row[column.position].value_counts()
        rare = {cell for cell, rows in counts.items() if isinstance(cell, str) and rows < 5 and len(cell) > 25}
        assert not told & rare - declared, column.letter


def stored(run: Run, study: Path, folder: Path, newcomer: Newcomer) -> None:
    empty_study(study)
    file = DATA / newcomer.file
    table, _ = read_source(receive(file, BOUNDS), BOUNDS)
    ids = register(study, projects_of(newcomer, table))
    options = ["--project", newcomer.project] if newcomer.project else []
    options += ["--survey", str(SHEETS[0]), "--choices", str(SHEETS[1])] if newcomer.with_form else []
    text = drafted(run, study, folder / "new@1.yaml", file, *options)
    assert_nothing_rare(text, table)
    content = filled_in(text, has_project=bool(newcomer.project))
    if len(content["fields"]) > MANY:
        whole = folder / "whole.yaml"
        whole.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        assert len(read_declaration(whole, Instrument).fields) == len(content["fields"])
        content["fields"] = [field for field in content["fields"] if field["type"] != "boolean"]
    there = study / "surveys" / "instruments" / "new@1.yaml"
    there.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    assert list(load_study(study).instruments) == ["new@1"]

    crosswalk, declaration = folder / "crosswalk.csv", folder / "wave.yaml"
    said = run(
        "map", file, "--instrument", "new@1", "--out", crosswalk, "--declaration-draft", declaration, "--study", study
    )
    assert said.code == 0, said.err
    looked_at(crosswalk)
    complete_declaration(declaration, projects=ids, wave="first")
    given = [file, "--declaration", declaration, "--crosswalk", crosswalk, "--study", study, "--language", "en"]
    given += ["--drop-refused"] if newcomer.drop else []
    said = run("check", *given)
    assert said.code == 0, said.out + said.err
    said = run("submit", *given, "--by", "Newcomer")
    assert said.code == 0, said.out + said.err
    said = run("verify", "--study", study, "--language", "en")
    assert said.code == 0, said.out + said.err


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("newcomer", FILES[1:], ids=lambda newcomer: newcomer.file)
def test_a_newcomers_file_becomes_a_stored_wave(run: Run, study: Path, tmp_path: Path, newcomer: Newcomer) -> None:
    stored(run, study, tmp_path, newcomer)


def test_so_it_does_with_dvc_itself(run: Run, study: Path, tmp_path: Path) -> None:
    stored(run, study, tmp_path, FILES[0])


def test_a_form_alone_is_a_questionnaire_in_its_languages(run: Run, study: Path, tmp_path: Path) -> None:
    text = drafted(run, study, tmp_path / "new@1.yaml", SHEETS[0], "--choices", SHEETS[1], "--project", "neighbourhood")
    (tmp_path / "new@1.yaml").write_text(json.dumps(filled_in(text, has_project=True)), encoding="utf-8")
    instrument = read_declaration(tmp_path / "new@1.yaml", Instrument)
    assert instrument.languages == {"en": "draft", "ar": "draft"}
    assert [field.name for field in instrument.with_role("project")] == ["project"]
    gender = instrument.field_named("gender_hoh")
    assert [category.value for category in gender.categories] == ["male", "female"]
    assert instrument.field_named("water_sources_borehole").type == "boolean"
    assert {missing.reason for missing in instrument.missing_values} == {"dont_know", "no_answer"}

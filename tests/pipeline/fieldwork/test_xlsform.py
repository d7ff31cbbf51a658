"""The XLSForm: pyxform takes it, marks are seen, and what a tool exports of it comes back clean."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from fieldwork_help import N_RESIDENTS, REPOSITORY, checked, chosen, form, kobo_export, wave
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from pipeline.declare import Instrument, Registry, read_declaration
from pipeline.fieldwork.form import make_form
from pipeline.fieldwork.xlsform import LETTERS, xlsform

Rows = list[dict[str, Any]]


def sheet(data: bytes, name: str) -> Rows:
    rows = list(load_workbook(io.BytesIO(data))[name].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.fixture(scope="module")
def four() -> bytes:
    return xlsform(form("nl", "en", "ar", "ti"))


@pytest.fixture(scope="module")
def survey(four: bytes) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in sheet(four, "survey") if row["type"] != "end_group"}


@pytest.mark.parametrize("languages", [("nl",), ("nl", "en", "ar", "ti"), ("ar",)])
def test_pyxform_takes_it_without_a_warning(languages: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    path.write_bytes(xlsform(form(*languages)))
    made = convert(path, validate=False)
    assert made.warnings == []
    assert made.xform.count("<translation lang=") == len(languages)


def test_one_project_makes_a_form_too(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    path.write_bytes(xlsform(form("nl", projects=("sim-p01",))))
    assert "concat('sim-p01')" in convert(path, validate=False).xform


@pytest.mark.parametrize("study", ["tests/fixtures/tiny_study", "tests/acceptance/somerville"])
def test_another_studys_questionnaire_makes_a_form_too(study: str, tmp_path: Path) -> None:
    folder = REPOSITORY / study / "surveys"
    other = read_declaration(next((folder / "instruments").glob("*.yaml")), Instrument)
    places = read_declaration(folder / "projects.yaml", Registry).projects
    path = tmp_path / "form.xlsx"
    path.write_bytes(xlsform(make_form(other, places, ["en"])))
    assert convert(path, validate=False).warnings == []


def test_the_same_form_gives_the_same_bytes(four: bytes) -> None:
    assert xlsform(form("nl", "en", "ar", "ti")) == four


def test_names_and_codes_are_the_questionnaires(four: bytes, survey: dict[str, dict[str, Any]]) -> None:
    assert {question.name for question in form("nl").questions} <= set(survey)
    agree = [str(row["name"]) for row in sheet(four, "choices") if row["list_name"] == "agree5"]
    assert agree == ["1", "2", "3", "4", "5", "98", "99"]


def test_without_consent_nothing_else_is_asked(survey: dict[str, dict[str, Any]]) -> None:
    groups = [row for row in survey.values() if row["type"] == "begin_group"]
    assert len(groups) == 15
    assert {row["relevant"] for row in groups} == {"${consent} = 'yes'"}
    assert {row["appearance"] for row in groups} == {"field-list"}


def test_a_number_has_its_bounds_and_says_them(survey: dict[str, dict[str, Any]]) -> None:
    years = survey["time_in_project"]
    assert (years["type"], years["constraint"]) == ("decimal", ". >= 0 and . <= 40")
    assert "van 0 tot en met 40" in years["constraint_message::Nederlands (nl)"]


def test_the_code_is_made_once_of_letters_and_shown_on_the_last_page(survey: dict[str, dict[str, Any]]) -> None:
    code = survey["response_id"]
    assert code["type"] == "calculate"
    assert code["calculation"].startswith("once(")
    assert len(set(LETTERS)) == 16
    assert not set("aeioul") & set(LETTERS)
    last = list(survey.values())[-1]
    assert last["type"] == "note"
    assert last["label::Nederlands (nl)"].startswith("Bewaar deze code: **${response_id}**")
    assert "wissen" in last["label::Nederlands (nl)"]


def test_marks_stand_beside_labels_and_never_in_them(survey: dict[str, dict[str, Any]]) -> None:
    labels = [str(row[key]) for row in survey.values() for key in row if key.startswith("label") and row[key]]
    questions = {q.name for q in form("nl").questions}
    in_labels = [
        n for n, row in survey.items() if n in questions and any("[" in str(v) for k, v in row.items() if "label" in k)
    ]
    assert in_labels == []
    assert any("[concepttekst – niet getoetst]" in label for label in labels)  # on the page's title
    assert survey["hs1"]["hint::العربية (ar)"] == "[لا يوجد نص بالعربية – النص: Nederlands]"
    assert survey["hs1"]["label::العربية (ar)"] == survey["hs1"]["label::Nederlands (nl)"]
    # the statements of Statistics Netherlands are its own words in Dutch
    assert not survey["scn1"]["hint::Nederlands (nl)"]
    assert "[" not in survey["cohesion_neighbourhood"]["label::Nederlands (nl)"]
    assert "[draft text" in survey["cohesion_neighbourhood"]["label::English (en)"]


def test_no_cell_is_a_formula(four: bytes) -> None:
    book = load_workbook(io.BytesIO(four))
    assert all(cell.data_type != "f" for page in book for row in page.iter_rows() for cell in row)


@pytest.mark.parametrize("labels", ["", "nl", "en"])
def test_an_export_comes_back_clean(labels: str) -> None:
    made = form("nl", "en")
    found = checked("kobo.csv", kobo_export(made, labels=labels), wave("responses.csv"))
    own = [column for problem in found.problems for _, column in problem.columns]
    assert all(re.match("_", column) for column in own), own  # the tool's own columns are all there is to say of
    assert all(problem.columns for problem in found.problems)
    assert found.ingested_by_person is not None
    assert len(found.ingested_by_person) == N_RESIDENTS
    for question in made.questions:
        if question.kind != "choice" or question.field.role == "consent":
            continue
        for resident in range(N_RESIDENTS):
            answer = chosen(question, resident)
            person = found.ingested_by_person.iloc[resident]
            if answer.missing:
                assert person[f"{question.name}__reason"] in ("dont_know", "no_answer")
            else:
                assert person[question.name] == answer.code


def test_a_stand_in_for_a_missing_wording_is_read_back_too() -> None:
    found = checked("kobo.csv", kobo_export(form("nl", "ar"), labels="ar"), wave("responses.csv"))
    assert not [problem for problem in found.problems if problem.variable]

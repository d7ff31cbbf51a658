"""The delivery workbook: filled in as an employee does, it comes back clean; what is wrong is told."""

from __future__ import annotations

import io
from typing import Any

import pytest
from fieldwork_help import (
    BOUNDS,
    N_RESIDENTS,
    PROJECTS,
    Delivery,
    checked,
    delivery_workbook,
    filled_in,
    form,
    instrument,
    registry,
    saved,
    template,
)  # fmt: skip
from openpyxl import Workbook, load_workbook
from python_calamine import CalamineWorkbook

from pipeline.intake.check import Checked
from pipeline.intake.declaration import wave_from_workbook
from pipeline.intake.messages import explain, verdict
from pipeline.intake.words import LANGUAGES, Language


def outcome(workbook: Workbook) -> Checked:
    received = saved(workbook)
    return checked(received.name, received.data, wave_from_workbook(received, BOUNDS).declaration)


@pytest.fixture
def empty() -> Workbook:
    return load_workbook(io.BytesIO(template()))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("codes", [False, True])
def test_filled_in_it_can_be_submitted(language: Language, codes: bool) -> None:
    found = outcome(filled_in(language, codes=codes))
    assert found.problems == ()
    assert verdict(found.problems, "nl") == "Deze golf kan worden ingediend"
    assert found.ingested_by_person is not None
    assert len(found.ingested_by_person) == N_RESIDENTS


def test_labels_and_codes_mean_the_same() -> None:
    frames = [outcome(filled_in("nl", codes=codes)).ingested_by_person for codes in (False, True)]
    assert frames[0] is not None
    assert frames[1] is not None
    answers = [column for column in frames[0] if column not in ("respondent", "source")]
    assert frames[0][answers].equals(frames[1][answers])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_row_is_no_answer_and_is_told(language: Language) -> None:
    found = outcome(filled_in(language, example=True))
    assert [problem.code for problem in found.problems] == ["example_row"]
    problem = found.problems[0]
    assert (problem.severity, problem.rows) == ("warning", (2,))
    assert "Verwijder de voorbeeldrij" in explain(problem, "nl")["fix"]
    assert found.ingested_by_person is not None
    assert len(found.ingested_by_person) == N_RESIDENTS


def test_nothing_but_the_example_is_no_delivery() -> None:
    workbook = filled_in("nl", example=True)
    workbook.worksheets[2].delete_rows(3, N_RESIDENTS)
    codes = [problem.code for problem in outcome(workbook).problems]
    assert "no_rows" in codes


def test_an_answer_that_is_none_is_told_by_cell() -> None:
    workbook = filled_in("nl")
    sheet = workbook.worksheets[2]
    column = next(cell.column for cell in sheet[1] if cell.value == "hs1")
    sheet.cell(4, column).value = "zozo"
    problem = outcome(workbook).problems[0]
    assert (problem.sheet, problem.rows, problem.variable) == ("Antwoorden", (4,), "hs1")
    assert "zozo" not in "".join(explain(problem, "nl").values())


def test_the_same_delivery_gives_the_same_bytes() -> None:
    chosen = [project for project in registry().projects if project.id in PROJECTS]
    delivery = Delivery(instrument(), chosen, "Woonstichting Voorbeeld", "practice", "simulated")
    assert delivery_workbook(delivery, "nl") == template()


def test_sheets_and_headings(empty: Workbook) -> None:
    assert [(s.title, s.sheet_state) for s in empty] == [
        ("Uitleg", "visible"), ("Golf", "visible"), ("Antwoorden", "visible"), ("Codes", "visible"),
        ("_lists", "hidden"),
    ]  # fmt: skip
    headings = [cell.value for cell in empty["Antwoorden"][1]]
    assert headings == [question.name for question in form("nl", "en").questions]
    assert empty["Antwoorden"].freeze_panes == "C2"
    # another reader sees the same
    other = CalamineWorkbook.from_filelike(io.BytesIO(template()))
    assert other.get_sheet_by_name("Antwoorden").to_python()[0] == headings


def test_headings_are_protected_without_a_password_and_answers_are_not(empty: Workbook) -> None:
    sheet = empty["Antwoorden"]
    assert sheet.protection.sheet
    assert not sheet.protection.password
    assert all(cell.protection.locked for cell in sheet[1])
    assert not any(cell.protection.locked for cell in sheet[2])
    assert not sheet.column_dimensions["E"].protection.locked
    assert not sheet.protection.deleteRows  # allowed: False is "not locked"


def test_every_question_has_its_words_and_its_choices(empty: Workbook) -> None:
    sheet = empty["Antwoorden"]
    by_name = {cell.value: cell for cell in sheet[1]}
    comment = by_name["hs1"].comment
    assert comment is not None
    assert "Ik ben tevreden over het wonen hier." in comment.text
    assert "98 = weet ik niet" in comment.text
    ranges = {str(area): v for v in sheet.data_validations.dataValidation for area in v.sqref.ranges}
    letter = by_name["hs1"].column_letter
    rule = ranges[f"{letter}2:{letter}5000"]
    assert (rule.type, rule.errorStyle) == ("list", "stop")
    place = rule.formula1.split("!")[1].replace("$", "")
    offered = [row[0].value for row in empty["_lists"][place]]
    assert offered[:2] == ["helemaal mee oneens", "mee oneens"]
    assert [value for value in offered if isinstance(value, int | float)] == [1, 2, 3, 4, 5, 98, 99]


def test_limits_of_excel_are_kept(empty: Workbook) -> None:
    for sheet in empty:
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.error or "") <= 225
            assert len(rule.errorTitle or "") <= 32
            assert len(rule.formula1 or "") <= 255


def test_no_cell_is_a_formula(empty: Workbook) -> None:
    assert not [c.coordinate for sheet in empty for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def test_every_code_can_be_looked_up(empty: Workbook) -> None:
    rows = list(empty["Codes"].iter_rows(min_row=2, values_only=True))
    listed: dict[str, list[Any]] = {}
    for name, _, code, _ in rows:
        listed.setdefault(str(name), []).append(code)
    assert listed["agree" if "agree" in listed else "hs1"] == [1, 2, 3, 4, 5, 98, 99]
    assert listed["role"] == ["status_holder", "other_resident"]
    assert listed["project"] == list(PROJECTS)


@pytest.mark.parametrize("name", ["=cmd()", "+31 corporatie", "@corp"])
def test_a_corporation_cannot_be_a_formula(name: str) -> None:
    chosen = list(registry().projects[:1])
    book = load_workbook(io.BytesIO(delivery_workbook(Delivery(instrument(), chosen, name), "nl")))
    cell = next(row[1] for row in book["Golf"].iter_rows() if row[0].value == "Woningcorporatie")
    assert (cell.data_type, cell.value) == ("s", f"'{name}")

"""The declaration from a sheet or a form: what it becomes, and every mistake at its cell, in both languages."""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fieldwork"))

from fieldwork_help import BOUNDS, filled_in, put_beside, saved, template

from pipeline.declare import DeclarationError, Wave
from pipeline.declare.documents import read_from
from pipeline.intake.declaration import (
    declaration_from_workbook,
    declaration_text,
    is_delivery_workbook,
    wave_from_workbook,
)
from pipeline.intake.source import Received


def problems(received: Received) -> dict[str, str]:
    """Code by cell."""
    with pytest.raises(DeclarationError) as raised:
        declaration_from_workbook(received, BOUNDS)
    for problem in raised.value.problems:
        assert problem.in_language("nl") != problem.in_language("en")
        assert problem.in_language("nl").startswith("levering.xlsx: ")
    return {problem.key: problem.code for problem in raised.value.problems}


def test_a_sheet_becomes_a_declaration() -> None:
    text = declaration_from_workbook(saved(filled_in("nl")), BOUNDS).decode()
    wave = read_from(text, Path("wave.yaml"), Wave).declaration
    assert (wave.wave, wave.instrument, wave.pool, wave.origin) == (
        "delivery-2026", "magic-mix@1", "practice", "simulated",
    )  # fmt: skip
    assert (wave.fieldwork.start, wave.fieldwork.end) == (date(2026, 3, 2), date(2026, 3, 31))
    assert (wave.mode, wave.languages) == (["paper"], ["nl"])
    assert (wave.responses, wave.sheet, wave.invited) == ("responses.xlsx", "Antwoorden", 80)


def test_both_languages_say_the_same() -> None:
    dutch, english = (wave_from_workbook(saved(filled_in(language)), BOUNDS).declaration for language in ("nl", "en"))
    assert english.sheet == "Answers"
    assert english.model_copy(update={"sheet": "Antwoorden"}) == dutch


def test_an_empty_form_names_every_cell_to_fill_in() -> None:
    found = problems(Received("levering.xlsx", template("nl")))
    assert set(found.values()) == {"cell_empty"}
    assert list(found) == ["Golf!B5", "Golf!B12", "Golf!B13", "Golf!B14", "Golf!B17"]
    assert next(iter(problems(Received("levering.xlsx", template("en"))))) == "Wave!B5"


@pytest.mark.parametrize(
    "mistakes",
    [
        {
            "Naam van de golf": ("Golf 2026", "name_form"), "Woningcorporatie": ("  ", "cell_empty"),
            "Eerste dag van het veldwerk": ("31-2-2026", "date_expected"),
            "Op papier ingevuld": ("misschien", "choice_expected"), "Herkomst": ("bewoners", "choice_expected"),
            "Vragenlijst": ("magic-mix", "instrument_form"), "sim-p01": ("veertig", "whole_expected"),
            "sim-p02": (-1, "bound"),
        },
        {
            "Naam van de golf": (None, "cell_empty"), "Eerste dag van het veldwerk": ("maart", "date_expected"),
            "sim-p01": (4.5, "whole_expected"),
        },
        {"Laatste dag van het veldwerk": (date(2026, 1, 1), "fieldwork_order")},
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_cell(mistakes: dict[str, tuple[Any, str]]) -> None:
    workbook = filled_in("nl")
    expected = {put_beside(workbook, label, value): code for label, (value, code) in mistakes.items()}
    found = problems(saved(workbook))
    assert {cell: found.get(cell) for cell in expected} == expected


def test_all_mistakes_are_told_at_once_from_the_top_down() -> None:
    workbook = filled_in("nl")
    cells = [
        put_beside(workbook, label, value)
        for label, value in (
            ("Naam van de golf", "A b"), ("Laatste dag van het veldwerk", "morgen"),
            ("Op papier ingevuld", "?"), ("sim-p02", "x"),
        )
    ]  # fmt: skip
    found = list(problems(saved(workbook)))
    assert [cell for cell in found if cell in cells] == cells


@pytest.mark.parametrize("value", ["2-3-2026", "2026-03-02", datetime(2026, 3, 2), "02/03/2026", " 2-3-2026 "])
def test_a_day_may_be_written_in_several_ways(value: Any) -> None:
    workbook = filled_in("nl")
    put_beside(workbook, "Eerste dag van het veldwerk", value)
    assert wave_from_workbook(saved(workbook), BOUNDS).declaration.fieldwork.start == date(2026, 3, 2)


def test_a_project_may_be_taken_off_and_its_number_may_be_unknown() -> None:
    workbook = filled_in("nl")
    put_beside(workbook, "sim-p02", None)
    assert wave_from_workbook(saved(workbook), BOUNDS).declaration.invited is None
    sheet = workbook.worksheets[1]
    next(row[0] for row in sheet.iter_rows() if row[0].value == "sim-p02").value = None
    assert list(wave_from_workbook(saved(workbook), BOUNDS).declaration.projects) == ["sim-p01"]


def test_a_number_without_a_project_and_a_project_twice_are_told() -> None:
    workbook = filled_in("nl")
    first = next(row[0] for row in workbook.worksheets[1].iter_rows() if row[0].value == "sim-p02")
    first.value = None
    assert problems(saved(workbook)) == {f"Golf!A{first.row}": "cell_empty"}
    first.value = "sim-p01"
    assert problems(saved(workbook)) == {f"Golf!A{first.row}": "twice"}


def test_without_projects_the_place_for_them_is_told() -> None:
    workbook = filled_in("nl")
    sheet = workbook.worksheets[1]
    rows = [row[0].row for row in sheet.iter_rows() if str(row[0].value).startswith("sim-")]
    for number in rows:
        sheet.cell(number, 1).value = sheet.cell(number, 2).value = None
    assert problems(saved(workbook)) == {f"Golf!A{rows[0]}": "cell_empty"}


def test_later_problems_name_the_cell_too() -> None:
    wave = wave_from_workbook(saved(filled_in("nl")), BOUNDS)
    assert wave.problem(("instrument",), "wave_instrument", found="x", expected=[]).key == "Golf!B9"
    assert wave.problem(("projects", "sim-p02"), "wave_project", found="x", expected=[]).key == "Golf!A25"


def test_what_is_a_delivery_workbook() -> None:
    assert is_delivery_workbook(Received("levering.xlsx", template("nl")))
    assert is_delivery_workbook(Received("anything", template("en")))
    workbook = filled_in("nl")
    workbook.worksheets[1].title = "Iets anders"
    assert not is_delivery_workbook(saved(workbook))
    for data in (b"", b"PK\3\4", b"a;b\n1;2\n", _zip({"xl/workbook.xml": b"<x"}), _zip({})):
        assert not is_delivery_workbook(Received("levering.xlsx", data))


def test_a_workbook_without_the_sheet_is_told() -> None:
    assert problems(Received("levering.xlsx", b"PK\3\4 no workbook")) == {"": "sheet_unreadable"}
    broken = _zip({"xl/workbook.xml": b'<workbook><sheet name="Golf"/></workbook>'})
    assert problems(Received("levering.xlsx", broken)) == {"Golf": "sheet_unreadable"}


def test_a_text_that_was_kept_from_being_a_formula_is_read_back() -> None:
    workbook = filled_in("nl")
    put_beside(workbook, "Woningcorporatie", "'@home")
    assert wave_from_workbook(saved(workbook), BOUNDS).declaration.corporation == "@home"


def _zip(members: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return written.getvalue()


def test_the_text_has_the_models_order_and_leaves_out_what_is_empty() -> None:
    text = declaration_text(
        {"pool": "p", "wave": "w", "title": {}, "notes": None, "fieldwork": {"start": date(2026, 1, 2)}}
    )
    assert text == "wave: w\npool: p\nfieldwork:\n  start: 2026-01-02\n"


_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,9}", fullmatch=True)
_LINES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    wave=_NAMES, corporation=_LINES, notes=_LINES, title=_LINES,
    projects=st.dictionaries(_NAMES, st.one_of(st.just({}), st.builds(dict, invited=st.integers(0, 999))), min_size=1),
    languages=st.lists(st.sampled_from(["nl", "en", "no", "ar"]), min_size=1, unique=True),
)  # fmt: skip
def test_whatever_a_form_says_comes_back(
    wave: str, corporation: str, notes: str, title: str, projects: dict[str, dict[str, int]], languages: list[str]
) -> None:
    fields = {
        "wave": wave, "title": {"nl": title}, "corporation": corporation, "instrument": "a@1", "pool": "p",
        "origin": "residents", "fieldwork": {"start": date(2026, 1, 1), "end": date(2026, 2, 1)}, "mode": ["paper"],
        "languages": languages, "projects": projects, "responses": "responses.csv", "notes": notes,
    }  # fmt: skip
    again = read_from(declaration_text(fields), Path("wave.yaml"), Wave).declaration
    assert again == Wave.model_validate(fields)

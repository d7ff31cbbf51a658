"""What the tests of fieldwork share: the study's questionnaire, and files as tools or employees leave them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from pipeline.declare import CrosswalkRow, Registry, Wave, read_declaration
from pipeline.declare.instrument import Instrument
from pipeline.declare.params import IntakeParams
from pipeline.fieldwork.form import Choice, Form, Question, make_form
from pipeline.fieldwork.limesurvey_codes import Codes
from pipeline.fieldwork.workbook import Delivery, delivery_workbook
from pipeline.intake.check import Checked, Expectation, check_received
from pipeline.intake.source import Received
from pipeline.intake.table import Bounds
from pipeline.intake.words import Language

REPOSITORY = Path(__file__).resolve().parents[3]
PARAMS = IntakeParams(max_bytes=10_000_000, max_rows=1_000, max_columns=200, minimum_answers=5)
BOUNDS = Bounds(10_000_000, 1_000, 200)
PROJECTS = ("sim-p01", "sim-p02")
N_RESIDENTS = 12


@cache
def instrument() -> Instrument:
    """The study's questionnaire."""
    return read_declaration(REPOSITORY / "surveys" / "instruments" / "magic-mix@1.yaml", Instrument)


@cache
def registry() -> Registry:
    """The study's projects."""
    return read_declaration(REPOSITORY / "surveys" / "projects.yaml", Registry)


def small(*fields: dict[str, object], **changes: object) -> Instrument:
    """A questionnaire with a few fields."""
    content: dict[str, object] = {
        "name": "small", "version": 1, "title": {"nl": "Klein"}, "languages": {"nl": "original", "ar": "absent"},
        "missingValues": [
            {"value": 97, "reason": "not_asked", "label": {"nl": "niet gevraagd"}},
            {"value": 98, "reason": "dont_know", "label": {"nl": "weet ik niet"}},
        ],
        "scales": {"agree": {"categories": [{"value": 1, "label": {"nl": "eens"}},
                                            {"value": 2, "label": {"nl": "oneens"}}],
                             "translations": {"nl": "original"}}},
        "sources": {"own": {"citation": "tests", "licence": "CC0", "translations": {"nl": "original", "ar": "absent"}}},
        "fields": [{"name": "project", "role": "project", "type": "string", "title": {"nl": "Project"}}, *fields],
        "constructs": [],
    }  # fmt: skip
    return Instrument.model_validate(content | changes, by_alias=True)


@cache
def form(*languages: str, projects: tuple[str, ...] = PROJECTS) -> Form:
    """The questionnaire for residents of some projects."""
    chosen = [project for project in registry().projects if project.id in projects]
    return make_form(instrument(), chosen, languages or ("nl", "en"), corporation="Woonstichting Voorbeeld")


def wave(responses: str, **changes: Any) -> Wave:
    """The declaration of a wave with these answers."""
    declared: dict[str, Any] = {
        "wave": "tools-2026", "corporation": "Woonstichting Voorbeeld", "instrument": "magic-mix@1",
        "pool": "practice", "origin": "simulated", "fieldwork": {"start": "2026-01-01", "end": "2026-02-01"},
        "mode": ["online"], "languages": ["nl", "en"],
        "projects": {name: {"invited": 50} for name in PROJECTS}, "responses": responses,
    }  # fmt: skip
    return Wave.model_validate(declared | changes)


def checked(name: str, data: bytes, declared: Wave, crosswalk: list[CrosswalkRow] | None = None) -> Checked:
    """Check a file against the wave."""
    expected = Expectation(instrument(), registry(), PARAMS, declared, tuple(crosswalk or ()))
    return check_received(Received(name, data), expected)


def chosen(question: Question, resident: int) -> Choice:
    """The answer of a resident: every answer comes up, also the reasons for not answering."""
    place = resident + sum(map(ord, question.name))
    return question.choices[place % len(question.choices)]


def number(resident: int) -> str:
    """How many years a resident has lived there."""
    return f"{resident % 9 + 0.5:g}"


def code(resident: int) -> str:
    """The code a resident keeps."""
    letters = "bcdfghjkmnpqrstv"
    digits = [letters[(resident * 7 + place * 5) % 16] for place in range(12)]
    return "-".join("".join(digits[at : at + 4]) for at in (0, 4, 8))


Written = Callable[[Choice], str]


def answer(question: Question, resident: int, language: str, written: Written) -> str:
    """What a tool exports for one question."""
    if question.kind == "receipt":
        return code(resident)
    if question.kind == "fixed":
        return question.fixed
    if question.field.role == "language":
        return language
    if question.field.role == "consent":
        return written(question.choices[0])
    return written(chosen(question, resident)) if question.choices else number(resident)


def kobo_export(made: Form, *, labels: str = "") -> bytes:
    """The CSV KoboToolbox writes: groups before names, its own columns at both ends; codes, or labels in a language."""
    paths = {q.name: q.name for q in made.opening.questions}
    for section in made.sections:
        paths |= {q.name: f"{section.name}/{q.name}" if q.asked else q.name for q in section.questions}
    own = ["_id", "_uuid", "_submission_time", "_validation_status", "_status", "__version__", "_index"]
    rows = [["start_time_of_form", *paths.values(), *own]]
    for resident in range(N_RESIDENTS):
        cells = [
            answer(q, resident, "nl", lambda c: c.labels[labels].text if labels else c.text) for q in made.questions
        ]
        ours = [str(9000 + resident), f"0f0e{resident:04d}", "2026-01-05T10:00:00", "", "submitted_via_web", "v1", "1"]
        rows.append(["", *cells, *ours])
    return _csv([row[1:] for row in rows])


def limesurvey_export(made: Form, codes: Codes, *, answers: str = "", texts: bool = False) -> bytes:
    """The CSV LimeSurvey writes: codes as headings (with ``texts`` the words behind them); answers as codes, or in full
    in a language."""
    questions = list(made.questions)
    headings = []
    for question in questions:
        column, words = codes.column(question), question.titles["nl"].text
        said = f"{column}. [{words}]" if "[" in column else f"{column}. {words}"
        headings.append(said if texts else column)
    rows = [["id", "submitdate", "lastpage", "startlanguage", "seed", *headings]]
    for resident in range(N_RESIDENTS):

        def cell(question: Question, who: int = resident) -> str:
            def written(choice: Choice) -> str:
                return choice.labels[answers].text if answers else codes.answers[question.answers][choice.text]

            return answer(question, who, "nl", written)

        own = [str(resident + 1), "1980-01-01 00:00:00", "16", "nl", "12345"]
        rows.append([*own, *map(cell, questions)])
    return _csv(rows, quoting=csv.QUOTE_ALL)


def _csv(rows: list[list[str]], **options: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", **options).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


# --- the delivery workbook, filled in as an employee does


@cache
def template(language: Language = "nl") -> bytes:
    """An empty delivery workbook."""
    chosen_projects = [project for project in registry().projects if project.id in PROJECTS]
    delivery = Delivery(instrument(), chosen_projects, "Woonstichting Voorbeeld", "practice", "simulated")
    return delivery_workbook(delivery, language)


def put_beside(workbook: Workbook, label: str, value: Any) -> str:
    """Fill in the cell beside ``label`` on the sheet about the wave; return where it is."""
    sheet = workbook.worksheets[1]
    for row in sheet.iter_rows(min_col=1, max_col=2):
        if row[0].value == label:
            row[1].value = value
            return f"{sheet.title}!{row[1].coordinate}"
    raise AssertionError(f"no row is called {label}")


def filled_in(language: Language = "nl", *, codes: bool = False, example: bool = False) -> Workbook:
    """The workbook with a wave and twelve residents in it."""
    workbook = load_workbook(io.BytesIO(template(language)))
    words = {
        "nl": ("Naam van de golf", "Eerste dag van het veldwerk", "Laatste dag van het veldwerk",
               "Op papier ingevuld", "Vragenlijst in het Nederlands", "ja"),
        "en": ("Name of the wave", "First day of fieldwork", "Last day of fieldwork", "Filled in on paper",
               "Questionnaire in Dutch", "yes"),
    }[language]  # fmt: skip
    values = ("delivery-2026", date(2026, 3, 2), date(2026, 3, 31), words[-1], words[-1])
    for label, value in zip(words[:-1], values, strict=True):
        put_beside(workbook, label, value)
    for name in PROJECTS:
        put_beside(workbook, name, 40)
    sheet = workbook.worksheets[2]
    first = 3 if example else 2
    names = [cell.value for cell in sheet[1]]
    by_name = {question.name: question for question in form("nl", "en").questions}
    for resident in range(N_RESIDENTS):
        for column, name in enumerate(names, start=1):
            question = by_name[str(name)]
            text = answer(question, resident, "nl", lambda c: c.text if codes else c.labels[language].text)
            is_number = text.replace(".", "", 1).isdigit()
            sheet.cell(first + resident, column).value = float(text) if is_number else text
    return workbook


def saved(workbook: Workbook) -> Received:
    """The workbook as it is sent."""
    written = io.BytesIO()
    workbook.save(written)
    return Received("levering.xlsx", written.getvalue())

"""The questionnaire that comes with the project, as every tool exports it: read without a crosswalk."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from tool_help import Rows, csv_of, xlsx_of

from pipeline.declare import InstrumentField, Study, load_study
from pipeline.intake.check import check_received
from pipeline.intake.expectation import Expectation
from pipeline.intake.source import Received

ROOT = Path(__file__).resolve().parents[4]
N = 12
DAY = "2025-01-31 10:00:00"


@cache
def study() -> Study:
    return load_study(ROOT)


def expectation() -> Expectation:
    wave = next(iter(study().waves.values()))
    instrument = study().instruments[wave.instrument]
    params = study().params.intake.model_copy(update={"minimum_answers": 1})
    return Expectation(instrument, study().registry, params, wave)


def fields() -> list[InstrumentField]:
    return [field for field in expectation().instrument.fields if field.role != "source_id"]


def cell(field: InstrumentField, language: str, person: int, *, labels: bool) -> str:
    """What ``person`` answered: everybody has another answer, so that every label comes by."""
    asked = expectation()
    assert asked.wave is not None
    if field.role == "project":
        return next(iter(asked.wave.projects))
    if categories := asked.instrument.categories_of(field):
        category = categories[person % len(categories)]
        code = f"{category.value:g}" if isinstance(category.value, float) else str(category.value)
        return category.label.get(language, category.label["en"]) if labels else code
    if field.role == "language":
        return language
    if field.type == "date":
        return asked.wave.fieldwork.start.isoformat()
    return f"{(field.minimum or 0) + 1:g}"


def export(tool: str, language: str, *, labels: bool = True) -> Rows:
    """The questionnaire's answers as ``tool`` writes them."""
    asked = fields()
    titles = [field.title.get(language, field.title["en"]) for field in asked]
    names = [field.name for field in asked]
    answers = [[cell(field, language, i, labels=labels) for field in asked] for i in range(N)]
    if tool == "microsoft_forms":
        return [
            ["Id", "Begintijd", "Tijd van voltooien", *titles],
            *([str(i), DAY, DAY, *a] for i, a in enumerate(answers)),
        ]
    if tool == "google_forms":
        return [["Tijdstempel", *titles], *([DAY, *a] for a in answers)]
    if tool == "surveymonkey":
        own = ["Respondent ID", "Collector ID"]
        return [[*own, *titles], ["", "", *["Response"] * len(titles)], *(["1", "2", *a] for a in answers)]
    if tool == "kobo":
        own = ["_submission_time", "__version__", "_status"]
        return [
            ["start", "end", *(f"vragen/{n}" for n in names), *own],
            *([DAY, DAY, *a, DAY, "v1", "x"] for a in answers),
        ]
    if tool == "limesurvey":
        own = ["submitdate", "lastpage", "startlanguage"]
        return [[*own, *names], *([DAY, "9", language, *a] for a in answers)]
    own = ["StartDate", "EndDate", "Status", "Finished"]
    ids = [f'{{"ImportId":"QID{i}"}}' for i in range(len(own) + len(names))]
    return [[*own, *names], [*own, *titles], ids, *([DAY, DAY, "0", "1", *a] for a in answers)]


@pytest.mark.parametrize(
    ("tool", "language", "labels"),
    [("microsoft_forms", "nl", True), ("microsoft_forms", "ar", True), ("google_forms", "ti", True),
     ("surveymonkey", "en", True), ("kobo", "nl", False), ("kobo", "ti", True), ("limesurvey", "nl", False),
     ("limesurvey", "ar", True), ("qualtrics", "en", True), ("qualtrics", "nl", False)],
)  # fmt: skip
def test_every_tools_export_is_read_without_a_crosswalk(tool: str, language: str, labels: bool) -> None:
    rows = export(tool, language, labels=labels)
    outcome = check_received(
        Received("x", xlsx_of(rows) if tool == "microsoft_forms" else csv_of(rows)), expectation()
    )  # fmt: skip
    assert outcome.table is not None
    assert outcome.table.format.tool == tool
    assert [p.code for p in outcome.problems if p.severity == "error" or p.code == "column_unknown"] == []
    frame = outcome.ingested_by_person
    assert frame is not None
    assert len(frame) == N
    for field in fields():
        codes = [category.value for category in expectation().instrument.categories_of(field)]
        if codes:
            assert frame[field.name].tolist() == [codes[i % len(codes)] for i in range(N)], field.name

"""Dates that the wave's fieldwork does not allow for, and questionnaires that ended before they began."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipeline.intake.checks.subject import Subject
from pipeline.intake.problems import Problem, place
from pipeline.intake.source import SourceColumn
from pipeline.intake.text import as_text, fold

_BEGIN_AND_END = (
    ("startdate", "enddate"), ("startdate", "submitdate"), ("start", "end"), ("start time", "completion time"),
    ("begintijd", "tijd van voltooien"), ("date created", "date modified"), ("startdatum", "einddatum"),
)  # fmt: skip
"""How survey tools head the moments a questionnaire was begun and ended (Qualtrics, LimeSurvey, Kobo, Forms,
SurveyMonkey)."""
_MOMENT = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?.*)?")


def outside_fieldwork(subject: Subject) -> list[Problem]:
    """Days of answering in the future, long before fieldwork, or a little too early or late."""
    wave = subject.expected.wave
    if wave is None:
        return []
    params, study = subject.expected.params, subject.expected.study
    margin = timedelta(days=params.days_around_fieldwork)
    details = {"start": wave.fieldwork.start.isoformat(), "end": wave.fieldwork.end.isoformat()}
    early, late = (wave.fieldwork.start - margin).isoformat(), (wave.fieldwork.end + margin).isoformat()
    first = wave.fieldwork.start - timedelta(days=params.days_impossible)
    problems = []
    for field in subject.expected.instrument.with_role("date"):
        days = subject.ingested_by_person[field.name]
        text = days.fillna("")
        given = days.notna()
        future = given & (text > study.today.isoformat()) if study else given & False
        before = given & (text < first.isoformat())
        outside = ((text < early) | (text > late)) & given & ~future & ~before
        for code, marked in (
            ("date_in_future", future), ("date_before_fieldwork", before), ("date_outside_fieldwork", outside),
        ):  # fmt: skip
            if marked.any():
                found = subject.problem(code, field.name, rows=subject.rows(marked), details=details)
                problems.append(found)
    return problems


def ended_before_begun(subject: Subject) -> list[Problem]:
    """Rows that a survey tool says ended before they began, where the file has both moments."""
    by_name = {fold(column.name): column for column in reversed(subject.table.columns)}
    for begin, end in _BEGIN_AND_END:
        if begin in by_name and end in by_name:
            began, ended = _moments(subject, by_name[begin]), _moments(subject, by_name[end])
            wrong = (ended < began).to_numpy(dtype=bool)  # false where one of them is not known
            if wrong.any():
                places = (place(by_name[begin]), place(by_name[end]))
                rows = subject.rows(wrong)
                return [Problem("end_before_start", places, rows, len(rows), sheet=subject.table.format.sheet)]
            return []
    return []


def _moments(subject: Subject, column: SourceColumn) -> pd.Series[Any]:
    """The moments in a column, missing where a cell is none."""
    cells = subject.table.cells_by_row[column.position]
    read = np.array([*_read(as_text(cell) for cell in cells.cat.categories), np.datetime64("NaT")], "datetime64[s]")
    return pd.Series(read[cells.cat.codes.to_numpy()])


def _read(texts: Iterable[str]) -> list[np.datetime64]:
    return [np.datetime64(moment, "s") if (moment := _moment(text)) else np.datetime64("NaT", "s") for text in texts]


def _moment(text: str) -> datetime | None:
    """``text`` as year-month-day or day-month-year, with or without a time; ``None`` when it is neither."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    first, month, last, *clock = match.groups()
    year, day = (first, last) if len(first) == 4 else (last, first)
    try:
        hour, minute, second = (int(part or 0) for part in clock)
        return datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return None

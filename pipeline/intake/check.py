"""Everything that can be said about a file before it is stored: all problems, never the first only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.declare import Wave
from pipeline.intake.checks.every import run_all
from pipeline.intake.checks.subject import Subject
from pipeline.intake.decimals import with_decimal_mark
from pipeline.intake.example_rows import without_example_rows
from pipeline.intake.expectation import Expectation, OfStudy
from pipeline.intake.personal import personal_data
from pipeline.intake.plan import Plan, columns_of_numbers, make_plan
from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.read import bounds_of, read_source, receive
from pipeline.intake.recode import recode
from pipeline.intake.source import Received, SourceTable
from pipeline.intake.text import as_text, fold


@dataclass(frozen=True)
class Checked:
    """The outcome: ``problems`` (errors first), and, where the file could be read, its table, the ingested frame, and
    which column answers which variable."""

    problems: tuple[Problem, ...]
    received: Received | None = None
    table: SourceTable | None = None
    ingested_by_person: pd.DataFrame | None = None
    plan: Plan | None = None

    @property
    def acceptable(self) -> bool:
        """Whether nothing stands in the way of submitting."""
        return not any(problem.severity == "error" for problem in self.problems)


def check_file(path: Path, expected: Expectation) -> Checked:
    """Check the file at ``path``; every problem is a value, nothing is raised for a bad file."""
    bounds = bounds_of(expected.params)
    try:
        received = receive(path, bounds)
    except UnreadableError as stop:
        return Checked(_sorted(stop.problems))
    return check_received(received, expected)


def check_received(received: Received, expected: Expectation) -> Checked:
    """Check bytes that were read before."""
    try:
        table, problems = _read(received, expected)
    except UnreadableError as stop:
        return Checked(_sorted(stop.problems), received)
    n_rows = len(table.cells_by_row)
    try:
        table, plan, found = _planned(table, expected)
    except UnreadableError as stop:
        # when no heading is known the first row may hold answers: nothing that names a heading is said then
        personal = _by_letter(personal_data(table, Plan((), table.columns, ())))
        return Checked(_sorted([*stop.problems[-1:], *personal]), received, table)
    frame, set_aside = recode(table, plan, expected.instrument, wave=expected.wave, registry=expected.registry)
    personal = personal_data(table, plan)
    set_aside = _without_wrong_marks(set_aside, found.contradicting)
    whole = run_all(Subject(table, plan, frame, expected))
    told = _told_once([*problems, *found.example, *_without_named(plan.problems, whole)], personal)
    problems = [*told, *found.contradicting, *set_aside, *whole, *personal]
    problems += _size(n_rows, len(frame), expected)
    return Checked(_sorted(problems), received, table, frame, plan)


def read_answers(received: Received, expected: Expectation) -> Subject:
    """The same reading without the checks, of a wave that was checked before; raises ``UnreadableError``."""
    table, _ = _read(received, expected)
    table, plan, _ = _planned(table, expected)
    frame, _ = recode(table, plan, expected.instrument, wave=expected.wave, registry=expected.registry)
    return Subject(table, plan, frame, expected)


def _read(received: Received, expected: Expectation) -> tuple[SourceTable, list[Problem]]:
    return read_source(received, bounds_of(expected.params), sheet=expected.sheet, known=expected.known)


@dataclass(frozen=True)
class _Found:
    """What was found on the way to a plan: columns with another decimal mark, and the rows of an example."""

    contradicting: list[Problem]
    example: list[Problem]


def _planned(table: SourceTable, expected: Expectation) -> tuple[SourceTable, Plan, _Found]:
    """The wave's rows, and which column answers which variable; raises ``UnreadableError``."""
    table = of_wave(table, expected.wave)
    crosswalk = list(expected.crosswalk)
    table, contradicting = with_decimal_mark(table, columns_of_numbers(table, crosswalk, expected.instrument))
    plan = make_plan(table, crosswalk, expected.instrument, wave=expected.wave, registry=expected.registry)
    table, example = without_example_rows(table, plan)
    return table, plan, _Found(contradicting, example)


def _by_letter(problems: Iterable[Problem]) -> list[Problem]:
    """``problems`` with the letters of their columns alone; none of a format whose columns have only names."""
    told = [replace(p, columns=tuple((letter, "") for letter, _ in p.columns if letter)) for p in problems]
    return [problem for problem in told if problem.columns]


def _without_named(problems: Iterable[Problem], whole: list[Problem]) -> list[Problem]:
    """``problems`` without the missing columns of which a check says more."""
    said = {problem.variable for problem in whole if problem.code in ("role_missing", "language_missing")}
    return [p for p in problems if p.code != "column_missing" or p.variable not in said]


def _told_once(problems: list[Problem], personal: list[Problem]) -> list[Problem]:
    """``problems`` without the warning that a column is unknown where the column is refused anyway."""
    refused = {place for problem in personal for place in problem.columns}
    told = []
    for problem in problems:
        if problem.code == "column_unknown":
            left = tuple(place for place in problem.columns if place not in refused)
            problem = replace(problem, columns=left, count=len(left))
        if problem.code != "column_unknown" or problem.columns:
            told.append(problem)
    return told


def _without_wrong_marks(set_aside: list[Problem], contradicting: list[Problem]) -> list[Problem]:
    """``set_aside`` without the cells of which the decimal mark is already told, unless a column has others as well."""
    told = {problem.columns: problem.count for problem in contradicting}
    return [p for p in set_aside if p.code != "unreadable" or p.count > told.get(p.columns, 0)]


def of_wave(table: SourceTable, wave: Wave | None) -> SourceTable:
    """``table`` with the rows of ``wave`` alone, where one file holds several waves."""
    cells = table.cells_by_row
    for name, value in wave.only.items() if wave else ():
        column = next((c for c in table.columns if fold(c.name) == fold(name)), None)
        if column is None:
            raise UnreadableError(Problem("only_column_missing", details={"column_name": name}))
        wanted = np.array([fold(as_text(c)) == fold(value) for c in cells[column.position].cat.categories] + [False])
        cells = cells.loc[wanted[cells[column.position].cat.codes.to_numpy()]]
    if cells.empty:
        raise UnreadableError(Problem("no_rows"))
    if len(cells) < len(table.cells_by_row):
        cells = cells.apply(lambda column: column.cat.remove_unused_categories())
    return SourceTable(table.received, table.format, table.columns, cells)


def _size(n_in_file: int, n_rows: int, expected: Expectation) -> list[Problem]:
    """Too many rows, too few, or more than there were people to answer."""
    problems = []
    if n_in_file > expected.params.max_rows:
        problems.append(Problem("too_many_rows", count=n_in_file, details={"limit": expected.params.max_rows}))
    invited = expected.wave.invited if expected.wave else None
    if invited is not None and n_rows > invited:
        problems.append(Problem("more_rows_than_invited", count=n_rows, details={"limit": invited}))
    if n_rows < expected.params.minimum_answers:
        problems.append(Problem("too_few_rows", count=n_rows, details={"limit": expected.params.minimum_answers}))
    return problems


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """What stops ingest first, then what stops a submission, then warnings; otherwise as they were found."""
    return tuple(sorted(problems, key=lambda p: (p.severity == "warning", not p.structural)))


__all__ = ["Checked", "Expectation", "OfStudy", "check_file", "check_received", "read_answers"]

"""The projects of a wave beside the registry: whose they are, whether they were open, how many answered in each."""

from __future__ import annotations

import pandas as pd

from pipeline.declare.registry import Project
from pipeline.intake.checks.subject import Details, Subject
from pipeline.intake.problems import Problem
from pipeline.intake.text import fold


def of_the_corporation(subject: Subject) -> list[Problem]:
    """Projects that are registered as another corporation's. Waves nobody answered, and public ones, may span several;
    a project of which no corporation is registered may be anybody's."""
    wave = subject.expected.wave
    if wave is None or wave.origin != "residents":
        return []
    others = [
        project.id
        for project in _registered(subject)
        if project.corporation is not None and fold(project.corporation) != fold(wave.corporation)
    ]
    if not others:
        return []
    concerned = subject.ingested_by_person["project"].isin(others)
    return [_problem(subject, "project_not_corporations", others, rows=subject.rows(concerned))]


def open_during_fieldwork(subject: Subject) -> list[Problem]:
    """Projects that had closed before fieldwork, or opened after it, by the years in the registry."""
    wave = subject.expected.wave
    if wave is None:
        return []
    start, end = wave.fieldwork.start.year, wave.fieldwork.end.year
    closed = [p.id for p in _registered(subject) if p.closed is not None and p.closed < start]
    unopened = [p.id for p in _registered(subject) if p.opened is not None and p.opened > end]
    found = {"project_closed": closed, "project_not_open": unopened}
    return [_problem(subject, code, ids) for code, ids in found.items() if ids]


def answers_by_project(subject: Subject) -> list[Problem]:
    """Declared projects without a row, with more rows than people were invited (or, where that is not known, than there
    are dwellings), and with too few for results of them to be shown."""
    wave, study = subject.expected.wave, subject.expected.study
    counts = _counts(subject)
    if wave is None or counts.empty:
        return []
    dwellings = {project.id: project.dwellings for project in _registered(subject)}
    most = {i: dwellings.get(i) if part.invited is None else part.invited for i, part in wave.projects.items()}
    n = {project: int(counts.get(project, 0)) for project in wave.projects}
    without = [i for i in n if not n[i]]
    over = [i for i, limit in most.items() if limit is not None and n[i] > limit]
    problems = [_problem(subject, "project_without_rows", without)] if without else []
    problems += [_problem(subject, "project_more_rows_than_invited", over)] if over else []
    if study:
        few = [i for i in n if 0 < n[i] < study.minimum_group]
        problems += [_problem(subject, "project_below_minimum", few, {"limit": study.minimum_group})] if few else []
    return problems


def _counts(subject: Subject) -> pd.Series[int]:
    """Rows by project; empty where the file says no project of anybody."""
    return subject.ingested_by_person["project"].value_counts()


def _registered(subject: Subject) -> list[Project]:
    """The wave's projects that are in the registry."""
    wave = subject.expected.wave
    return [p for p in subject.expected.registry.projects if wave is not None and p.id in wave.projects]


def _problem(
    subject: Subject, code: str, projects: list[str], details: Details | None = None, *, rows: tuple[int, ...] = ()
) -> Problem:
    names = [field.name for field in subject.expected.instrument.with_role("project")] if rows else []
    named = {"projects": ", ".join(projects), **(details or {})}
    return subject.problem(code, *names, rows=rows, count=len(projects), details=named)

"""Every check of a file as a whole, in the order their problems are told. Each is a pure function of a ``Subject``."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.intake.checks import answered, dates, known_of_persons, projects, respondents, scales
from pipeline.intake.checks.subject import Subject
from pipeline.intake.personal.workbook import elsewhere_in_workbook
from pipeline.intake.problems import Problem

Check = Callable[[Subject], list[Problem]]


def elsewhere(subject: Subject) -> list[Problem]:
    """Personal data outside the sheet with answers."""
    return elsewhere_in_workbook(subject.table)


CHECKS: tuple[Check, ...] = (
    known_of_persons.project_and_consent,
    known_of_persons.role,
    known_of_persons.language,
    dates.outside_fieldwork,
    dates.ended_before_begun,
    projects.of_the_corporation,
    projects.open_during_fieldwork,
    projects.answers_by_project,
    respondents.twice,
    respondents.alike,
    answered.nearly_empty,
    answered.empty_questions,
    answered.straight_lines,
    scales.turned,
    elsewhere,
)


def run_all(subject: Subject) -> list[Problem]:
    """What every check finds; nothing when the file is not held against a study (``Expectation.study``)."""
    if subject.expected.study is None:
        return []
    return [problem for check in CHECKS for problem in check(subject)]

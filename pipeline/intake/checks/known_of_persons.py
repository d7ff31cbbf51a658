"""What must be known of everybody: project and consent, whether they are one of the analysed, and their language."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.intake.checks.subject import TOLD_ELSEWHERE, Subject
from pipeline.intake.problems import Problem


@dataclass(frozen=True)
class _Codes:
    """What to call a column that is not there, one that is blank for most, and one that is blank for some."""

    missing: str
    mostly_blank: str
    blank: str


_ROLE = _Codes("role_missing", "role_mostly_blank", "role_blank")
_LANGUAGE = _Codes("language_missing", "language_mostly_blank", "language_blank")
_REQUIRED = _Codes("column_missing", "required_blank", "required_blank")


def project_and_consent(subject: Subject) -> list[Problem]:
    """Without either nobody is counted: a warning, for a file may go on below the answers. That the column is not there
    is told by the plan."""
    names = [field.name for field in subject.expected.instrument.with_role("project", "consent")]
    there = [name for name in names if subject.planned(name).column is not None]
    return [p for name in there for p in _known(subject, name, _REQUIRED)]


def role(subject: Subject) -> list[Problem]:
    """The variable that the study's population rests on: without it somebody can be counted with nobody."""
    study = subject.expected.study
    return _known(subject, study.population, _ROLE) if study and study.population else []


def language(subject: Subject) -> list[Problem]:
    """The language, unless the crosswalk says that it was not asked."""
    names = [field.name for field in subject.expected.instrument.with_role("language")]
    return [p for name in names if not subject.expected.left_out(name) for p in _known(subject, name, _LANGUAGE)]


def _known(subject: Subject, name: str, codes: _Codes) -> list[Problem]:
    """The column is not there; or it is blank for most; or for some."""
    n = len(subject.ingested_by_person)
    if subject.planned(name).column is None:
        if not subject.expected.left_out(name):
            return [_missing(subject, name, codes)]
        return [subject.problem(codes.mostly_blank, name, count=n, details={"total": n})]
    blank = subject.ingested_by_person[name].isna() & ~subject.reasons(name).isin(TOLD_ELSEWHERE)
    if not blank.any():
        return []
    code = codes.mostly_blank if 2 * blank.sum() > n else codes.blank
    return [subject.problem(code, name, rows=subject.rows(blank), details={"total": n})]


def _missing(subject: Subject, name: str, codes: _Codes) -> Problem:
    """Says the same as the plan's ``column_missing`` and more, and keeps the column it thinks is meant."""
    same = [p for p in subject.plan.problems if p.code == "column_missing" and p.variable == name]
    return subject.problem(codes.missing, name, count=1, details=same[0].details if same else None)

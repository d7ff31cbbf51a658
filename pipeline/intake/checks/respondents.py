"""The same respondent twice."""

from __future__ import annotations

from pipeline.intake.checks.subject import Subject
from pipeline.intake.problems import Problem


def twice(subject: Subject) -> list[Problem]:
    """Rows that share the id their source gives them."""
    source = subject.ingested_by_person["source"]
    again = source.notna() & source.duplicated(keep=False)
    if not again.any():
        return []
    names = [field.name for field in subject.expected.instrument.with_role("source_id")]
    n_persons = int(source[again].nunique())
    return [subject.problem("respondent_twice", *names, rows=subject.rows(again), details={"persons": n_persons})]


def alike(subject: Subject) -> list[Problem]:
    """Rows that agree in every answer, project and background, of persons who answered enough items, not all of them
    the same, for that to be no chance (``clean`` in params.yaml; the same rule as ``analysis.careless``)."""
    study = subject.expected.study
    if study is None:
        return []
    answers = subject.answers()
    comparable = (answers.notna().sum(axis=1) >= study.clean.duplicate_minimum_items) & (answers.nunique(axis=1) > 1)
    asked = subject.expected.instrument.with_role("background", "language")
    compared = [*answers.columns, "project", *(field.name for field in asked)]
    same = subject.ingested_by_person.loc[comparable.to_numpy(), compared].duplicated(keep=False)
    marked = same.reindex(answers.index, fill_value=False)
    # who has one id twice is told already
    source = subject.ingested_by_person["source"]
    marked &= ~(source.notna() & source.duplicated(keep=False))
    return [subject.problem("rows_alike", rows=subject.rows(marked))] if marked.any() else []
